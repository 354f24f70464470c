"""Whoever opens a model file does not wait for torch."""

from __future__ import annotations

import subprocess
import sys

SAID = """
import sys
from workbench.tracking.quick_skops import BRIDGE, skops_io
assert "skops" not in sys.modules
types = skops_io()._trusted_types.SKLEARN_ESTIMATOR_TYPE_NAMES
print("torch" in sys.modules, BRIDGE in sys.modules, "sklearn.svm._classes.LinearSVC" in types)
"""


def test_skops_comes_without_torch_and_leaves_no_trace_of_how() -> None:
    done = subprocess.run([sys.executable, "-c", SAID], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False", "True"]
