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
demo: setup ## run the whole stack as plain processes (PROBLEM=, RUNS=, ONCE=1)
	@relevo demo

.PHONY: data
data: setup ## download the real data sets (resumes, checks sha256)
	@relevo data

# --- with Docker ------------------------------------------------------------------------------------

.PHONY: env
env: ## write .env with fresh random secrets, if there is none
	@$(PYTHON) cli/src/relevo_cli/env.py

.PHONY: up
up: env ## build and start the whole stack in Docker, then print the links
	@docker compose up --build --detach --wait
	@$(PYTHON) cli/src/relevo_cli/env.py --links

.PHONY: down
down: ## stop the stack; its data stays (VOLUMES=1 removes it)
	@docker compose down $(if $(VOLUMES),--volumes)

# --- development ------------------------------------------------------------------------------------

.PHONY: lint
lint: setup ## ruff and mypy
	@ruff check .
	@ruff format --check .
	@mypy

.PHONY: test
test: lint ## lint, types, and every layer of tests that this machine can run
	@pytest

.PHONY: format
format: setup ## let ruff format and fix
	@ruff format .
	@ruff check --fix .
