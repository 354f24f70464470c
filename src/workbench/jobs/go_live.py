"""Change which model is live: PostgreSQL in one transaction, then MLflow's alias.

PostgreSQL decides. A process that dies in between leaves an alias that lags; whoever changes or verifies models next
lets it follow.
"""

from __future__ import annotations

import contextlib
import getpass
import socket
from collections.abc import Iterator

from workbench.db.connection import Connection, connect
from workbench.db.locks import polling
from workbench.errors import AliasNotMoved, ChampionChanged, DeploymentBusy
from workbench.jobs.workspace import Workspace
from workbench.records import ModelType
from workbench.store import deployments, models
from workbench.store.deployments import Order
from workbench.store.models import Model
from workbench.tracking import aliases

LOCK = "workbench.deploy"


@contextlib.contextmanager
def alone(workspace: Workspace, model_type: ModelType, wait_seconds: float) -> Iterator[None]:
    """Nobody else changes what is live of the type during the block. An alias that lags, because whoever was here
    before was killed, follows first.

    Raises:
        DeploymentBusy: another process did for ``wait_seconds``.
    """

    def refused(waited: float, who: str, since: str) -> None:
        if waited >= wait_seconds:
            raise DeploymentBusy(model_type=model_type, who=who, since=since, seconds=waited)

    with polling(workspace.url, f"{LOCK}.{model_type}", refused):
        with contextlib.suppress(AliasNotMoved):
            follow_live(workspace, model_type)
        yield


def carry_out_order(workspace: Workspace, order: Order, model: Model) -> None:
    """Do it; ``model`` is what is live afterwards, or what no longer is. Call it holding the type's lock.

    Raises:
        ChampionChanged: another model is live than the order says; nothing was done.
        AliasNotMoved: done, but for the alias.
    """
    with connect(workspace.url) as connection:
        if not deployments.carry_out(connection, order):
            live = deployments.active(connection, order.model_type)
            expected, found = (_named(connection, identity) for identity in (order.before, live))
            raise ChampionChanged(model=model.name, expected=expected, found=found)
    follow_live(workspace, order.model_type)


def follow_live(workspace: Workspace, model_type: ModelType) -> bool:
    """Let the alias of the type name what is live in PostgreSQL; False where it did already. Call it holding the type's
    lock.

    Raises:
        AliasNotMoved
    """
    with connect(workspace.url) as connection:
        live = next((model for model in models.of_type(connection, model_type) if model.is_active), None)
    try:
        return aliases.follow(workspace.tracker, model_type, live.model_version if live else None)
    except Exception as exc:  # whatever MLflow or its database has against it
        raise AliasNotMoved(model=live.name if live else "none", reason=str(exc).splitlines()[0]) from exc


def who() -> str:
    """Account and machine of this process."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return f"{account}@{socket.gethostname()}"


def _named(connection: Connection, identity: str | None) -> str:
    found = models.by_id(connection, identity) if identity else None
    return found.name if found else "no model"
