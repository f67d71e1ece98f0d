.DELETE_ON_ERROR:
.PHONY: help setup lock bundle dist docs run test check format contracts simulate safeguards mutants storm walk bench costs audit bootstrap deploy diff destroy redrive smoke
PYTHON ?= $(or $(wildcard .venv/bin/python),python3)
BIN := .venv/bin
RUN := .venv/.run
ALL := .venv/.all
export PYTHONDONTWRITEBYTECODE :=

help:
	@echo "Begin with \`make run\`: everything on this machine, no AWS account. Then \`make test\`, \`make deploy\`."; echo
	@grep -h -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(RUN) $(ALL): uv.lock $(wildcard clients/*/pyproject.toml packages/*/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gavel needs Python 3.11 or newer: '$(PYTHON)' is missing or older. Try: make PYTHON=python3.13 $(MAKECMDGOALS)" >&2; exit 1; }
	@$(PYTHON) -m infra.packaging.environment $(@:.venv/.%=%)

setup: $(ALL) ## make .venv with everything the project needs; `make run` alone needs less

test: check $(ALL) ## all checks and all tests (T=tests/unit for a part)
	@echo "-- pytest $(or $(T),tests packages)"
	@$(BIN)/pytest $(or $(T),tests packages) -q -n 3 --dist loadgroup

check: $(ALL) ## ruff, mypy, import-linter
	@mkdir -p .build
	@echo "-- ruff"; $(BIN)/ruff check --quiet . && $(BIN)/ruff format --quiet --check .
	@echo "-- mypy (a minute, the first time)"; $(BIN)/mypy --no-error-summary
	@echo "-- import-linter"; PYTHONPATH=.:lambdas $(BIN)/lint-imports --no-cache > .build/imports.log 2>&1 || { cat .build/imports.log; exit 1; }

format: $(ALL) ## let ruff put the code in shape
	@$(BIN)/ruff check --quiet --fix . ; $(BIN)/ruff format --quiet .

lock: $(RUN) ## lock the dependencies of pyproject.toml in uv.lock, and export requirements.txt (ARGS=--upgrade)
	@$(BIN)/python -m infra.packaging.lock $(ARGS)

contracts: $(ALL) ## write docs/openapi.json and the other files that are made from the code
	@echo "-- docs"; PYTHONPATH=.:lambdas $(BIN)/python -m contracts
	@echo "-- the TypeScript client's types, by npm"; $(BIN)/python -m local.typescript generate vendor

ARCHITECTURE ?= arm64
bundle: $(RUN) ## build .build/lambda, what `cdk deploy` ships to AWS (ARCHITECTURE=x86_64)
	@$(BIN)/python -m infra.packaging.bundle --architecture '$(ARCHITECTURE)'

dist: $(ALL) ## build the packages that others install, into dist/
	@$(BIN)/python -m local.dist

docs: export NO_MKDOCS_2_WARNING := 1
docs: $(ALL) ## build the documentation as a web site in .build/site (ARGS=serve shows it while you write)
	@$(BIN)/python -m mkdocs $(or $(ARGS),build --strict)

run: $(RUN) ## the whole stack on this machine (ARGS="--help" tells more)
	@exec $(BIN)/python -m local.run $(ARGS)

N ?= 100000
simulate: $(ALL) ## explore N=100000 schedules of the protocol from seed FIRST=0, or see one again: SEED=123
	@PYTHONPATH=lambdas $(BIN)/python -m tests.simulation $(if $(SEED),--seed $(SEED),--schedules $(N) --first $(or $(FIRST),0))

safeguards: $(ALL) ## what the simulation sees lost without each safeguard of the protocol; half an hour
	@PYTHONPATH=lambdas $(BIN)/python -m tests.simulation.search

mutants: $(ALL) ## what no test notices: LAYER=domain or application, ARGS="--only plan --sample 200 --seed 7"
	@PYTHONPATH=.:lambdas $(BIN)/python -m tests.mutants $(or $(LAYER),domain) $(ARGS)

storm: export STORM_SEED := $(or $(SEED),1)
storm: export STORM_SECONDS := $(or $(LASTS),60)
storm: export STORM_PEOPLE := $(or $(PEOPLE),100)
storm: $(ALL) ## a storm on the live local stack: SEED=1 draws it (LASTS=60 seconds, PEOPLE=100 in each meeting)
	@$(BIN)/pytest tests/e2e/test_storm.py -q -n 0 -rP

walk: $(ALL) ## print which files a mute, a mute-all and the end of a timed mute enter, and what they derive how often
	@$(BIN)/pytest tests/unit/application/test_walk.py -q -n 0 -rP

bench: $(ALL) ## measure Gavel against what one would write by hand; four minutes (B=mute_all for one)
	@PYTHONPATH=.:lambdas $(BIN)/python -m benchmarks $(B)

CDK = $(BIN)/python -m infra.tools.cdk $@ --stage '$(STAGE)' --region '$(REGION)' $(ARGS)
bootstrap: $(RUN) ## prepare an account and Region for CDK, once (REGION=eu-central-1)
	@$(CDK)

deploy: $(RUN) ## into your AWS account (STAGE=dev REGION=eu-central-1 ARGS="-c key=value")
	@$(CDK)

diff: $(RUN) ## what a deploy would change (STAGE=dev REGION=...)
	@$(CDK)

destroy: $(RUN) ## delete a stage; its table and its user pool stay (STAGE=dev REGION=...)
	@$(CDK)

costs: $(RUN) ## reckon the tables of docs/scale.md anew, from the template and the prices in infra/tools/costs.py
	@$(BIN)/python -m infra.tools.costs

audit: $(RUN) ## ask whether anything that is locked is known to be vulnerable; needs the network (ARGS=--insist)
	@$(BIN)/python -m infra.tools.audit $(ARGS)

redrive: $(RUN) ## publish the events that lie in the event publisher's dead-letter queue (STAGE=dev REGION=...)
	@$(BIN)/python -m infra.tools.redrive --stage '$(STAGE)' --region '$(REGION)'

smoke: export GAVEL_URL := $(or $(URL),$(GAVEL_URL))
smoke: export GAVEL_TOKEN := $(or $(TOKEN),$(GAVEL_TOKEN))
smoke: $(RUN) ## ask a deployment whether it works, by `gavel doctor` (URL=... TOKEN=<an admin's>; MEETING=... ATTENDEE=... mutes somebody)
	@$(BIN)/gavel doctor $(if $(MEETING),--meeting '$(MEETING)') $(if $(ATTENDEE),--mute '$(ATTENDEE)')
