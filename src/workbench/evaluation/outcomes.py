"""What is said of the probabilities behind logged outcomes."""

from __future__ import annotations

from typing import Literal

PropensitySource = Literal["recorded", "estimated", "partly estimated"]
