"""A role that owns the database and is no superuser migrates, imports and is found well by the doctor."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from workbench.db.catalogue import drift
from workbench.db.connection import EXTENSIONS, connect, with_database
from workbench.db.migrations import Migrated, migrate
from workbench.db.server import LocalServer
from workbench.db.superuser import SUPERUSER
from workbench.errors import ExtensionMissing, MigrationForbidden
from workbench.jobs.doctor import examine
from workbench.jobs.import_corpus import import_corpus
from workbench.resources import shipped
from workbench.settings import Settings


@dataclass(frozen=True)
class Server:
    """A server of its own: the roles that others made on the run's server would be there already."""

    admin: str

    def execute(self, *statements: str, database: str = "postgres") -> None:
        with psycopg.connect(with_database(self.admin, lambda _: database), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url(self, role: str, database: str) -> str:
        return with_database(self.admin, lambda _: database).replace(f"{SUPERUSER}@", f"{role}@")


@pytest.fixture(scope="module")
def server(server_home: Path) -> Iterator[Server]:
    own = LocalServer(server_home.parent / "plain")
    own.up()
    server = Server(own.url("postgres"))
    server.execute("CREATE ROLE plain LOGIN")
    yield server
    own.down()


@pytest.fixture(scope="module")
def owned(server: Server) -> tuple[str, Migrated]:
    """A database that the role plain owns, with extensions made for it and nothing else, migrated by that role."""
    server.execute("CREATE DATABASE owned OWNER plain")
    server.execute(*(f"CREATE EXTENSION {name}" for name in EXTENSIONS), database="owned")
    url = server.url("plain", "owned")
    return url, migrate(url)


def test_the_catalogue_is_complete_but_for_the_roles(owned: tuple[str, Migrated]) -> None:
    url, _ = owned
    with connect(url) as connection:
        assert drift(connection) == []


def test_the_roles_that_it_may_not_make_are_named_with_the_remedy(owned: tuple[str, Migrated]) -> None:
    _, done = owned
    assert done.missing_roles == ("application_user", "reviewer", "workbench")
    assert "CREATE ROLE reviewer" in done.remedy


def test_the_starter_corpus_goes_in(owned: tuple[str, Migrated]) -> None:
    url, _ = owned
    import_corpus(url, str(shipped("data", "starter")), "v1")
    with connect(url) as connection:
        assert connection.execute("SELECT count(*) > 2000 FROM ml_training_data").fetchone() == (True,)
        assert connection.execute("SELECT count(*) FROM get_optimal_techniques('creative', 3)").fetchone() == (5,)


def test_the_doctor_finds_nothing_but_what_an_administrator_has_to_do(
    owned: tuple[str, Migrated], tmp_path: Path
) -> None:
    url, _ = owned
    found = examine(Settings(home=tmp_path, database_url=url))
    assert [one for one in found if one.state == "problem"] == []


def test_roles_that_come_later_get_their_rights_at_the_next_migration(server: Server) -> None:
    server.execute("CREATE DATABASE later OWNER plain")
    server.execute(*(f"CREATE EXTENSION {name}" for name in EXTENSIONS), database="later")
    url = server.url("plain", "later")
    assert migrate(url).access == ("public",)
    server.execute("CREATE ROLE reviewer NOLOGIN")
    try:
        assert migrate(url).access == ("reviewer",)
        with connect(url) as connection:
            assert drift(connection) == []
    finally:
        server.execute("DROP DATABASE later WITH (FORCE)", "DROP ROLE reviewer")


def test_with_createrole_it_makes_the_roles_itself(server: Server) -> None:
    server.execute("CREATE ROLE maker LOGIN CREATEROLE", "CREATE DATABASE made OWNER maker")
    server.execute(*(f"CREATE EXTENSION {name}" for name in EXTENSIONS), database="made")
    done = migrate(server.url("maker", "made"))
    assert (done.missing_roles, set(done.access)) == ((), {"application_user", "public", "reviewer", "workbench"})
    with connect(server.url("maker", "made")) as connection:
        assert drift(connection) == []
    server.execute("DROP DATABASE made WITH (FORCE)", "DROP ROLE application_user, reviewer, workbench, maker")


def test_a_schema_that_belongs_to_another_needs_one_grant(server: Server) -> None:
    server.execute("CREATE DATABASE foreign_schema OWNER plain")
    made = [f"CREATE EXTENSION {name}" for name in EXTENSIONS]
    server.execute(*made, f"ALTER SCHEMA public OWNER TO {SUPERUSER}", database="foreign_schema")
    url = server.url("plain", "foreign_schema")
    with pytest.raises(MigrationForbidden, match="GRANT CREATE ON SCHEMA public"):
        migrate(url)
    server.execute("GRANT CREATE ON SCHEMA public TO plain", database="foreign_schema")
    migrate(url)
    with connect(url) as connection:
        assert drift(connection) == []


def test_without_the_extension_it_hears_what_to_ask_for(server: Server) -> None:
    server.execute("CREATE DATABASE bare OWNER plain")
    with pytest.raises(ExtensionMissing, match="CREATE EXTENSION vector"):
        migrate(server.url("plain", "bare"))
