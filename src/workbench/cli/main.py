"""The console script. Verbs are imported when they are called, so that `workbench --help` answers at once."""

from __future__ import annotations

import importlib
import os
import sys

import click

from workbench.cli.output import say
from workbench.errors import WorkbenchError

# verb: where its command is, and its one line in `workbench --help`
VERBS: dict[str, tuple[str, str]] = {
    "up": ("workbench.cli.server:up", "Start the private PostgreSQL (or check the given one)."),
    "down": ("workbench.cli.server:down", "Stop the private PostgreSQL and the dashboards."),
    "status": ("workbench.cli.server:status", "Say where everything is and what runs."),
    "doctor": ("workbench.cli.doctor:doctor", "Look for what is wrong and say what to do."),
    "db": ("workbench.cli.db:db", "Migrate the schema, look at it, open psql."),
    "maintain": ("workbench.cli.maintain:maintain", "Run the maintenance jobs that are due."),
    "import": ("workbench.cli.importing:import_", "Load labelled prompts from a file or a starter corpus."),
    "history": ("workbench.cli.history:history", "Simulate use, or load outcomes from a log."),
    "effectiveness": (
        "workbench.cli.effectiveness:effectiveness",
        "Estimate how well techniques work; look, apply, undo.",
    ),
    "embed": ("workbench.cli.embed:embed", "Fill in the embeddings that are missing."),
    "train": ("workbench.cli.train:train", "Train, judge, log and write back one model."),
    "evaluate-policy": (
        "workbench.cli.evaluate_policy:evaluate_policy",
        "Say what other choices of techniques would be worth.",
    ),
    "recommend": ("workbench.cli.recommend:recommend", "Say which techniques suit a prompt, and why."),
    "schedule": ("workbench.cli.schedule:schedule", "Retrain at set times, or when something fires."),
    "retrain": ("workbench.cli.retrain:retrain", "Run the notebooks and end with a table."),
    "models": ("workbench.cli.models:models", "List, compare, promote, roll back and verify models."),
    "demo": ("workbench.cli.demo:demo", "Do all of it once, on the starter corpus."),
    "mlflow": ("workbench.cli.mlflow:mlflow", "Serve the MLflow dashboards on loopback."),
    "lab": ("workbench.cli.lab:lab", "Open JupyterLab with the right kernel and database."),
}


class LazyGroup(click.Group):
    """A group that knows its verbs by name and loads one only when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module, _, name = VERBS[cmd_name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in VERBS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="workbench")
def cli() -> None:
    """Train, judge and manage the models of a prompt-engineering assistant, inside PostgreSQL."""


def main() -> None:
    """Run a verb. Exit codes: 0 done, 1 failure, 2 misuse, 3 the gate said no, 130 interrupted."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("DO_NOT_TRACK", "true")
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    try:
        cli(standalone_mode=False)
    except WorkbenchError as exc:
        say(f"Error: {exc}")
        sys.exit(exc.exit_code)
    except click.ClickException as exc:
        exc.show()
        sys.exit(exc.exit_code)
    except (click.Abort, KeyboardInterrupt):
        say("Interrupted. What was committed stays; nothing is half-written.")
        sys.exit(130)


if __name__ == "__main__":
    main()
