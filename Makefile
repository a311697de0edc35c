# `make help` lists the targets. Settable: PORT (make run PORT=9000), PYTHON (make run PYTHON=python3.12),
# PORTAL_DATA, which moves var/, and PORTAL_SOAK, the rounds of `make soak`.

PORT ?= 8000
PYTHON ?= python3
DATA := $(or $(PORTAL_DATA),var)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check -qq install
NODE_PARTS := tests/servers/node_modules/.installed tests/servers/atproto/node_modules/.installed
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard portal/translations/*/LC_MESSAGES/*.po))
POT := .venv/messages.pot

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run reset test lint soak bench shots lock messages settings-docs parts debian-parts

help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

run: .venv/.installed $(CATALOGUES) ## The portal with its demo world on http://127.0.0.1:8000 (PORT=…)
	@exec $(BIN)/python -m portal.serving --port $(PORT)

reset: ## Throw away all data of `make run`
	@sh deploy/reset.sh "$(DATA)"

test: lint parts ## Lint and every test, against real servers and a real browser
	@exec $(BIN)/python -m pytest -n 2

lint: .venv/.installed-test ## Style, types and the floors of the house
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check . || { echo "Not formatted as agreed. Run: $(BIN)/ruff format ."; exit 1; }
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/lint-imports --no-cache --no-logo > .venv/lint-imports.log || { cat .venv/lint-imports.log; exit 1; }

soak: parts ## Long rounds of the races and crashes, and new examples of what holds for any (PORTAL_SOAK=100)
	@PORTAL_SOAK=$${PORTAL_SOAK:-100} $(BIN)/python -m pytest -m "soak or hypothesis" --timeout 0

bench: parts ## How fast, compared with bare Flask in the same run
	@exec $(BIN)/python -m benchmarks

shots: parts ## Screenshots of every page, phone and desktop, light and dark, into var/shots
	@exec $(BIN)/python -m tests.browser.shots

messages: .venv/.installed-test ## Carry new and changed texts into the translation catalogues
	@$(BIN)/pybabel -q extract -F pyproject.toml -k lazy_gettext -k _l -k lazy_ngettext:1,2 -k lazy_pgettext:1c,2 \
		--no-location --sort-output --project ambassador-portal -o $(POT) .
	@for language in en de; do $(BIN)/pybabel -q update -i $(POT) -d portal/translations -l $$language \
		--init-missing --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date || exit; done
	@$(BIN)/python deploy/fill_english.py

settings-docs: .venv/.installed ## Write docs/settings.md from config.py
	@$(BIN)/flask --app wsgi portal settings --write docs/settings.md

lock: .venv/uv/bin/uv ## Choose and pin the versions of all dependencies anew
	@$(LOCK) pyproject.toml -o deploy/requirements.lock
	@$(LOCK) pyproject.toml --group test -c deploy/requirements.lock -o deploy/requirements-test.lock

LOCK = .venv/uv/bin/uv -q pip compile --upgrade --universal --generate-hashes \
	--no-header --no-emit-index-url --no-emit-find-links

# What the targets above stand on. A stamp older than its lock file is made again; otherwise nothing happens.

parts: .venv/.installed-test $(CATALOGUES) debian-parts $(NODE_PARTS)

debian-parts:
	@sh tests/setup/debian.sh

.venv/bin/python:
	@sh deploy/venv.sh "$(PYTHON)"

.venv/.installed: deploy/requirements.lock | .venv/bin/python
	@echo "Installing the portal's packages into .venv …"
	@$(PIP) --require-hashes -r $<
	@touch $@

.venv/.installed-test: deploy/requirements-test.lock | .venv/bin/python
	@echo "Installing the packages for development into .venv …"
	@$(PIP) --require-hashes -r $<
	@touch $@ .venv/.installed

tests/servers/node_modules/.installed: tests/servers/package-lock.json tests/servers/package.json
	@echo "Installing the test servers on Node.js …"
	@npm ci --loglevel=error --no-progress --prefix tests/servers > /dev/null
	@touch $@

# Node's own headers, where they are installed: else the compiler's wrapper fetches them from outside.
tests/servers/atproto/node_modules/.installed: tests/servers/atproto/package-lock.json tests/servers/atproto/package.json
	@echo "Installing a Bluesky of the tests' own; it is compiled, which takes a few minutes …"
	@node=$$(dirname "$$(dirname "$$(command -v node)")"); \
		if [ -f "$$node/include/node/node.h" ]; then export npm_config_nodedir="$$node"; fi; \
		npm ci --loglevel=error --no-progress --prefix tests/servers/atproto > /dev/null
	@touch $@

.venv/uv/bin/uv: | .venv/bin/python
	@$(BIN)/python -m venv .venv/uv
	@.venv/uv/bin/python -m pip --disable-pip-version-check -qq install uv

%.mo: %.po | .venv/.installed
	@$(BIN)/pybabel -q compile -i $< -o $@
