"""Measurements of the benchmark of intents: taken in a process of their own, kept, and used again."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import intent
import numpy as np
import pandas as pd
import pytest
from intent_parts import environments
from intent_parts.compare import mean_over_splits, on_one_split, over_all_splits, share_over_splits
from intent_parts.jobs import RIVALS, Job, Vectors, digest, run
from intent_parts.sets import called
from intent_parts.store import Results

PINNED = {"hiclass": "hiclass==5.0.8", "autointent": "autointent==0.4.0", "setfit": "setfit==1.2.0"}


def made_up(rows_a_label: int = 12, columns: int = 384) -> tuple[pd.DataFrame, Vectors]:
    random = np.random.default_rng(0)
    labels = np.repeat(["a.x", "a.y", "oos"], rows_a_label).astype(object)
    middle = np.repeat(np.eye(3, 384), rows_a_label, axis=0)
    texts = [f"{label} number {n}" for n, label in enumerate(labels)]
    vectors = (middle + random.normal(0, 0.02, (len(labels), 384))).astype(np.float32)[:, :columns]
    called = Vectors(vectors, ["a.x", "a.y"], ["x", "y"], np.eye(2, 384, dtype=np.float32)[:, :columns])
    return pd.DataFrame({"text": texts, "label": labels}), called


@pytest.mark.parametrize("contender", ["quick", "frozen_lr"])
def test_a_contender_answers_from_a_process_of_its_own(contender: str, tmp_path: Path) -> None:
    frame, vectors = made_up()
    result, rows = run(Job("made_up", "all", 0, contender, splits=3), frame, vectors, tmp_path)
    assert len(result["splits"]) == 3
    assert len(rows) == sum(part["rows"] for part in result["splits"])
    assert np.mean([part["accuracy"] for part in result["splits"]]) > 0.9
    assert rows["correct"].mean() == pytest.approx((rows["truth"] == rows["predicted"]).mean())
    assert result["memory_peak_mb"] > result["memory_before_mb"] > 0
    assert all(part["sum_error"] < 1e-9 for part in result["splits"])
    assert ("sets" in result["splits"][0]) == (contender == "quick")


def test_what_labels_are_called_is_told_unless_the_block_is_without_names(tmp_path: Path) -> None:
    frame, right = made_up()
    wrong = replace(right, words=right.words[::-1])

    def confidence(block: str, vectors: Vectors) -> list[float]:
        result, rows = run(Job("made_up", block, 0, "quick"), frame, vectors, tmp_path)
        assert result["splits"][0]["train_rows"] == 3
        return rows["confidence"].tolist()

    assert confidence("one", right) != confidence("one", wrong)
    assert confidence("one_unnamed", right) == confidence("one_unnamed", wrong)


def test_a_contender_that_fails_says_why(tmp_path: Path) -> None:
    frame, vectors = made_up(columns=0)
    with pytest.raises(environments.Unavailable, match=r"ended with exit code 1: .*shape"):
        run(Job("made_up", "all", 0, "frozen_lr"), frame, vectors, tmp_path)


def test_a_stopped_run_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    Results(path).add({"key": "set all 0 quick", "digest": "one", "score": 1.0}, pd.DataFrame({"id": [1]}))
    with path.open("a") as file:
        file.write('\n{"key": "set all 0 stand')
    again = Results(path)
    assert again.get("set all 0 quick", "one")["score"] == 1.0
    assert again.get("set all 0 quick", "of other code") is None
    assert again.rows_of("set all 0 quick")["id"].tolist() == [1]
    again.add({"key": "set all 1 quick", "digest": "one"})
    assert Results(path).get("set all 1 quick", "one")


def test_a_result_depends_on_rows_and_contender() -> None:
    frame, _ = made_up()
    job = Job("made_up", "all", 0, "quick")
    found = {digest(job, frame), digest(job, frame.iloc[:-1]), digest(Job("made_up", "all", 0, "standard"), frame)}
    assert len(found) == 3
    assert digest(job, frame.copy()) in found


def test_shares_weigh_splits_by_their_total() -> None:
    splits = [{"rows": 20, "pool_rows": 80}] * 3
    found = share_over_splits([9, 0, 1], [10, 0, 2], splits)
    assert found["point"] == pytest.approx(10 / 12)
    assert found["low"] < found["point"] < found["high"]
    assert share_over_splits([0, 0], [0, 0], splits[:2]) is None
    assert share_over_splits([0, 3], [0, 4], splits[:2]) == {"point": 0.75, "low": None, "high": None}
    assert mean_over_splits([None, 0.5], splits) == {"point": 0.5, "low": None, "high": None}


def test_differences_are_those_of_the_same_rows() -> None:
    truth = np.array(["a", "a", "b", "oos"], dtype=object)
    ours = pd.DataFrame({"id": range(4), "truth": truth, "predicted": ["a", "a", "b", "a"]})
    theirs = ours.assign(predicted=["a", "b", "b", "oos"])
    frames = [frame.assign(correct=frame["predicted"] == frame["truth"]) for frame in (ours, theirs.iloc[::-1])]
    found = on_one_split(*frames, seed=1)
    assert (found["accuracy"]["point"], found["in_scope_accuracy"]["point"]) == (0.0, pytest.approx(1 / 3))
    scores = [{"rows": 4, "pool_rows": 16, "accuracy": value} for value in (0.5, 0.7)]
    lower = [part | {"accuracy": part["accuracy"] - 0.1} for part in scores]
    assert over_all_splits(scores, lower)["accuracy"]["point"] == pytest.approx(0.1)


@pytest.mark.parametrize("rival", RIVALS)
def test_a_rivals_environment_is_pinned_to_the_last_package(rival: str) -> None:
    lines = [line for line in environments.pins(rival).read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!]+", line) for line in lines)
    assert PINNED[rival] in lines
    assert environments.driver(rival).is_file()


def test_the_commands_on_the_page_are_understood() -> None:
    page = (Path(intent.__file__).parent / "README.md").read_text()
    commands = re.findall(r"^\$ python benchmarks/intent.py(.*)$", page, re.MULTILINE)
    assert len(commands) == 5
    assert [intent.arguments().parse_args(words.split()).seeds for words in commands] == [5] * 5
    page = page.partition("\n## Intents\n")[2]
    known = intent.arguments().format_help()
    assert all(option in known for option in re.findall(r"`(--[a-z-]+)`", page))


def test_labels_are_called_what_an_import_would_name_them_but_for_the_one_outside() -> None:
    frame = pd.DataFrame({"text": ["one", "two", "three"], "label": ["bank.card_lost", "oos", "top_up"]})
    assert called(frame) == {"bank.card_lost": "card lost", "top_up": "top up"}
