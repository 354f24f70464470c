"""`workbench retrain`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, say
from workbench.errors import MisuseError
from workbench.records import SHORT_NAMES

if TYPE_CHECKING:
    from workbench.jobs.retrain import Retrained

EVERYTHING = ",".join(SHORT_NAMES)


def _chosen(models: str) -> list[str]:
    wanted = [name.strip() for name in models.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in SHORT_NAMES]
    if unknown or not wanted:
        problem = f"unknown model {unknown[0]!r}" if unknown else "no model was named"
        raise MisuseError(detail=f"--models: {problem}. Expected some of {EVERYTHING}, separated by commas.")
    return [name for name in SHORT_NAMES if name in wanted]


@click.command()
@click.option("--dataset-version", "version", required=True, help="Which labelled prompts to train on.")
@click.option("--models", default=EVERYTHING, show_default=True, help="Which models, separated by commas.")
@click.option(
    "--wait", "wait_seconds", default=1800.0, show_default=True, help="Seconds to wait for another retraining."
)
@json_option
def retrain(version: str, models: str, wait_seconds: float, as_json: bool) -> None:
    """Run the notebooks through papermill, keep them, and end with a table."""
    from workbench.jobs.retrain import retrain as run
    from workbench.jobs.workspace import open_workspace

    chosen = _chosen(models)
    done = run(open_workspace(), version, chosen, wait_seconds, say)
    if as_json:
        print_json(_as_json(done))
    else:
        print_retrained(done)


def _as_json(done: Retrained) -> dict[str, Any]:
    models = [
        {
            "model_type": row.model_type,
            "model_name": row.model_name,
            "model_version": row.model_version,
            "run_id": row.run_id,
            "is_active": row.is_active,
            "metrics": row.metrics,
        }
        for row in done.models
    ]
    return {
        "dataset_version": done.version,
        "run_id": done.run_id,
        "folder": str(done.folder),
        "notebooks": done.runs,
        "models": models,
        "effectiveness_rows": done.effectiveness_rows,
        "embedded": done.embedded.texts,
        "swept": list(done.swept),
        "seconds": done.seconds,
    }


def print_retrained(done: Retrained) -> None:
    """The closing table, and where everything is."""
    rows = []
    for row in done.models:
        head, best = row.metrics, max(row.metrics["baselines"].items(), key=lambda item: item[1]["accuracy"])
        interval = f"{head['accuracy_low']:.3f}-{head['accuracy_high']:.3f}"
        against = f"{best[1]['accuracy']:.3f} {best[0]}"
        live = "yes" if row.is_active else "no"
        accuracy, f1 = f"{head['accuracy']:.3f}", f"{head['macro_f1']:.3f}"
        rows.append([f"{row.model_type} {row.model_version}", accuracy, interval, f1, against, live])
    columns = ["model", "accuracy", "95 % interval", "macro F1", "best baseline", "live"]
    print_table(f"Retrained on {done.version} in {done.seconds:.0f} s", columns, rows)
    if done.effectiveness_rows:
        click.echo(f"Effectiveness: {done.effectiveness_rows} rows of intent_technique_effectiveness by this run.")
    if done.swept:
        click.echo(f"Closed {len(done.swept)} runs whose process had ended without closing them.")
    click.echo(f"Notebooks and their pages: {done.folder}")
    click.echo("Look closer: workbench mlflow")
