# make run, make test, make bench, make setup: see README.md.
SHELL := /bin/bash
PYTHON ?= python3
PORT ?= 8000
BIN := .venv/bin
export PORT

.PHONY: run test types coverage t long bench setup lock clean

run: .venv/runs
	@DEBUG=1 $(BIN)/relais demo --door
	@DEBUG=1 $(BIN)/relais serve --port $(PORT)

test: .venv/ready
	@scripts/chromium.sh > /dev/null
	$(BIN)/ruff check .
	$(BIN)/ruff format --check --quiet .
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory types
	DEBUG=1 RELAIS_DATA=var/check $(BIN)/relais makemigrations --check --dry-run
	@scripts/test.sh

# The types of what every app stands on, and of the use cases (see [tool.mypy] in pyproject.toml).
types: .venv/ready
	DEBUG=1 RELAIS_DATA=var/check $(BIN)/mypy

# Which lines no test runs, as a page in var/coverage/. What runs in processes of its own (browsers, kills) is not counted.
coverage: .venv/ready
	DEBUG=1 $(BIN)/coverage run --source relais,config --omit '*/tests/*,*/migrations/*' --data-file var/coverage.data -m pytest -q relais tests --ignore=tests/browser
	$(BIN)/coverage html --data-file var/coverage.data --directory var/coverage --skip-covered --quiet
	$(BIN)/coverage report --data-file var/coverage.data --skip-covered --sort=cover | tail -n 40

# A part, in seconds: make t FILE=relais/accounts
t: .venv/ready
	DEBUG=1 $(BIN)/python -m pytest -q $(FILE)

# What would take too long for each change, with the same code, fixed seeds and a line each.
long: .venv/ready
	@scripts/chromium.sh > /dev/null
	@scripts/long.sh

bench: .venv/ready
	@$(BIN)/python -m bench

setup: .venv/ready

# What running needs and no more; the rest comes with the first `make test`.
.venv/runs: requirements/run.txt pyproject.toml scripts/setup.sh
	@[ -e .venv/ready ] || PYTHON=$(PYTHON) scripts/setup.sh run
	@touch $@

.venv/ready: requirements/dev.txt pyproject.toml scripts/setup.sh
	@PYTHON=$(PYTHON) scripts/setup.sh dev
	@touch $@

# Lock the dependencies again: hashes, no address. Needs `uv` (pip install uv) in the environment.
lock:
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra install pyproject.toml -o requirements/run.txt
	uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 --extra install --extra dev pyproject.toml -o requirements/dev.txt

clean:
	rm -rf .venv var
