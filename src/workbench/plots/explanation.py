"""One decision of an intent model as a picture."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font

from workbench.models.explain import Explanation
from workbench.plots.style import BLUE, GREY, ORANGE, shortened

WIDTH = 11.0
# Characters of the fixed-width font that fit into the width.
LINE = 118
LETTERS = 10.5
MOST_LINES = 6
MOST_BARS = 14
FIXED = "DejaVu Sans Mono"
MISSING = "▯"


def decision(explanation: Explanation) -> Figure:
    """The prompt with its words coloured, bars of the views and of the strongest words and features, and the training
    rows that carry the decision. Blue and to the right speaks for the label, orange and to the left for its rival."""
    lines = _lines(explanation.words)
    heights = (0.27 * len(lines) + 0.55, 3.6, 0.24 * len(explanation.examples) + 0.4)
    figure = Figure(figsize=(WIDTH, sum(heights)), layout="constrained", dpi=110)
    # Parts of their own: otherwise the names of the bars would narrow the prompt too.
    top, middle, bottom = np.asarray(figure.subfigures(3, 1, height_ratios=heights))
    label, rival = (_drawn(shortened(name, 44)) for name in (explanation.label, explanation.rival))
    title = f"{label} ({explanation.label_probability:.2f}) rather than {rival} ({explanation.rival_probability:.2f})"
    top.suptitle(title, fontsize=12, x=0.01, ha="left", parse_math=False)
    _prompt(top.subplots(), lines, explanation.words)
    left, right = middle.subplots(1, 2, width_ratios=(1.0, 1.25))
    before = pd.DataFrame({"name": ["before the prompt"], "amount": [explanation.before]})
    views = pd.concat([before, explanation.views.set_axis(["name", "amount"], axis=1)])
    _bars(left, views, f"parts of the lead in score, together {explanation.lead:.3f}")
    strongest = _strongest(explanation)
    title = "the strongest words and features" if len(strongest) else "no view of this model reads words"
    _bars(right, strongest, title)
    _neighbours(bottom.subplots(), explanation.examples)
    return figure


def _lines(words: pd.DataFrame) -> list[list[int]]:
    """Positions of the words line by line; what does not fit into the last line is left out."""
    lines: list[list[int]] = [[]]
    used = 0
    for place, word in enumerate(words["word"]):
        width = len(_cut(word)) + 1
        if used + width > LINE and len(lines) == MOST_LINES:
            break
        if used + width > LINE:
            lines.append([])
            used = 0
        lines[-1].append(place)
        used += width
    return lines


def _prompt(axes: Axes, lines: list[list[int]], words: pd.DataFrame) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, LINE)
    axes.set_ylim(len(lines) - 0.1, -0.6)
    strongest = max(float(words["amount"].abs().max()), 1e-12) if len(words) else 1.0
    texts, amounts = words["word"].tolist(), words["amount"].tolist()
    for height, line in enumerate(lines):
        column = 0
        for place in line:
            word = _drawn(_cut(texts[place]))
            colour = to_rgba(BLUE if amounts[place] > 0 else ORANGE, 0.7 * abs(amounts[place]) / strongest)
            span = [column - 0.3, column + len(word) + 0.1]
            axes.fill_between(span, height - 0.42, height + 0.42, color=colour, linewidth=0)
            axes.text(column, height, word, family=FIXED, fontsize=LETTERS, va="center", parse_math=False)
            column += len(word) + 1
    if hidden := len(words) - sum(map(len, lines)):
        axes.set_title(f"the first words; {hidden} more are not shown", fontsize=8, color=GREY, loc="right", pad=0)


def _strongest(explanation: Explanation) -> pd.DataFrame:
    words = explanation.words.groupby("word")[["amount"]].sum().reset_index()
    features = explanation.features
    named = [f"[{name} {value:.3g}]" for name, value in zip(features["feature"], features["value"], strict=True)]
    joined = pd.concat([words.set_axis(["name", "amount"], axis=1), features[["amount"]].assign(name=named)])
    chosen = (
        joined[joined["amount"] != 0].sort_values("amount", key=np.abs, ascending=False, kind="stable").head(MOST_BARS)
    )
    return chosen.sort_values("amount", ascending=False, kind="stable")


def _bars(axes: Axes, table: pd.DataFrame, title: str) -> None:
    axes.spines[["top", "right", "left"]].set_visible(False)
    places = range(len(table))
    amounts = table["amount"].to_numpy(float)
    axes.barh(places, amounts, color=[BLUE if amount > 0 else ORANGE for amount in amounts], height=0.7)
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_yticks(places, [_drawn(shortened(str(name), 28)) for name in table["name"]], fontsize=8)
    for name in axes.get_yticklabels():
        name.set_parse_math(False)
    axes.set_ylim(max(len(table), 1) - 0.4, -0.6)
    axes.tick_params(axis="y", length=0)
    axes.tick_params(axis="x", labelsize=8)
    axes.set_title(title, fontsize=9, loc="left")
    axes.locator_params(axis="x", nbins=6)


def _neighbours(axes: Axes, rows: pd.DataFrame) -> None:
    axes.set_axis_off()
    axes.set_xlim(0, LINE)
    axes.set_ylim(len(rows) + 0.5, -0.7)
    pulls = rows["pull"].notna().all()
    for column, head in ((0, "pull" if pulls else "similar"), (9, "label"), (46, "learnt from")):
        axes.text(column, 0, head, fontsize=9, va="center", color=GREY)
    for place, row in enumerate(rows.to_dict("records"), 1):
        number = f"{row['pull']:+.3f}" if pulls else f"{row['similarity']:.3f}"
        if pulls:
            colour = to_rgba(BLUE if row["pull"] > 0 else ORANGE, 0.3)
            axes.fill_between([-0.3, 7.5], place - 0.42, place + 0.42, color=colour, linewidth=0)
        for column, text in ((0, number), (9, shortened(row["label"], 35)), (46, shortened(row["text"], 84))):
            axes.text(column, place, _drawn(text), family=FIXED, fontsize=8.5, va="center", parse_math=False)


def _cut(word: str) -> str:
    return shortened(word, 40)


def _drawn(text: str) -> str:
    """What the font lacks as boxes: the picture then shows the other words in their places, without warnings."""
    known = _known()
    return "".join(letter if ord(letter) in known else MISSING for letter in text)


@cache
def _known() -> frozenset[int]:
    return frozenset(get_font(findfont(FIXED)).get_charmap())
