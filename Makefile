# `make demo` and `make test` need Python 3.11+ and make, nothing else.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: demo test check full fuzz bench samples clean

demo: $(VENV)/.installed
	$(BIN)/pullstats summary sample_logs/ --format table
	$(BIN)/pullstats uniques sample_logs/ --by day --format table --plot --limit 7

test: $(VENV)/.tested
	$(BIN)/python -m pytest -n 2

check: test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright --pythonpath $(BIN)/python
	$(BIN)/lint-imports
	$(BIN)/codespell

full: $(VENV)/.tested
	PULLSTATS_FULL=1 $(BIN)/python -m pytest -n 2 -m "full or not full"
	$(MAKE) fuzz

# Any bytes in: a minute for each target, or FUZZ="--seconds 600 json" and what else `python -m tests.fuzz --help` says.
fuzz: $(VENV)/.tested
	$(BIN)/python -m tests.fuzz $(FUZZ)

bench: $(VENV)/.tested
	$(BIN)/pip install --quiet -e '.[bench]'
	$(BIN)/python benchmarks/run.py

samples: $(VENV)/.tested
	$(BIN)/python tools/make_samples.py

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit("pullstats needs Python 3.11 or newer, this is " + sys.version.split()[0]) if sys.version_info < (3, 11) else None'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -e .
	touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) dist build
