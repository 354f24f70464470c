"""What a technique selector knows and costs."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from workbench.plots.lift import SYNTHETIC
from workbench.plots.style import BLUE, GREY, ORANGE, canvas, height_for, sign_colour

MOST_NAMED = 4


def cost_quality_frontier(table: pd.DataFrame, is_synthetic: bool = False) -> Figure:
    """Expected gain over the cheapest technique against tokens: what the selector would choose as tokens cost more, and
    each technique for all prompts. 95 % posterior intervals."""
    figure, axes = canvas(8.0, 4.8)
    always = table[table["kind"] == "always"]
    choice = table[table["kind"] == "choice"].drop_duplicates("tokens").sort_values("tokens")
    for part, colour, marker, alpha, name in (
        (always, GREY, "s", 0.4, "one technique for all prompts"),
        (choice, BLUE, "o", 1.0, "chosen for each prompt, as tokens cost more (right to left)"),
    ):
        ends = part["low"], part["high"]
        axes.vlines(part["tokens"], *ends, color=colour, linewidth=1, alpha=alpha)
        axes.plot(part["tokens"], part["gain"], marker, color=colour, markersize=4, label=name)
    axes.plot(choice["tokens"], choice["gain"], color=BLUE, linewidth=1)
    best = always.nlargest(MOST_NAMED, "gain").sort_values("tokens")
    for place, (name, tokens, gain) in enumerate(best[["name", "tokens", "gain"]].to_numpy().tolist()):
        beside = (4, 6) if place % 2 else (4, -12)
        axes.annotate(name, (tokens, gain), beside, textcoords="offset points", fontsize=7)
    axes.axhline(0, color=GREY, linewidth=1, linestyle="--")
    axes.set_xlabel("tokens that a prompt's technique costs, mean")
    axes.set_ylabel("expected reward over the cheapest technique")
    axes.legend(frameon=False, fontsize=8, loc="best")
    axes.set_title("Cost and quality" + (SYNTHETIC if is_synthetic else ""), fontsize=11, loc="left")
    return figure


def what_is_known(table: pd.DataFrame, is_synthetic: bool = False) -> Figure:
    """Each technique for all prompts against what labels choose, with 95 % posterior intervals; in brackets the prompts
    that labels name it for, and its logged outcomes."""
    figure, axes = canvas(8.0, height_for(len(table), 0.26))
    axes.axvline(0, color=GREY, linewidth=1)
    names = []
    columns = ("technique", "gain", "low", "high", "labelled", "logged")
    for place, (name, gain, low, high, labelled, logged) in enumerate(table[list(columns)].to_numpy().tolist()):
        colour = sign_colour(low, high)
        axes.plot([low, high], [place, place], color=colour, linewidth=2)
        axes.plot([gain], [place], "s" if colour == ORANGE else "o", color=colour, markersize=5)
        names.append(f"{name} ({labelled:,} / {logged:,})")
    axes.set_yticks(range(len(names)), names, fontsize=8)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlabel("expected reward of always using it, less that of what labels choose, 95 % interval")
    axes.set_title(
        "What is known of each technique: labels / outcomes" + (SYNTHETIC if is_synthetic else ""),
        fontsize=11,
        loc="left",
    )
    return figure
