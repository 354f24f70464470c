"""Whether a server of the tests waits for the disk."""

from __future__ import annotations

import time

import psycopg


def waits_for_the_disk(server_url: str, wanted: bool) -> bool:
    """Set fsync; whether that was another setting than before."""
    value = "on" if wanted else "off"

    def found() -> str:
        with psycopg.connect(server_url) as connection:
            ((setting,),) = connection.execute("SHOW fsync").fetchall()
            return str(setting)

    if found() == value:
        return False
    with psycopg.connect(server_url, autocommit=True) as admin:
        admin.execute(f"ALTER SYSTEM SET fsync = {value}")
        admin.execute("SELECT pg_reload_conf()")
    while found() != value:
        time.sleep(0.05)
    return True
