"""Vectors of other spaces than the prompts' own: filled once, shared by versions, gone with their prompt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from imported import SPLIT, load_csv

from workbench.db.connection import connect
from workbench.errors import DatasetUnknown, LayersMissing
from workbench.jobs import data
from workbench.jobs import layers as layers_module
from workbench.jobs.embed import fill_all, fill_embeddings, fill_vectors
from workbench.jobs.encoder import find_encoder
from workbench.records import DIMENSIONS, LAYERS, Matrix, Recipe
from workbench.settings import Settings
from workbench.store import training, vectors

LINES = [
    "text,label,split",
    *(f"prompt {n},{'a' if n % 2 else 'b.c'},{'test' if n > 29 else 'train'}" for n in range(40)),
]


class Fake:
    """Numbers its texts; ``fails_at`` stands for a process that is killed."""

    def __init__(self, space: str, length: int, fails_at: int | None = None) -> None:
        self.space, self.length, self.fails_at = space, length, fails_at
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        if self.fails_at is not None and len(self.asked) > self.fails_at:
            raise KeyboardInterrupt
        numbers = np.array([float(text.split()[-1]) for text in texts], np.float32)
        found = np.ones((len(texts), self.length), np.float32)
        found[:, 0] = numbers
        return found


def fill(url: str, folder: Path, version: str = "v1") -> None:
    load_csv(url, folder, *LINES, options=SPLIT, version=version)
    fill_embeddings(url, Fake("own@0", DIMENSIONS), version)


def layers() -> Fake:
    return Fake(vectors.layers_of("own@0"), LAYERS * DIMENSIONS)


def test_a_version_without_layers_says_how_to_get_them(database: str, tmp_path: Path) -> None:
    fill(database, tmp_path)
    loaded = data.load(database, "v1")
    assert loaded.layers is None
    with pytest.raises(LayersMissing, match="workbench embed --dataset-version v1"):
        data.split(loaded, Recipe("intent_classifier", "v1"), [])
    assert len(data.split(loaded, Recipe("intent_classifier", "v1", options={"budget": "quick"}), []).test.ids) == 10


def test_layers_are_loaded_in_the_order_of_the_prompts(database: str, tmp_path: Path) -> None:
    fill(database, tmp_path)
    done = fill_vectors(database, layers(), "v1")
    loaded = data.load(database, "v1")
    assert (done.rows, done.reused) == (40, 0)
    assert loaded.layers is not None
    assert loaded.layers.shape == (40, LAYERS * DIMENSIONS)
    numbers = [float(text.split()[-1]) for text in loaded.frame["prompt_text"]]
    # embed() scales every vector to length 1.
    assert np.allclose(loaded.layers[:, 0] / loaded.layers[:, 1], numbers, atol=1e-4)
    split = data.split(loaded, Recipe("intent_classifier", "v1"), [])
    assert split.test.X["layers"].map(len).unique().tolist() == [LAYERS * DIMENSIONS]


def test_a_text_is_encoded_once_whatever_the_versions_it_stands_in(database: str, tmp_path: Path) -> None:
    for version in ("v1", "v2"):
        fill(database, tmp_path, version)
    first, again, second = layers(), layers(), layers()
    fill_vectors(database, first, "v1")
    assert fill_vectors(database, again, "v1").rows == 0
    assert fill_vectors(database, second, "v2").reused == 40
    assert (len(first.asked), again.asked, second.asked) == (40, [], [])


def test_a_killed_filling_goes_on_with_what_is_missing(database: str, tmp_path: Path) -> None:
    load_csv(database, tmp_path, "text,label", *(f"row {n},a" for n in range(150)))
    with pytest.raises(KeyboardInterrupt):
        fill_vectors(database, Fake("other@0", 3, fails_at=100), "v1")
    rest = Fake("other@0", 3)
    assert fill_vectors(database, rest, "v1").rows == 150 - 64
    assert len(rest.asked) == 150 - 64


def test_spaces_do_not_mix_and_a_deleted_prompt_takes_its_vectors_along(database: str, tmp_path: Path) -> None:
    fill(database, tmp_path)
    for space, length in (("other@0", 3), ("other@1", 5)):
        fill_vectors(database, Fake(space, length), "v1")
    with connect(database) as connection:
        assert [vectors.load(connection, f"other@{n}", "v1").shape[1] for n in (0, 1)] == [3, 5]  # type: ignore[union-attr]
        assert vectors.load(connection, "other@2", "v1") is None
        connection.execute("DELETE FROM ml_training_data")
        assert connection.execute("SELECT count(*) FROM training_vectors").fetchone() == (0,)


def test_an_unknown_version_is_named(database: str) -> None:
    with pytest.raises(DatasetUnknown, match="nowhere"):
        fill_vectors(database, layers(), "nowhere")


def test_a_prompt_that_is_gone_meanwhile_is_no_error(database: str, tmp_path: Path) -> None:
    fill(database, tmp_path)
    with connect(database) as connection:
        ids = [identity for identity, _ in vectors.missing(connection, "other@0", "v1")]
        connection.execute("DELETE FROM ml_training_data WHERE id = %s", [ids[0]])
        assert vectors.save(connection, ids, np.ones((40, 2), np.float32), "other@0") == 39
        assert training.versions(connection) == {"v1": 39}


def test_the_model_reads_no_text_twice(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    real = layers_module.one_pass

    def noting(model: Any, texts: Sequence[str]) -> Any:
        read.extend(texts if texts is not layers_module.PROBES else [])
        return real(model, texts)

    monkeypatch.setattr(layers_module, "one_pass", noting)
    load_csv(database, tmp_path, *LINES, options=SPLIT, version="v1")
    fill_all(database, find_encoder(Settings(threads=1)), "v1")
    loaded = data.load(database, "v1")
    assert loaded.layers is not None
    assert loaded.words is not None
    assert sorted(read) == sorted([*loaded.frame["prompt_text"], *loaded.words.X["prompt_text"]])
