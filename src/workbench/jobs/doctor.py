"""Look for what is wrong with the installation and say what to do. Nothing is started or changed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from workbench.db.binaries import find_binaries
from workbench.db.connection import connect, database_url, masked
from workbench.db.postmaster import orphaned_backends
from workbench.db.server import LocalServer
from workbench.errors import BinariesNotFound, DatabaseUnreachable, EncoderTampered, EncoderUnavailable
from workbench.jobs.doctor_database import look_at_database
from workbench.jobs.encoder import find_encoder
from workbench.jobs.findings import Finding, note, ok, problem
from workbench.settings import Settings

LEAST_FREE_BYTES = 1 << 30


def examine(settings: Settings) -> list[Finding]:
    """Every check, in the order in which a person would mend what fails."""
    own = settings.database_url is None
    local = [_programs(settings.pg_bin), _left_over(settings.home / "data")] if own else []
    return [*local, _home(settings.home), _disk(settings.home), _encoder(settings), *_database(settings, own)]


def healthy(findings: list[Finding]) -> bool:
    return all(finding.state != "problem" for finding in findings)


def _programs(chosen: Path | None) -> Finding:
    try:
        found = find_binaries(chosen)
    except BinariesNotFound as exc:
        return problem("programs", "no usable PostgreSQL", str(exc))
    return ok("programs", f"PostgreSQL {'.'.join(map(str, found.version))} ({found.origin}, {found.folder})")


def _left_over(data: Path) -> Finding:
    try:
        pids = orphaned_backends(data)
    except PermissionError:
        return note("left-over processes", f"not looked for, since {data} belongs to another user")
    if pids:
        found = f"processes {', '.join(map(str, pids))} outlived a server that was killed"
        return problem("left-over processes", found, "Wait until they end or end them; `workbench up` waits too.")
    return ok("left-over processes", "none")


def _home(home: Path) -> Finding:
    place = _nearest(home)
    if not place.is_dir():
        return problem("home", f"{place} is not a folder", "Set WORKBENCH_HOME to a folder.")
    if not os.access(place, os.W_OK | os.X_OK):
        return problem("home", f"{place} may not be written", "Mend its permissions or set WORKBENCH_HOME elsewhere.")
    return ok("home", str(home) if place == home else f"{home}, not made yet")


def _disk(home: Path) -> Finding:
    free = shutil.disk_usage(_nearest(home)).free
    said = f"{free / (1 << 30):.1f} GiB free"
    if free < LEAST_FREE_BYTES:
        return problem("disk", said, "At least 1 GiB is needed: free some, or set WORKBENCH_HOME to another disk.")
    return ok("disk", said)


def _nearest(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if os.path.exists(place))


def _encoder(settings: Settings) -> Finding:
    try:
        return ok("encoder", find_encoder(settings).space)
    except (EncoderUnavailable, EncoderTampered) as exc:
        return problem("encoder", f"{settings.encoder} cannot be used", str(exc))


def _database(settings: Settings, own: bool) -> list[Finding]:
    url = database_url(settings, start=False)
    try:
        with connect(url, autocommit=True) as connection:
            return [ok("server", f"answers at {masked(url)}"), *look_at_database(connection, own)]
    except DatabaseUnreachable as exc:
        unseen = note("database", "not looked at, since it does not answer")
        if own and LocalServer.of(settings).running() is None:
            return [problem("server", "does not run", "Start it with `workbench up`."), unseen]
        return [problem("server", "does not answer", str(exc)), unseen]
