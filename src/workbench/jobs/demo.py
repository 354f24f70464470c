"""The main job from an empty machine: server, schema, starter corpus, embeddings, simulated history, retraining."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from workbench.db.connection import connect, database_url
from workbench.db.migrations import migrate
from workbench.jobs.embed import fill_all
from workbench.jobs.encoder import find_encoder
from workbench.jobs.import_corpus import import_corpus
from workbench.jobs.import_file import ImportOptions, ImportResult
from workbench.jobs.retrain import Retrained, retrain
from workbench.jobs.simulate import SimulationResult, simulate
from workbench.jobs.simulated_history import SimulationOrder
from workbench.jobs.status import Status, look
from workbench.jobs.workspace import open_workspace
from workbench.records import SHORT_NAMES
from workbench.settings import Settings
from workbench.store import effectiveness
from workbench.store.effectiveness import Standout

VERSION = "starter"
HISTORY_ROWS = 20_000
WAIT_SECONDS = 1800.0


@dataclass(frozen=True)
class Demonstration:
    status: Status
    imported: ImportResult
    simulated: SimulationResult
    retrained: Retrained
    standouts: tuple[Standout, ...]


def demonstrate(settings: Settings, tell: Callable[[str], None]) -> Demonstration:
    """Every step may be done again: what is there already is left alone, and the retraining is a new run."""
    tell("starting PostgreSQL …")
    url = database_url(settings)
    tell("migrating the schema …")
    migrate(url)
    tell("importing the starter corpus …")
    imported = import_corpus(url, VERSION, VERSION, ImportOptions())
    # Before the history, whose decisions keep the vectors of their prompts.
    tell("embedding its prompts …")
    fill_all(url, find_encoder(settings), VERSION)
    tell(f"simulating {HISTORY_ROWS:,} rows of history (SYNTHETIC) …")
    simulated = simulate(url, SimulationOrder("demo", HISTORY_ROWS, 7, 60, VERSION))
    done = retrain(open_workspace(settings), VERSION, list(SHORT_NAMES), WAIT_SECONDS, tell)
    with connect(url) as connection:
        standouts = effectiveness.standouts(connection)
    return Demonstration(look(settings), imported, simulated, done, tuple(standouts))
