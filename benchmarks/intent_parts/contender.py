"""The process of one contender that needs no environment of its own: `python -m intent_parts.contender FOLDER`."""

from __future__ import annotations

from typing import Any

from intent_parts.baselines import FrozenLogistic, Majority, TfidfSvm
from intent_parts.exchange import Contender, serve
from intent_parts.ours import Ours

BASELINES = {"majority": Majority, "frozen_lr": FrozenLogistic, "tfidf_svm": TfidfSvm}


def contender(options: dict[str, Any]) -> Contender:
    return BASELINES.get(options["contender"], Ours)(options)


if __name__ == "__main__":
    serve(contender, ("scikit-learn", "numpy", "scipy"))
