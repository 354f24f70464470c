"""Make a data directory and its configuration."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import stat
from pathlib import Path

from workbench.db.account import Account, give
from workbench.db.binaries import Binaries
from workbench.db.superuser import SUPERUSER
from workbench.errors import DataOfAnotherVersion, HomeNotWritable

DATABASE = "workbench"
SMALL_SHARED_MEMORY = 512 << 20


def memory_megabytes() -> int:
    """Physical memory, or the control group's limit where that is lower."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()))
    return total >> 20


def configuration(binaries: Binaries, socket_dir: Path, port: int, tcp: bool) -> dict[str, str]:
    """The settings of ``workbench.conf``; fsync stays on."""
    memory = memory_megabytes()
    settings = {
        "listen_addresses": "'127.0.0.1'" if tcp else "''",
        "port": str(port),
        "unix_socket_directories": f"'{socket_dir}'",
        "unix_socket_permissions": "0700",
        "max_connections": "60",
        "shared_preload_libraries": "'pg_stat_statements'",
        "shared_buffers": f"{max(64, min(1024, memory // 16))}MB",
        "effective_cache_size": f"{max(256, memory // 2)}MB",
        "work_mem": "32MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "max_wal_size": "2GB",
        "checkpoint_timeout": "15min",
        "wal_compression": "on",
        "jit": "off",
        "random_page_cost": "1.1",
        "timezone": "'UTC'",
        "log_timezone": "'UTC'",
        "logging_collector": "off",
    }
    if binaries.version[0] >= 17:
        settings["summarize_wal"] = "on"
    if "pg_cron" in binaries.extensions:
        settings["shared_preload_libraries"] = "'pg_stat_statements,pg_cron'"
        settings["cron.database_name"] = f"'{DATABASE}'"
        settings["cron.use_background_workers"] = "on"  # a login over the network would need a password
    with contextlib.suppress(OSError):
        room = os.statvfs("/dev/shm")  # noqa: S108  containers give it 64 MB, which breaks parallel index builds
        if room.f_frsize * room.f_blocks < SMALL_SHARED_MEMORY:
            settings["max_parallel_maintenance_workers"] = "0"
            settings["max_parallel_workers_per_gather"] = "0"
    return settings


def write_configuration(data: Path, settings: dict[str, str], account: Account | None) -> None:
    target = data / "workbench.conf"
    fresh = target.with_suffix(".new")
    fresh.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    give(fresh, account)
    fresh.replace(target)


def check_version(data: Path, binaries: Binaries) -> bool:
    """Whether ``data`` is a finished cluster.

    Raises:
        DataOfAnotherVersion: it is, but of another major version.
    """
    marker = data / "PG_VERSION"
    if not marker.exists():
        return False
    found = int(marker.read_text())
    if found != binaries.version[0]:
        raise DataOfAnotherVersion(path=data, found=found, expected=binaries.version[0])
    return True


def initdb_arguments(binaries: Binaries, target: Path, password_file: Path) -> list[str]:
    if binaries.version[0] >= 17:
        locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C"]
    else:
        locale = ["--locale=C.UTF-8"]
    access = ["--auth-local=trust", "--auth-host=scram-sha-256", f"--pwfile={password_file}"]
    return ["-D", str(target), "-U", SUPERUSER, "-E", "UTF8", *locale, *access, "--data-checksums", "--no-instructions"]


def prepare_new_data(home: Path, account: Account | None) -> tuple[Path, Path]:
    """An empty ``data.new`` and a password file, owned by the server's account. What an interrupted initdb left in
    ``data.new`` is removed; ``data`` itself only ever appears whole, by a rename."""
    target, log, password = home / "data.new", home / "log", home / "superuser.password"
    try:
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(mode=0o700)
        log.mkdir(mode=0o700, exist_ok=True)
        password.touch(mode=0o600)
        password.write_text(secrets.token_urlsafe(24))
    except OSError as exc:
        raise HomeNotWritable(path=home, reason=exc.strerror) from exc
    for path in (target, log, password):
        give(path, account)
    return target, password


def socket_folder(home: Path, account: Account | None) -> Path:
    """Where the server of ``home`` puts its socket: a short path, since a socket's may hold 107 bytes at most."""
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:10]
    return Path("/tmp") / f"workbench-{_owner(account)}-{digest}"  # noqa: S108  made private below


def make_socket_folder(home: Path, account: Account | None) -> Path:
    """Make the socket folder, closed to all but the server's account.

    Raises:
        HomeNotWritable: somebody else's folder has its name.
    """
    folder, owner = socket_folder(home, account), _owner(account)
    try:
        folder.mkdir(mode=0o700)
        give(folder, account)
    except FileExistsError:
        seen = folder.lstat()
        if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != owner or seen.st_mode & 0o077:
            raise HomeNotWritable(path=folder, reason=f"it is not a private folder of user {owner}") from None
    return folder


def _owner(account: Account | None) -> int:
    return account.pw_uid if account else os.getuid()
