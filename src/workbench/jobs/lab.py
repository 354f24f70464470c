"""Become a JupyterLab that has the kernel, the settings and the database of this environment."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from workbench.db.migrations import check_migrated
from workbench.errors import SchemaNotMigrated
from workbench.jobs.address import check_free
from workbench.jobs.server import start
from workbench.resources import shipped
from workbench.settings import Settings

HOST = "127.0.0.1"


def open_lab(settings: Settings, port: int | None, browser: bool, tell: Callable[[str], None]) -> NoReturn:
    """Start the local database if that is the one in use, then give this process over to JupyterLab, which prints its
    address with a token and runs until Ctrl-C.

    Raises:
        PortTaken, AddressUnusable, and all that starting the database may raise
    """
    if port is not None:
        check_free(HOST, port)
    try:
        check_migrated(start(settings).url)
    except SchemaNotMigrated as exc:
        tell(f"Note: {exc}")
    _quieten(settings)
    words = [sys.executable, "-m", "jupyterlab", *options(port, browser)]
    os.execve(sys.executable, words, environment(settings))  # noqa: S606  no shell is wanted


def _quieten(settings: Settings) -> None:
    """JupyterLab's defaults of ours: it does not ask whether it may fetch news. What the user sets wins."""
    folder = _configuration(settings) / "labconfig"
    folder.mkdir(parents=True, exist_ok=True)
    chosen = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
    (folder / "default_setting_overrides.json").write_text(json.dumps(chosen))


def _configuration(settings: Settings) -> Path:
    return settings.home / "lab"


def options(port: int | None, browser: bool) -> list[str]:
    """JupyterLab's command line: loopback only, nothing fetched from the network, the notebooks in front."""
    notebooks = shipped("notebooks")
    chosen = {
        "ServerApp.ip": HOST,
        "ServerApp.root_dir": str(notebooks.parent),
        "LabApp.default_url": f"/lab/tree/{notebooks.name}",
        "LabApp.news_url": "None",
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "MultiKernelManager.default_kernel_name": "python3",
        "ServerApp.allow_root": str(os.geteuid() == 0),
        "ServerApp.open_browser": str(browser),
    }
    if port is not None:
        chosen |= {"ServerApp.port": str(port), "ServerApp.port_retries": "0"}
    return [f"--{name}={value}" for name, value in chosen.items()]


def environment(settings: Settings) -> dict[str, str]:
    """What the kernels inherit. They start in the notebooks' folder: a relative path would mean another one there."""
    configuration = [str(_configuration(settings)), os.environ.get("JUPYTER_CONFIG_PATH", "")]
    own = {
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, configuration)),
        "WORKBENCH_HOME": str(settings.home),
        "JUPYTER_PREFER_ENV_PATH": "1",  # a kernel called python3 in the user's folders is not this environment's
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    if settings.pg_bin:
        own["WORKBENCH_PG_BIN"] = str(settings.pg_bin)
    return os.environ | own
