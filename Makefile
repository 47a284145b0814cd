# What a fresh clone can do with Python 3.11 or newer, pip and make.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help run test long bundles bench

help:
	@echo "make run      install, and serve risk scores on http://127.0.0.1:5000"
	@echo "make test     install what the tests need, and run all checks and tests"
	@echo "make long     the long versions of the tests, some 20 minutes"
	@echo "make bundles  train the two pretrained bundles again"
	@echo "make bench    measure speed and memory on this machine"

run: $(VENV)/.installed
	@$(BIN)/authrisk serve

test: $(VENV)/.installed-all
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n 2 --dist loadfile

long: $(VENV)/.installed-all
	$(BIN)/pytest -m long

bundles: $(VENV)/.installed-all
	$(BIN)/python scripts/train_bundles.py

bench: $(VENV)/.installed-all
	$(BIN)/python -m benchmarks.speed

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The first check of a bundle also compiles the feature kernels, once for all later starts.
$(VENV)/.installed: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e .
	@$(BIN)/authrisk bundle verify supervised >/dev/null
	@touch $@

$(VENV)/.installed-all: pyproject.toml constraints.txt | $(BIN)/python
	$(PIP) -e '.[train,evaluate,evtx,notebooks,test]'
	@touch $@ $(VENV)/.installed
