.DELETE_ON_ERROR:
.PHONY: help setup bundle run test check format contracts simulate safeguards mutants storm bench costs audit bootstrap deploy diff destroy redrive smoke
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready
WANTED := -r requirements-dev.txt -c constraints.txt
export PYTHONDONTWRITEBYTECODE :=

help:
	@echo "Begin with \`make run\`: everything on this machine, no AWS account. Then \`make test\`, \`make deploy\`."; echo
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(STAMP): requirements.txt requirements-dev.txt lambdas/requirements.txt constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gavel needs Python 3.11 or newer: '$(PYTHON)' is missing or older. Try: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up .venv (once; a minute or two) ..."
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv -c constraints.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python $(WANTED) \
	  || { echo "uv could not; now pip, which is slower and reads pip.conf ..."; $(BIN)/pip install --quiet $(WANTED); }
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
	@$(BIN)/python -m local.typescript generate

ARCHITECTURE ?= arm64
bundle: $(STAMP) ## build .build/lambda, what `cdk deploy` ships to AWS (ARCHITECTURE=x86_64)
	@$(BIN)/python -m infra.bundle --architecture '$(ARCHITECTURE)'

run: $(STAMP) ## the whole stack on this machine (ARGS="--help" tells more)
	@exec $(BIN)/python -m local.run $(ARGS)

N ?= 100000
simulate: $(STAMP) ## explore N=100000 schedules of the protocol, or see one again: SEED=123
	@PYTHONPATH=lambdas $(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--schedules $(N))

safeguards: $(STAMP) ## what the simulation sees lost without each safeguard of the protocol; half an hour
	@PYTHONPATH=lambdas $(BIN)/python -m tests.simulation.search

mutants: $(STAMP) ## what no test notices: LAYER=core or moderator, ARGS="--only plan --sample 200 --seed 7"
	@PYTHONPATH=.:lambdas $(BIN)/python -m tests.mutants $(or $(LAYER),core) $(ARGS)

storm: export STORM_SEED := $(or $(SEED),1)
storm: export STORM_SECONDS := $(or $(LASTS),60)
storm: export STORM_PEOPLE := $(or $(PEOPLE),100)
storm: $(STAMP) ## a storm on the live local stack: SEED=1 draws it (LASTS=60 seconds, PEOPLE=100 in each meeting)
	@$(BIN)/pytest tests/e2e/test_storm.py -q -n 0 -rP

bench: $(STAMP) ## measure Gavel against what one would write by hand; four minutes (B=mute_all for one)
	@PYTHONPATH=.:lambdas $(BIN)/python -m benchmarks $(B)

CDK = $(BIN)/python -m infra.cdk $@ --stage '$(STAGE)' --region '$(REGION)' $(ARGS)
bootstrap: $(STAMP) ## prepare an account and Region for CDK, once (REGION=eu-central-1)
	@$(CDK)

deploy: $(STAMP) ## into your AWS account (STAGE=dev REGION=eu-central-1 ARGS="-c key=value")
	@$(CDK)

diff: $(STAMP) ## what a deploy would change (STAGE=dev REGION=...)
	@$(CDK)

destroy: $(STAMP) ## delete a stage; its table and its user pool stay (STAGE=dev REGION=...)
	@$(CDK)

costs: $(STAMP) ## reckon the tables of docs/scale.md anew, from the template and the prices in infra/costs.py
	@$(BIN)/python -m infra.costs

audit: $(STAMP) ## ask whether anything pinned is known to be vulnerable; needs the network (ARGS=--insist)
	@$(BIN)/python -m infra.audit $(ARGS)

redrive: $(STAMP) ## publish the events that lie in the event publisher's dead-letter queue (STAGE=dev REGION=...)
	@$(BIN)/python -m infra.redrive --stage '$(STAGE)' --region '$(REGION)'

smoke: export URL := $(URL)
smoke: export TOKEN := $(TOKEN)
smoke: export MEETING := $(MEETING)
smoke: export ATTENDEE := $(ATTENDEE)
smoke: $(STAMP) ## ask a deployment whether it works (URL=... TOKEN=<an admin's>; MEETING=... ATTENDEE=... mutes somebody)
	@$(BIN)/python -m infra.smoke
