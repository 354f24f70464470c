"""The small things a run is made of. Jobs yield them; ``runs.log`` is the only one who sends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Params:
    values: Mapping[str, object]


@dataclass(frozen=True)
class Metrics:
    """``model_id`` is the saved model that the numbers are about, if they are about one."""

    values: Mapping[str, float]
    model_id: str | None = None


@dataclass(frozen=True)
class Tags:
    values: Mapping[str, str]


@dataclass(frozen=True)
class Title:
    """The run's name, once there is something to tell it from the others by."""

    text: str


@dataclass(frozen=True)
class Note:
    """The run's description, in Markdown: what a reviewer reads first."""

    markdown: str


@dataclass(frozen=True)
class Picture:
    path: str
    figure: Figure


@dataclass(frozen=True)
class TableItem:
    """A frame stored as JSON, which the dashboard shows as a table."""

    path: str
    frame: pd.DataFrame


@dataclass(frozen=True)
class FileItem:
    """A local file, stored in ``folder`` of the run."""

    local: Path
    folder: str


@dataclass(frozen=True)
class DatasetItem:
    """The rows a model learnt from and was judged on, by digest; no row leaves the database."""

    name: str
    digest: str
    source: str
    context: str
    rows: int
    columns: tuple[str, ...]


Item = Params | Metrics | Tags | Title | Note | Picture | TableItem | FileItem | DatasetItem
