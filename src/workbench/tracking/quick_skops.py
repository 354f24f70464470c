"""skops, two seconds sooner."""

from __future__ import annotations

import sys
from types import ModuleType

# skops imports every package of scikit-learn to list the types that it knows; this one drags torch along.
BRIDGE = "sklearn.externals.array_api_compat.torch"


def skops_io() -> ModuleType:
    """``skops.io``, imported when it is first asked for, and without torch, of which no model file holds anything."""
    passed_over = BRIDGE not in sys.modules
    if passed_over:
        sys.modules[BRIDGE] = None  # type: ignore[assignment]
    try:
        import skops.io

        found: ModuleType = skops.io
        return found
    finally:
        if passed_over:
            del sys.modules[BRIDGE]
