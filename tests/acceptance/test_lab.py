"""`workbench lab`: JupyterLab on loopback, behind a token, with this environment's kernel and this database."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import websocket

from conftest import PROGRAM, Bench
from workbench.db.postmaster import free_port
from workbench.resources import shipped

pytestmark = pytest.mark.slow
TOKEN = "a-token-for-this-test"
PATIENCE_SECONDS = 90


@dataclass(frozen=True)
class Lab:
    port: int

    def ask(self, method: str, path: str, body: object = None, token: str = TOKEN) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, json.dumps(body), {"Authorization": f"token {token}"})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or "null")
        finally:
            connection.close()

    def run(self, code: str) -> str:
        """What ``code`` prints in a fresh kernel of a notebook."""
        notebook = {"path": "notebooks/new.ipynb", "name": "", "type": "notebook", "kernel": {"name": "python3"}}
        _, session = self.ask("POST", "/api/sessions", notebook)
        place = f"ws://127.0.0.1:{self.port}/api/kernels/{session['kernel']['id']}/channels?token={TOKEN}"
        channel = websocket.create_connection(place, timeout=PATIENCE_SECONDS)
        try:
            channel.send(json.dumps(request(code)))
            while (said := json.loads(channel.recv()))["msg_type"] not in {"stream", "error"}:
                pass
            return str(said["content"].get("text", said["content"]))
        finally:
            channel.close()


def request(code: str) -> dict[str, Any]:
    header = {
        "msg_id": uuid.uuid4().hex,
        "username": "",
        "session": "s",
        "msg_type": "execute_request",
        "version": "5.3",
    }
    content = {"code": code, "silent": False}
    return {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}


@pytest.fixture(scope="module")
def lab(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    started = Lab(free_port())
    folder = tmp_path_factory.mktemp("jupyter")
    log = folder / "log"
    own = {"JUPYTER_TOKEN": TOKEN, "JUPYTER_CONFIG_DIR": str(folder), "JUPYTER_RUNTIME_DIR": str(folder)}
    with log.open("wb") as file:
        words = [PROGRAM, "lab", "--no-browser", "--port", str(started.port)]
        process = subprocess.Popen(words, env=bench.env | own, cwd=folder, stdout=file, stderr=file)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not listens(started.port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    yield started
    process.terminate()
    assert process.wait(30) == 0


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_it_answers_who_has_the_token_and_nobody_else(lab: Lab) -> None:
    assert lab.ask("GET", "/api/kernelspecs")[0] == 200
    assert lab.ask("GET", "/api/kernelspecs", token="guessed")[0] == 403


def test_the_notebooks_lie_before_the_reader(lab: Lab) -> None:
    _, listing = lab.ask("GET", "/api/contents/notebooks")
    assert "02_train_intent_classifier.ipynb" in {item["name"] for item in listing["content"]}


def test_the_kernel_is_this_environments_and_finds_the_database(lab: Lab, bench: Bench) -> None:
    assert lab.ask("GET", "/api/kernelspecs")[1]["default"] == "python3"
    lines = [
        "import os, shutil, sys, workbench",
        "from workbench.settings import read_settings",
        "found = read_settings()",
        "print(sys.prefix, found.database_url, found.home, os.getcwd(), shutil.which('workbench'), sep='|')",
    ]
    said = lab.run("\n".join(lines)).strip().split("|")
    assert said == [sys.prefix, bench.url, str(bench.home), str(shipped("notebooks")), PROGRAM]


def test_it_does_not_ask_whether_it_may_fetch_news(lab: Lab) -> None:
    _, found = lab.ask("GET", "/lab/api/settings/@jupyterlab/apputils-extension:notification")
    defaults = {name: entry["default"] for name, entry in found["schema"]["properties"].items() if "default" in entry}
    assert (defaults["fetchNews"], defaults["checkForUpdates"]) == ("false", False)


def test_a_taken_port_ends_in_2(lab: Lab, bench: Bench) -> None:
    said = bench.run("lab", "--no-browser", "--port", str(lab.port), expect=2).stderr
    assert f"Port {lab.port} on 127.0.0.1 is taken" in said
