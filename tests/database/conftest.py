"""Cheap connections for tests that look at one schema rule each, and a workspace for tests of models."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from small_models import fill, workspace_on

from copies import copy_of_the_template
from workbench.db.connection import Connection, connect
from workbench.jobs.workspace import Workspace


@pytest.fixture(scope="session")
def shared_database(server_url: str) -> Iterator[str]:
    """URL of a migrated database whose tests leave nothing behind."""
    with copy_of_the_template(server_url) as url:
        yield url


@pytest.fixture(scope="module")
def module_database(server_url: str) -> Iterator[str]:
    """URL of a migrated database for tests that cannot be rolled back and clean up after themselves."""
    with copy_of_the_template(server_url) as url:
        yield url


@pytest.fixture(scope="module")
def workspace(server_url: str, module_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Prompts for small models, and MLflow beside them."""
    with workspace_on(server_url, module_database, tmp_path_factory.mktemp("home")) as made:
        fill(module_database, "small")
        yield made


@pytest.fixture
def schema(shared_database: str) -> Iterator[Connection]:
    """A connection in a transaction that is rolled back: copying a database for every rule would take minutes."""
    with connect(shared_database) as opened:
        yield opened
        opened.rollback()
