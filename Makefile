# Thin verbs for people. `make` sets everything up and builds the pipeline; see README.md.

PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := build
.PHONY: build check test soak bench docs clean

build: .venv/installed
	$(BIN)/doit

check: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: .venv/installed
	$(BIN)/pytest

soak: .venv/installed
	DATAMAKE_SEQUENCES=3000 $(BIN)/pytest tests/property
	DATAMAKE_KILLS=1000 $(BIN)/pytest -s -n 0 tests/e2e/test_crash.py

bench: .venv/installed
	FULL=$(FULL) $(BIN)/python -m benchmarks

docs: build
	$(BIN)/doit graph -o docs/pipeline.svg

clean: .venv/installed
	$(BIN)/doit clean

.venv/installed: pyproject.toml .ci/constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--constraint .ci/constraints.txt --editable '.[pipeline,graph,serve,test]'
	touch $@
