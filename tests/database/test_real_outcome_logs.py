"""Logs that nobody in this project wrote come in whole: public data beside the checkout, where there is any."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from outcome_logs import CREATE, LengthEncoder

from workbench.db.connection import Connection
from workbench.jobs.import_outcomes import import_outcomes
from workbench.store.decisions import read_log

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"there is no public data in {DATA}")


def test_a_production_log_keeps_its_propensities_and_times(database: str, connection: Connection) -> None:
    names = {"external_id": "timestamp", "time": "timestamp", "techniques": "item_id", "reward": "click"}
    names |= {"propensity": "propensity_score", "intent": "position"}
    options = replace(CREATE, columns=names, constants={"policy": "uniform"})
    path = DATA / "obd_random_men.csv"
    result = import_outcomes(database, path, options, LengthEncoder)
    assert (result.written, result.quarantined, result.with_propensity) == (10_000, 0, 10_000)
    assert (result.prompts, len(result.arms)) == (9_989, 34)
    frame, file = read_log(connection).frame, pd.read_csv(path).sort_values("timestamp")
    assert frame["reward"].sum() == file["click"].sum()
    assert frame["propensity"].tolist() == file["propensity_score"].tolist()
    assert pd.to_datetime(frame["decided_at"], utc=True).tolist() == pd.to_datetime(file["timestamp"]).tolist()
    assert set(frame["policy"]) == {"uniform"}


def test_answers_of_two_models_under_three_techniques_share_their_prompts(
    database: str, connection: Connection, tmp_path: Path
) -> None:
    questions = pd.read_csv(DATA / "thoughtsource67_questions.csv")
    joined = pd.read_csv(DATA / "thoughtsource67_outcomes.csv").merge(questions, on="qid")
    path = tmp_path / "thought.jsonl"
    joined.to_json(path, orient="records", lines=True)
    names = {"prompt": "text", "techniques": "technique", "language_model": "model", "intent": "task"}
    result = import_outcomes(database, path, replace(CREATE, columns=names), LengthEncoder)
    assert (result.written, result.prompts, result.embedded) == (2_412, 402, 402)
    assert result.arms == {"direct": 804, "kojima-01": 804, "zhou-01": 804}
    assert len(result.intents_created) == questions["task"].nunique()
    means = read_log(connection).frame.groupby(["arm", "language_model"])["reward"].mean()
    assert means.to_dict() == joined.groupby(["technique", "model"])["reward"].mean().to_dict()


def test_a_wide_file_comes_in_a_column_at_a_time(database: str, connection: Connection) -> None:
    path = DATA / "routellm_mmlu20.csv"
    for model in ("weak", "strong"):
        names = {"external_id": "id", "reward": model, "intent": "label"}
        options = replace(CREATE, columns=names, constants={"techniques": "", "language_model": model})
        assert import_outcomes(database, path, options, LengthEncoder).written == 3_949
    frame, file = read_log(connection).frame, pd.read_csv(path)
    means = frame.groupby("language_model")["reward"].mean()
    assert means.to_dict() == {"strong": file["strong"].mean(), "weak": file["weak"].mean()}
    assert set(frame["arm"]) == {""}
