"""The data that models are held against."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.errors import WorkbenchError
from workbench.jobs import data
from workbench.records import Examples, ModelType, TrainingSet


@dataclass(frozen=True)
class Ground:
    """A dataset version as it is now, its test prompts with the label of a model type, and the codes of the techniques
    that the columns of a selector's labels stand for."""

    training_set: TrainingSet
    test: Examples
    codes: tuple[str, ...]


def ground_of(url: str, model_type: ModelType, version: str) -> Ground | str:
    """The data, or why there are none."""
    try:
        training_set = data.load(url, version)
    except WorkbenchError as exc:
        return str(exc)
    codes = tuple(technique.code for technique in data.load_techniques(url))
    return Ground(training_set, data.test_part(training_set, model_type, codes), codes)
