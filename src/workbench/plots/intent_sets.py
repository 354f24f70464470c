"""How well several intents a prompt are met, beside who gives none further and who gives the usual ones."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.style import BLUE, GREEN, GREY, ORANGE, height_for, panels

TITLES = {"all_intents": "primary and secondary together", "secondary": "secondary alone"}
MARKS = ((BLUE, "o"), (GREY, "D"), (ORANGE, "s"), (GREEN, "^"))


def scores_of_sets(table: pd.DataFrame) -> Figure:
    """Dots and 95 % whiskers, a line a score and a mark for each contender; ``table`` as of
    ``evaluation.multilabel.set_scores``."""
    contenders, names = list(dict.fromkeys(table["who"])), list(dict.fromkeys(table["score"]))
    figure, parts = panels(1, len(TITLES), 10.5, height_for(len(names), 0.45))
    for axes, (scope, title) in zip(parts, TITLES.items(), strict=True):
        for number, who in enumerate(contenders):
            rows = table[(table["of"] == scope) & (table["who"] == who)].set_index("score").loc[names]
            colour, mark = MARKS[number % len(MARKS)]
            # One above the other, or the whiskers hide each other.
            places = [place + 0.22 * (number - (len(contenders) - 1) / 2) for place in range(len(names))]
            axes.hlines(places, rows["low"], rows["high"], color=colour, linewidth=2)
            axes.plot(rows["value"], places, mark, color=colour, markersize=5, label=who)
        axes.set_title(title, fontsize=10)
        axes.set_yticks(range(len(names)), [name.replace("_", " ") for name in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, 1.02)
        axes.set_xlabel("score, 95 % interval")
    parts[1].set_yticklabels([])
    figure.legend(*parts[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(contenders), fontsize=8)
    return figure
