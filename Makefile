# Every target sets up what it needs; a second run finds it done. `make help` lists the targets.

PYTHON ?= python3
BIN := .venv/bin
DONE := .make
JOBS ?= 2
# Whole files to each worker, in the order of tests/durations.txt.
SPREAD = -n $(JOBS) --dist loadfile --no-loadscope-reorder --durations=10 --durations-min=1
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-header --no-emit-index-url
NODE_SDK := tests/telemetry/node_sdk
WEB_SOURCES := $(shell find web -path web/node_modules -prune -o -type f -print 2>/dev/null)

PICTURES = $(if $(ONLY),--only $(ONLY))

.DEFAULT_GOAL := help
.PHONY: help setup test lint types mutants demo bench prove page lock openapi golden screenshots clean browser

help: ## List the targets.
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

setup: $(DONE)/packages $(DONE)/page $(DONE)/node-sdk browser ## Install everything into .venv and build the page; nothing else does more.

ifdef PACKAGE
test: $(DONE)/packages ## Run every check and every test, long files first; with PACKAGE=incidents, of that package and the rules.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src/holdfast/$(PACKAGE)
	$(BIN)/lint-imports
	$(BIN)/pytest $(SPREAD) tests/lints tests/$(PACKAGE)
else
test: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/lint-imports
	scripts/with-node npm --prefix web run check
	$(if $(RECORD),TEST_DURATIONS=write )$(BIN)/pytest $(SPREAD)
endif

lint: $(DONE)/packages ## Run the linters and the house's own rules; fixes what can be fixed.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/lint-imports
	$(BIN)/pytest tests/lints

types: $(DONE)/packages ## Check the types of all Python code.
	$(BIN)/mypy src

mutants: $(DONE)/packages ## Mutate pure modules of PACKAGE=objectives and list what no test notices (minutes); reasons: tests/mutants/survivors.md.
	JOBS=$(JOBS) $(BIN)/python -m tests.mutants $(PACKAGE)

demo: setup ## Start a real shop, traffic, Holdfast and the page at http://127.0.0.1:7070.
	@exec $(BIN)/holdfast demo

bench: setup ## Print the figures, side by side with what a user would pick instead (the last hour is the demo's).
	$(BIN)/python -m benchmarks

prove: setup ## Run the long proofs: kills, damage and full disks at random; goes on where it was stopped (an hour or more).
	$(BIN)/pytest -m prove

page: $(DONE)/page ## Build the page.

lock: $(DONE)/packages ## Write the versions and hashes of all packages again from requirements/*.in.
	$(COMPILE) requirements/dev.in -o requirements/dev.txt
	$(COMPILE) requirements/shop.in -o requirements/shop.txt
	$(COMPILE) requirements/runtime.in -o requirements/runtime.txt
	$(COMPILE) requirements/bootstrap.in -o requirements/bootstrap.txt

openapi: $(DONE)/packages ## Write the API's description, and the page's client from it.
	$(BIN)/python -m holdfast.app.openapi web/openapi.json
	scripts/with-node npm --prefix web run generate

golden: openapi ## Write all generated documents and golden files again; read the difference before committing.
	$(BIN)/python -m holdfast.app.reference docs/reference
	HOLDFAST_GOLDEN=write $(BIN)/pytest tests -k golden

screenshots: setup ## Take the pictures in docs/images again, from the fake server and a demo (half an hour; ONLY=page: a minute; ONLY=sheets: every page and state into docs/page).
	$(BIN)/python -m tests.browser.pictures $(PICTURES)

clean: ## Remove everything that was made or installed here; data and the demo's stay.
	rm -rf .venv $(DONE) web/node_modules $(NODE_SDK)/node_modules src/holdfast/app/page .mypy_cache .ruff_cache .pytest_cache .hypothesis .prove .mutants
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(DONE)/venv: requirements/bootstrap.txt
	@mkdir -p $(DONE)
	@scripts/make-venv $(PYTHON)
	@touch $@

$(DONE)/packages: $(DONE)/venv requirements/dev.txt pyproject.toml shop/pyproject.toml
	$(BIN)/uv pip sync --quiet --compile-bytecode --require-hashes requirements/dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation -e . -e shop
	@touch $@

$(DONE)/node: $(DONE)/packages web/package.json web/package-lock.json
	scripts/with-node npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

# What the tests send telemetry with; none of it needs a script to install.
$(DONE)/node-sdk: $(DONE)/packages $(NODE_SDK)/package.json $(NODE_SDK)/package-lock.json
	scripts/with-node npm --prefix $(NODE_SDK) ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

$(DONE)/page: $(DONE)/node $(WEB_SOURCES)
	scripts/with-node npm --prefix web run build -- --logLevel warn
	@touch $@

browser: $(DONE)/packages
	@scripts/have-chromium
