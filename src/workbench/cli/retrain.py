"""`workbench retrain`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.output import json_option, print_json, print_table, say
from workbench.errors import MisuseError
from workbench.records import SHORT_NAMES

if TYPE_CHECKING:
    from workbench.jobs.retrain import Retrained
    from workbench.jobs.retrain_asked import Asked
    from workbench.jobs.retrain_status import Standing

EVERYTHING = ",".join(SHORT_NAMES)
NEWEST = "newest"


def chosen_models(models: str) -> list[str]:
    """
    Raises:
        MisuseError: a name that no model has, or none at all.
    """
    wanted = [name.strip() for name in models.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in SHORT_NAMES]
    if unknown or not wanted:
        problem = f"unknown model {unknown[0]!r}" if unknown else "no model was named"
        raise MisuseError(detail=f"--models: {problem}. Expected some of {EVERYTHING}, separated by commas.")
    return [name for name in SHORT_NAMES if name in wanted]


@click.command()
@click.option("--dataset-version", "version", help="Which labelled prompts to train on.")
@click.option("--models", default=EVERYTHING, show_default=True, help="Which models, separated by commas.")
@click.option(
    "--wait", "wait_seconds", default=1800.0, show_default=True, help="Seconds to wait for another retraining."
)
@click.option("--reason", help="Why, for the record. Default: that you asked for it.")
@click.option("--anew", is_flag=True, help="Start anew, even where an interrupted one could be gone on with.")
@click.option(
    "--resume", is_flag=False, flag_value=NEWEST, metavar="[RUN]", help="Go on with this one, or the newest unfinished."
)
@click.option("--cancel", metavar="RUN", help="Stop this one.")
@click.option("--status", "--list", "status", is_flag=True, help="Show how the last ones stand; start nothing.")
@click.option("--sweep", is_flag=True, help="Close what processes that have ended left open; retrain nothing.")
@click.option("--turn", type=int, hidden=True, help="The time of a schedule that this is for.")
@json_option
def retrain(
    version: str | None,
    models: str,
    wait_seconds: float,
    reason: str | None,
    anew: bool,
    resume: str | None,
    cancel: str | None,
    status: bool,
    sweep: bool,
    turn: int | None,
    as_json: bool,
) -> None:
    """Run the notebooks through papermill, keep them, and end with a table.

    One that was interrupted is gone on with from its last finished notebook by the same command, as long as prompts,
    taxonomy, encoder, parameters, notebooks and code are the same. RUN is the id that --status shows, or its beginning.
    """
    if sum((anew, resume is not None, cancel is not None, status, sweep)) > 1:
        raise MisuseError(detail="Give one of --anew, --resume, --cancel, --status and --sweep.")
    if status:
        _status(as_json)
    elif cancel:
        _cancel(cancel, as_json)
    elif sweep:
        _sweep(as_json)
    else:
        _run(version, models, wait_seconds, _asked(reason, anew), turn, resume, as_json)


def _asked(reason: str | None, anew: bool) -> Asked:
    from workbench.jobs.retrain_asked import Asked

    resume = "never" if anew else "auto"
    return Asked(reason=reason, resume=resume) if reason else Asked(resume=resume)


def _run(
    version: str | None,
    models: str,
    wait_seconds: float,
    asked: Asked,
    turn: int | None,
    resume: str | None,
    as_json: bool,
) -> None:
    from workbench.jobs.retrain import retrain as run
    from workbench.jobs.retrain_asked import asked_by_turn, resumable
    from workbench.jobs.serve import signals_interrupt
    from workbench.jobs.workspace import open_workspace

    chosen = chosen_models(models)
    if version is None and resume is None:
        raise MisuseError(detail="--dataset-version is missing: which labelled prompts?")
    workspace = open_workspace()
    if turn is not None:
        asked = asked_by_turn(workspace.url, turn, asked.resume)
    if resume is not None:
        version, chosen, asked = resumable(workspace.url, None if resume == NEWEST else resume, version, asked)
    with signals_interrupt():
        done = run(workspace, str(version), chosen, wait_seconds, say, asked)
    if as_json:
        print_json(_as_json(done))
    else:
        print_retrained(done)


def _cancel(named: str, as_json: bool) -> None:
    from workbench.jobs.retrain_cancel import cancel
    from workbench.jobs.retrain_status import standings
    from workbench.jobs.workspace import open_workspace

    workspace = open_workspace()
    run = cancel(workspace, named, wait_seconds=60.0)
    if as_json:
        (found,) = standings(workspace.url, run.id)
        print_json(found.as_json())
    elif run.state in ("queued", "running"):
        click.echo(f"{run.id[:8]} was asked to stop and has not yet; its process looks every few seconds.")
    else:
        click.echo(f"{run.id[:8]} is {run.state}.")


def _sweep(as_json: bool) -> None:
    from workbench.jobs.sweep import sweep
    from workbench.jobs.workspace import open_workspace

    swept = sweep(open_workspace())
    if as_json:
        print_json({"swept": swept})
    else:
        click.echo(_swept(swept))


def _swept(runs: Sequence[str]) -> str:
    from workbench.jobs.findings import counted

    return f"Closed {counted(len(runs), 'run')} left open by a process that had ended."


def _status(as_json: bool) -> None:
    from workbench.jobs.retrain_status import standings
    from workbench.jobs.workspace import open_database

    found = standings(open_database())
    if as_json:
        print_json({"runs": [standing.as_json() for standing in found]})
        return
    if not found:
        click.echo("Nothing was retrained yet.")
        return
    print_table("Retrainings (times in UTC)", ["run", "state", "what", "why", "begun", "ended"], _lines(found))
    newest = found[0]
    rows = [[s.notebook, str(s.attempt), s.failure or s.state, _minute(s.finished_at)] for s in newest.steps]
    if rows:
        print_table(f"Notebooks of {newest.run.id[:8]}", ["notebook", "attempt", "state", "ended"], rows)
    if newest.run.error:
        click.echo(newest.run.error)


def _lines(found: list[Standing]) -> list[list[str]]:
    rows = []
    for standing in found:
        run = standing.run
        dead = "" if standing.alive or run.finished_at else ", its process is gone"
        what = f"{', '.join(run.models)} on {run.dataset_version}"
        state = f"{run.state} ({run.failure})" if run.failure else f"{run.state}{dead}"
        rows.append([run.id[:8], state, what, run.reason, _minute(run.started_at), _minute(run.finished_at)])
    return rows


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""


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
        "retraining": done.retraining,
        "resumed": done.resumed,
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
        click.echo(_swept(done.swept))
    click.echo(f"Notebooks and their pages: {done.folder}")
    click.echo("Look closer: workbench mlflow")
