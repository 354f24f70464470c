"""MLflow's own tracking server: how it is started, asked whether it answers, and asked what it holds."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from workbench.tracking import views

ASK_SECONDS = 5.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
# By any other name a browser was led here by a page from elsewhere (DNS rebinding).
ALLOWED_HOSTS = "127.0.0.1,127.0.0.1:*,localhost,localhost:*,[::1],[[]::1]:*"
# The dashboards open in a view for language-model applications unless the address says otherwise.
VIEW = "workflowType=machine_learning"


@dataclass(frozen=True)
class ServerOrder:
    """``uri`` is a database URL for SQLAlchemy; ``log`` is written anew."""

    uri: str
    artifacts: Path
    host: str
    port: int
    log: Path

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
    return [*options, "--artifacts-destination", artifacts, "--default-artifact-root", artifacts]


def _environment(order: ServerOrder) -> dict[str, str]:
    hosts = {"MLFLOW_SERVER_ALLOWED_HOSTS": ALLOWED_HOSTS} if order.host in LOOPBACK else {}
    # The address of the database may carry a password: an option would show it to every user of the machine.
    return {
        **hosts,
        **os.environ,
        "MLFLOW_BACKEND_STORE_URI": order.uri,
        "MLFLOW_REGISTRY_STORE_URI": order.uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "PYTHONUNBUFFERED": "1",
    }


def answers(url: str) -> bool:
    """Whether the server says that it is well."""
    try:
        return _ask(url, "GET", "/health") == (200, b"OK")
    except (OSError, http.client.HTTPException):
        return False


def links(url: str) -> dict[str, str]:
    """The page of every experiment that runs are filed under on purpose, by name, in the order they were made."""
    body = json.dumps({"max_results": 1000, "order_by": ["creation_time ASC"]})
    _, said = _ask(url, "POST", "/api/2.0/mlflow/experiments/search", body)
    found: list[dict[str, Any]] = json.loads(said).get("experiments", [])
    return {e["name"]: f"{url}/#/experiments/{e['experiment_id']}/runs?{_view(e)}" for e in found if _ours(e)}


def _ours(experiment: dict[str, Any]) -> bool:
    return bool(experiment["experiment_id"] != "0")


def _view(experiment: dict[str, Any]) -> str:
    shared = any(tag["key"] == views.TAG for tag in experiment.get("tags", []))
    return f"{VIEW}&viewStateShareKey={views.KEY}" if shared else VIEW


def overview_link(url: str) -> str:
    return f"{url}/#/experiments?{VIEW}"


def _ask(url: str, method: str, path: str, body: str | None = None) -> tuple[int, bytes]:
    where = urlsplit(url)
    connection = http.client.HTTPConnection(where.hostname or "", where.port, timeout=ASK_SECONDS)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
