"""The rules of promotion as checked values. The file they come from is read elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from workbench.records import MODEL_TYPES, ModelType

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Level = Annotated[float, Field(gt=0.0, le=0.5)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=False)


class Support(_Section):
    rows: int = Field(default=30, ge=1)
    important_rows: int = Field(default=10, ge=1)


class Better(_Section):
    level: Level = 0.04


class NotWorse(_Section):
    accuracy: Share = 0.02


class Groups(_Section):
    class_margin: Share = 0.10
    branch_margin: Share = 0.05
    level: Level = 0.05
    important: tuple[str, ...] = ()
    margins: dict[str, Share] = Field(default_factory=dict)


class Calibration(_Section):
    ece: Share = 0.02
    log_loss: float = Field(default=0.05, ge=0.0)
    largest_ece: Share = 0.25


class OutOfScope(_Section):
    label: str = "oos"
    recall: Share = 0.05
    false_alarms: Share = 0.02
    auroc: Share = 0.02


class Cost(_Section):
    megabytes: float = Field(default=1000.0, gt=0.0)
    milliseconds: float = Field(default=1000.0, gt=0.0)


class Data(_Section):
    near_duplicate: Share = 0.99
    near_duplicates: Share = 0.10


class Rules(_Section):
    """What ``mlflow/gates.toml`` says, section by section; the comments there say what each number means."""

    support: Support = Support()
    better: Better = Better()
    not_worse: NotWorse = NotWorse()
    groups: Groups = Groups()
    calibration: Calibration = Calibration()
    out_of_scope: OutOfScope = OutOfScope()
    cost: Cost = Cost()
    data: Data = Data()


def rules_of(content: Mapping[str, Any]) -> dict[ModelType, Rules]:
    """The rules of each model type: the sections, with what ``[only.<model type>.<section>]`` says instead.

    Raises:
        ValueError: an unknown name or a value out of range (pydantic's ValidationError is one).
    """
    common = {name: section for name, section in content.items() if name != "only"}
    special = content.get("only", {})
    if unknown := set(special) - set(MODEL_TYPES):
        raise ValueError(f"[only.{min(unknown)}] is for no model type; there are {', '.join(MODEL_TYPES)}")
    return {kind: Rules.model_validate(_merged(common, special.get(kind, {}))) for kind in MODEL_TYPES}


def _merged(common: Mapping[str, Any], special: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {**common.get(name, {}), **special.get(name, {})} for name in {**common, **special}}
