"""Hand the schedules to what is there already: cron, systemd, or pg_cron. Only when to look is theirs; what is due is
decided in the database, so that none of them has to know the schedules, or their time zones."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.db.connection import connect
from workbench.errors import SchedulesNotHanded
from workbench.settings import Settings
from workbench.store import schedules

Whom = Literal["cron", "systemd", "pg_cron"]
BEGIN, END = "# BEGIN workbench schedule", "# END workbench schedule"
UNIT = "workbench-schedule"


@dataclass(frozen=True)
class Installation:
    """``files`` maps where they go to what they hold: a path, or the name of what takes the text. ``notes`` say what is
    left to do by hand."""

    whom: Whom
    files: dict[str, str]
    notes: tuple[str, ...]


def make(settings: Settings, whom: Whom, secrets: Path) -> Installation:
    """What would be installed; ``secrets`` is a file of environment variables, which nothing here reads or writes."""
    notes = (f"Settings that hold a password go into {secrets} (mode 600), such as WORKBENCH_DATABASE_URL=...",)
    if whom == "cron":
        return Installation(whom, {"crontab": _crontab(settings, secrets)}, notes if _has_secret(settings) else ())
    if whom == "systemd":
        started = f"systemctl{_user()} daemon-reload && systemctl{_user()} enable --now {UNIT}.timer"
        files = {f"{UNIT}.service": _service(settings, secrets), f"{UNIT}.timer": _timer()}
        said = (*(notes if _has_secret(settings) else ()), f"Then: {started}")
        return Installation(whom, {str(_units() / name): text for name, text in files.items()}, said)
    said = ("`workbench schedule run --on-notify` has to be running and is woken by it.",)
    return Installation(whom, {"SQL": schedules.cron_statement() + ";\n"}, said)


def write(url: str, made: Installation) -> None:
    """
    Raises:
        SchedulesNotHanded
    """
    if made.whom == "cron":
        _write_crontab(made.files["crontab"])
    elif made.whom == "systemd":
        for path, text in made.files.items():
            _write(Path(path), text)
    else:
        with connect(url, autocommit=True) as connection:
            if reason := schedules.hand_to_cron(connection):
                raise SchedulesNotHanded(whom="pg_cron", reason=reason)


def _command() -> str:
    return shlex.join([sys.executable, "-m", "workbench.cli.main", "schedule", "run", "--once"])


def _crontab(settings: Settings, secrets: Path) -> str:
    log = shlex.quote(str(settings.home / "log" / "schedule.log"))
    words = f"[ ! -r {shlex.quote(str(secrets))} ] || . {shlex.quote(str(secrets))}; "
    home = f"WORKBENCH_HOME={shlex.quote(str(settings.home))}; "
    # A per cent sign ends the command in a crontab.
    line = f"set -a; {home}{words}exec {_command()} >> {log} 2>&1".replace("%", r"\%")
    return f"{BEGIN}\n* * * * * {line}\n{END}\n"


def _service(settings: Settings, secrets: Path) -> str:
    return f"""[Unit]
Description=Retrain what the workbench's schedules say
After=network-online.target postgresql.service

[Service]
Type=oneshot
Environment="WORKBENCH_HOME={_escaped(str(settings.home))}"
EnvironmentFile=-{_escaped(str(secrets))}
ExecStart={_escaped(_command())}
TimeoutStartSec=infinity
TimeoutStopSec=120
"""


def _timer() -> str:
    return """[Unit]
Description=Look every minute whether a schedule of the workbench is due

[Timer]
OnCalendar=*-*-* *:*:00
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
"""


def _escaped(text: str) -> str:
    return text.replace("%", "%%")


def _has_secret(settings: Settings) -> bool:
    return settings.database_url is not None or settings.mlflow_database_url is not None


def _is_root() -> bool:
    return Path.home() == Path("/root")


def _user() -> str:
    return "" if _is_root() else " --user"


def _units() -> Path:
    return Path("/etc/systemd/system") if _is_root() else Path.home() / ".config" / "systemd" / "user"


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as exc:
        raise SchedulesNotHanded(whom="systemd", reason=f"{path}: {exc.strerror}") from exc


def _write_crontab(text: str) -> None:
    """Ours is replaced, whatever else stands there stays."""
    program = shutil.which("crontab")
    if program is None:
        raise SchedulesNotHanded(whom="cron", reason="there is no program crontab")
    known = subprocess.run([program, "-l"], capture_output=True, text=True, check=False).stdout
    before, _, rest = known.partition(BEGIN + "\n")
    after = rest.partition(END + "\n")[2]
    done = subprocess.run([program, "-"], input=before + after + text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SchedulesNotHanded(whom="cron", reason=done.stderr.strip() or f"crontab gave {done.returncode}")
