"""Estimates are staged, applied and undone: what changes, what is left alone, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest
from rows import effectiveness
from staged import cell, contents, empty, known, scores, staged
from waiting import meanwhile, wait_for_lock

from workbench.db.connection import Connection, connect
from workbench.errors import (
    BatchUnknown,
    EffectivenessChangedSince,
    EffectivenessRefused,
    EffectivenessRefusedInPart,
    NotApplied,
)
from workbench.jobs.effectiveness_batches import apply, show, undo
from workbench.store.batches import lock

RUN = "a" * 32
REFUSED = "effective sample size 3.0 is below 10"


@pytest.fixture
def database(module_database: str) -> Iterator[str]:
    """One database for all tests of the module, emptied after each: a copy for each would take most of the time."""
    yield module_database
    with connect(module_database) as connection:
        empty(connection)


@pytest.fixture
def ids(connection: Connection) -> dict[str, UUID]:
    return known(connection)


def only_row(connection: Connection) -> dict[str, Any]:
    with connection.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        (row,) = cursor.execute("SELECT * FROM intent_technique_effectiveness").fetchall()
    return row


@pytest.mark.usefixtures("ids")
def test_a_staged_batch_changes_nothing_yet(connection: Connection, database: str) -> None:
    batch = staged(database, cell(), cell("technical", refused=REFUSED))
    shown = show(database)
    assert contents(connection) == []
    assert (shown.batch.id, shown.batch.state, shown.batch.created_by) == (batch, "staged", connection.info.user)
    assert shown.changes[["intent", "stands", "differs", "refusal", "reason"]].values.tolist() == [
        ["creative", False, True, None, None],
        ["technical", False, True, "support", REFUSED],
    ]


def test_applying_writes_rounded_numbers_and_where_they_come_from(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    batch = staged(database, cell(domain_adjustments={"law": -0.0449}), run_id=RUN, synthetic=100)
    assert apply(database).written == 1
    row = only_row(connection)
    assert (row["intent_id"], row["technique_id"]) == (ids["creative"], ids["cot"])
    numbers = [row["effectiveness_score"], row["confidence_level"], row["real_world_performance"]]
    assert [str(number) for number in numbers] == ["0.71", "0.50", "0.74"]
    assert (row["complexity_adjustment"], row["domain_adjustments"]) == ({"3": 0.012}, {"law": -0.045})
    assert (row["sample_size"], row["estimated_by_run"], row["is_synthetic"]) == (40, RUN, True)
    assert (str(row["batch_id"]), row["last_calculated"]) == (batch, show(database).batch.created_at)


@pytest.mark.usefixtures("ids")
def test_full_precision_stays_with_the_batch(connection: Connection, database: str) -> None:
    staged(database, cell(score=1 / 3, confidence=2 / 3))
    apply(database)
    found = connection.execute("SELECT score, confidence, low FROM effectiveness_estimates").fetchall()
    assert found == [(1 / 3, 2 / 3, 1 / 3 - 0.04)]


@pytest.mark.usefixtures("ids")
def test_refused_cells_keep_their_old_value(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    effectiveness(connection, ids["technical"], ids["cot"], 0.33)
    staged(database, cell(), cell("technical", score=0.9, refused=REFUSED))
    done = apply(database)
    assert (done.written, done.refused) == (1, 1)
    assert scores(connection) == {("creative", "cot"): 0.71, ("technical", "cot"): 0.33}


@pytest.mark.usefixtures("ids")
def test_where_every_cell_is_refused_nothing_happens(connection: Connection, database: str) -> None:
    batch = staged(database, cell(refused=REFUSED), cell("technical", refused="overlap 0.10 is below 0.5"))
    with pytest.raises(EffectivenessRefused, match="1 × effective sample size is below its threshold") as caught:
        apply(database, batch)
    assert caught.value.exit_code == 3
    assert contents(connection) == []
    assert show(database, batch).batch.state == "staged"


@pytest.mark.usefixtures("ids")
def test_a_strict_apply_writes_nothing_if_any_cell_is_refused(connection: Connection, database: str) -> None:
    staged(database, cell(), cell("technical", refused=REFUSED))
    with pytest.raises(EffectivenessRefusedInPart) as caught:
        apply(database, strict=True)
    assert caught.value.exit_code == 3
    assert contents(connection) == []


@pytest.mark.usefixtures("ids")
def test_rows_of_the_root_and_of_single_models_are_never_applied(connection: Connection, database: str) -> None:
    staged(database, cell(), cell(""), cell(language_model="large"))
    assert apply(database).written == 1
    assert scores(connection) == {("creative", "cot"): 0.71}


@pytest.mark.usefixtures("ids")
def test_a_batch_applied_twice_changes_nothing(connection: Connection, database: str) -> None:
    batch = staged(database, cell())
    apply(database, batch)
    before, log = contents(connection), connection.execute("SELECT count(*) FROM audit_log").fetchone()
    again = apply(database, batch)
    assert (again.written, again.already and again.already.by) == (0, connection.info.user)
    assert contents(connection) == before
    assert connection.execute("SELECT count(*) FROM audit_log").fetchone() == log


@pytest.mark.usefixtures("ids")
def test_a_row_that_did_not_change_keeps_its_batch_and_its_time(connection: Connection, database: str) -> None:
    staged(database, cell())
    apply(database)
    before = contents(connection)
    staged(database, cell(score=0.7051), run_id=RUN)
    done = apply(database)
    assert (done.written, done.unchanged) == (0, 1)
    assert contents(connection) == before


@pytest.mark.parametrize(
    "change", [{"score": 0.72}, {"confidence": 0.9}, {"sample_size": 41}, {"complexity_adjustment": {"3": 0.02}},
               {"domain_adjustments": {"law": 0.1}}, {"real_world_performance": 0.5}]
)  # fmt: skip
@pytest.mark.usefixtures("ids")
def test_a_row_that_changed_gets_the_new_batch(connection: Connection, database: str, change: dict[str, Any]) -> None:
    staged(database, cell())
    apply(database)
    batch = staged(database, cell(**change))
    assert apply(database).written == 1
    assert str(only_row(connection)["batch_id"]) == batch


def test_what_the_outcomes_say_nothing_of_stays_as_it_was(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    adjusted = {"domain_adjustments": {"law": 0.1}, "complexity_adjustment": {"1": 0.2}}
    effectiveness(connection, ids["creative"], ids["cot"], 0.5, **adjusted)
    staged(database, cell(complexity_adjustment=None))
    assert apply(database).written == 1
    row = only_row(connection)
    assert (row["domain_adjustments"], row["complexity_adjustment"]) == tuple(adjusted.values())


def test_an_undone_batch_leaves_every_byte_as_it_was(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    old = {"complexity_adjustment": {"1": 0.100}, "sample_size": 7, "last_calculated": "2024-02-29 12:34:56.789012+05"}
    effectiveness(connection, ids["creative"], ids["cot"], 0.5, **old)
    effectiveness(connection, ids["technical"], ids["pal"], 0.4)
    before = contents(connection)
    batch = staged(database, cell(), cell("creative.verse"), cell("technical", "pal", refused=REFUSED))
    assert apply(database, batch).written == 2
    done = undo(database, batch)
    assert (done.restored, done.removed) == (1, 1)
    assert contents(connection) == before
    assert undo(database, batch).already is not None


def test_every_column_but_the_key_is_put_back(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    columns = connection.execute(
        """SELECT attname FROM pg_attribute WHERE attrelid = 'intent_technique_effectiveness'::regclass
           AND attnum > 0 AND NOT attisdropped"""
    ).fetchall()
    effectiveness(connection, ids["creative"], ids["cot"], 0.5)
    before = only_row(connection)
    batch = staged(database, cell(domain_adjustments={"law": 1}), run_id=RUN, synthetic=1)
    apply(database, batch)
    applied = only_row(connection)
    assert {name for (name,) in columns if applied[name] == before[name]} == {"intent_id", "technique_id"}
    undo(database, batch)
    assert only_row(connection) == before


@pytest.mark.usefixtures("ids")
def test_an_undone_batch_may_be_applied_again(connection: Connection, database: str) -> None:
    batch = staged(database, cell())
    apply(database, batch)
    once = contents(connection)
    undo(database, batch)
    assert apply(database, batch).written == 1
    assert contents(connection) == once
    undo(database, batch)
    assert contents(connection) == []


@pytest.mark.usefixtures("ids")
def test_what_was_never_applied_cannot_be_undone(database: str) -> None:
    with pytest.raises(NotApplied):
        undo(database, staged(database, cell()))


@pytest.mark.usefixtures("ids")
def test_a_batch_whose_cells_another_has_written_since_is_undone_after_that(
    connection: Connection, database: str
) -> None:
    first = staged(database, cell(), cell("technical"))
    apply(database, first)
    between = contents(connection)
    second = staged(database, cell(score=0.9))
    apply(database, second)
    with pytest.raises(EffectivenessChangedSince, match=f"effectiveness undo {second}"):
        undo(database, first)
    undo(database, second)
    assert contents(connection) == between
    undo(database, first)
    assert contents(connection) == []


@pytest.mark.parametrize("how", ["UPDATE intent_technique_effectiveness SET effectiveness_score = 0.2",
                                 "DELETE FROM intent_technique_effectiveness"])  # fmt: skip
@pytest.mark.usefixtures("ids")
def test_what_another_hand_changed_since_is_not_overwritten(connection: Connection, database: str, how: str) -> None:
    batch = staged(database, cell())
    apply(database, batch)
    connection.execute(how)
    before = contents(connection)
    with pytest.raises(EffectivenessChangedSince, match="another hand, such as cot for creative"):
        undo(database, batch)
    assert contents(connection) == before


def test_what_went_with_its_technique_does_not_stop_the_undoing(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    batch = staged(database, cell(), cell(technique="pal"))
    apply(database, batch)
    connection.execute("DELETE FROM techniques WHERE id = %s", [ids["pal"]])
    assert undo(database, batch).removed == 1
    assert contents(connection) == []


def test_an_intent_deleted_since_is_left_out(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    staged(database, cell(), cell("technical"))
    connection.execute("DELETE FROM intent_taxonomy WHERE id = %s", [ids["technical"]])
    done = apply(database)
    assert (done.written, done.refused) == (1, 1)
    assert show(database).changes["refusal"].tolist() == [None, "gone"]


@pytest.mark.usefixtures("ids")
def test_an_older_batch_does_not_replace_a_newer_one(connection: Connection, database: str) -> None:
    older, newer = staged(database, cell(score=0.2)), staged(database, cell(score=0.8))
    apply(database, newer)
    with pytest.raises(EffectivenessRefused, match="calculated after this batch"):
        apply(database, older)
    assert scores(connection) == {("creative", "cot"): 0.8}


@pytest.mark.usefixtures("ids")
def test_simulated_outcomes_replace_an_estimate_from_real_ones_only_if_that_is_said(
    connection: Connection, database: str
) -> None:
    staged(database, cell(score=0.4))
    apply(database)
    batch = staged(database, cell(score=0.8), synthetic=1)
    with pytest.raises(EffectivenessRefused, match="rests on real outcomes"):
        apply(database, batch)
    assert scores(connection) == {("creative", "cot"): 0.4}
    assert apply(database, batch, allow_synthetic=True).written == 1
    assert only_row(connection)["is_synthetic"]


def test_simulated_outcomes_may_replace_what_curators_set_and_what_was_simulated(
    connection: Connection, database: str, ids: dict[str, UUID]
) -> None:
    effectiveness(connection, ids["creative"], ids["cot"], 0.5)
    for score in (0.6, 0.8):
        staged(database, cell(score=score), synthetic=100)
        assert apply(database).written == 1
    assert scores(connection) == {("creative", "cot"): 0.8}


@pytest.mark.usefixtures("ids")
def test_every_change_is_in_the_audit_log(connection: Connection, database: str) -> None:
    ((last,),) = connection.execute("SELECT COALESCE(max(id), 0) FROM audit_log").fetchall()
    batch = staged(database, cell())
    apply(database, batch)
    undo(database, batch)
    said = "SELECT table_name, action, login_role FROM audit_log WHERE id > %s ORDER BY id"
    log = connection.execute(said, [last]).fetchall()
    of_row = [action for table, action, _ in log if table == "intent_technique_effectiveness"]
    of_batch = [action for table, action, _ in log if table == "effectiveness_batches"]
    assert (of_row, of_batch) == (["INSERT", "DELETE"], ["INSERT", "UPDATE", "UPDATE"])
    assert {role for _, _, role in log} == {connection.info.user}


@pytest.mark.usefixtures("ids")
def test_nobody_can_say_that_another_applied_it(connection: Connection, database: str) -> None:
    batch = staged(database, cell())
    forged = "UPDATE effectiveness_batches SET state = 'applied', applied_by = 'somebody', applied_at = 'yesterday'"
    connection.execute(forged)
    ((who, when_is_now),) = connection.execute(
        "SELECT applied_by, applied_at > now() - interval '1 minute' FROM effectiveness_batches"
    ).fetchall()
    assert (who, when_is_now) == (connection.info.user, True)
    with pytest.raises(psycopg.errors.RestrictViolation, match=batch):
        connection.execute("UPDATE effectiveness_batches SET state = 'staged'")


@pytest.mark.usefixtures("ids")
def test_a_batch_is_named_by_the_beginning_of_its_id(database: str) -> None:
    first, second = staged(database, cell()), staged(database, cell())
    assert show(database, first[:8].upper()).batch.id == first
    assert show(database).batch.id == second
    with pytest.raises(BatchUnknown, match=f"no batch 'nonsense'.*{second}"):
        show(database, "nonsense")


def test_without_a_batch_there_is_nothing_to_apply(database: str) -> None:
    with pytest.raises(BatchUnknown, match=r"no batch that waits to be applied.*none"):
        apply(database)


@pytest.mark.usefixtures("ids")
def test_of_two_applies_at_once_the_second_waits_and_says_what_happened(connection: Connection, database: str) -> None:
    batch = staged(database, cell())
    with connect(database) as first:
        lock(first)
        with meanwhile(lambda: apply(database, batch)) as one, meanwhile(lambda: apply(database, batch)) as other:
            wait_for_lock(connection, one)
            wait_for_lock(connection, other)
            first.rollback()
    found = sorted([one.result(), other.result()], key=lambda done: done.already is not None)
    assert [done.written for done in found] == [1, 0]
    assert [done.already is None for done in found] == [True, False]


@pytest.mark.usefixtures("ids")
def test_of_an_apply_and_an_undo_at_once_one_waits_for_the_other(connection: Connection, database: str) -> None:
    batch = staged(database, cell())
    apply(database, batch)
    with connect(database) as first:
        lock(first)
        with meanwhile(lambda: undo(database, batch)) as undone:
            wait_for_lock(connection, undone)
            first.rollback()
    assert undone.result().removed == 1
    assert contents(connection) == []


def test_a_writer_waits_while_a_batch_is_applied(connection: Connection, database: str, ids: dict[str, UUID]) -> None:
    with connect(database) as applying:
        lock(applying)
        assert connection.execute("SELECT count(*) FROM intent_technique_effectiveness").fetchone() == (0,)

        def write() -> None:
            with connect(database) as other:
                effectiveness(other, ids["creative"], ids["cot"], 0.5)

        with meanwhile(write) as writing:
            wait_for_lock(connection, writing)
            applying.rollback()
    writing.result()
    assert scores(connection) == {("creative", "cot"): 0.5}
