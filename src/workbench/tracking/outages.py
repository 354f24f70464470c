"""Whether an error says that MLflow's database is away for the moment."""

from __future__ import annotations

from mlflow.exceptions import MlflowException
from sqlalchemy.exc import DBAPIError

# What psycopg and SQLAlchemy call a connection that broke, could not be made, or met a server that starts or stops.
AWAY = ("OperationalError", "AdminShutdown", "CrashShutdown", "CannotConnectNow", "InterfaceError")


def is_outage(exc: BaseException) -> bool:
    """MLflow wraps what its store raises and keeps no more of it than the text."""
    if isinstance(exc, DBAPIError):
        return bool(exc.connection_invalidated) or type(exc.orig).__name__ in AWAY
    return isinstance(exc, MlflowException) and any(name in str(exc) for name in AWAY)
