"""The rules of promotion, from the file that was reviewed."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from workbench.errors import GatesInvalid
from workbench.evaluation.gate_rules import Rules, rules_of
from workbench.records import ModelType
from workbench.resources import shipped
from workbench.settings import Settings

SHIPPED = ("mlflow", "gates.toml")


@dataclass(frozen=True)
class Gates:
    """``sha256`` is the digest of the file at ``path``, as it was read."""

    path: Path
    sha256: str
    rules: dict[ModelType, Rules]


def read_gates(settings: Settings) -> Gates:
    """
    Raises:
        GatesInvalid: no file, no TOML, a rule that nobody knows, or a value out of range.
    """
    path = settings.gates or shipped(*SHIPPED)
    try:
        content = path.read_bytes()
        rules = rules_of(tomllib.loads(content.decode("utf-8")))
    except ValidationError as exc:
        first = exc.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise GatesInvalid(path=path, problem=f"{where}: {first['msg']}.") from exc
    except (OSError, ValueError, AttributeError, TypeError) as exc:
        raise GatesInvalid(path=path, problem=f"{exc}.") from exc
    return Gates(path, hashlib.sha256(content).hexdigest(), rules)
