"""Which figures a model type gets."""

from __future__ import annotations

from matplotlib.figure import Figure

from workbench.plots import scores
from workbench.records import Report


def report_figures(report: Report) -> dict[str, Figure]:
    """Figures by file name."""
    figures = {
        "against_baselines": scores.against_baselines(report),
        "per_class_f1": scores.per_class_f1(report),
        "calibration": scores.calibration(report),
    }
    if report.model_type != "technique_selector":
        level = 1 if report.model_type == "intent_classifier" else None
        figures["confusion"] = scores.confusion(report, level)
    return figures
