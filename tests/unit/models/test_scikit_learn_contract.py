"""Our estimators keep scikit-learn's contract on plain matrices."""

from __future__ import annotations

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from workbench.models.intent import HierarchicalIntentClassifier
from workbench.models.kernel import KernelRidgeClassifier

ESTIMATORS = [
    KernelRidgeClassifier(),
    KernelRidgeClassifier(most_exact=10, landmarks=10),
    HierarchicalIntentClassifier("kernel"),
    HierarchicalIntentClassifier("svm", 0.5),
    HierarchicalIntentClassifier("logistic", 1.0),
]


@parametrize_with_checks(ESTIMATORS)
@pytest.mark.filterwarnings("ignore")
def test_the_contract_is_kept(estimator: Any, check: Any) -> None:
    check(estimator)
