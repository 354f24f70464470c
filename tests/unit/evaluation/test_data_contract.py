"""Data that no model should learn from, and test prompts that were not kept apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import small_data

from workbench.evaluation.data_contract import data_checks, nearest_cosines
from workbench.evaluation.gate_rules import Data
from workbench.evaluation.verdict import Check
from workbench.records import TrainingSet


@pytest.fixture
def prompts() -> TrainingSet:
    return small_data.training_set()


def found(prompts: TrainingSet, digest: str = "d" * 64, rules: Data | None = None) -> dict[str, Check]:
    return {check.name: check for check in data_checks(prompts, digest, rules or Data(near_duplicate=0.9999))}


def changed(prompts: TrainingSet, column: str, value: object, row: int = 0) -> TrainingSet:
    frame = prompts.frame.copy()
    frame.loc[row, column] = value
    return replace(prompts, frame=frame)


def test_sound_data_pass(prompts: TrainingSet) -> None:
    assert all(check.passed for check in found(prompts).values())
    assert found(prompts)["data_contract"].sentence.startswith("60 training and 30 test prompts keep the contract")


def test_data_that_changed_since_are_named(prompts: TrainingSet) -> None:
    check = found(prompts, digest="e" * 64)["data_unchanged"]
    assert not check.passed
    assert "have changed since it was trained on them" in check.sentence


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("id", "row-001", "1 ids that occur twice"),
        ("prompt_text", "  ", "1 empty prompts"),
        ("primary", "code..debug", "1 labels that are no path"),
        ("complexity", 7.0, "1 levels outside 1 to 5"),
    ],
)
def test_a_broken_row_is_counted(prompts: TrainingSet, column: str, value: object, problem: str) -> None:
    check = found(changed(prompts, column, value))["data_contract"]
    assert not check.passed
    assert problem in check.sentence


def test_vectors_have_to_be_unit_vectors_one_a_prompt(prompts: TrainingSet) -> None:
    vectors = prompts.embeddings.copy()
    vectors[3], vectors[4, 0] = 0, np.nan
    assert "2 vectors that are no unit" in found(replace(prompts, embeddings=vectors))["data_contract"].sentence
    short = replace(prompts, embeddings=vectors[:80, :10], frame=prompts.frame)
    check = data_checks(replace(short, frame=prompts.frame[:80]), "d" * 64, Data())[1]
    assert "vectors of shape (80, 10) for 80 prompts" in check.sentence


def test_a_split_without_rows_is_named(prompts: TrainingSet) -> None:
    alone = replace(prompts, frame=prompts.frame.assign(is_test=False))
    assert "one of the two splits is empty" in found(alone)["data_contract"].sentence


def test_a_test_prompt_in_the_training_data_is_a_leak(prompts: TrainingSet) -> None:
    text = prompts.frame.loc[0, "prompt_text"]
    check = found(changed(prompts, "prompt_text", f" {text.upper()} ", row=2))["leak"]
    assert not check.passed
    assert check.sentence.startswith("Test prompts that stand in the training data too: 1.")


def test_too_many_near_duplicates_are_a_leak(prompts: TrainingSet) -> None:
    vectors = prompts.embeddings.copy()
    is_test = prompts.frame["is_test"].to_numpy()
    vectors[np.flatnonzero(is_test)[:4]] = vectors[np.flatnonzero(~is_test)[0]]
    copied = replace(prompts, embeddings=vectors)
    check = found(copied)["leak"]
    assert not check.passed
    assert check.values["near"] == 4
    assert found(copied, rules=Data(near_duplicate=0.9999, near_duplicates=0.2))["leak"].passed


def test_of_many_test_prompts_some_are_looked_at() -> None:
    vectors = np.eye(4, 8, dtype=np.float32)
    many = np.repeat(vectors, 600, axis=0)
    assert nearest_cosines(vectors[:1], many).shape == (2000,)
    assert nearest_cosines(vectors[:0], many).shape == (0,)
