"""MLflow's own tracking server: how it is started, asked whether it answers, and asked what it holds."""

from __future__ import annotations

import base64
import http.client
import json
import os
import secrets
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.tracking import views

ASK_SECONDS = 5.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# By any other name a browser was led here by a page from elsewhere (DNS rebinding).
ALLOWED_HOSTS = "127.0.0.1,127.0.0.1:*,localhost,localhost:*,[::1],[[]::1]:*"
PASSWORD_VARIABLE = "WORKBENCH_MLFLOW_ADMIN_PASSWORD"  # noqa: S105  its name
# The dashboards open in a view for language-model applications unless the address says otherwise.
VIEW = "workflowType=machine_learning"


@dataclass(frozen=True)
class Login:
    """The first user, who may do everything. ``folder`` holds the users' own database, readable by nobody else."""

    user: str
    password: str = field(repr=False)
    folder: Path

    @property
    def header(self) -> str:
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


@dataclass(frozen=True)
class ServerOrder:
    """``uri`` is a database URL for SQLAlchemy; ``log`` is written anew. ``hosts`` are the names by which browsers may
    call the server, besides its loopback ones. ``login`` makes it ask who is there."""

    uri: str
    artifacts: Path
    host: str
    port: int
    log: Path
    hosts: tuple[str, ...] = ()
    login: Login | None = None

    @property
    def url(self) -> str:
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)  # noqa: S104  everywhere includes here
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def start_server(order: ServerOrder) -> subprocess.Popen[bytes]:
    """The leader of a process group of its own, which holds the server and its workers."""
    order.log.parent.mkdir(parents=True, exist_ok=True)
    with order.log.open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "mlflow", "server", *_options(order)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=order.artifacts,
            env=_environment(order),
            start_new_session=True,
        )


def _options(order: ServerOrder) -> list[str]:
    artifacts = order.artifacts.as_uri()
    options = ["--host", order.host, "--port", str(order.port), "--workers", "1"]
    options += ["--app-name", "basic-auth"] if order.login else []
    return [*options, "--artifacts-destination", artifacts, "--default-artifact-root", artifacts]


def _environment(order: ServerOrder) -> dict[str, str]:
    named = [form for host in order.hosts for form in (host, f"{host}:*")]
    hosts = {"MLFLOW_SERVER_ALLOWED_HOSTS": ",".join([ALLOWED_HOSTS, *named])}
    inherited = {name: value for name, value in os.environ.items() if name != PASSWORD_VARIABLE}
    # The address of the database may carry a password: an option would show it to every user of the machine.
    return {
        **hosts,
        **inherited,
        **(hosts if order.hosts else {}),
        **(_login_environment(order.login) if order.login else {}),
        "MLFLOW_BACKEND_STORE_URI": order.uri,
        "MLFLOW_REGISTRY_STORE_URI": order.uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONUNBUFFERED": "1",
    }


def _login_environment(login: Login) -> dict[str, str]:
    """What is not asked for is not granted: a new user reads and changes nothing but his own."""
    users = login.folder / "users.db"
    users.touch(mode=0o600)
    settings = login.folder / "auth.ini"
    settings.write_text(f"[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{users}\n", encoding="utf-8")
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(settings),
        "MLFLOW_AUTH_ADMIN_USERNAME": login.user,
        "MLFLOW_AUTH_ADMIN_PASSWORD": login.password,
        "MLFLOW_FLASK_SERVER_SECRET_KEY": secrets.token_urlsafe(32),
    }


def answers(url: str) -> bool:
    """Whether the server says that it is well."""
    try:
        return _ask(url, "GET", "/health") == (200, b"OK")
    except (OSError, http.client.HTTPException):
        return False


def links(url: str, login: Login | None = None) -> dict[str, str]:
    """The page of every experiment that runs are filed under on purpose, by name, in the order they were made; none
    where the server does not know the login."""
    body = json.dumps({"max_results": 1000, "order_by": ["creation_time ASC"]})
    status, said = _ask(url, "POST", "/api/2.0/mlflow/experiments/search", body, login)
    if status in (401, 403):
        return {}
    found: list[dict[str, Any]] = json.loads(said).get("experiments", [])
    return {e["name"]: f"{url}/#/experiments/{e['experiment_id']}/runs?{_view(e)}" for e in found if _ours(e)}


def _ours(experiment: dict[str, Any]) -> bool:
    return bool(experiment["experiment_id"] != "0")


def _view(experiment: dict[str, Any]) -> str:
    shared = any(tag["key"] == views.TAG for tag in experiment.get("tags", []))
    return f"{VIEW}&viewStateShareKey={views.KEY}" if shared else VIEW


def overview_link(url: str) -> str:
    return f"{url}/#/experiments?{VIEW}"


def _ask(url: str, method: str, path: str, body: str | None = None, login: Login | None = None) -> tuple[int, bytes]:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=ASK_SECONDS)
    try:
        signed = {"Authorization": login.header} if login else {}
        connection.request(method, path, body, {"Content-Type": "application/json", **signed})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
