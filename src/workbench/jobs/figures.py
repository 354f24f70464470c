"""Which figures a model type gets."""

from __future__ import annotations

from matplotlib.figure import Figure

from workbench.plots import abstention, branches, intent_sets, rankings, reliability, scores, sets
from workbench.records import Report


def report_figures(report: Report) -> dict[str, Figure]:
    """Figures by file name."""
    figures = {
        "against_baselines": scores.against_baselines(report),
        "per_class_f1": scores.per_class_f1(report),
        "calibration": scores.calibration(report),
    }
    figures |= _pictures_of_tables(report)
    if report.model_type != "technique_selector":
        level = 1 if report.model_type == "intent_classifier" else None
        figures["confusion"] = scores.confusion(report, level)
    return figures


def _pictures_of_tables(report: Report) -> dict[str, Figure]:
    """One for each table of the report that a person would rather look at."""
    tables = report.tables
    figures = {}
    if "reliability" in tables:
        binned = tables["reliability"]
        figures["reliability"] = reliability.reliability_panels(
            {bins: binned[binned["bins"] == bins] for bins in ("equal width", "equal mass")}
        )
    if "ranking_against" in tables:
        figures["ranking_against"] = rankings.ranking_leads(tables["ranking_against"])
    if "coverage_risk" in tables:
        figures["coverage_risk"] = abstention.coverage_risk_curve({report.model_type: tables["coverage_risk"]})
    if "cumulative_reliability" in tables:
        figures["cumulative_calibration"] = reliability.cumulative_calibration(tables["cumulative_reliability"])
    if "sets" in tables:
        figures["sets"] = sets.conformal_sets(tables["sets"])
    if "intent_sets" in tables:
        figures["intent_sets"] = intent_sets.scores_of_sets(tables["intent_sets"])
    if "out_of_scope" in tables:
        figures["out_of_scope"] = abstention.out_of_scope_rules(tables["out_of_scope"])
    if "per_branch" in tables:
        figures["per_branch"] = branches.scores_with_intervals(tables["per_branch"], by="branch")
    return figures
