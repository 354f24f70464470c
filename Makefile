.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
WORKERS ?= 2
SERVER ?= 17
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export MLFLOW_DISABLE_TELEMETRY := true
export OMP_WAIT_POLICY := passive

.PHONY: help setup demo test test-servers schema lab bench check

help: ## List the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## /  make \1\t/' | expand -t 21

setup: $(READY) ## Make the environment in .venv (Python 3.11 or newer)

# The lock lets two makes at once share one environment instead of spoiling it; the stamp says that it is whole.
$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; $(PYTHON) is $$($(PYTHON) --version 2>&1). Try: make setup PYTHON=python3.12"; exit 2; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "$(PYTHON) lacks the venv module. On Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	@exec 9>.setup.lock; if command -v flock >/dev/null; then flock 9; fi; \
	if [ ! -e $(READY) ] || [ requirements.lock -nt $(READY) ] || [ pyproject.toml -nt $(READY) ]; then \
	  echo "Installing into $(VENV) (about 2 GB, a few minutes) ..." && \
	  $(PYTHON) -m venv $(VENV) && \
	  $(BIN)/python -m pip install --quiet -r requirements.lock && \
	  $(BIN)/python -m pip install --quiet --no-deps -e . && \
	  touch $(READY); \
	fi

demo: $(READY) ## From nothing to trained, logged and written-back models
	@$(BIN)/workbench demo

test: $(READY) ## Prove it
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-servers: $(READY) ## Prove it on Debian's PostgreSQL 17 with pg_cron and TimescaleDB, or SERVER=15 (as root)
	@WORKERS=$(WORKERS) tests/servers/run $(SERVER)

schema: $(READY) ## Rewrite sql/catalogue.txt and the generated parts of docs/schema.md from a fresh database
	@WORKBENCH_TEST_REWRITE=1 $(BIN)/python -m pytest -q tests/database/test_catalogue.py tests/database/test_schema_page.py

lab: $(READY) ## Open JupyterLab on the notebooks
	@$(BIN)/workbench lab

bench: $(READY) ## Measure against what is promised
	@for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

check: $(READY) ## Lint and types
	@$(BIN)/ruff check . && $(BIN)/ruff format --check src tests benchmarks && $(BIN)/mypy
