"""Environment to one frozen value, read once at the edge (the command line, or a notebook's first cell)."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs
from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench.errors import SettingInvalid

ROOT_HOME = Path("/var/lib/workbench")


def default_home() -> Path:
    """The user's data folder; as root a system folder, since an unprivileged server cannot enter ``/root``."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ROOT_HOME
    return Path(platformdirs.user_data_dir("workbench"))


class Settings(BaseSettings):
    """Each field is the environment variable ``WORKBENCH_<FIELD>``."""

    model_config = SettingsConfigDict(env_prefix="WORKBENCH_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default_factory=default_home, description="Folder of the local server, artifacts and runs.")
    database_url: str | None = Field(
        default=None, description="A PostgreSQL of your own (15 or newer, with pgvector); nothing is started then."
    )
    mlflow_database_url: str | None = Field(
        default=None, description="Database of MLflow. Default: the same server, the name with _mlflow appended."
    )
    pg_bin: Path | None = Field(default=None, description="Folder with postgres, initdb and pg_ctl to use.")
    pg_os_user: str | None = Field(default=None, description="As root: the account that runs PostgreSQL.")
    encoder: str = Field(
        default="all-MiniLM-L6-v2", description="Sentence encoder: this name, or the folder of a 384-dimensional model."
    )
    mlflow_admin_password: SecretStr | None = Field(
        default=None, description="Password of the user admin of `workbench mlflow --auth`; at least 12 characters."
    )
    mlflow_port: int = Field(default=5000, ge=1, le=65535, description="Loopback port of `workbench mlflow`.")
    gates: Path | None = Field(
        default=None, description="File with the rules of promotion. Default: mlflow/gates.toml as it is shipped."
    )
    threads: int = Field(default=0, ge=0, le=1024, description="Threads for embedding; 0 takes all cores.")
    retrain_cell_seconds: int = Field(
        default=3600, ge=1, description="Longest time for one cell of a notebook that `workbench retrain` runs."
    )
    retrain_notebook_seconds: int = Field(
        default=14400, ge=1, description="Longest time for one notebook that `workbench retrain` runs."
    )
    retrain_retries: int = Field(
        default=2, ge=0, le=100, description="How often it tries a notebook again after a dead kernel or an outage."
    )

    @field_validator("home", "pg_bin", "gates")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value is not None else None

    @field_validator("database_url", "mlflow_database_url")
    @classmethod
    def _postgres_url(cls, value: str | None) -> str | None:
        if value is not None and not value.startswith(("postgresql://", "postgres://")):
            raise ValueError("expected postgresql://user:password@host:port/database")
        return value

    @property
    def artifacts(self) -> Path:
        return self.home / "mlflow" / "artifacts"

    @property
    def runs(self) -> Path:
        return self.home / "runs"


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        SettingInvalid: a variable has a value that cannot be used; the message names it.
    """
    try:
        return Settings()
    except ValidationError as exc:
        first = exc.errors()[0]
        name = "WORKBENCH_" + "_".join(str(part) for part in first["loc"]).upper()
        raise SettingInvalid(name=name, problem=first["msg"]) from exc
