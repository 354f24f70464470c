"""Hand the terminal over to PostgreSQL's own shell."""

from __future__ import annotations

import shutil
from pathlib import Path

from psycopg import pq

from workbench.db.binaries import candidates
from workbench.db.programs import become
from workbench.errors import ShellMissing


def find_shell(chosen: Path | None) -> Path:
    """psql beside the first PostgreSQL that has one, else the one on the PATH.

    Raises:
        ShellMissing: names where it was looked for.
    """
    folders = [folder for _, folder in candidates(chosen)]
    for folder in folders:
        if (folder / "psql").is_file():
            return folder / "psql"
    if chosen is None and (found := shutil.which("psql")):
        return Path(found)
    raise ShellMissing(looked_at=", ".join([*map(str, folders), *(["PATH"] if chosen is None else [])]))


def open_shell(url: str, chosen: Path | None, arguments: list[str]) -> None:
    """Become psql on the database of ``url``. What the URL says goes into the environment: everybody can read a
    process's arguments, and the URL may hold a password.

    Raises:
        ShellMissing
    """
    said = [option for option in pq.Conninfo.parse(url.encode()) if option.val is not None]
    environment = {option.envvar.decode(): option.val.decode() for option in said if option.envvar and option.val}
    rest = [f"{option.keyword.decode()}={option.val.decode()}" for option in said if not option.envvar and option.val]
    become(find_shell(chosen), [*(["--dbname", " ".join(rest)] if rest else []), *arguments], environment)
