"""Papermill's engine, which tells whose kernel it is before the first cell runs in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NBClientEngine, papermill_engines

NAME = "workbench"


class TellingClient(PapermillNotebookClient):  # type: ignore[misc]
    """``told`` gets the pid of the kernel; what it raises ends the notebook."""

    told: Callable[[int], None]

    def papermill_execute_cells(self) -> None:
        self.told(int(self.km.provisioner.pid))
        super().papermill_execute_cells()


class TellingEngine(NBClientEngine):  # type: ignore[misc]
    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: Any,
        kernel_name: str,
        *,
        told: Callable[[int], None],
        start_timeout: int = 60,
        execution_timeout: int | None = None,
        config: Any = None,
        **_: object,
    ) -> Any:
        client = TellingClient(
            nb_man, kernel_name=kernel_name, startup_timeout=start_timeout, timeout=execution_timeout, config=config
        )
        client.told = told
        return client.execute()


papermill_engines.register(NAME, TellingEngine)
