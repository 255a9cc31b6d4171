# Needs python3 (3.11 or newer) with venv, and make. Everything else goes into .venv.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --no-input --require-virtualenv
SOURCES := botfleet workers beat_schedules tests

# How many tests run side by side: as many as there are cores. One more is faster by a minute in fifteen.
RUNNERS ?= auto

export PIP_ROOT_USER_ACTION := ignore

say = @printf '\033[1m== %s\033[0m\n' "$(1)"
names = sed -u -n 's/^Collecting \([^ ;]*\).*/   \1/p; s/^Successfully installed.*/   done/p'

.PHONY: help install demo test check format lint types contracts tests containers figures lock clean

help: ## Say what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 12

install: $(VENV)/.installed ## Put botfleet and what it needs into .venv (hashes checked)

demo: install ## Install, then let a fleet live through a trading day
	$(call say,botfleet demo)
	@$(BIN)/botfleet demo

test: $(VENV)/.develop tests ## Install what tests need, then run them

check: format lint types contracts tests ## All that must hold: format, lint, types, contracts, tests

format: $(VENV)/.develop ## Is the format ours?
	$(call say,format)
	@$(BIN)/ruff format --check $(SOURCES)

lint: $(VENV)/.develop ## Does the linter agree?
	$(call say,lint)
	@$(BIN)/ruff check $(SOURCES)

types: $(VENV)/.develop ## Do the types hold?
	$(call say,types)
	@$(BIN)/mypy

contracts: $(VENV)/.develop ## Do imports point inward?
	$(call say,import contracts)
	@$(BIN)/lint-imports

tests: $(VENV)/.develop ## Do the tests pass?
	$(call say,tests)
	@$(BIN)/pytest -q -n $(RUNNERS) --dist worksteal

containers: $(VENV)/.develop ## Build and run the images (needs root, podman, mmdebstrap; minutes)
	$(call say,images)
	@$(BIN)/pytest -q -s -m containers tests/containers

figures: install ## Run every bench, and keep its figures in docs/figures.jsonl (ten minutes)
	$(call say,figures)
	@BOTFLEET_BUILD=$$(git rev-parse --short HEAD) $(BIN)/botfleet bench track --history docs/figures.jsonl

lock: ## Resolve the newest versions anew into the locks (needs uv)
	$(call say,requirements.lock and requirements-dev.lock)
	@command -v uv >/dev/null || { echo 'make lock needs uv: pip install uv' >&2; exit 1; }
	@uv pip compile -q --upgrade $(LOCKING) --extra build pyproject.toml -o requirements.lock
	@uv pip compile -q --upgrade $(LOCKING) --extra build --extra dev -c requirements.lock \
	  pyproject.toml -o requirements-dev.lock
	@! grep -n '://' requirements.lock requirements-dev.lock
	@wc -l requirements.lock requirements-dev.lock

# One lock for every Python we support; no addresses in it, so that it works with any registry.
LOCKING := --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
  --no-emit-index-url --no-emit-find-links

clean: ## Remove .venv and what tools left behind
	$(call say,clean)
	@rm -rf $(VENV) .containers build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache \
	  .hypothesis .import_linter_cache
	@find $(SOURCES) -name __pycache__ -prune -exec rm -rf {} +

$(BIN)/python:
	$(call say,$(VENV))
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "botfleet needs Python 3.11 or newer; say which: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: requirements.lock pyproject.toml | $(BIN)/python
	$(call say,packages of requirements.lock)
	@$(PIP) install --progress-bar off --require-hashes -r requirements.lock | $(names)
	$(call say,botfleet)
	@$(PIP) install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.develop: requirements-dev.lock $(VENV)/.installed
	$(call say,packages of requirements-dev.lock)
	@$(PIP) install --progress-bar off --require-hashes -r requirements-dev.lock | $(names)
	@touch $@
