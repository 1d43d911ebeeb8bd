# Python 3.11 or newer, git and make are all that is needed. `make help` lists the targets.
SHELL := /bin/sh
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# setuptools says in a box that an editable installation is one; a stranger would take it for a fault.
EXPECTED := ignore:Editable installation
DIST := dist
# Programs of others to test against, each in an environment of its own: pywb pins old versions of libraries that are
# needed newer here, the reader of Croissant brings pandas and SciPy along, Scrapyd runs with the project's libraries and
# none that develop it, and the readers of container files are programs in wheels, which not every platform has.
OTHERS := pywb croissant scrapyd container
OTHER_STAMPS := $(OTHERS:%=.venv-%/.installed)
# What the benchmarks compare with is small and fits the locked versions; the program itself does without.
BENCH_STAMP := $(VENV)/.bench-installed
# The newest versions that fit; `make lock UPGRADE=` keeps those that are locked and still fit.
UPGRADE := --upgrade
RESOLVE = uv pip compile --universal --generate-hashes $(UPGRADE) --no-header --no-emit-index-url \
	--no-emit-find-links --quiet
# The first Python that is new enough; `make PYTHON=/path/to/python3` names another.
PYTHON ?= $(shell for p in python3 python3.14 python3.13 python3.12 python3.11; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$p" && break; done)
# Two workers at least: the tests that start a crawl wait more than they work.
WORKERS ?= $(shell n=$$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2); [ "$$n" -gt 2 ] && echo "$$n" || echo 2)
# Long tests wait for servers, browsers and kills: one more at a time.
LONG_WORKERS ?= $(shell expr $(WORKERS) + 1)

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-captures bench bench-growth record egg lint lock clean install

help:  ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1	\2/' | expand -t 24

demo: $(STAMP)  ## serve the bundled site on this machine, crawl it, show what came of it
	@$(BIN)/python -m filmscrape.demo

test: $(STAMP)  ## run the whole suite, offline
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-long: $(STAMP) $(OTHER_STAMPS)  ## run what takes long or needs programs of others: pywb, Chromium
	@$(BIN)/python -m pytest -m long -n $(LONG_WORKERS) $(ARGS)

test-captures: $(STAMP)  ## test extraction over a folder of captured pages: make test-captures DIR=…
	@test -d "$(DIR)" || { echo "make test-captures needs DIR=<folder with one folder a page>" >&2; exit 2; }
	@FILMSCRAPE_CAPTURES="$(abspath $(DIR))" $(BIN)/python -m pytest -n $(WORKERS) tests/test_fixtures.py $(ARGS)

bench: $(BENCH_STAMP)  ## measure speed and memory: benchmarks/RESULTS.md, in under ten minutes
	@$(BIN)/python -m benchmarks

bench-growth: $(BENCH_STAMP)  ## measure how they grow up to 100,000 events: benchmarks/GROWTH.md, in ten minutes or more
	@$(BIN)/python -m benchmarks.growth

record: $(STAMP)  ## record the cassette of the end-to-end test anew from the live site (needs a network)
	@$(BIN)/python -m tests.cassette record

egg: $(STAMP)  ## build the project's egg for Scrapyd into dist/
	@rm -rf $(DIST)/egg $(DIST)/*.egg && mkdir -p $(DIST)/egg/info
	@said=$$($(BIN)/python -B -W ignore -c 'import setuptools; setuptools.setup()' --quiet \
		egg_info --egg-base $(DIST)/egg/info build --build-base $(DIST)/egg/parts \
		bdist_egg --bdist-dir $(DIST)/egg/tree --dist-dir $(DIST) 2>&1) || { echo "$$said" >&2; exit 1; }
	@rm -rf $(DIST)/egg
	@ls $(DIST)/*.egg

lint: $(STAMP)  ## ruff and mypy over everything
	@$(BIN)/ruff check .
	@$(BIN)/mypy

lock:  ## resolve requirements.lock anew (needs uv and a network)
	$(RESOLVE) pyproject.toml --extra dev --output-file requirements.lock
	$(RESOLVE) pyproject.toml --extra bench --constraints requirements.lock --output-file benchmarks/requirements.lock
	for name in pywb croissant container; do $(RESOLVE) tests/requirements-$$name.in --python-version 3.11 --no-annotate \
		--output-file tests/requirements-$$name.lock || exit; done
	$(RESOLVE) pyproject.toml --constraints requirements.lock --no-annotate --output-file deploy/requirements.lock
	$(RESOLVE) deploy/requirements-scrapyd.in --no-deps --python-version 3.11 --no-annotate \
		--output-file deploy/requirements-scrapyd.lock

clean:  ## remove the virtual environment and every cache; output/ stays
	rm -rf $(VENV) $(OTHERS:%=.venv-%) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

install: $(STAMP)  ## make .venv with the locked versions

$(STAMP): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "filmscrape needs Python 3.11 or newer, and there is none on the PATH" \
		"($$(python3 --version 2>&1 || echo no python3)). Name one: make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "filmscrape needs Python 3.11 or newer; $(PYTHON) is $$("$(PYTHON)" --version 2>&1)." >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) comes without venv; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Installing the locked versions into $(VENV) (once)"
	@"$(PYTHON)" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@PYTHONWARNINGS='$(EXPECTED)' $(BIN)/python -m pip install --quiet --disable-pip-version-check \
		--no-deps --no-build-isolation --editable .
	@touch $@

$(BENCH_STAMP): benchmarks/requirements.lock | $(STAMP)
	@echo "Installing what the benchmarks compare with into $(VENV) (once)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv-pywb/.installed .venv-croissant/.installed .venv-container/.installed: .venv-%/.installed: tests/requirements-%.lock
.venv-scrapyd/.installed: deploy/requirements.lock deploy/requirements-scrapyd.lock

$(OTHER_STAMPS): .venv-%/.installed: | $(STAMP)
	@echo "Installing what tests of $* need into .venv-$* (once)"
	@$(BIN)/python -m venv --clear .venv-$*
	@.venv-$*/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes $(^:%=-r %)
	@touch $@
