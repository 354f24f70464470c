"""The labelled files that are measured on, as rows of text and dotted path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from workbench.jobs.import_labels import branch

OUT_OF_SCOPE = "oos"
SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data"
SMALL = 1_000
SMOKE_LABELS, SMOKE_ROWS, SMOKE_OUTSIDE = 8, 24, 24


@dataclass(frozen=True)
class LabelledSet:
    """``parent_column`` gives the level above the label. ``ranked`` sets are where every contender runs; on the others
    our budgets are judged for their coverage and calibration, beside frozen + logistic regression. ``tested`` are the
    values of the file's column split that are tested on; without them rows are split by lot."""

    name: str
    path: Path
    text_column: str = "text"
    label_column: str = "label"
    parent_column: str | None = None
    ranked: bool = False
    tested: tuple[str, ...] = ()


NAMES = {
    "banking77": LabelledSet("banking77", Path("banking77_train.csv"), ranked=True),
    "clinc150": LabelledSet("clinc150", Path("clinc150_train_val.csv"), parent_column="domain", ranked=True),
    "clinc150_own_split": LabelledSet(
        "clinc150_own_split",
        Path("clinc150_train_val.csv"),
        parent_column="domain",
        ranked=True,
        tested=("val", "oos_val"),
    ),
    **{
        name: LabelledSet(name, Path(f"{name}.csv"))
        for name in "mtbench vicuna80 dolly200 self_instruct_seed self_instruct_user routellm_mmlu20".split()
    },
    "awesome_prompts": LabelledSet("awesome_prompts", Path("awesome_prompts.csv")),
}


def read(wanted: LabelledSet, folder: Path = SHARED) -> pd.DataFrame:
    """Columns text, label and, where the file says it, tested; one row a row of the file. Labels become paths as
    `workbench import` makes them, so two that spell the same path are one."""
    found = pd.read_csv(folder / wanted.path, dtype=str, keep_default_na=False)
    parents = found[wanted.parent_column] if wanted.parent_column else [""] * len(found)
    pairs = zip(found[wanted.label_column], parents, strict=True)
    paths = [branch(label, parent)[-1].path for label, parent in pairs]
    rows = pd.DataFrame({"text": found[wanted.text_column].astype(object), "label": np.array(paths, dtype=object)})
    return rows.assign(tested=found["split"].isin(wanted.tested)) if wanted.tested else rows


def called(frame: pd.DataFrame) -> dict[str, str]:
    """What each label is called, as `workbench import` names an intent and the workbench spells it as words."""
    paths = sorted(set(frame["label"]) - {OUT_OF_SCOPE})
    return {path: path.rpartition(".")[2].replace("_", " ") for path in paths}


def why_not(frame: pd.DataFrame) -> str | None:
    """Why no classifier can be judged on these rows, if so."""
    counts = frame["label"].value_counts()
    repeated = int(counts[counts > 1].sum())
    if len(counts) < 2:
        return f"{len(frame)} rows, all of one label"
    if repeated < len(frame) / 2:
        return f"{len(frame)} rows, {len(counts)} labels: {int((counts == 1).sum())} labels have a single row"
    return None


def levels(frame: pd.DataFrame) -> int:
    return max(path.count(".") + 1 for path in frame["label"].unique())


def repeats(frame: pd.DataFrame) -> int:
    """Splits a seed: so few test rows say little, so small sets are split again and again."""
    return 1 if len(frame) >= SMALL else 20


def smoke(frame: pd.DataFrame) -> pd.DataFrame:
    """A few rows of a few labels and some out of scope, as they come: enough to see every part run."""
    inside = [label for label in frame["label"].unique() if label != OUT_OF_SCOPE]
    kept = frame[frame["label"].isin(inside[:: max(1, len(inside) // SMOKE_LABELS)][:SMOKE_LABELS])]
    parts = [kept.groupby("label").head(SMOKE_ROWS), frame[frame["label"] == OUT_OF_SCOPE].head(SMOKE_OUTSIDE)]
    return pd.concat(parts, ignore_index=True)
