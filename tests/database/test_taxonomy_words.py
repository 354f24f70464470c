"""What the taxonomy says of intents: spelt as words, embedded once, learnt from beside the prompts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import rows
from imported import SPLIT, load_csv

from workbench.db.connection import Connection, connect
from workbench.jobs import data
from workbench.jobs.embed import fill_embeddings, fill_vectors
from workbench.jobs.taxonomy_words import fill_taxonomy, words_used
from workbench.jobs.training import parameters
from workbench.records import DIMENSIONS, LAYERS, Matrix, ModelType, Recipe, TrainingSet
from workbench.store.vectors import layers_of

LINES = [
    "text,label,split",
    *(f"prompt {n},{('card_lost', 'topUp', 'oos')[n % 3]},{'test' if n > 29 else 'train'}" for n in range(36)),
]


class Lengths:
    """The length of a text, and ones, before they are made unit vectors."""

    def __init__(self, space: str, length: int) -> None:
        self.space, self.length = space, length
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        found = np.ones((len(texts), self.length), np.float32)
        found[:, 0] = [len(text) for text in texts]
        return found


def own() -> Lengths:
    return Lengths("own@0", DIMENSIONS)


def layers() -> Lengths:
    return Lengths(layers_of("own@0"), LAYERS * DIMENSIONS)


@pytest.fixture
def url(database: str, tmp_path: Path) -> str:
    load_csv(database, tmp_path, *LINES, options=SPLIT)
    fill_embeddings(database, own(), "v1")
    fill_vectors(database, layers(), "v1")
    return database


def said(url: str) -> dict[str, str]:
    with connect(url) as connection:
        return dict(connection.execute("SELECT path || ': ' || part, words FROM v_taxonomy_words").fetchall())


def run(url: str, statement: str) -> None:
    with connect(url, autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("name", "words"),
    [("card_lost", "card lost"), ("AddToPlaylist", "Add To Playlist"), ("a.b/c  d", "a b c d"), ("Grüße", "Grüße")],
)
def test_a_name_made_of_a_label_is_spelt_as_words(schema: Connection, name: str, words: str) -> None:
    rows.intent(schema, "one", name=name)
    found = schema.execute("SELECT part, words FROM v_taxonomy_words WHERE path = 'one'").fetchall()
    assert found == [("name", words)]


def test_keywords_and_description_are_texts_of_their_own(schema: Connection) -> None:
    rows.intent(schema, "one", name="One", keywords=["a b", "c"], description="  Of one thing. ")
    rows.intent(schema, "two", name="Two_things", keywords=[], description="two things")
    found = schema.execute("SELECT path, part, words FROM v_taxonomy_words WHERE path IN ('one', 'two')").fetchall()
    assert sorted(found) == [
        ("one", "description", "Of one thing."),
        ("one", "keywords", "a b, c"),
        ("one", "name", "One"),
        ("two", "name", "Two things"),
    ]


def test_the_words_of_the_versions_intents_are_embedded_once(url: str) -> None:
    run(url, "INSERT INTO intent_taxonomy (code, name, path) VALUES ('other', 'Other', 'other')")
    first, second = own(), own()
    assert fill_taxonomy(url, first, "v1") == 3
    assert sorted(first.asked) == ["card lost", "oos", "top Up"]
    assert fill_taxonomy(url, second, "v1") == 0
    assert second.asked == []


def test_words_that_changed_are_embedded_again_and_left_out_until_then(url: str) -> None:
    fill_taxonomy(url, own(), "v1")
    fill_taxonomy(url, layers(), "v1")
    run(url, "UPDATE intent_taxonomy SET name = 'Card gone' WHERE path = 'card_lost'")
    assert data.load(url, "v1").words.ids == ("oos: name", "topup: name")  # type: ignore[union-attr]
    again = own()
    fill_taxonomy(url, again, "v1")
    assert again.asked == ["Card gone"]
    words = data.load(url, "v1").words
    assert list(words.X["prompt_text"]) == ["Card gone", "oos", "top Up"]  # type: ignore[union-attr]
    lengths = [vector[0] / vector[1] for vector in words.X["embedding"]]  # type: ignore[union-attr]
    assert lengths == pytest.approx([9, 3, 6])
    assert "layers" not in words.X  # type: ignore[union-attr]


def split_words(loaded: TrainingSet, model_type: ModelType, **options: str) -> tuple[str, ...] | None:
    words = data.split(loaded, Recipe(model_type, "v1", options=options), []).words
    return words and words.ids


def test_an_intent_model_learns_from_words_but_not_from_those_for_being_out_of_scope(url: str) -> None:
    assert data.load(url, "v1").words is None
    fill_taxonomy(url, own(), "v1")
    fill_taxonomy(url, layers(), "v1")
    loaded = data.load(url, "v1")
    assert split_words(loaded, "intent_classifier") == ("card_lost: name", "topup: name")
    assert split_words(loaded, "intent_classifier", out_of_scope="topup") == ("card_lost: name", "oos: name")
    run(url, "UPDATE ml_training_data SET complexity_label = 1 + length(prompt_text) % 2")
    assert split_words(data.load(url, "v1"), "complexity_model") is None


def test_a_run_says_which_words_it_learnt_from(url: str) -> None:
    assert words_used(data.load(url, "v1")) == {"taxonomy_words": 0}
    fill_taxonomy(url, own(), "v1")
    loaded, recipe = data.load(url, "v1"), Recipe("intent_classifier", "v1")
    before = parameters(recipe, loaded)
    assert before["taxonomy_words"] == 3
    run(url, "UPDATE intent_taxonomy SET name = 'Card gone' WHERE path = 'card_lost'")
    fill_taxonomy(url, own(), "v1")
    after = parameters(recipe, data.load(url, "v1"))
    assert after["dataset_sha256"] == before["dataset_sha256"]
    assert after["taxonomy_words_sha256"] != before["taxonomy_words_sha256"]


def test_an_intent_takes_its_vectors_along(url: str) -> None:
    fill_taxonomy(url, own(), "v1")
    run(url, "DELETE FROM intent_taxonomy WHERE path = 'topup'")
    with connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM taxonomy_vectors").fetchone() == (2,)
