"""`workbench models`: what is live, what could be, and the way there and back."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say
from workbench.records import SHORT_NAMES

if TYPE_CHECKING:
    from workbench.jobs.consider import Verdict
    from workbench.jobs.models import Standing
    from workbench.jobs.verify_models import Disagreement

WAIT = click.option(
    "--wait", "wait_seconds", default=60.0, show_default=True, help="Seconds to wait for another change of the type."
)


@click.group()
def models() -> None:
    """Models by name: intent@3 or intent_classifier/3, intent@champion (live), intent@newest, or the id of a run.

    PostgreSQL decides what is live; MLflow's alias `champion` follows.
    """


@models.command("list")
@click.option("--type", "type_name", help=f"Only one type: {', '.join(SHORT_NAMES)}.")
@json_option
def list_command(type_name: str | None, as_json: bool) -> None:
    """Every model, the newest of a type first, and how it stands."""
    from workbench.jobs.findings import counted
    from workbench.jobs.models import model_type_of, standings
    from workbench.jobs.workspace import open_database

    found = standings(open_database(), model_type_of(type_name) if type_name else None)
    if as_json:
        print_json({"models": [standing.as_json() for standing in found]})
        return
    columns = ["model", "state", "accuracy", "95 % interval", "dataset", "trained", "went live"]
    print_table(counted(len(found), "model"), columns, [_row(standing) for standing in found])


@models.command("show")
@click.argument("model")
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Write the reviewer's page to this file.")
@json_option
def show_command(model: str, html: Path | None, as_json: bool) -> None:
    """What a reviewer needs of one model: scores beside the live one, what changed, what the gate says."""
    from workbench.jobs.review import review_of, write_page
    from workbench.jobs.workspace import open_workspace

    review = review_of(open_workspace(), model)
    if html is not None:
        write_page(review, html)
    if as_json:
        print_json(review.as_json() | {"html": str(html) if html else None})
        return
    click.echo(review.markdown)
    if html is not None:
        say(f"The page is {html}.")


@models.command("compare")
@click.argument("first")
@click.argument("second")
@json_option
def compare_command(first: str, second: str, as_json: bool) -> None:
    """Two models of a type on the same test prompts: every score, its difference, and how sure that is."""
    from workbench.jobs.compare_models import compare_models
    from workbench.jobs.workspace import open_workspace

    found = compare_models(open_workspace(), first, second)
    if as_json:
        print_json(found.as_json())
        return
    rows = [
        [row["metric"], f"{row['ours']:.4f}", f"{row['theirs']:.4f}", _signed(row), f"{row['p_value']:.3f}"]
        for row in found.scores
    ]
    title = f"{found.first} minus {found.second} on the same {found.rows:,} test prompts"
    print_table(title, ["score", found.first, found.second, "difference (95 % interval)", "p"], rows)
    changed = [[row["group"], f"{row['rows']}", _signed(row), f"{row['p']:.3f}"] for row in found.changed()]
    if changed:
        print_table("Largest changes of recall", ["group", "prompts", "difference (95 % interval)", "p"], changed)


@models.command("promote")
@click.argument("model")
@click.option("--override", is_flag=True, help="Although the gate says no. Needs --reason; both are recorded.")
@click.option("--reason", default="", help="Why, in a sentence.")
@click.option("--dry-run", is_flag=True, help="Ask the gate and change nothing.")
@WAIT
@json_option
def promote_command(model: str, override: bool, reason: str, dry_run: bool, wait_seconds: float, as_json: bool) -> None:
    """Ask the gate and make the model live. Exit code 3 where the gate says no."""
    from workbench.errors import GateRefused, MisuseError
    from workbench.jobs.models import find
    from workbench.jobs.promote import Override, ask, check_accepted, promote_model
    from workbench.jobs.review import keep_review
    from workbench.jobs.workspace import open_workspace

    if reason and not override:
        raise MisuseError(detail="--reason goes with --override; what the gate accepts needs none.")
    workspace = open_workspace()
    wanted = find(workspace.url, model)
    if dry_run:
        verdict = ask(workspace, wanted)
        _print_verdict(verdict, as_json, promoted=False)
        check_accepted(verdict)
        return
    heard: list[Verdict] = []
    try:
        promote_model(workspace, wanted, Override(reason) if override else None, wait_seconds, heard.append)
    except GateRefused:
        _print_verdict(heard[0], as_json, promoted=False)
        raise
    finally:
        for verdict in heard:
            keep_review(workspace, verdict)
    _print_verdict(heard[0], as_json, promoted=True)


@models.command("rollback")
@click.argument("type_name", metavar="TYPE")
@click.option("--to", default="", help="Any model that was live before; `none` leaves none live.")
@click.option("--reason", required=True, help="Why, in a sentence; it is recorded.")
@WAIT
@json_option
def rollback_command(type_name: str, to: str, reason: str, wait_seconds: float, as_json: bool) -> None:
    """Take the live model of TYPE back: what was live before it went live is live again."""
    from workbench.jobs.models import model_type_of
    from workbench.jobs.rollback import rollback
    from workbench.jobs.workspace import open_workspace

    kind = model_type_of(type_name)
    done = rollback(open_workspace(), kind, reason, to, wait_seconds)
    if as_json:
        after = done.after.name if done.after else None
        print_json({"model_type": kind, "from": done.before.name, "to": after, "reason": reason})
        return
    now = f"{done.after.name} is live again" if done.after else f"no {kind} is live now"
    click.echo(f"{done.before.name} was taken back; {now}.")


@models.command("verify")
@click.option("--repair", is_flag=True, help="Let MLflow's aliases follow PostgreSQL where they do not.")
@json_option
def verify_command(repair: bool, as_json: bool) -> None:
    """Compare PostgreSQL with MLflow both ways, and every model file with its digest. Exit code 1 where they differ."""
    from workbench.jobs.verify_models import verify
    from workbench.jobs.workspace import open_workspace

    workspace = open_workspace()
    with progress("verifying") as tick:
        found = verify(workspace, repair, tick)
    if as_json:
        listed = [asdict(one) for one in found.disagreements]
        print_json({"agrees": found.agrees, "models": found.models, "disagreements": listed})
    else:
        for one in found.disagreements:
            click.echo(_disagreement(one))
        if not found.disagreements:
            click.echo(f"PostgreSQL, MLflow and the files say the same of all {found.models} models.")
    if not found.agrees:
        sys.exit(1)


def _row(standing: Standing) -> list[str]:
    model, numbers = standing.model, standing.model.metrics
    accuracy = numbers.get("accuracy", model.accuracy)
    low, high = numbers.get("accuracy_low"), numbers.get("accuracy_high")
    interval = f"{low:.3f}-{high:.3f}" if low is not None and high is not None else ""
    shown = "" if accuracy is None else f"{accuracy:.3f}"
    live = f"{model.deployed_at:%Y-%m-%d %H:%M}" if model.deployed_at else ""
    return [model.name, standing.state, shown, interval, model.dataset_version, f"{model.created_at:%Y-%m-%d}", live]


def _signed(row: dict[str, Any]) -> str:
    return f"{row['difference']:+.3f} ({row['low']:+.3f} to {row['high']:+.3f})"


def _print_verdict(verdict: Verdict, as_json: bool, *, promoted: bool) -> None:
    decision = verdict.decision
    if as_json:
        live = verdict.champion.name if verdict.champion else None
        head = {"model": verdict.challenger.name, "champion": live, "promoted": promoted}
        print_json(head | decision.as_json())
        return
    rows = [["passed" if check.passed else "REFUSED", check.name, check.sentence] for check in decision.checks]
    answer = "yes" if decision.promote else "no"
    print_table(f"{verdict.challenger.name}: the gate says {answer}", ["", "check", "what it found"], rows)
    if promoted:
        word = "" if decision.promote else " although the gate said no, which is recorded"
        click.echo(f"{verdict.challenger.name} is live{word}.")


def _disagreement(found: Disagreement) -> str:
    return f"{found.about}: {found.found}. {'Mended.' if found.mended else found.advice}"
