"""The tree of intents: levels, paths and parents agree, whatever is inserted, moved or renamed."""

from __future__ import annotations

import contextlib
import threading
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rows import intent

from workbench.db.connection import Connection, connect

CheckViolation = psycopg.errors.CheckViolation
DISAGREEING = """
    SELECT i.path FROM intent_taxonomy i LEFT JOIN intent_taxonomy p ON p.id = i.parent_id
    WHERE i.path <> concat_ws('.', p.path, substring(i.path FROM '[^.]*$'))
        OR i.level <> COALESCE(p.level, 0) + 1 OR i.code <> i.path
"""


def paths(connection: Connection, order: str = "path") -> list[str]:
    return [path for (path,) in connection.execute(f"SELECT path FROM intent_taxonomy ORDER BY {order}").fetchall()]


def move(connection: Connection, path: str, parent: str | None) -> None:
    connection.execute(
        "UPDATE intent_taxonomy SET parent_id = (SELECT id FROM intent_taxonomy WHERE path = %s) WHERE path = %s",
        [parent, path],
    )


def rename(connection: Connection, path: str, name: str) -> None:
    connection.execute("UPDATE intent_taxonomy SET path = %s WHERE path = %s", [name, path])


def tree(connection: Connection, *wanted: str) -> None:
    for path in wanted:
        intent(connection, path)


def test_a_path_that_is_not_below_its_parent_is_refused_and_the_message_says_what_fits(schema: Connection) -> None:
    parent = intent(schema, "creative")
    with pytest.raises(CheckViolation, match=r'"technical\.poem" does not fit its parent: expected "creative\.poem"'):
        intent(schema, "technical.poem", parent_id=parent)


def test_a_path_skips_no_level(schema: Connection) -> None:
    parent = intent(schema, "creative")
    with pytest.raises(CheckViolation, match="does not fit its parent"):
        intent(schema, "creative.writing.poem", parent_id=parent, level=3)


def test_a_child_before_its_parent_is_refused(schema: Connection) -> None:
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="Insert parents before their children"):
        intent(schema, "creative.poem", parent_id="00000000-0000-0000-0000-00000000dead")


@pytest.mark.parametrize("segment", ["", "a b", "a\tb", "a\x01b"])
def test_a_segment_is_never_empty_and_has_no_space(schema: Connection, segment: str) -> None:
    parent = intent(schema, "creative")
    with pytest.raises(CheckViolation, match="empty or has a space"):
        intent(schema, f"creative.{segment}", parent_id=parent)


def test_a_path_too_long_for_its_sort_key_is_refused(schema: Connection) -> None:
    with pytest.raises(CheckViolation, match="has 256 characters and tree_sortkey holds 255"):
        intent(schema, "a" * 256, code="long", name="long")


def test_a_rename_too_long_for_the_code_is_refused(schema: Connection) -> None:
    intent(schema, "creative")
    with pytest.raises(CheckViolation, match="the code, which is the same, holds 100"):
        rename(schema, "creative", "a" * 101)


def test_the_sort_key_is_not_the_writer_s(schema: Connection) -> None:
    tree(schema, "creative")
    intent(schema, "creative.poem", tree_sortkey="zzz")
    schema.execute("UPDATE intent_taxonomy SET tree_sortkey = 'aaa'")
    assert schema.execute("SELECT tree_sortkey FROM intent_taxonomy WHERE level = 2").fetchone() == ("creative poem",)


def test_the_sort_key_walks_the_tree_depth_first(schema: Connection) -> None:
    wanted = ["a", "a.b", "a.b.c", "a-b", "a-b.x", "a_b", "ab", "b", "é"]
    tree(schema, *wanted)
    assert paths(schema, "tree_sortkey") == wanted


def test_the_order_of_sort_keys_is_the_same_in_every_database(schema: Connection) -> None:
    named = "SELECT collation_name FROM information_schema.columns WHERE column_name = 'tree_sortkey'"
    assert schema.execute(named).fetchone() == ("C",)


def test_moving_an_intent_takes_its_branch_along(schema: Connection) -> None:
    tree(schema, "creative", "creative.verse", "creative.verse.ode", "creative.verse.ode.pindaric", "art", "art.song")
    move(schema, "creative.verse", "art.song")
    moved = ["art", "art.song", "art.song.verse", "art.song.verse.ode", "art.song.verse.ode.pindaric", "creative"]
    assert paths(schema) == paths(schema, "tree_sortkey") == moved
    assert schema.execute(DISAGREEING).fetchall() == []


def test_moving_an_intent_to_the_top_makes_it_a_root(schema: Connection) -> None:
    tree(schema, "creative", "creative.verse", "creative.verse.ode")
    move(schema, "creative.verse", None)
    assert paths(schema) == ["creative", "verse", "verse.ode"]


def test_renaming_an_intent_renames_its_branch(schema: Connection) -> None:
    tree(schema, "creative", "creative.verse", "creative.verse.ode", "creative_writing")
    rename(schema, "creative", "art")
    assert paths(schema) == ["art", "art.verse", "art.verse.ode", "creative_writing"]


def test_a_code_of_its_own_stays_through_a_rename(schema: Connection) -> None:
    intent(schema, "creative", code="C1")
    rename(schema, "creative", "art")
    assert schema.execute("SELECT code, path FROM intent_taxonomy").fetchall() == [("C1", "art")]


def test_a_path_alone_moves_nothing(schema: Connection) -> None:
    tree(schema, "creative", "creative.verse", "art")
    with pytest.raises(CheckViolation, match=r'expected "creative\.verse".*\n.*set parent_id'):
        rename(schema, "creative.verse", "art.verse")


@pytest.mark.parametrize("target", ["a.b", "a.b.c"])
def test_an_intent_is_never_moved_below_itself(schema: Connection, target: str) -> None:
    tree(schema, "a", "a.b", "a.b.c")
    with pytest.raises(CheckViolation, match=f'"a" cannot be moved below itself, to "{target}"'):
        move(schema, "a", target)


def test_an_intent_does_not_become_its_own_parent(schema: Connection) -> None:
    tree(schema, "a")
    with pytest.raises(CheckViolation, match="ck_intent_not_own_parent"):
        move(schema, "a", "a")


def test_a_move_onto_an_existing_path_is_refused(schema: Connection) -> None:
    tree(schema, "a", "a.x", "b", "b.x")
    with pytest.raises(psycopg.errors.UniqueViolation):
        move(schema, "a.x", "b")


def test_a_level_is_not_set_by_hand(schema: Connection) -> None:
    tree(schema, "a", "a.b")
    with pytest.raises(CheckViolation):
        schema.execute("UPDATE intent_taxonomy SET level = 7 WHERE path = 'a.b'")


def test_an_intent_with_children_is_not_deleted(schema: Connection) -> None:
    tree(schema, "a", "a.b")
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        schema.execute("DELETE FROM intent_taxonomy WHERE path = 'a'")


Step = tuple[str, int, int]
STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "move", "rename"]), st.integers(0, 30), st.integers(0, 30)), max_size=25
)


def take(connection: Connection, step: Step, number: int) -> None:
    """Do one step to the tree; what the tree refuses is undone alone."""
    action, first, second = step
    known: list[Any] = paths(connection)
    chosen, other = (known[index % len(known)] for index in (first, second))
    segment = f"s{number}"
    with contextlib.suppress(CheckViolation), connection.transaction():
        if action == "add":
            intent(connection, f"{chosen}.{segment}" if second % 4 else segment)
        elif action == "move":
            move(connection, chosen, other if second % 5 else None)
        else:
            rename(connection, chosen, chosen.rpartition(".")[0] + "." * ("." in chosen) + segment)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_additions_moves_and_renames_leave_a_tree(schema: Connection, steps: list[Step]) -> None:
    with schema.transaction(force_rollback=True):
        intent(schema, "root")
        for number, step in enumerate(steps):
            take(schema, step, number)
        assert schema.execute(DISAGREEING).fetchall() == []
        in_order = paths(schema, "tree_sortkey")
        assert in_order == sorted(in_order, key=lambda path: path.split("."))


def test_a_child_waits_for_a_rename_of_its_parent(database: str, connection: Connection) -> None:
    parent = intent(connection, "creative")
    with connect(database) as renamer, connect(database, autocommit=True) as other:
        rename(renamer, "creative", "art")
        outcome: list[Exception] = []
        child = threading.Thread(target=_insert_child, args=(other, parent, outcome))
        child.start()
        waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND pid = %s"
        while connection.execute(waiting, [other.info.backend_pid]).fetchone() == (0,):
            pass
        renamer.commit()
        child.join()
    assert isinstance(outcome[0], CheckViolation)
    assert paths(connection) == ["art"]


def _insert_child(connection: Connection, parent: Any, outcome: list[Exception]) -> None:
    try:
        intent(connection, "creative.verse", parent_id=parent)
    except psycopg.Error as refused:
        outcome.append(refused)
