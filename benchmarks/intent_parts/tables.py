"""The summary of one set as tables for a person."""

from __future__ import annotations

from typing import Any

from intent_parts.blocks import BLOCKS
from intent_parts.compare import REFERENCE
from workbench.cli.output import print_table

TITLES = {
    "majority": "majority",
    "frozen_lr": "frozen + logistic regression",
    "tfidf_svm": "TF-IDF + linear SVM",
    "quick": "ours, quick",
    "standard": "ours, standard",
    "thorough": "ours, thorough",
    "hiclass": "hiclass, frozen + LR",
    "autointent": "autointent classic-light *",
    "setfit": "setfit *",
}

Summary = dict[str, Any]


def print_set(found: Summary) -> None:
    for block, contenders in found["blocks"].items():
        measured = {name: part for name, part in contenders.items() if "scores" in part}
        if measured:
            first = next(iter(measured.values()))
            trained, tested, splits = (first[key] for key in ("rows_trained_on", "rows_tested", "splits"))
            where = f"{found['name']}, {BLOCKS[block].title}: {trained:,} to train, {tested:,} to test, {splits} splits"
            _scores(where, measured, found)
            _differences(where, measured)
            _costs(where, measured)
            _sets(where, measured)
            _decisions(where, measured)
            _out_of_scope(where, measured)
        for name, part in contenders.items():
            if "unavailable" in part:
                print(f"{TITLES.get(name, name)} was not measured: {part['unavailable']}")


def percent(bounds: Any, digits: int = 1) -> str:
    """The point and half the width of its 95 % interval, both in points."""
    if bounds is None:
        return "–"
    point = f"{100 * bounds['point']:.{digits}f}"
    return point if bounds["low"] is None else f"{point} ±{50 * (bounds['high'] - bounds['low']):.{digits}f}"


def change(bounds: Any) -> str:
    """A difference in points, its 95 % interval and its p-value."""
    if bounds is None:
        return "–"
    low, high = 100 * bounds["low"], 100 * bounds["high"]
    return f"{100 * bounds['point']:+.2f} ({low:+.2f} to {high:+.2f}) p {bounds['p_value']:.2g}"


def _scores(where: str, measured: Summary, found: Summary) -> None:
    outside = any("out_of_scope" in part for part in measured.values())
    columns = {"accuracy": "accuracy", "macro_f1": "macro F1", "hierarchical_f1": "hier. F1", "ece": "ECE"}
    columns |= {"in_scope_accuracy": "in scope"} if outside else {}
    rows = []
    for name, part in measured.items():
        row = [TITLES.get(name, name), *(percent(part["scores"][score], 2) for score in columns)]
        rows.append([*row, _auroc(part)] if outside else row)
    head = ["contender", *columns.values(), *(["AUROC out of scope"] if outside else [])]
    print_table(f"{where}. Points, ± half the 95 % interval over splits", head, rows)
    for name, part in measured.items():
        few = part.get("calibration_of_few_rows")
        if few:
            low, high = (100 * few["ece_debiased"][end] for end in ("low", "high"))
            told = f"ECE of all answers pooled {100 * few['ece_pooled']:.1f}, debiased on {few['rows']} rows"
            print(f"{TITLES[name]}: {told} {100 * few['ece_debiased']['point']:.1f} ({low:.1f} to {high:.1f})")
    for note in found["notes"]:
        print(note)
    unknown = next(iter(measured.values()))["unknown_labels"]["point"]
    if unknown:
        print(f"{100 * unknown:.1f} % of the tested rows have a label that no training row has: nobody can answer it.")


def _auroc(part: Summary) -> str:
    found = part.get("out_of_scope", {})
    return percent(found["scores"][found["judged_by"]]["auroc"]) if found.get("judged_by") else "–"


def _differences(where: str, measured: Summary) -> None:
    others = {name: part["against"] for name, part in measured.items() if "against" in part}
    for score in ("accuracy", "in_scope_accuracy"):
        rows = []
        for name, part in others.items():
            together, seeds = part["over_splits"].get(score), [found.get(score) for found in part["per_seed"].values()]
            if together or any(seeds):
                rows.append([TITLES.get(name, name), change(together), "  ".join(_apart(one) for one in seeds if one)])
        if rows:
            title = f"{where}: {score.replace('_', ' ')} minus that of {TITLES[REFERENCE]}, on the same rows. Points"
            print_table(title, ["contender", "over all splits", "on each split"], rows)
    rows = [
        [TITLES.get(name, name), score.replace("_", " "), change(part["over_splits"][score])]
        for name, part in others.items()
        for score in ("macro_f1", "hierarchical_f1", "ece")
        if score in part["over_splits"]
    ]
    if rows:
        title = f"{where}: other scores minus those of {TITLES[REFERENCE]}. Points"
        print_table(title, ["contender", "score", "over all splits"], rows)


def _apart(bounds: dict[str, float]) -> str:
    return f"{100 * bounds['point']:+.1f} ({100 * bounds['low']:+.1f}…{100 * bounds['high']:+.1f})"


def _costs(where: str, measured: Summary) -> None:
    rows = []
    for name, part in measured.items():
        costs, ratio = part["costs"], part.get("ratios", {})
        row = [TITLES.get(name, name)]
        for kind in ("fit", "predict"):
            times = f"{kind}_seconds"
            row += [_seconds(costs[times]), _times(ratio.get(f"{times} over {REFERENCE}"))]
            row += [f"{costs[f'{kind}_cpu_seconds']['median']:.2f}"]
        rows.append([*row, f"{costs['memory_peak_mb']['most']:,.0f}"])
    columns = ["contender", "train s", "× LR", "CPU s", "predict s", "× LR", "CPU s", "peak MB"]
    print_table(
        f"{where}. Median (least to most) of the splits; embedding is not in it but where * stands", columns, rows
    )


def _seconds(spread: dict[str, float]) -> str:
    return f"{spread['median']:.2f} ({spread['least']:.2f} to {spread['most']:.2f})"


def _times(ratio: float | None) -> str:
    return "–" if ratio is None else f"{ratio:.2f}"


def _sets(where: str, measured: Summary) -> None:
    rows = [
        [TITLES.get(name, name), kind, percent(row["coverage"]), f"{row['labels']['point']:.1f}"]
        + [percent(row[score]) for score in ("single", "empty")]
        for name, part in measured.items()
        for kind, row in part.get("sets", {}).items()
    ]
    if rows:
        columns = ["contender", "sets, stated", "coverage", "labels a set", "single", "empty"]
        print_table(f"{where}: conformal sets", columns, rows)
    for name, part in measured.items():
        if part.get("splits_with_sets", part["splits"]) < part["splits"]:
            print(f"{TITLES[name]} stated sets on {part['splits_with_sets']} of {part['splits']} splits.")


def _decisions(where: str, measured: Summary) -> None:
    names = ("path", "exact", "answered", "unanswered", "sent_out")
    rows = [
        [TITLES.get(name, name), *(percent(part["decisions"][score]) for score in names)]
        for name, part in measured.items()
        if "decisions" in part
    ]
    if rows:
        columns = ["contender", "on the true path", "the very path", "answered", "no answer", "sent out of scope"]
        print_table(f"{where}: decide (the first two are shares of the answered)", columns, rows)


def _out_of_scope(where: str, measured: Summary) -> None:
    rows = []
    for name, part in measured.items():
        found = part.get("out_of_scope", {"judged_by": None, "scores": {}, "rules": {}})
        ways = {f"{how}, 97 % kept": row for how, row in found["scores"].items() if how == found["judged_by"]}
        for how, row in (ways | found["rules"]).items():
            cells = [percent(row.get(score)) for score in ("auroc", "recall", "in_scope_accuracy", "in_scope_kept")]
            rows.append([TITLES.get(name, name), how, *cells])
    if rows:
        tested = next(part["rows_out_of_scope"] for part in measured.values() if "rows_out_of_scope" in part)
        columns = ["contender", "sent out by", "AUROC", "recall", "in scope, right", "in scope, kept"]
        print_table(f"{where}: {tested:.0f} rows out of scope a split", columns, rows)
