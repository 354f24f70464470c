"""A search in PostgreSQL and MLflow: it finds something, a killed one goes on, and its trials are nested runs."""

from __future__ import annotations

import json
import logging
import signal
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psycopg
import pytest
import searching
from psycopg import sql
from searching import SEED, SPACE, Counted, ridge

from workbench.db.connection import connect, with_database
from workbench.errors import SchemaNotCreated, SearchFailed, StudiesUnusable
from workbench.jobs.search import search, study_of
from workbench.jobs.sweep import sweep
from workbench.jobs.workspace import Workspace, open_tracker
from workbench.models.search import Choice, Found, Objective, Parameters, Range, Score, Space, Trial, defaults
from workbench.records import Recipe
from workbench.settings import Settings
from workbench.store.studies import SCHEMA, opened
from workbench.tracking.runs import ChildRun, Tracker

# As it has to stand in an address; optuna fills in braces, and configuration files percent signs.
SECRET = "s3{cret}%25"
TRIALS = 12


@pytest.fixture(scope="module")
def mlflow_url(server_url: str) -> Iterator[str]:
    """MLflow's own database, by an address that carries a password."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    yield with_database(server_url, lambda _: name).replace("workbench_owner@", f"workbench_owner:{SECRET}@")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="module")
def tracker(mlflow_url: str, server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Tracker:
    assert SECRET in mlflow_url
    return open_tracker(Settings(home=tmp_path_factory.mktemp("home"), mlflow_database_url=mlflow_url), server_url)


@pytest.fixture(scope="module")
def workspace(tracker: Tracker, mlflow_url: str, shared_database: str) -> Workspace:
    home = tracker.artifacts.parents[1]
    return Workspace(Settings(home=home, mlflow_database_url=mlflow_url), shared_database, tracker)


@pytest.fixture
def parent(tracker: Tracker) -> str:
    return tracker.open("intent_classifier", "train small", {})


@pytest.fixture
def study() -> str:
    return f"study {uuid.uuid4().hex[:8]}"


@pytest.fixture(scope="module")
def whole(workspace: Workspace) -> Found:
    """What a search comes to that nobody interrupts."""
    run_id = workspace.tracker.open("intent_classifier", "uninterrupted", {})
    return search(workspace, run_id, "uninterrupted", SPACE, ridge, TRIALS, SEED)


def tried(found: Found) -> pd.DataFrame:
    return found.trials.drop(columns="seconds")


def trials_of(
    workspace: Workspace, study: str, objective: Callable[[Parameters], Score | str], trials: int
) -> list[Trial]:
    """What a study comes to without a word to MLflow."""
    url = str(workspace.settings.mlflow_database_url)
    with opened(url, study, SPACE, SEED, lambda *_: None) as kept:
        for _ in range(trials):
            proposal = kept.ask()
            kept.tell(proposal, objective(proposal.parameters), 0.0)
        return kept.trials()


def runs_below(tracker: Tracker, parent: str) -> list[ChildRun]:
    return sorted(tracker.children(parent, tracker.experiment_of(parent)), key=lambda run: run.tags["mlflow.runName"])


def child(workspace: Workspace, parent: str, study: str, dies_in: int) -> subprocess.CompletedProcess[bytes]:
    url = str(workspace.settings.mlflow_database_url)
    words = [str(workspace.settings.home), url, workspace.url, parent, study, str(TRIALS), str(dies_in)]
    return subprocess.run([sys.executable, searching.__file__, *words], capture_output=True, timeout=100)


# what it finds


def test_the_defaults_come_first_and_the_lowest_loss_wins(whole: Found) -> None:
    first = whole.trials.iloc[0]
    assert {name: first[name] for name in defaults(SPACE)} == defaults(SPACE)
    assert whole.loss == whole.trials["loss"].min() == ridge(whole.parameters).loss
    assert whole.default_loss == ridge(defaults(SPACE)).loss > whole.loss


def test_every_trial_has_a_row_with_what_was_tried_and_what_came_of_it(whole: Found) -> None:
    for row in whole.trials.to_dict("records"):
        assert ridge(row).loss == row["loss"]
        assert ridge(row).accuracy == row["accuracy"]
    assert list(whole.trials["trial"]) == list(range(TRIALS))


def test_the_sampler_finds_more_than_chance_would(workspace: Workspace, study: str) -> None:
    """Later trials, which know the earlier ones, are better than those drawn at random."""
    scores = [trial.score for trial in trials_of(workspace, study, ridge, 40)]
    losses = [score.loss for score in scores if score is not None]
    assert len(losses) == 40
    assert np.median(losses[20:]) < np.median(losses[1:10])


def test_what_was_tried_before_is_not_tried_again(workspace: Workspace, parent: str, study: str) -> None:
    few = (Choice("center", (True, False)), Range("degree", 1, 2, 1, whole=True))
    objective = Counted()
    found = search(workspace, parent, study, few, lambda p: objective({"alpha": 1.0, **p}), 12, SEED)
    assert len(found.trials) == 12
    assert len(objective.asked) == len({tuple(sorted(each.items())) for each in objective.asked}) <= 4


@pytest.mark.parametrize(("space", "trials"), [((), 3), (SPACE + SPACE, 3), ((Range("loss", 0, 1, 0),), 3), (SPACE, 0)])
def test_a_search_without_sense_is_refused(
    workspace: Workspace, parent: str, study: str, space: Space, trials: int
) -> None:
    with pytest.raises(ValueError, match=r"a space needs parameters|at least 1"):
        search(workspace, parent, study, space, ridge, trials, SEED)


# what goes on


def test_a_search_that_is_there_is_not_made_again(workspace: Workspace, parent: str, study: str, whole: Found) -> None:
    search(workspace, parent, study, SPACE, ridge, TRIALS, SEED)
    objective = Counted()
    again = search(workspace, parent, study, SPACE, objective, TRIALS, SEED)
    assert objective.asked == []
    assert again.reused == TRIALS
    pd.testing.assert_frame_equal(tried(again), tried(whole))


def test_more_trials_go_on_from_fewer_and_fewer_look_at_their_own(
    workspace: Workspace, parent: str, study: str, whole: Found
) -> None:
    few = search(workspace, parent, study, SPACE, ridge, 5, SEED)
    more = search(workspace, parent, study, SPACE, ridge, TRIALS, SEED)
    assert more.reused == 5
    pd.testing.assert_frame_equal(tried(more), tried(whole))
    pd.testing.assert_frame_equal(tried(search(workspace, parent, study, SPACE, ridge, 5, SEED)), tried(few))


@pytest.mark.slow
@pytest.mark.parametrize("dies_in", [0, 11])
def test_a_killed_search_goes_on_and_comes_to_the_same(
    workspace: Workspace, parent: str, study: str, whole: Found, dies_in: int
) -> None:
    assert child(workspace, parent, study, dies_in).returncode == -signal.SIGKILL
    assert [run.status for run in runs_below(workspace.tracker, parent)].count("RUNNING") == 1
    objective = Counted()
    found = search(workspace, parent, study, SPACE, objective, TRIALS, SEED)
    assert found.reused == dies_in
    assert len(objective.asked) == TRIALS - dies_in
    pd.testing.assert_frame_equal(tried(found), tried(whole))
    assert found.parameters == whole.parameters
    runs = runs_below(workspace.tracker, parent)
    (killed,) = [run for run in runs if run.status != "FINISHED"]
    assert (killed.status, killed.tags["workbench.trial"]) == ("FAILED", str(dies_in))
    assert "ended" in killed.tags["workbench.ended"]
    assert len(runs) == TRIALS + 1


@pytest.mark.slow
def test_a_trial_that_kills_its_process_twice_is_failed(workspace: Workspace, parent: str, study: str) -> None:
    for dies_in in (2, 0):
        assert child(workspace, parent, study, dies_in).returncode == -signal.SIGKILL
    found = search(workspace, parent, study, SPACE, ridge, 4, SEED)
    assert list(found.trials["state"]) == ["finished", "finished", "failed", "finished"]
    assert "its process ended" in found.trials["error"][2]


def test_a_search_that_a_person_stops_goes_on_as_if_nothing_had_been(
    workspace: Workspace, parent: str, study: str, whole: Found
) -> None:
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            search(workspace, parent, study, SPACE, Counted({0: KeyboardInterrupt()}), TRIALS, SEED)
    found = search(workspace, parent, study, SPACE, ridge, TRIALS, SEED)
    pd.testing.assert_frame_equal(tried(found), tried(whole))
    assert [run.status for run in runs_below(workspace.tracker, parent)][:4] == ["KILLED"] * 3 + ["FINISHED"]


def test_another_seed_or_space_is_another_search(workspace: Workspace, parent: str, study: str) -> None:
    search(workspace, parent, study, SPACE, ridge, 2, SEED)
    assert search(workspace, parent, study, SPACE, ridge, 2, SEED + 1).reused == 0
    assert search(workspace, parent, study, SPACE[:2], lambda p: ridge({**p, "center": True}), 2, SEED).reused == 0


def test_two_at_once_share_the_trials(workspace: Workspace, tracker: Tracker, study: str) -> None:
    """The first stops in its second trial until the second says that it waits for the first."""
    waits = threading.Event()
    asked: list[object] = []

    def objective(parameters: Any) -> Any:
        asked.append(parameters)
        assert len(asked) < 2 or waits.wait(60)
        return ridge(parameters)

    def tick(_: int, __: int, what: str) -> None:
        if "waiting" in what:
            waits.set()

    def one() -> Found:
        run_id = tracker.open("intent_classifier", "one of two", {})
        return search(workspace, run_id, study, SPACE, objective, 4, SEED, tick)

    with ThreadPoolExecutor(2) as both:
        found = [future.result() for future in (both.submit(one), both.submit(one))]
    assert len(asked) == 4
    assert sorted(each.reused for each in found) == [0, 4]
    pd.testing.assert_frame_equal(found[0].trials, found[1].trials)


# what fails


def test_a_failing_trial_fails_alone_and_says_why(workspace: Workspace, parent: str, study: str) -> None:
    odd = {1: ValueError("no such\nkernel"), 2: float("nan"), 3: float("inf"), 4: MemoryError("2 TiB\0")}
    found = search(workspace, parent, study, SPACE, Counted(odd), 6, SEED)
    assert list(found.trials["state"]) == ["finished", *["failed"] * 4, "finished"]
    said = ["", "ValueError: no such kernel", "its loss is nan", "its loss is inf", "MemoryError: 2 TiB", ""]
    assert list(found.trials["error"]) == said
    runs = runs_below(workspace.tracker, parent)
    assert [run.status for run in runs] == ["FINISHED", *["FAILED"] * 4, "FINISHED"]
    assert runs[1].tags["workbench.error"] == "ValueError: no such kernel"
    assert runs[1].tags["mlflow.runName"] == "trial 01 failed"


def test_the_sampler_keeps_away_from_what_failed(workspace: Workspace, study: str) -> None:
    def fragile(parameters: Parameters) -> Score | str:
        return "alpha too small" if float(parameters["alpha"]) < 1.0 else ridge(parameters)

    failed = [trial.score is None for trial in trials_of(workspace, study, fragile, 40)]
    assert 0 < sum(failed[20:]) < sum(failed[:20])


def test_a_search_without_any_score_says_so_and_the_next_starts_from_nothing(
    workspace: Workspace, parent: str, study: str
) -> None:
    broken = Counted(dict.fromkeys(range(3), RuntimeError("no memory")))
    with pytest.raises(SearchFailed, match=r"None of the 3 trials .* RuntimeError: no memory"):
        search(workspace, parent, study, SPACE, broken, 3, SEED)
    found = search(workspace, parent, study, SPACE, ridge, 3, SEED)
    assert list(found.trials["state"]) == ["finished"] * 3


# what MLflow shows


def test_every_trial_is_a_run_nested_in_the_owners(workspace: Workspace, parent: str, study: str) -> None:
    found = search(workspace, parent, study, SPACE, ridge, 3, SEED)
    runs = runs_below(workspace.tracker, parent)
    assert len(runs) == 3
    for run, row in zip(runs, found.trials.to_dict("records"), strict=True):
        kept = workspace.tracker.client.get_run(run.run_id)
        assert kept.info.run_name == f"trial {row['trial']:02} loss {row['loss']:.3f}"
        assert kept.data.params == {f"option_{name}": str(row[name]) for name in defaults(SPACE)}
        assert run.metrics == {f"trial_{name}": row[name] for name in ("loss", "accuracy", "seconds")}
        assert (run.status, run.tags["mlflow.parentRunId"]) == ("FINISHED", parent)
        assert run.tags["workbench.trial"] == str(row["trial"])


def test_the_owners_run_has_the_search_in_numbers_a_table_and_a_picture(
    workspace: Workspace, parent: str, study: str, tmp_path: Path
) -> None:
    found = search(workspace, parent, study, SPACE, Counted({1: ValueError("no")}), 3, SEED)
    tracker = workspace.tracker
    assert tracker.metrics(parent) == {
        "search_trials": 3.0,
        "search_failed_trials": 1.0,
        "search_loss": found.loss,
        "search_default_loss": found.default_loss,
        "search_seconds": found.trials["seconds"].sum(),
    }
    shown = json.loads(tracker.read_table(parent, "tables/trials.json", tmp_path))
    assert shown["columns"] == list(found.trials.columns)
    assert [row[1] for row in shown["data"]] == ["finished", "failed", "finished"]
    assert [each.path for each in tracker.client.list_artifacts(parent, "figures")] == ["figures/search.png"]
    assert tracker.status(parent) == "RUNNING"


def test_a_second_owner_gets_the_trials_too_and_the_first_gets_none_twice(
    workspace: Workspace, tracker: Tracker, parent: str, study: str
) -> None:
    other = tracker.open("intent_classifier", "train small again", {})
    for owner in (parent, parent, other):
        search(workspace, owner, study, SPACE, Counted({1: ValueError("no")}), 3, SEED)
    first, second = runs_below(tracker, parent), runs_below(tracker, other)
    assert [run.metrics for run in first] == [run.metrics for run in second]
    assert [run.status for run in second] == ["FINISHED", "FAILED", "FINISHED"]
    assert [run.tags.get("workbench.reused") for run in first + second] == [None] * 3 + ["true"] * 3


def test_the_sweep_closes_the_trials_of_a_dead_process(workspace: Workspace, parent: str, study: str) -> None:
    child(workspace, parent, study, 1)
    assert sweep(workspace) == ["trial 01"]
    assert [run.status for run in runs_below(workspace.tracker, parent)] == ["FINISHED", "FAILED"]


# where it is kept


def test_optunas_tables_stand_beside_mlflows_and_leave_them_alone(whole: Found, mlflow_url: str) -> None:
    assert len(whole.trials)
    with connect(mlflow_url) as connection:
        found = connection.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_name = ANY(%s)",
            [["studies", "trials", "trial_values", "alembic_version", "runs"]],
        ).fetchall()
    ours = {(SCHEMA, name) for name in ("studies", "trials", "trial_values", "alembic_version")}
    assert set(found) == ours | {("public", "alembic_version"), ("public", "runs")}


def test_nothing_that_is_kept_or_said_knows_the_password(
    workspace: Workspace,
    parent: str,
    study: str,
    mlflow_url: str,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    told: list[str] = []
    with caplog.at_level(logging.DEBUG):
        objective = Counted({1: ValueError("no")})
        search(workspace, parent, study, SPACE, objective, 3, SEED, lambda _, __, what: told.append(what))
    with connect(mlflow_url) as connection:
        names = connection.execute(
            "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = ANY(%s)", [["public", SCHEMA]]
        ).fetchall()
        assert len(names) > 60
        for name in names:
            look = sql.SQL("SELECT count(*) FROM {} AS t WHERE t::text LIKE %s").format(sql.Identifier(*name))
            assert connection.execute(look, ["%s3{cret}%"]).fetchone() == (0,), name
    files = [path for path in workspace.tracker.artifacts.rglob("*") if path.is_file()]
    assert [path for path in files if b"s3{cret}" in path.read_bytes()] == []
    assert "s3{cret}" not in caplog.text + "".join(capfd.readouterr()) + "".join(told)


def test_it_says_nothing_but_how_far_it_is(
    workspace: Workspace, parent: str, study: str, capfd: pytest.CaptureFixture[str]
) -> None:
    told: list[tuple[int, int, str]] = []
    found = search(workspace, parent, study, SPACE, ridge, 2, SEED, lambda *said: told.append(said))
    best = [f"best loss {loss:.3f}" for loss in found.trials["best_loss"]]
    assert told == [(1, 2, best[0]), (2, 2, best[1])]
    assert capfd.readouterr() == ("", "")


def test_no_connection_stays_behind(workspace: Workspace, parent: str, study: str, mlflow_url: str) -> None:
    mine = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with connect(mlflow_url) as connection:
        before = connection.execute(mine).fetchone()
        search(workspace, parent, study, SPACE, ridge, 2, SEED)
        connection.rollback()
        assert connection.execute(mine).fetchone() == before


@pytest.fixture
def plain(server_url: str, tracker: Tracker) -> Iterator[tuple[str, str]]:
    """MLflow's database of a role that owns nothing, may make no database, and may write what is in public."""
    name = f"t_{uuid.uuid4().hex[:16]}"
    role = sql.Identifier(f"{name}_plain")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE ROLE {} LOGIN").format(role))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = with_database(server_url, lambda _: name)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(sql.SQL("GRANT CREATE ON SCHEMA public TO {}").format(role))
    yield url, url.replace("workbench_owner@", f"{name}_plain@")
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
        admin.execute(sql.SQL("DROP ROLE {}").format(role))


def test_a_role_that_may_make_no_schema_is_told_what_to_ask_for_and_then_searches(
    plain: tuple[str, str], server_url: str, tmp_path: Path
) -> None:
    admin_url, url = plain
    settings = Settings(home=tmp_path, mlflow_database_url=url)
    own = Workspace(settings, server_url, open_tracker(settings, server_url))
    parent = own.tracker.open("intent_classifier", "plain", {})
    with pytest.raises(SchemaNotCreated, match=f"CREATE SCHEMA {SCHEMA}") as caught:
        search(own, parent, "plain", SPACE, ridge, 2, SEED)
    role = url.split("//")[1].split("@")[0]
    said = str(caught.value).partition("run: ")[2].partition(";")[0]
    with psycopg.connect(admin_url, autocommit=True) as admin:
        admin.execute(said.replace("the role", role))
    assert len(search(own, parent, "plain", SPACE, ridge, 2, SEED).trials) == 2


def test_studies_of_another_optuna_are_refused_with_what_to_do(
    workspace: Workspace, parent: str, study: str, mlflow_url: str, whole: Found
) -> None:
    assert len(whole.trials)
    version = sql.Identifier(SCHEMA, "alembic_version")
    with connect(mlflow_url, autocommit=True) as connection:
        ((kept,),) = connection.execute(sql.SQL("SELECT version_num FROM {}").format(version)).fetchall()
        change = sql.SQL("UPDATE {} SET version_num = %s").format(version)
        connection.execute(change, ["v9.9.9"])
        try:
            with pytest.raises(StudiesUnusable, match=f"drop the schema.*|{SCHEMA}"):
                search(workspace, parent, study, SPACE, ridge, 2, SEED)
        finally:
            connection.execute(change, [kept])


# what makes two searches one


def test_a_study_is_known_by_model_objective_data_and_options() -> None:
    def name(method: str = "ridge-1", digest: str = "d" * 64, **options: object) -> str:
        prompts = searching.prompts(digest)
        return study_of(Recipe("intent_classifier", "any name", 1, options), prompts, method)

    names = [name(), name("ridge-2"), name(digest="e" * 64), name(budget="standard"), name(budget="quick")]
    assert len(set(names)) == len(names)
    assert name(a=1, b=2) == name(b=2, a=1)


def test_an_objective_may_be_any_function_of_parameters() -> None:
    objective: Objective = ridge
    assert objective(defaults(SPACE)).loss > 0
