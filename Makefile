# Two commands do everything on a fresh machine: `make brief` and `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKERS := $(shell $(PYTHON) -c "import os; print((os.cpu_count() or 2) * 3 // 2)")  # many tests wait for a process
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.PHONY: brief test check lint types contracts docs bench kill-test clean

brief: $(VENV)/.installed  ## the morning brief of the demo company
	@$(BIN)/agentos brief --demo

test: $(VENV)/.installed-dev  ## every test; the slowest files are spread over the cores
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder -q

check: lint types contracts test  ## what CI runs

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.installed-dev
	$(BIN)/mypy

contracts: $(VENV)/.installed-dev
	$(BIN)/lint-imports

docs: $(VENV)/.installed-dev  ## write anew what is generated: example settings, help in the docs, the picture
	$(BIN)/python -m tests.docs.generate

bench: $(VENV)/.installed-dev  ## ratios measured in one run
	$(BIN)/python -m benchmarks.startup
	$(BIN)/python -m benchmarks.side_by_side
	$(BIN)/python -m benchmarks.metrics
	$(BIN)/python -m benchmarks.sync
	$(BIN)/python -m benchmarks.events
	$(BIN)/python -m benchmarks.migrate

KILLS ?= 20000
kill-test: $(VENV)/.installed-dev  ## kill the delivering worker so many times; KILL_SEED=n repeats its chances
	KILLS=$(KILLS) $(BIN)/python -m tests.kill

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit("agentos needs Python 3.11 or later") if sys.version_info < (3, 11) else None'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing (once) ..." >&2
	@$(PIP) install -c constraints.txt -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	@$(PIP) install -c constraints.txt -e '.[dev]'
	@touch $@

clean:
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
