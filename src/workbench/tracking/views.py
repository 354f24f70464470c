"""Which runs and columns a reviewer sees first in the table of an experiment's runs.

MLflow keeps a view that somebody shares as a tag of the experiment, and opens it by its key in the address. The table
it shows otherwise has no metric at all.
"""

from __future__ import annotations

import json

KEY = "review"
TAG = f"mlflow.sharedViewState.{KEY}"
HEADLINE = ("accuracy", "accuracy_low", "accuracy_high", "best_baseline", "macro_f1")
# A search leaves dozens of runs below a model's: its page lists them, the table of models need not.
TRIAL = "workbench.trial"
MODELS_ONLY = f"tags.`{TRIAL}` IS NULL"
METRICS = {
    "intent_classifier": (*HEADLINE, "hierarchical_f1", "ece"),
    "complexity_model": (*HEADLINE, "quadratic_kappa", "mean_absolute_error", "ece"),
    "technique_selector": (*HEADLINE, "ndcg_at_5", "recall_at_3"),
    "technique_effectiveness": ("outcomes", "synthetic_outcomes", "estimates", "mean_interval_width"),
}


def view_tags(experiment: str) -> dict[str, str]:
    """The tag that a new experiment gets; none where no metrics are told apart."""
    if experiment not in METRICS:
        return {}
    columns = [f"metrics.`{name}`" for name in METRICS[experiment]] + ["tags.`dataset_version`"]
    return {TAG: json.dumps({"searchFilter": MODELS_ONLY, "selectedColumns": columns})}
