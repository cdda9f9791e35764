# Orion: everything a developer runs. `make help` lists it. Needs Python 3.11+ and nothing else.

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

HOST ?= localhost
PORT ?= 8000

# The first Python that is new enough. A pyenv shim may stand on PATH and still not run, so each one is asked.
ifndef PYTHON
PYTHON := $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { command -v "$$python"; break; }; done)
endif
ifeq ($(strip $(PYTHON)),)
ifneq ($(filter-out help clean,$(or $(MAKECMDGOALS),help)),)
$(error Orion needs Python 3.11 or newer, and none was found on PATH. Install one (https://www.python.org/downloads/) \
or name it: make PYTHON=/path/to/python3.11)
endif
endif

UV := $(shell command -v uv 2>/dev/null)
ifeq ($(UV),)
UV := $(CURDIR)/.uv/bin/uv
endif

VENV := $(CURDIR)/.venv
BIN := $(VENV)/bin
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_DOWNLOADS := never
export UV_PROJECT_ENVIRONMENT := $(VENV)
# A virtual environment that happens to be active is not ours.
unexport VIRTUAL_ENV
# Some containers forbid Python to keep what it has compiled; every process would then compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE
export NPM_CONFIG_UPDATE_NOTIFIER := false
export NO_MKDOCS_2_WARNING := 1
export PATH := $(BIN):$(dir $(UV)):$(PATH)

# Stamps live inside the environment, so that removing it, or changing PYTHON, makes it anew.
RUNTIME := $(VENV)/.orion-runtime-$(notdir $(PYTHON))
EVERYTHING := $(VENV)/.orion-everything-$(notdir $(PYTHON))

.PHONY: help
help: ## List what can be made
	@echo "Orion. On a fresh machine, 'make dev' starts it and 'make test' tests it."
	@echo
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-18s %s\n", $$1, $$2} \
		/^## / {sub(/^## /, ""); printf "\n%s\n", $$0}' $(firstword $(MAKEFILE_LIST))

## Start
.PHONY: setup dev
setup: $(EVERYTHING) assets ## Install everything for development, as locked

dev: $(RUNTIME) assets ## Run Orion with demo data and simulated marketplaces on http://localhost:8000 (or HOST=, PORT=)
	@LOG_LEVEL=WARNING $(BIN)/orion demo --channels --url "http://$(HOST):$(PORT)"
	@$(if $(filter-out localhost:8000,$(HOST):$(PORT)),PUBLIC_URL="$${PUBLIC_URL:-http://$(HOST):$(PORT)}") \
		LOG_FORMAT=$${LOG_FORMAT:-console} exec $(BIN)/orion serve --simulate --host "$(HOST)" --port "$(PORT)"

## Test
.PHONY: test test-unit test-integration test-fast bench bench-catalogue bench-orders
test: test-setup ## Every test, on SQLite and on PostgreSQL
	@$(BIN)/pytest $(ARGS)

test-unit: test-setup ## Tests that need neither a database nor a browser
	@$(BIN)/pytest -m unit $(ARGS)

test-integration: test-setup ## Tests on the databases and in the browser
	@$(BIN)/pytest -m integration $(ARGS)

test-fast: test-setup ## Quick feedback: SQLite only, nothing slow, no browser
	@$(BIN)/pytest -m "not slow and not browser and not postgresql" $(ARGS)

bench: $(EVERYTHING) ## Measure the import against the floor, on both databases
	@$(BIN)/python -m bench.import $(ARGS)

bench-catalogue: $(EVERYTHING) ## Measure lists, searches and products in a small and a large catalogue, on PostgreSQL
	@$(BIN)/python -m bench.catalogue $(ARGS)

bench-orders: $(EVERYTHING) ## Measure how fast orders come in, and how many stores one worker can poll, on PostgreSQL
	@$(BIN)/python -m bench.orders $(ARGS)

## Check
.PHONY: check lint format types floors migrations-check templates translations
check: lint types floors migrations-check templates translations docs-build ## Everything but the tests, as CI does it

lint: $(EVERYTHING) ## Style and mistakes (ruff)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

format: $(EVERYTHING) ## Mend what can be mended by machine
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

types: $(EVERYTHING) ## Types (mypy, strict)
	@$(BIN)/mypy

floors: $(EVERYTHING) ## The import rule: down you call, up you publish
	@$(BIN)/lint-imports --no-cache

migrations-check: $(EVERYTHING) ## Migrations go up, down and up, and match the models, on both databases
	@$(BIN)/pytest -q tests/test_migrations.py

templates: $(EVERYTHING) ## Every template compiles and is well formed
	@$(BIN)/djlint --lint --quiet orion

translations: $(EVERYTHING) ## Every text is translated
	@$(BIN)/python -m scripts.check_translations

.PHONY: vendor-check
vendor-check: $(EVERYTHING) ## Hold adapters and simulators against the vendors' API files: SPECS=folder (not part of `check`)
	@$(BIN)/python -m scripts.vendor_check $(if $(SPECS),--specs $(SPECS)) $(ARGS)

## Database
.PHONY: migrate-up migrate-reset
migrate-up: $(RUNTIME) ## Bring the database of DATABASE_URL up to date
	@$(BIN)/orion migrate

migrate-reset: $(RUNTIME) ## Delete everything in the database and make it anew (asks first)
	@$(BIN)/python -m scripts.reset_database $(ARGS)

## Docs
.PHONY: docs docs-build
docs: $(EVERYTHING) ## Read the documentation on http://localhost:8001
	@$(BIN)/mkdocs serve --dev-addr localhost:8001

docs-build: $(EVERYTHING) ## Build the documentation into site/; a broken link fails
	@$(BIN)/mkdocs build --strict --quiet

## Tidy up
.PHONY: clean
clean: ## Remove everything made here except your data in var/
	rm -rf .venv .uv node_modules site dist orion/web/static/vendor
	rm -rf .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# What the targets above stand on.
.PHONY: assets test-setup
assets: $(RUNTIME)
	@$(BIN)/python scripts/assets.py

test-setup: $(EVERYTHING)
	@$(BIN)/python scripts/assets.py --dev
	@$(BIN)/python scripts/chromium.py

$(CURDIR)/.uv/bin/uv:
	@$(PYTHON) scripts/bootstrap_uv.py

$(RUNTIME): pyproject.toml uv.lock | $(UV)
	@echo "Installing what uv.lock names into .venv ..."
	@$(UV) sync --quiet --frozen --inexact --no-default-groups
	@touch $@

$(EVERYTHING): pyproject.toml uv.lock | $(UV)
	@echo "Installing what uv.lock names, tools included, into .venv ..."
	@$(UV) sync --quiet --frozen --inexact
	@touch $(RUNTIME) $@
