"""The benchmarks are scripts beside the package; their parts are imported as the scripts import them."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))
