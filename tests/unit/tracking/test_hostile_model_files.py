"""A model file is opened if it is the one that was recorded, lies where models lie, and holds what models hold."""

from __future__ import annotations

import hashlib
import io
import json
import os
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skops.io
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from workbench.errors import ModelFileRefused

RAN = "it ran"


class Bomb:
    """Unpickling it makes the file that it names."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.write_text, (self.mark, RAN)


@pytest.fixture(scope="module")
def read_model() -> Callable[..., Any]:
    from workbench.tracking.model_file import read_model  # takes seconds

    return read_model


@pytest.fixture
def honest() -> bytes:
    X = np.array([[0.0], [1.0], [2.0], [3.0]])
    return bytes(skops.io.dumps(LogisticRegression().fit(X, ["a", "a", "b", "b"])))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "artifacts" / "models" / "m-1"
    folder.mkdir(parents=True)
    return tmp_path / "artifacts"


def put(home: Path, data: bytes, name: str = "model.skops") -> tuple[Path, str]:
    path = home / "models" / "m-1" / name
    path.write_bytes(data)
    return path, hashlib.sha256(data).hexdigest()


def rewritten(
    data: bytes,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    compression: int = zipfile.ZIP_STORED,
    **extra: bytes,
) -> bytes:
    """The archive with its schema changed and further members."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(made, "w", compression) as new:
        schema = json.loads(old.read("schema.json"))
        change(schema)
        for name in old.namelist():
            new.writestr(name, json.dumps(schema) if name == "schema.json" else old.read(name))
        for name, content in extra.items():
            new.writestr(name, content)
    return made.getvalue()


def test_an_honest_model_answers_as_before_it_was_saved(read_model: Any, home: Path, honest: bytes) -> None:
    loaded = read_model(*put(home, honest), home)
    assert list(loaded.predict([[0.0], [3.0]])) == ["a", "b"]


def test_a_swapped_file_is_refused_by_both_digests(read_model: Any, home: Path, honest: bytes) -> None:
    _, recorded = put(home, honest)
    other, found = put(home, bytes(skops.io.dumps(LogisticRegression())))
    with pytest.raises(ModelFileRefused, match=f"{found}, PostgreSQL has {recorded}"):
        read_model(other, recorded, home)


def test_a_file_that_nobody_recorded_is_refused(read_model: Any, home: Path, honest: bytes) -> None:
    with pytest.raises(ModelFileRefused, match="sha256"):
        read_model(put(home, honest)[0], "", home)


@pytest.mark.parametrize("kept", [0, 1, 100, -1])
def test_a_truncated_file_is_refused_even_with_its_own_digest(
    read_model: Any, home: Path, honest: bytes, kept: int
) -> None:
    with pytest.raises(ModelFileRefused):
        read_model(*put(home, honest[:kept]), home)


def test_a_pickle_by_the_name_of_a_model_never_runs(read_model: Any, home: Path, tmp_path: Path) -> None:
    bomb = pickle.dumps(Bomb(tmp_path / "mark"))
    with pytest.raises(ModelFileRefused):
        read_model(*put(home, bomb), home)
    assert not (tmp_path / "mark").exists()


def test_a_pickle_by_the_name_of_an_array_never_runs(
    read_model: Any, home: Path, honest: bytes, tmp_path: Path
) -> None:
    array = next(name for name in zipfile.ZipFile(io.BytesIO(honest)).namelist() if name.endswith(".npy"))
    made = io.BytesIO()
    np.save(made, np.array([Bomb(tmp_path / "mark")], dtype=object), allow_pickle=True)
    with zipfile.ZipFile(io.BytesIO(honest)) as old:
        members = {name: old.read(name) for name in old.namelist()} | {array: made.getvalue()}
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    with pytest.raises(ModelFileRefused):
        read_model(*put(home, whole.getvalue()), home)
    assert not (tmp_path / "mark").exists()


def test_an_mlmodel_that_trusts_its_own_types_changes_nothing(read_model: Any, home: Path) -> None:
    trusting = "flavors:\n  sklearn:\n    skops_trusted_types: [builtins.print, posix.system]\n"
    (home / "models" / "m-1" / "MLmodel").write_text(trusting)
    hostile = bytes(skops.io.dumps(FunctionTransformer(func=print)))
    with pytest.raises(ModelFileRefused, match="FunctionTransformer"):
        read_model(*put(home, hostile), home)


@pytest.mark.parametrize(
    ("module", "kind", "loader"),
    [
        ("posix", "system", "TypeNode"),
        ("os", "system", "FunctionNode"),
        ("builtins", "eval", "TypeNode"),
        ("subprocess", "Popen", "ObjectNode"),
        ("numpy", "load", "FunctionNode"),
        ("sklearn.linear_model._logistic", "LogisticRegression", "ReduceNode"),
        ("operator", "attrgetter", "OperatorFuncNode"),
        ("functools", "partial", "PartialNode"),
        ("workbench.tracking.models", "keep", "ObjectNode"),
    ],
)
def test_a_type_that_no_model_has_is_refused_by_name(
    read_model: Any, home: Path, honest: bytes, module: str, kind: str, loader: str
) -> None:
    def hide(schema: dict[str, Any]) -> None:
        schema["content"]["content"]["coef_"] = {
            "__module__": module,
            "__class__": kind,
            "__loader__": loader,
            "__id__": 1,
            "content": {"attrs": "x"},
        }

    with pytest.raises(ModelFileRefused, match=f"{module}.{kind} "):
        read_model(*put(home, rewritten(honest, hide)), home)


def test_a_zip_bomb_is_refused_before_it_unpacks(read_model: Any, home: Path, honest: bytes) -> None:
    bomb = rewritten(honest, compression=zipfile.ZIP_DEFLATED, **{"zeros.npy": bytes(50_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(ModelFileRefused, match="would unpack to"):
        read_model(*put(home, bomb), home)


@pytest.mark.parametrize("name", ["../evil.npy", "/tmp/evil.npy", "a/b.npy", "evil.py", "evil.npz"])
def test_members_by_other_names_than_a_model_has_are_refused(
    read_model: Any, home: Path, honest: bytes, name: str
) -> None:
    with pytest.raises(ModelFileRefused, match="which no model has"):
        read_model(*put(home, rewritten(honest, **{name: os.urandom(10)})), home)


def test_a_path_that_climbs_out_is_refused(read_model: Any, home: Path, honest: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.skops").write_bytes(honest)
    for path in (tmp_path / "model.skops", home / ".." / "model.skops"):
        with pytest.raises(ModelFileRefused, match="does not lie below"):
            read_model(path, hashlib.sha256(honest).hexdigest(), home)


def test_a_link_is_not_followed_wherever_it_stands(read_model: Any, home: Path, honest: bytes, tmp_path: Path) -> None:
    path, digest = put(home, honest)
    (home / "models" / "m-2").symlink_to(path.parent)
    (path.parent / "link.skops").symlink_to(path)
    for hidden in (home / "models" / "m-2" / path.name, path.parent / "link.skops"):
        with pytest.raises(ModelFileRefused, match="without following a link"):
            read_model(hidden, digest, home)


def test_what_is_no_regular_file_is_refused_without_waiting(read_model: Any, home: Path) -> None:
    pipe = home / "models" / "m-1" / "model.skops"
    os.mkfifo(pipe)
    with pytest.raises(ModelFileRefused, match="no regular file"):
        read_model(pipe, "0" * 64, home)


def test_a_file_that_is_gone_is_refused(read_model: Any, home: Path) -> None:
    with pytest.raises(ModelFileRefused, match="No such file"):
        read_model(home / "models" / "m-1" / "model.skops", "0" * 64, home)


def test_a_schema_nested_without_end_is_refused(read_model: Any, home: Path, honest: bytes) -> None:
    def nest(schema: dict[str, Any]) -> None:
        inner: Any = {}
        for _ in range(400):
            inner = [inner]
        schema["content"]["content"]["coef_"] = inner

    with pytest.raises(ModelFileRefused, match="deeper"):
        read_model(*put(home, rewritten(honest, nest)), home)
