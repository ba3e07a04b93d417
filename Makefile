# Everything a developer runs. `make demo` and `make test` set up what they need.

VENV    ?= .venv
STATE   ?= .rongmei
BIN     := $(VENV)/bin
# The first interpreter that runs and is new enough; a version manager's shim may be there and not run.
PYTHON  ?= $(firstword $(foreach v,python3.13 python3.12 python3.11 python3 python,$(shell $(v) -c 'import sys; sys.version_info >= (3, 11) and print("$(v)")' 2>/dev/null)))
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev

.DEFAULT_GOAL := help
.PHONY: help demo up down test lint format bench chaos e2e lock clean

help:  ## show this list
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

$(BIN)/uv:
	@test -n "$(PYTHON)" || { echo "需要 Python 3.11 或更新版本，没有找到。改法：安装后再运行，或指明路径 make PYTHON=/路径/python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv

$(RUNTIME): requirements.txt pyproject.toml | $(BIN)/uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -r requirements.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps -e .
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(BIN)/uv pip install --quiet --python $(BIN)/python -r requirements-dev.txt
	@touch $@

demo: $(RUNTIME)  ## run a whole 村超 edition in a real Airflow, then stop everything
	@$(BIN)/python -m stack demo --root $(STATE)/demo

up: $(RUNTIME)  ## start the same stack and leave it running; prints address and logins
	@$(BIN)/python -m stack up --root $(STATE)/up

down: $(RUNTIME)  ## stop what `make up` started
	@$(BIN)/python -m stack down --root $(STATE)/up

test: $(DEV)  ## all tests but the slow tiers
	$(BIN)/pytest -n 2 -q --dist worksteal -m "not matrix"

lint: $(DEV)  ## ruff, mypy, import contracts, unused dependencies, the shipped YAML
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy include
	$(BIN)/lint-imports
	$(BIN)/deptry include --config deptry.toml
	$(BIN)/rongmei check

format: $(DEV)  ## put the code into the house's shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(DEV)  ## the performance figures, one JSON line each
	@$(BIN)/python -m tests.benchmarks

chaos: $(DEV)  ## processes and platforms killed while posts go out: nothing twice, nothing lost
	@$(BIN)/python -m tests.chaos

e2e: $(DEV)  ## the slow tiers: every fault of every call; whole editions in a real Airflow
	$(BIN)/pytest -n 2 -q -m matrix
	$(BIN)/pytest -q -rs tests/e2e --override-ini timeout=1200

lock: $(BIN)/uv  ## compile requirements*.in into pinned, universal requirements*.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --custom-compile-command "make lock" requirements-dev.in -o requirements-dev.txt

clean:  ## remove the environment and everything the embedded stack has written
	rm -rf $(VENV) $(STATE)
