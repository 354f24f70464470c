"""Imports point down, quiet rooms stay quiet, and each outside library has its one door."""

from __future__ import annotations

import ast

import pytest
from source import MODULES, SOURCE, Module

FLOORS = [
    {"__init__", "errors"},
    {"settings", "resources"},
    {"records", "sql"},
    {"features"},
    {"models"},
    {"evaluation"},
    {"plots", "db"},
    {"store", "tracking"},
    {"jobs"},
    {"cli"},
]
QUIET = {"features", "models", "evaluation", "plots"}
LOUD_PACKAGES = {
    *("psycopg", "sqlalchemy", "mlflow", "requests", "httpx", "urllib", "socket", "subprocess"),
    *("os", "time", "datetime", "io", "shutil", "tempfile", "pathlib", "glob", "logging", "click", "rich"),
}
LOUD_ROOMS = {"settings", "resources", "sql"}
LOUD_CALLS = {"open", "print", "input"}
# A pickle runs what its author wrote: models are stored as skops and opened by an allow-list of our own.
UNSAFE = {"pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
UNSAFE_CALLS = {"load_model", "read_pickle", "to_pickle", "pyfunc"}
SEEDED = {"np.random.default_rng", "np.random.Generator", "np.random.SeedSequence"}
ENVIRONMENT = {
    "settings.py": "reads it",
    "cli/main.py": "sets what libraries must find before they are imported",
    "db/binaries.py": "the active conda environment",
    "db/programs.py": "what PostgreSQL's programs inherit",
    "jobs/lab.py": "what JupyterLab and its kernels inherit",
    "tracking/server.py": "what MLflow's server inherits",
    "jobs/encoder.py": "keeps the libraries from asking a model hub",
    "jobs/workspace.py": "keeps MLflow's telemetry off in notebooks, which do not come through the command line",
}


def floor(room: str) -> int:
    return next(number for number, rooms in enumerate(FLOORS) if room in rooms)


def named(module: Module) -> str:
    return module.name


def own_rooms(module: Module) -> set[str]:
    """Rooms that the module imports from, the house itself left out."""
    return {name.split(".")[1] for name in module.imports() if name.startswith("workbench.")}


def test_every_room_has_a_floor() -> None:
    assert {module.room for module in MODULES} <= set.union(*FLOORS)


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_imports_point_down(module: Module) -> None:
    above = {room for room in own_rooms(module) if floor(room) >= floor(module.room) and room != module.room}
    assert above == set()


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_imports_are_absolute_and_name_a_module(module: Module) -> None:
    for name in module.imports():
        assert not name.startswith("."), name
        assert name != "workbench", name
        if name.startswith("workbench."):
            assert _is_no_facade(name), name


def _is_no_facade(name: str) -> bool:
    """``workbench.room.module`` or something in it, or a module at the top; never something out of an __init__."""
    path = SOURCE.joinpath(*name.split(".")[1:])
    return path.with_suffix(".py").is_file() or path.parent.with_suffix(".py").is_file()


@pytest.mark.parametrize("module", [m for m in MODULES if m.path.name == "__init__.py"], ids=named)
def test_an_init_holds_at_most_a_docstring(module: Module) -> None:
    assert all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in module.tree.body)


@pytest.mark.parametrize("module", [m for m in MODULES if m.room in QUIET], ids=named)
def test_a_quiet_room_never_touches_the_world(module: Module) -> None:
    assert module.packages() & LOUD_PACKAGES == set()
    assert own_rooms(module) & LOUD_ROOMS == set()
    called = {ast.unparse(call.func).split(".")[-1] for call in module.calls()}
    assert called & (LOUD_CALLS | {"read_text", "read_bytes", "write_text", "write_bytes", "savefig"}) == set()


@pytest.mark.parametrize("module", [m for m in MODULES if m.room in QUIET], ids=named)
def test_a_quiet_room_draws_no_luck_of_its_own(module: Module) -> None:
    assert "random" not in module.packages()
    drawn = {name for name in module.attributes() if name.startswith("np.random.") and name.count(".") == 2}
    assert drawn <= SEEDED
    unseeded = [c for c in module.calls() if ast.unparse(c.func) == "np.random.default_rng" and not c.args]
    assert unseeded == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.room == "plots"], ids=named)
def test_plots_keep_no_global_figure(module: Module) -> None:
    assert not any(name.startswith("matplotlib.pyplot") for name in module.imports())


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_only_tracking_speaks_mlflow(module: Module) -> None:
    assert module.room == "tracking" or "mlflow" not in module.packages()


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_only_one_module_speaks_optuna(module: Module) -> None:
    assert module.name == "store/studies.py" or "optuna" not in module.packages()


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_only_db_and_store_speak_to_postgresql(module: Module) -> None:
    assert module.room in {"db", "store"} or not module.packages() & {"psycopg", "psycopg_pool", "pgvector"}


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_nobody_opens_a_pickle(module: Module) -> None:
    assert module.packages() & UNSAFE == set()
    assert {name.split(".")[-1] for name in module.attributes()} & UNSAFE_CALLS == set()


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_estimators_come_out_of_files_in_one_module_only(module: Module) -> None:
    assert module.name == "tracking/quick_skops.py" or "skops" not in module.packages()
    assert module.name == "jobs/tuned_encoder.py" or "load_file" not in {n.split(".")[-1] for n in module.imports()}
    called = {ast.unparse(call.func) for call in module.calls()}
    assert not called & {"eval", "exec", "compile", "__import__", "torch.load"}
    opened = {"skops_io().loads", "skops_io().load", "skops.io.loads", "skops.io.load"}
    assert module.name == "tracking/model_file.py" or not called & opened
    assert module.name != "tracking/model_file.py" or called & opened == {"skops_io().loads"}


@pytest.mark.parametrize("module", MODULES, ids=named)
def test_the_environment_is_touched_at_the_edge_only(module: Module) -> None:
    touched = {"os.environ", "os.getenv", "os.putenv"} & set(module.attributes())
    assert module.name in ENVIRONMENT or touched == set()
