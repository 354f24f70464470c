"""The checks of `workbench doctor` on tables: room, dead rows, statistics, age."""

from __future__ import annotations

from workbench.db import monitoring
from workbench.db.connection import Connection
from workbench.jobs.findings import Finding, in_shell, listed, note, ok, problem

# Less is not worth the lock that giving it back takes.
LEAST_BLOAT_BYTES = 10 << 20
BLOAT_TIMES = 2.0
# Autovacuum comes when a fifth of a table is dead; with more dead rows than live ones it does not keep up.
LEAST_DEAD_ROWS = 10_000
# Any plan is good for a smaller one.
LEAST_BYTES_TO_ANALYSE = 1 << 20
# Autovacuum freezes rows after 200 million transactions; at 2,000 million the server refuses to write.
MOST_TRANSACTIONS = 500_000_000


def size(connection: Connection) -> Finding:
    whole, largest = monitoring.size(connection)
    return ok("size", f"{whole}; largest: {', '.join(f'{table} {room}' for table, room in largest)}")


def bloat(connection: Connection) -> Finding:
    found = monitoring.bloated_tables(connection, LEAST_BLOAT_BYTES, BLOAT_TIMES)
    if not found:
        return ok("table bloat", "no table is much larger than its rows")
    said = listed([f"{table} takes {room}, its rows need {need}" for table, room, need, _ in found])
    commands = in_shell([mend for *_, mend in found])
    return problem("table bloat", said, f"{commands} Each table is locked for as long as that takes.")


def vacuum(connection: Connection) -> Finding:
    if not monitoring.autovacuum_works(connection):
        commands = ["ALTER SYSTEM RESET autovacuum", "ALTER SYSTEM RESET track_counts", "SELECT pg_reload_conf()"]
        return problem("vacuum", "autovacuum is off: dead rows pile up", in_shell(commands))
    found = monitoring.unvacuumed_tables(connection, LEAST_DEAD_ROWS)
    if not found:
        return ok("vacuum", "autovacuum keeps up")
    said = listed([f"{table} has {dead:,} dead rows and {live:,} live ones" for table, dead, live, _ in found])
    return problem("vacuum", said, in_shell([mend for *_, mend in found]))


def statistics(connection: Connection) -> Finding:
    found = monitoring.unanalysed_tables(connection, LEAST_BYTES_TO_ANALYSE)
    if not found:
        return ok("planner statistics", "every filled table has them")
    said = listed([f"{table} ({room})" for table, room, _ in found])
    return note("planner statistics", f"none of {said}", in_shell([mend for *_, mend in found]))


def age(connection: Connection) -> Finding:
    found = monitoring.old_transactions(connection, MOST_TRANSACTIONS)
    if not found:
        return ok("transaction age", "old rows are frozen in time")
    count, table = found[0]
    said = f"{table} has rows that wait to be frozen since {count:,} transactions; at 2,000,000,000 writing stops"
    advice = "First end what `transactions` and `replication slots` report here."
    return problem("transaction age", said, f"{in_shell(['VACUUM (FREEZE)'])} {advice}")
