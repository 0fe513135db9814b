# Every command a person types. `make` alone prints them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.ONESHELL:
.SHELLFLAGS := -euo pipefail -c

PYTHON ?= python3
VENV := $(CURDIR)/.venv
export PATH := $(VENV)/bin:$(PATH)

.PHONY: help
help: ## print this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## install everything into .venv (brings uv itself; needs Python >= 3.11)
	@$(PYTHON) cli/setup.py

# --- without Docker ---------------------------------------------------------------------------------

.PHONY: demo
demo: setup ## run the whole stack as plain processes (PROBLEM= or PROBLEMS=, RUNS=, ONCE=1)
	@relevo demo

.PHONY: data
data: setup ## download the real data sets (resumes, checks sha256)
	@relevo data

# --- with Docker ------------------------------------------------------------------------------------

.PHONY: env
env: ## write .env with fresh random secrets, or add what is missing in it
	@$(PYTHON) cli/src/relevo_cli/env.py

.PHONY: engine
engine:
	@docker compose version >/dev/null 2>&1 || { echo "make: this needs Docker with its compose plugin; without Docker: make demo" >&2; exit 1; }
	docker info >/dev/null 2>&1 || { echo "make: the Docker engine does not answer. Is it running, and may $$(id -un) use it?" >&2; exit 1; }

.PHONY: up
up: engine env ## build and start the whole stack in Docker, then print the links
	@mkdir -p var/data # or Docker would, as root
	docker compose build
	docker compose up --detach --wait --wait-timeout 600 || {
		docker compose ps --all --format 'table {{.Service}}\t{{.Status}}' >&2
		echo "make: not every service is healthy; 'docker compose logs <service>' says why" >&2
		exit 1
	}
	$(PYTHON) cli/src/relevo_cli/env.py --links

.PHONY: links
links: ## print where the services are (SHOW=1: with passwords)
	@$(PYTHON) cli/src/relevo_cli/env.py --links $(if $(SHOW),--show)

.PHONY: down
down: engine ## stop the stack; its data stays (VOLUMES=1 removes it)
	@docker compose --profile "*" down $(if $(VOLUMES),--volumes)

# --- promotions by people, in whichever of the two runs ------------------------------------------------

.PHONY: promote
promote: setup ## put a version into production (PROBLEM=, VERSION=, REASON=)
	@relevo promote

.PHONY: rollback
rollback: setup ## put the version before it back into production (PROBLEM=, REASON=)
	@relevo rollback

.PHONY: retrain
retrain: setup ## train a version again and compare its answers; nothing is registered (PROBLEM=, VERSION=)
	@relevo retrain

# --- load ---------------------------------------------------------------------------------------------

.PHONY: capacity
capacity: setup ## search for the most users that the running model server holds (URL=, MOST_USERS=)
	@python -m relevo_loadtest.capacity

# --- development ------------------------------------------------------------------------------------

.PHONY: lint
lint: setup ## ruff and mypy
	@ruff check .
	@ruff format --check .
	@mypy

.PHONY: test
test: lint ## lint, types, and every layer of tests that this machine can run
	@pytest

.PHONY: faults
faults: setup ## kill tasks, workers and services of the real stacks, count what became of the runs (FAULTS="--stack embedded")
	@python -m faults $(FAULTS)

.PHONY: dashboards
dashboards: setup ## write Grafana's dashboards from the code that describes them
	@python -m relevo_observability.dashboards

.PHONY: bench-serving
bench-serving: setup ## measure the model server beside an empty handler and its peers (needs wrk)
	@python bench/serving.py

.PHONY: screenshots
screenshots: setup ## take the README's pictures from a running `make demo`
	@python docs/screenshots.py

.PHONY: story
story: setup ## write docs/story-<problem>.md from the runs of the demo (PROBLEM=)
	@python docs/story.py

.PHONY: format
format: setup ## let ruff format and fix
	@ruff format .
	@ruff check --fix .
