"""The Markdown description of a run: what a reviewer reads in a minute."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from workbench.evaluation.intent_scores import coverage_missed
from workbench.records import Recipe, Report, TrainingSet

HEADLINE = {
    "intent_classifier": ("Intent classifier", "exact path", ("level_1_accuracy", "hierarchical_f1", "ece")),
    "complexity_model": ("Complexity model", "exact level", ("quadratic_kappa", "mean_absolute_error", "ece")),
    "technique_selector": (
        "Technique selector",
        "first technique among the labelled",
        ("ndcg_at_5", "recall_at_3", "map"),
    ),
}
WORST = 5


def describe(recipe: Recipe, training_set: TrainingSet, report: Report) -> str:
    """What it is, on which data, how good beside the baselines, where it is weak."""
    title, meaning, others = HEADLINE[recipe.model_type]
    low, high = report.metrics["accuracy_low"], report.metrics["accuracy_high"]
    lines = [
        f"## {title} on `{recipe.dataset_version}`",
        "",
        f"**Accuracy {report.accuracy:.3f}** (95 % interval {low:.3f} to {high:.3f}; {meaning}), "
        f"macro F1 {report.macro_f1:.3f}, on {report.n_test} test prompts after {report.n_train} training prompts.",
        _verdict(report),
        "",
        "| | accuracy | macro F1 |",
        "|---|---|---|",
        f"| **this model** | **{report.accuracy:.3f}** | **{report.macro_f1:.3f}** |",
        *(f"| {name} | {b['accuracy']:.3f} | {b['macro_f1']:.3f} |" for name, b in report.baselines.items()),
        "",
        "Also: " + ", ".join(f"{name} {report.metrics[name]:.3f}" for name in others) + ".",
        "",
        *_secondary(report),
        *_ranking(recipe, report),
        _weak_classes(report),
        *_missed(report),
        "",
        f"Data: sha256 `{training_set.digest[:16]}…`, embeddings by `{training_set.embedding_space}`, "
        f"seed {recipe.seed}. {_words(recipe, training_set)}The test split was looked at once.",
    ]
    return "\n".join(lines)


def _words(recipe: Recipe, training_set: TrainingSet) -> str:
    if recipe.model_type != "intent_classifier" or training_set.words is None:
        return ""
    return f"Learnt from {len(training_set.words.ids)} names, keywords and descriptions of intents too. "


def _missed(report: Report) -> list[str]:
    said = coverage_missed(report.metrics, report.n_train, report.n_test)
    return ["", said] if said else []


def in_a_line(recipe: Recipe, report: Report) -> str:
    """What the list of a model's versions shows beside each."""
    low, high = report.metrics["accuracy_low"], report.metrics["accuracy_high"]
    name, best = best_baseline(report.baselines)
    return (
        f"Accuracy {report.accuracy:.3f} on {recipe.dataset_version} (95 % interval {low:.3f} to {high:.3f}); "
        f"best baseline {best:.3f} ({name})."
    )


def best_baseline(baselines: Mapping[str, Mapping[str, float]]) -> tuple[str, float]:
    """The name and the accuracy of the baseline with the highest accuracy."""
    return max(((name, scores["accuracy"]) for name, scores in baselines.items()), key=lambda item: item[1])


def _verdict(report: Report) -> str:
    name, best = best_baseline(report.baselines)
    low = report.metrics["accuracy_low"]
    gap = 100 * (report.accuracy - best)
    if low > best:
        return f"The best baseline ({name}) lies {gap:.1f} points lower, below the interval."
    if report.accuracy > best:
        return f"The best baseline ({name}) lies {gap:.1f} points lower, but **within the interval**."
    return f"**It does not beat the best baseline** ({name}, {best:.3f})."


def _secondary(report: Report) -> Iterator[str]:
    """Where test prompts have further intents: what predicting any is worth, beside not to."""
    if "intent_sets_against" not in report.tables:
        return
    table = report.tables["intent_sets_against"]
    rows = table[table["metric"] == "micro_f1"].to_dict("records")
    alone = next(row["ours"] for row in rows if row["of"] == "secondary")
    against = (
        f"{row['theirs']:.3f} of {row['other']} (difference {row['difference']:+.3f}, {row['low']:+.3f} to "
        f"{row['high']:+.3f})"
        for row in rows
        if row["of"] == "all_intents"
    )
    together = next(row["ours"] for row in rows if row["of"] == "all_intents")
    yield f"Secondary intents: F1 {alone:.3f}; with the primary one {together:.3f}, against {' and '.join(against)}."
    yield ""


def _ranking(recipe: Recipe, report: Report) -> Iterator[str]:
    """How a ranking compares with others on the same prompts, and what outcomes say, if any do."""
    if "ranking_against" not in report.tables:
        return
    table = report.tables["ranking_against"]
    rows = table[table["metric"] == "ndcg_at_5"].to_dict("records")
    against = ", ".join(f"{r['difference']:+.3f} ({r['low']:+.3f} to {r['high']:+.3f}) to {r['other']}" for r in rows)
    yield f"NDCG@5 beside others, paired: {against}."
    yield ""
    if recipe.options.get("synthetic_outcomes"):
        yield "**It has learnt from SYNTHETIC outcomes too.**"
        yield ""
    for row in report.tables["regret"].to_dict("records") if "regret" in report.tables else ():
        if row["policy"] == "selector":
            said = f"{row['over_best_fixed']:+.3f} ({row['fixed_low']:+.3f} to {row['fixed_high']:+.3f})"
            who = f" of {row['language_model']}" if row["language_model"] else ""
            yield (
                f"On {row['decisions']:,} logged decisions{who} ({row['synthetic']:,} of them synthetic) choosing by "
                f"outcomes is worth {said} over the best fixed arm. {row['problem']}".rstrip()
            )
            yield ""


def _weak_classes(report: Report) -> str:
    supported = report.per_class[report.per_class["support"] > 0].sort_values(["f1", "label"]).head(WORST)
    columns = (supported[name].tolist() for name in ("label", "f1", "support"))
    named = ", ".join(f"`{label}` {f1:.2f} ({support})" for label, f1, support in zip(*columns, strict=True))
    return f"Weakest classes (F1, test prompts): {named}."
