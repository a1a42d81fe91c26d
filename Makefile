# Everything is installed into .venv by the first target that needs it, and again only when a
# project file changes.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
POWER := $(VENV)/.power
RIVALS := $(VENV)/.rivals
PLUGINS := $(sort $(wildcard plugins/*/pyproject.toml))
PACKAGES := . $(patsubst %/pyproject.toml,%,$(PLUGINS))

.PHONY: setup test test-long lint check bench bench-population kit-power reproduce format clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt $(PLUGINS)
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "coreframe needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1" -c constraints.txt
	$(BIN)/python -m pip install --quiet -c constraints.txt --group dev
	$(BIN)/python -m pip install --quiet -c constraints.txt --no-build-isolation $(foreach package,$(PACKAGES),-e $(package))
	touch $(STAMP)

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m "not long"

test-long: $(STAMP)
	$(BIN)/python -m pytest -n 2 -m long

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

check: lint test

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(STAMP)
	$(BIN)/python benchmarks/report_network.py
	$(BIN)/python benchmarks/wide_network.py
	$(BIN)/python benchmarks/adamw.py
	$(BIN)/python benchmarks/convolution.py
	$(BIN)/python benchmarks/attention.py
	$(BIN)/python benchmarks/discovery.py
	$(BIN)/python benchmarks/runs.py

$(RIVALS): $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt --group bench
	touch $(RIVALS)

bench-population: $(RIVALS)
	$(BIN)/python benchmarks/population.py --figure docs/figures/population.png

$(POWER): $(STAMP)
	$(BIN)/python -m pip install --quiet -c constraints.txt --group power
	touch $(POWER)

kit-power: $(POWER)
	$(BIN)/python tests/power/kit_power.py

reproduce: $(STAMP)
	$(BIN)/coreframe reproduce --out results

clean:
	rm -rf $(VENV) build dist results .mypy_cache .pytest_cache .ruff_cache .hypothesis
