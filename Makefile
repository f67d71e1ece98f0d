.DELETE_ON_ERROR:
.PHONY: help setup bundle run test check format contracts simulate bench
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

help:
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.txt requirements-dev.txt lambdas/requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gavel needs Python 3.11 or newer: '$(PYTHON)' is missing or older. Try: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	@touch $@

setup: $(STAMP) ## make .venv with everything the project needs

test: check $(STAMP) ## all checks and all tests (T=tests/unit for a part)
	@$(BIN)/pytest $(or $(T),tests) -q -n 2 --dist loadgroup

check: $(STAMP) ## ruff, mypy, import-linter
	@mkdir -p .build
	@$(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary
	@PYTHONPATH=.:lambdas $(BIN)/lint-imports --no-cache > .build/imports.log 2>&1 || { cat .build/imports.log; exit 1; }

format: $(STAMP) ## let ruff put the code in shape
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

contracts: $(STAMP) ## write docs/openapi.json and the other files that are made from the code
	@PYTHONPATH=.:lambdas $(BIN)/python -m contracts

bundle: $(STAMP) ## build .build/lambda, what `cdk deploy` ships to AWS
	@$(BIN)/python -m infra.bundle

run: $(STAMP) ## the whole stack on this machine (ARGS="--help" tells more)
	@exec $(BIN)/python -m local.run $(ARGS)

N ?= 100000
simulate: $(STAMP) ## explore N=100000 schedules of the protocol, or see one again: SEED=123
	@PYTHONPATH=lambdas $(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--schedules $(N))

bench: $(STAMP) ## measure Gavel against what one would write by hand; half a minute (B=mute_all for one)
	@PYTHONPATH=.:lambdas $(BIN)/python -m benchmarks $(B)
