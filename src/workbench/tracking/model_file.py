"""Open a model file: the one place where an estimator comes out of bytes.

skops builds whatever types the caller trusts, and MLflow takes that trust from the model's own MLmodel file, so a
crafted model trusts itself. Here the file has to be the one whose digest PostgreSQL keeps, lie where models lie, and
hold nothing but the types below; the check reads the schema before anything is built.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from workbench.errors import ModelFileRefused
from workbench.tracking.models import TRUSTED_TYPES
from workbench.tracking.quick_skops import skops_io

LARGEST_BYTES = 8 * 2**30
MOST_MEMBERS = 10_000
LARGEST_SCHEMA = 256 * 2**20
# skops stores arrays as they are, so a file cannot hold much more than its own size.
MOST_INFLATION = 2
DEEPEST = 200

LOADERS = frozenset(f"{kind}Node" for kind in ("Dict", "Json", "List", "NdArray", "Object", "Slice", "Tuple", "Type"))
PLAIN_TYPES = frozenset(
    [
        *(f"builtins.{name}" for name in "str list tuple dict slice int float bool".split()),
        *(f"numpy.{name}" for name in "ndarray float32 float64 int32 int64 bool str_".split()),
        "sklearn.compose._column_transformer.ColumnTransformer",
        "sklearn.decomposition._truncated_svd.TruncatedSVD",
        "sklearn.feature_extraction.text.TfidfTransformer",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
        "sklearn.preprocessing._data.StandardScaler",
        "sklearn.svm._classes.LinearSVC",
    ]
)


def read_model(path: Path, sha256: str, within: Path) -> Any:
    """The estimator in ``path``, a file below the folder ``within`` whose bytes hash to ``sha256``.

    What is hashed is what is loaded: the file is read once.

    Raises:
        ModelFileRefused: it is another file, elsewhere, too large, no model file, or holds a type that no model has.
    """
    data = _bytes_of(path, within)
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        raise ModelFileRefused(path=path, reason=f"its sha256 is {found}, PostgreSQL has {sha256}")
    try:
        schema = _schema(path, data)
        _check_types(path, schema)
        return skops_io().loads(data, trusted=[*TRUSTED_TYPES, *PLAIN_TYPES])
    except ModelFileRefused:
        raise
    except Exception as exc:
        raise ModelFileRefused(path=path, reason=f"it cannot be read ({type(exc).__name__}: {exc})"[:500]) from exc


def _bytes_of(path: Path, within: Path) -> bytes:
    root = within.resolve()
    if ".." in path.parts or not path.is_relative_to(root):
        raise ModelFileRefused(path=path, reason=f"it does not lie below {root}")
    try:
        # One step after the other from the root, no link followed: nothing between the look and the opening can lead
        # elsewhere.
        folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY)
        for part in path.relative_to(root).parts[:-1]:
            folder = _step(folder, part, os.O_RDONLY | os.O_DIRECTORY)
        handle = _step(folder, path.name, os.O_RDONLY | os.O_NONBLOCK)
    except OSError as exc:
        reason = f"it cannot be opened without following a link ({exc.strerror})"
        raise ModelFileRefused(path=path, reason=reason) from exc
    with os.fdopen(handle, "rb") as file:
        facts = os.fstat(file.fileno())
        if not stat.S_ISREG(facts.st_mode):
            raise ModelFileRefused(path=path, reason="it is no regular file")
        if facts.st_size > LARGEST_BYTES:
            raise ModelFileRefused(path=path, reason=f"it has {facts.st_size:,} bytes, {LARGEST_BYTES:,} are allowed")
        return file.read()


def _step(folder: int, name: str, how: int) -> int:
    try:
        return os.open(name, how | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
    finally:
        os.close(folder)


def _schema(path: Path, data: bytes) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        names = [member.filename for member in members]
        total = sum(member.file_size for member in members)
        if len(names) > MOST_MEMBERS or len(set(names)) < len(names):
            raise ModelFileRefused(path=path, reason=f"it has {len(names):,} members, or two of one name")
        if total > MOST_INFLATION * len(data):
            raise ModelFileRefused(path=path, reason=f"it would unpack to {total:,} bytes from {len(data):,}")
        for member in members:
            name = PurePosixPath(member.filename)
            if len(name.parts) != 1 or name.suffix not in {".npy", ".json"} or member.is_dir():
                raise ModelFileRefused(path=path, reason=f"it holds {member.filename!r}, which no model has")
        if archive.getinfo("schema.json").file_size > LARGEST_SCHEMA:
            raise ModelFileRefused(path=path, reason="its description is too large")
        schema: dict[str, Any] = json.loads(archive.read("schema.json"))
    return schema


def _check_types(path: Path, schema: dict[str, Any]) -> None:
    allowed = PLAIN_TYPES | set(TRUSTED_TYPES)
    for node in _nodes(schema, 0):
        if "__loader__" not in node:
            continue
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        if node["__loader__"] not in LOADERS or name not in allowed:
            raise ModelFileRefused(
                path=path, reason=f"it holds the type {name} ({node['__loader__']}), which no model has"
            )


def _nodes(tree: Any, depth: int) -> Iterator[dict[str, Any]]:
    if depth > DEEPEST:
        raise ValueError(f"nested deeper than {DEEPEST} levels")
    if isinstance(tree, dict):
        yield tree
    for child in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(child, depth + 1)
