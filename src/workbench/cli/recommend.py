"""`workbench recommend PROMPT`."""

from __future__ import annotations

import secrets
import sys
from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, print_json, print_table

if TYPE_CHECKING:
    from workbench.jobs.recommended import Recommended


@click.command()
@click.argument("prompt")
@click.option("--intent", help="Path of the prompt's intent. Without it the live intent model is asked.")
@click.option("--complexity", type=click.IntRange(1, 5), help="Without it the live complexity model is asked.")
@click.option("--domain", help="What the prompt is about, as the log calls it.")
@click.option("--user", help="Id or name of a user, whose favourites decide between near equals.")
@click.option("--language-model", default="", help="Which language model is to answer, as the log calls it.")
@click.option("--top", type=click.IntRange(min=1), default=5, show_default=True, help="So many techniques are shown.")
@click.option(
    "--cost-weight", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Reward that 1,000 tokens cost."
)
@click.option(
    "--latency-weight", type=click.FloatRange(min=0), default=0.0, show_default=True, help="Reward that a second costs."
)
@click.option("--examples/--no-examples", default=False, help="Whether there are examples to show.")
@click.option("--allow-experimental", is_flag=True, help="Consider experimental techniques too.")
@click.option(
    "--explore",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    metavar="SHARE",
    help="The share of decisions that tries something else, chosen by how likely it is the best.",
)
@click.option(
    "--floor",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.01,
    show_default=True,
    help="No candidate is tried less often than this while exploring.",
)
@click.option("--log", is_flag=True, help="Write the decision with its probabilities into the log.")
@click.option("--seed", type=click.IntRange(min=0), help="Of what is drawn. Without it one is drawn and said.")
@json_option
def recommend(
    prompt: str,
    intent: str | None,
    complexity: int | None,
    domain: str | None,
    user: str | None,
    language_model: str,
    top: int,
    cost_weight: float,
    latency_weight: float,
    examples: bool,
    allow_experimental: bool,
    explore: float,
    floor: float,
    log: bool,
    seed: int | None,
    as_json: bool,
) -> None:
    """Which techniques to use for PROMPT (- reads it from standard input), why, and how sure that is.

    Labels choose; something else takes their place only where logged outcomes have shown that it is better, by 95 %.
    """
    from workbench.jobs.recommend import recommend as run
    from workbench.jobs.recommended import Asked
    from workbench.jobs.workspace import open_workspace

    text = sys.stdin.read() if prompt == "-" else prompt
    asked = Asked(
        text,
        intent,
        complexity,
        domain,
        user,
        language_model,
        cost_weight,
        latency_weight,
        examples,
        allow_experimental,
        explore,
        floor,
        secrets.randbelow(2**31) if seed is None else seed,
    )
    found = run(open_workspace(), asked, log)
    if as_json:
        print_json(found.as_json(top))
    else:
        _show(found, top)


def _show(found: Recommended, top: int) -> None:
    from workbench.jobs.findings import counted

    intents = ", ".join(f"{path} {share:.2f}" for path, share in list(found.intents.items())[:3]) or "none in scope"
    click.echo(f"Intent {intents}; complexity {found.complexity:.1f}.")
    click.echo(f"Use {' + '.join(found.chosen)}{' (to explore)' if found.is_exploration else ''}.")
    for sentence in found.why:
        click.echo(sentence)
    synthetic = " SYNTHETIC outcomes" if found.is_synthetic else ""
    rows = [
        [row.code, f"{row.expected:.2f}", f"{row.low:.2f} to {row.high:.2f}", f"{row.best:.0%}", "; ".join(row.reasons)]
        for row in found.ranked[:top]
    ]
    columns = ["technique", "reward", "95 % interval", "best", "why"]
    allowed = counted(len(found.ranked), "technique")
    print_table(f"{allowed} allowed, by {', '.join(found.models)}{synthetic}", columns, rows)
    if found.excluded:
        click.echo("Left out: " + "; ".join(f"{code} {reason}" for code, reason in found.excluded.items()) + ".")
    if found.decision_id:
        click.echo(f"Logged as decision {found.decision_id}.")
