"""Run one notebook through papermill, keep what came out, and say which cell failed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from traitlets.config import Config

from workbench.errors import NotebookFailed, NotebookMissing, NotebookParameterUnknown
from workbench.resources import shipped

KERNEL_SECONDS = 120
LONGEST_REASON = 300


def check_parameters(name: str, parameters: dict[str, Any]) -> Path:
    """The notebook's file; papermill itself would only warn of an unknown parameter.

    Raises:
        NotebookMissing, NotebookParameterUnknown
    """
    import papermill

    source = shipped("notebooks", f"{name}.ipynb")
    if not source.is_file():
        raise NotebookMissing(notebook=name, folder=source.parent)
    known = papermill.inspect_notebook(str(source))
    for parameter in parameters:
        if parameter not in known:
            raise NotebookParameterUnknown(notebook=name, parameter=parameter, known=", ".join(known) or "none")
    return source


def execute(name: str, parameters: dict[str, Any], folder: Path) -> Path:
    """Execute into ``folder`` and return the output, which is written cell by cell: a killed run leaves what it had.

    Raises:
        NotebookFailed: a cell raised, or the kernel died. The executed notebook and its page are kept.
    """
    import papermill
    from nbclient.exceptions import CellExecutionError, DeadKernelError

    source = check_parameters(name, parameters)
    output = folder / f"{name}.ipynb"
    try:
        with tempfile.TemporaryDirectory(prefix="wb-") as private:
            papermill.execute_notebook(
                str(source),
                str(output),
                parameters=parameters,
                kernel_name="python3",
                cwd=str(source.parent),
                start_timeout=KERNEL_SECONDS,
                config=_transport(private),
                progress_bar={"leave": False} if sys.stderr.isatty() else False,
            )
    except papermill.PapermillExecutionError as exc:
        page = render(output)
        reason = f"{exc.ename}: {exc.evalue}"[:LONGEST_REASON]
        raise NotebookFailed(notebook=name, cell=exc.exec_count, reason=reason, output=page or output) from exc
    except (CellExecutionError, DeadKernelError) as exc:
        page = render(output)
        reason = f"its kernel died ({exc})"[:LONGEST_REASON]
        raise NotebookFailed(notebook=name, cell="?", reason=reason, output=page or output) from exc
    return output


def _transport(private: str) -> Config:
    """Kernel and runner talk over sockets in a private folder; the default is TCP without encryption."""
    return Config({"KernelManager": {"transport": "ipc", "ip": f"{private}/kernel"}})


def render(notebook: Path) -> Path | None:
    """The notebook as one HTML file beside it; None when there is nothing to render."""
    from nbconvert import HTMLExporter

    if not notebook.is_file():
        return None
    # A page that is read offline, or inside the dashboard, fetches nothing from elsewhere.
    exporter = HTMLExporter(mathjax_url="", require_js_url="", jquery_url="")
    text, _ = exporter.from_filename(str(notebook))
    page = notebook.with_suffix(".html")
    page.write_text(text, encoding="utf-8")
    return page
