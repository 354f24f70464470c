"""`workbench train intent|complexity|selector`."""

from __future__ import annotations

from contextlib import nullcontext

import click

from workbench.cli.output import json_option, print_json, print_table, progress, say
from workbench.records import BUDGETS, SHORT_NAMES


@click.command()
@click.argument("model", type=click.Choice(list(SHORT_NAMES)))
@click.option("--dataset-version", "version", required=True, help="Which labelled prompts to train on.")
@click.option("--seed", default=20260101, show_default=True, help="Seed of everything that draws.")
@click.option(
    "--budget",
    type=click.Choice(list(BUDGETS)),
    help="For intent: quick looks at embeddings alone, standard (the default) at words and features too, thorough also "
    "fine-tunes the encoder, on a GPU if there is one, which becomes a registered model of its own.",
)
@click.option(
    "--trials",
    type=click.IntRange(min=0),
    help="For intent with more than the quick budget: sets of parameters to try on training prompts left out in turn, "
    "the defaults first. 0 takes the defaults; without it the budget decides (standard: 16, thorough: 30).",
)
@click.option(
    "--with-synthetic",
    is_flag=True,
    help="For the selector: learn from simulated outcomes too. Without it from real ones alone; the model says so.",
)
@json_option
def train(
    model: str, version: str, seed: int, budget: str | None, trials: int | None, with_synthetic: bool, as_json: bool
) -> None:
    """Train, judge, log and write back one model."""
    from workbench.evaluation.intent_scores import coverage_missed
    from workbench.jobs.train import train as run
    from workbench.jobs.workspace import open_workspace
    from workbench.records import Recipe

    if budget and model != "intent":
        raise click.BadOptionUsage(
            "budget", f"--budget is for the intent model; the {model} model has one budget only."
        )
    if trials and (model != "intent" or budget == "quick"):
        what = f"the {model} model" if model != "intent" else "the quick budget"
        raise click.BadOptionUsage(
            "trials", f"--trials is for the intent model, standard or thorough; {what} searches nothing."
        )
    if with_synthetic and model != "selector":
        raise click.BadOptionUsage(
            "with_synthetic", "--with-synthetic is for the selector alone; no other model learns from outcomes."
        )
    options: dict[str, object] = {"budget": budget} if budget else {}
    options |= {"synthetic_outcomes": True} if with_synthetic else {}
    recipe = Recipe(SHORT_NAMES[model], version, seed, options)
    with progress("fine-tuning") if budget == "thorough" else nullcontext(_silent) as tick:
        done = run(open_workspace(), recipe, lambda step: say(f"{step} …"), trials, tick)
    if as_json:
        print_json(done.as_json())
        return
    report = done.report
    rows = [["this model", f"{report.accuracy:.3f}", f"{report.macro_f1:.3f}"]]
    rows += [[n, f"{b['accuracy']:.3f}", f"{b['macro_f1']:.3f}"] for n, b in report.baselines.items()]
    title = f"{done.run.model_name} {done.run.model_version} on {version}: {report.n_test} test prompts"
    print_table(title, ["", "accuracy", "macro F1"], rows)
    if "ndcg_at_5_lead" in report.metrics:
        lead = tuple(report.metrics[f"ndcg_at_5_lead{end}"] for end in ("", "_low", "_high"))
        click.echo(
            "NDCG@5 {:.3f}; at least {:+.3f} ({:+.3f} to {:+.3f}) to any other ranking.".format(
                report.metrics["ndcg_at_5"], *lead
            )
        )
    missed = coverage_missed(report.metrics, report.n_train, report.n_test)
    if missed:
        click.echo(missed)
    if done.found:
        click.echo(done.found.in_a_line())
    if done.encoder:
        click.echo(f"The fine-tuned encoder is {done.encoder.name} {done.encoder.version}.")
    click.echo(f"MLflow run {done.run.run_id}, {done.seconds:.0f} s. See it with `workbench mlflow`.")


def _silent(done: int, total: int, what: str = "") -> None:
    """Nothing to be told of."""
