"""Run one notebook through papermill, keep what came out, and say which cell failed and whether trying again helps."""

from __future__ import annotations

import hashlib
import re
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from traitlets.config import Config

from workbench.errors import NotebookFailed, NotebookMissing, NotebookParameterSecret, NotebookParameterUnknown
from workbench.resources import shipped
from workbench.store.retraining import Failure

KERNEL_SECONDS = 120
LONGEST_REASON = 300
# Papermill writes parameters into the output in clear text, twice.
SECRET_NAME = re.compile(r"passw|passphrase|secret|credential|api_?key|(^|_)(token|dsn|url)$", re.IGNORECASE)
SECRET_VALUE = re.compile(r"\w+://[^/\s]*:[^/\s]*@|[?&\s]password=", re.IGNORECASE)
# How errors are called, or begin, that say that a server went away.
AWAY = re.compile(r"OperationalError|DatabaseUnreachable|ServerNotStarted|AdminShutdown|CrashShutdown|CannotConnectNow")


def check_parameters(name: str, parameters: Mapping[str, object]) -> Path:
    """The notebook's file; papermill itself would only warn of an unknown parameter.

    Raises:
        NotebookMissing, NotebookParameterUnknown
        NotebookParameterSecret: a parameter is called like a secret or holds one.
    """
    import papermill

    source = shipped("notebooks", f"{name}.ipynb")
    if not source.is_file():
        raise NotebookMissing(notebook=name, folder=source.parent)
    known = papermill.inspect_notebook(str(source))
    for parameter, value in parameters.items():
        if SECRET_NAME.search(parameter) or SECRET_VALUE.search(str(value)):
            raise NotebookParameterSecret(notebook=name, parameter=parameter)
        if parameter not in known:
            raise NotebookParameterUnknown(notebook=name, parameter=parameter, known=", ".join(known) or "none")
    return source


def digest(name: str) -> str:
    """sha256 of the notebook's file."""
    return hashlib.sha256(shipped("notebooks", f"{name}.ipynb").read_bytes()).hexdigest()


def execute(
    name: str,
    parameters: Mapping[str, object],
    folder: Path,
    cell_seconds: int | None = None,
    told: Callable[[int], None] = lambda _: None,
) -> Path:
    """Execute into ``folder`` and return the output, which is written cell by cell: a killed run leaves what it had.

    ``told`` gets the pid of the kernel before the first cell runs. A cell that takes longer than ``cell_seconds``
    fails.

    Raises:
        NotebookFailed: a cell raised or took too long, or the kernel died. The executed notebook and its page are kept.
        FileExistsError: that folder has an output of this notebook, which nobody overwrites.
    """
    import papermill
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    from workbench.jobs import kernel_engine

    source = check_parameters(name, parameters)
    output = folder / f"{name}.ipynb"
    output.touch(exist_ok=False)
    try:
        with tempfile.TemporaryDirectory(prefix="wb-") as private:
            papermill.execute_notebook(
                str(source),
                str(output),
                parameters=dict(parameters),
                engine_name=kernel_engine.NAME,
                kernel_name="python3",
                cwd=str(source.parent),
                start_timeout=KERNEL_SECONDS,
                execution_timeout=cell_seconds,
                told=told,
                config=_transport(private),
                progress_bar={"leave": False} if sys.stderr.isatty() else False,
            )
    except papermill.PapermillExecutionError as exc:
        failure: Failure = "database away" if AWAY.search(f"{exc.ename} {exc.evalue}") else "error"
        raise _failed(name, exc.exec_count, f"{exc.ename}: {exc.evalue}", failure, output) from exc
    except CellTimeoutError as exc:
        raise _failed(name, "?", f"it took longer than {cell_seconds} seconds.", "timeout", output) from exc
    except (CellExecutionError, RuntimeError) as exc:
        if isinstance(exc, RuntimeError) and "kernel" not in str(exc).lower():
            raise
        raise _failed(name, "?", f"its kernel died ({exc})", "dead kernel", output) from exc
    return output


def _failed(name: str, cell: object, reason: str, failure: Failure, output: Path) -> NotebookFailed:
    kept = render(output) or output
    return NotebookFailed(notebook=name, cell=cell, reason=reason[:LONGEST_REASON], output=kept, failure=failure)


def _transport(private: str) -> Config:
    """Kernel and runner talk over sockets in a private folder; the default is TCP without encryption."""
    return Config({"KernelManager": {"transport": "ipc", "ip": f"{private}/kernel"}})


def render(notebook: Path) -> Path | None:
    """The notebook as one HTML file beside it; None when there is nothing to render."""
    from nbconvert import HTMLExporter

    if not notebook.is_file() or not notebook.stat().st_size:
        return None
    # A page that is read offline, or inside the dashboard, fetches nothing from elsewhere.
    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    text, _ = exporter.from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    page.write_text(text, encoding="utf-8")
    return page
