# Needs only make and Python 3.11 on the machine; everything else goes into .venv.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
ONCE ?=
NPM := $(shell command -v npm)
CHARTS := bot/web/static/vendor/echarts.simple.min.js

.PHONY: demo test fast check bench lock clean

demo: $(VENV)/.ready $(CHARTS)   ## the whole system with a simulated chat; ONCE=1 plays the story once
	$(BIN)/suishoupai demo $(if $(ONCE),--once)

test: $(VENV)/.ready-dev $(CHARTS)   ## every test, on SQLite and PostgreSQL
	$(BIN)/pytest -n auto

fast: $(VENV)/.ready-dev $(CHARTS)   ## the suite to run while working: SQLite only, no browser, no weeks of virtual time
	$(BIN)/pytest -n auto -m "not postgresql and not browser and not long"

check: $(VENV)/.ready-dev   ## format, lint, types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(VENV)/.ready $(CHARTS)   ## measured speeds
	$(BIN)/suishoupai bench

lock:   ## refresh the locks from pyproject.toml
	$(BIN)/uv pip compile -q pyproject.toml --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -o requirements.lock
	$(BIN)/uv pip compile -q pyproject.toml --group dev --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -c requirements.lock -o requirements-dev.lock
	$(BIN)/uv pip compile -q --group front --python-version 3.11 --universal --generate-hashes --no-header --no-emit-index-url -o requirements-front.lock

clean:
	rm -rf $(VENV) var node_modules $(dir $(CHARTS))

$(VENV)/bin/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check uv

$(VENV)/.ready: $(VENV)/bin/uv requirements.lock pyproject.toml
	$(BIN)/uv pip install --quiet --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --no-deps -e .
	touch $@

$(VENV)/.ready-dev: $(VENV)/.ready requirements-dev.lock
	$(BIN)/uv pip install --quiet --require-hashes -r requirements-dev.lock
	touch $@

# By the machine's npm, else by one that comes as a Python package. Without either the pages show tables only.
$(CHARTS): package.json package-lock.json .npmrc | $(VENV)/bin/uv
	$(if $(NPM),,-$(BIN)/uv pip install --quiet --require-hashes -r requirements-front.lock)
	-PATH="$$PATH:$(CURDIR)/$(BIN)" npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	-mkdir -p $(@D) && cp node_modules/echarts/dist/$(@F) $@ && touch $@
