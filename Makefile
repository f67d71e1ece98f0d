.DELETE_ON_ERROR:
.PHONY: help setup bundle run test check lint clean
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

bundle: $(STAMP) ## build .build/lambda, what `cdk deploy` ships to AWS
	@$(BIN)/python -m infra.bundle

run: $(STAMP) ## the whole stack on this machine (ARGS="--help" tells more)
	@exec $(BIN)/python -m local.run $(ARGS)
