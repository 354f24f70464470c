"""`workbench import`: labelled prompts from a file, or a starter corpus from a folder."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say

if TYPE_CHECKING:
    from workbench.jobs.import_file import ImportResult


@click.command("import")
@click.argument("file")
@click.option("--dataset-version", "version", required=True, help="Name of the data: 1 to 20 of A-Z a-z 0-9 . _ -")
@click.option("--text-column", metavar="NAME", help="The prompts. Default: text, else prompt_text, else prompt.")
@click.option("--label-column", metavar="NAME", help="Their intents. Default: label, else intent, else primary.")
@click.option("--parent-column", metavar="NAME", help="The intents above the labels.")
@click.option("--complexity-column", metavar="NAME", help="Whole numbers from 1 to 5.")
@click.option("--techniques-column", metavar="NAME", help="Codes of the best techniques, separated by semicolons.")
@click.option("--secondary-column", metavar="NAME", help="Further intents, separated by semicolons.")
@click.option("--split-column", metavar="NAME", help="Values that end in test are the test split, others training.")
@click.option("--test-fraction", type=float, metavar="F", help="Share of each label that becomes the test split.")
@click.option("--create-intents", is_flag=True, help="Make an intent of every unknown label.")
@click.option(
    "--source-type",
    type=click.Choice(["production", "synthetic", "manual"]),
    default="manual",
    show_default=True,
    help="Where the prompts come from.",
)
@click.option("--dry-run", is_flag=True, help="Do everything, report it, and take it back.")
@json_option
def import_(file: str, version: str, dry_run: bool, as_json: bool, **options: Any) -> None:
    """Load labelled prompts from FILE (CSV, JSON Lines or Parquet) into a dataset version.

    FILE may also be the folder of a corpus (taxonomy.yaml, techniques.yaml, patterns.yaml, prompts/*.jsonl), or the
    word starter for the one that comes with the workbench.

    Bad rows are set aside in the table import_quarantine, with their reason and line. Otherwise all or nothing is
    written, and importing the same file again changes nothing.
    """
    from workbench.db.connection import database_url
    from workbench.jobs.import_corpus import import_corpus, is_corpus
    from workbench.jobs.import_file import ImportOptions, import_file
    from workbench.settings import read_settings

    url = database_url(read_settings())
    with progress("reading") as tick:
        if is_corpus(file):
            result = import_corpus(url, file, version, ImportOptions(**options), dry_run=dry_run, tick=tick)
        else:
            result = import_file(url, Path(file), version, ImportOptions(**options), dry_run=dry_run, tick=tick)
    if as_json:
        print_json(asdict(result))
    else:
        _show(result)


def _show(result: ImportResult) -> None:
    from workbench.jobs.findings import listed

    title = f"Import into {result.dataset_version}" + (" (dry run)" if result.dry_run else "")
    rows = [["read", result.read], ["written", result.written], ["duplicates", result.duplicates]]
    rows += [["set aside", result.quarantined], *([f"  {reason}", count] for reason, count in result.reasons.items())]
    if result.moved_to_test:
        rows.append(["moved to the test split", result.moved_to_test])
    rows += [["intents created", result.intents_created]]
    rows += [["training rows now", result.train_rows], ["test rows now", result.test_rows]]
    print_table(title, ["rows", "count"], [[str(name), f"{count:,}"] for name, count in rows])
    if result.columns_left:
        say(f"Columns that nobody asked for: {listed(result.columns_left)}. See --help for --split-column and others.")
    if result.dry_run:
        say("Nothing was written. Leave out --dry-run to import.")
        return
    if result.quarantined:
        say(
            "The rows set aside: SELECT line, reason, label, prompt_text FROM import_quarantine q "  # noqa: S608  for a person
            "JOIN import_batches b ON b.id = q.batch_id "
            f"WHERE dataset_version = '{result.dataset_version}' ORDER BY b.created_at, line;"
        )
    if not result.test_rows:
        say("There is no test split. A model needs one: import with --test-fraction 0.2 or --split-column.")
    say(f"Next: workbench train intent --dataset-version {result.dataset_version}")
