"""`workbench history import`: an outcome log into the decision log."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say
from workbench.jobs.outcome_columns import ROLES

if TYPE_CHECKING:
    from workbench.jobs.import_outcomes import OutcomeImportResult

MOST_ARMS = 12
COLUMNS = "\b\nColumns:\n" + "\n".join(f"  {role:<16}{meaning}" for role, meaning in ROLES.items())


@click.command("import", epilog=COLUMNS)
@click.argument("file")
@click.option("--map", "named", multiple=True, metavar="OURS=THEIRS", help="A column of another name; repeatable.")
@click.option("--set", "constant", multiple=True, metavar="OURS=VALUE", help="What every row says; repeatable.")
@click.option("--create-techniques", is_flag=True, help="Make a technique of every unknown code.")
@click.option("--create-intents", is_flag=True, help="Make an intent of every unknown label.")
@click.option("--synthetic", "is_synthetic", is_flag=True, help="Mark the rows: no person and no model made them.")
@click.option("--dry-run", is_flag=True, help="Do everything but embedding, report it, and take it back.")
@json_option
def import_command(
    file: str,
    named: tuple[str, ...],
    constant: tuple[str, ...],
    create_techniques: bool,
    create_intents: bool,
    is_synthetic: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Load an outcome log (CSV, JSON Lines or Parquet): which techniques were chosen for a prompt, and how it went.

    Needed are prompt or external_id, techniques, and reward or rating; the other columns below are taken where the file
    has them. A column of another name is named by --map, as in --map reward=click; --map time= leaves one out, and
    --set policy=mine says the same for every row.

    Bad rows are set aside in the table outcome_quarantine, with their reason and line. Otherwise all or nothing is
    written, and importing the same file again changes nothing.
    """
    from workbench.db.connection import database_url
    from workbench.jobs.encoder import find_encoder
    from workbench.jobs.import_outcomes import OutcomeOptions, import_outcomes
    from workbench.jobs.outcome_columns import parse_pairs
    from workbench.settings import read_settings

    columns, constants = parse_pairs(named, "--map"), parse_pairs(constant, "--set")
    options = OutcomeOptions(columns, constants, create_techniques, create_intents, is_synthetic)
    settings = read_settings()
    with progress("reading") as tick:
        result = import_outcomes(
            database_url(settings), Path(file), options, lambda: find_encoder(settings), dry_run=dry_run, tick=tick
        )
    if as_json:
        print_json(asdict(result))
    else:
        _show(result)


def _show(result: OutcomeImportResult) -> None:
    marks = [word for word, said in (("SYNTHETIC", result.is_synthetic), ("dry run", result.dry_run)) if said]
    title = "Outcomes imported" + (f" ({', '.join(marks)})" if marks else "")
    rows = [["read", result.read], ["written", result.written], ["there already", result.duplicates]]
    rows += [["set aside", result.quarantined], *([f"  {reason}", count] for reason, count in result.reasons.items())]
    rows += [["distinct prompts", result.prompts], ["with a propensity", result.with_propensity]]
    rows += [["techniques created", len(result.techniques_created)], ["intents created", len(result.intents_created)]]
    print_table(title, ["rows", "count"], [[str(name), f"{count:,}"] for name, count in rows])
    arms = list(result.arms.items())
    shown = [[arm or "(no technique)", f"{count:,}"] for arm, count in arms[:MOST_ARMS]]
    if len(arms) > MOST_ARMS:
        rest = sum(count for _, count in arms[MOST_ARMS:])
        shown.append([f"({len(arms) - MOST_ARMS} more)", f"{rest:,}"])
    print_table("What was chosen", ["techniques", "rows"], shown)
    _say_next(result)


def _say_next(result: OutcomeImportResult) -> None:
    if result.dry_run:
        say("Nothing was written. Leave out --dry-run to import.")
        return
    if result.is_repeat and not result.written:
        say("The file was imported so before; nothing changed.")
    if result.quarantined:
        name = Path(result.file).name.replace("'", "''")
        say(
            "The rows set aside: SELECT line, reason, content FROM outcome_quarantine q "  # noqa: S608  for a person
            f"JOIN outcome_imports i ON i.id = q.import_id WHERE file_name = '{name}' ORDER BY i.created_at, line;"
        )
    if result.with_propensity < result.written + result.duplicates:
        say("Some rows do not say with what probability they were chosen; it will be estimated, and said so.")
    say(
        "Next: workbench evaluate-policy compares policies on the log; workbench effectiveness estimate learns from it."
    )
