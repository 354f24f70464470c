"""The checks of `workbench doctor` on what the server is doing: sessions, replication, memory, slow statements."""

from __future__ import annotations

from workbench.db import monitoring
from workbench.db.connection import Connection
from workbench.db.health import statements_kept
from workbench.jobs.findings import Finding, in_shell, listed, note, ok, problem

MOST_CONNECTIONS = 0.9
# An open transaction keeps VACUUM from removing any row that died since.
IDLE_MINUTES = 10
LONG_MINUTES = 60
SLOT_BYTES = 1 << 30
# Fewer pages say more of a cold start than of the memory.
LEAST_PAGES = 1_000_000
LEAST_HITS = 0.9
# What is run now and then may take its time.
LEAST_CALLS = 100
RAISE_MEMORY = "ALTER SYSTEM SET shared_buffers = '...'"


def connections(connection: Connection) -> Finding:
    used, usable = monitoring.connections(connection)
    said = f"{used} of {usable} are in use"
    if used < MOST_CONNECTIONS * usable:
        return ok("connections", said)
    return problem("connections", said, "Close what is not needed, put a pooler before it, or raise max_connections.")


def transactions(connection: Connection) -> Finding:
    if not monitoring.sees_others(connection):
        return note(
            "transactions", "not looked at: other roles' sessions are hidden from this one", monitoring.MORE_RIGHTS
        )
    idle = monitoring.idle_transactions(connection, IDLE_MINUTES)
    left = monitoring.prepared_transactions(connection, LONG_MINUTES)
    if idle or left:
        said = [f"{_process(pid, name)} has been idle in one for {spent} minutes" for pid, name, spent, _ in idle]
        said += [f"{name} is prepared and waits for its end" for name, _ in left]
        commands = in_shell([mend for *_, mend in [*idle, *left]])
        return problem("transactions", f"{listed(said)}; VACUUM waits for it", commands)
    long = monitoring.long_statements(connection, LONG_MINUTES)
    if long:
        said = [f"{_process(pid, name)} has been at one statement for {spent} minutes" for pid, name, spent, _ in long]
        return note("transactions", listed(said), f"If nobody waits for it: {in_shell([mend for *_, mend in long])}")
    return ok("transactions", "none is left open")


def slots(connection: Connection) -> Finding:
    found = monitoring.holding_slots(connection, SLOT_BYTES)
    if not found:
        return ok("replication slots", "none holds back the write-ahead log")
    said = listed([f"{name} keeps {room} of write-ahead log and nobody reads it" for name, room, _ in found])
    commands = in_shell([mend for *_, mend in found])
    return problem("replication slots", said, f"If its follower is gone: {commands}")


def cache(connection: Connection) -> Finding:
    hits, pages, memory = monitoring.cache(connection)
    if pages < LEAST_PAGES:
        return ok("cache", f"not judged before {LEAST_PAGES:,} pages are read ({pages:,} so far)")
    said = f"{hits / pages:.1%} of {pages:,} pages were found in shared_buffers ({memory})"
    if hits >= LEAST_HITS * pages:
        return ok("cache", said)
    advice = "then restart. A quarter of the machine's memory is usual."
    return note("cache", said, f"{in_shell([RAISE_MEMORY])} {advice}")


def slow(connection: Connection) -> Finding:
    if not statements_kept(connection):
        return note("slow statements", "not known, since no statistics of statements are kept")
    found = monitoring.slow_statements(connection, LEAST_CALLS)
    if not found:
        hidden = "" if monitoring.sees_others(connection) else " among this role's own"
        return ok("slow statements", f"none of those called often{hidden}")
    said = listed([f"{mean:,.0f} ms, {calls:,} times: {text}" for text, calls, mean in found])
    command = in_shell(["SELECT * FROM v_slow_queries"])
    return note("slow statements", said, f"{command} Then EXPLAIN (ANALYZE, BUFFERS) what is slow.")


def _process(pid: int, name: str) -> str:
    return f"process {pid} ({name})" if name else f"process {pid}"
