# Every chore of this project, by name. `make` lists them.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
# Named after the content of the files that it was made from: git gives an unchanged file a new time.
READY := .venv/.ready-$(firstword $(shell cat pyproject.toml requirements.lock | cksum))
TOX := $(BIN)/uv tool run --python $(BIN)/python --with tox-uv tox
# pyenv hides the interpreters that nobody has selected.
PYENV = $(lastword $(sort $(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.$1.*/bin)))
OTHER_PYTHONS := $(patsubst %,:%,$(call PYENV,13))$(patsubst %,:%,$(call PYENV,1[4-9]))
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	--no-annotate --custom-compile-command 'make lock'
NEWEST = $$($(BIN)/python -c 'import seatunnel_openapi; print(seatunnel_openapi.newest_recorded())')
VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' pyproject.toml)
DIST := dist/seatunnel_v2-$(VERSION)
# What is built has the time of the commit, so that two builds are equal.
DATED = SOURCE_DATE_EPOCH="$$(git log -1 --format=%ct)"
CYCLONEDX := PYTHONWARNINGS=ignore $(BIN)/uv tool run --python $(BIN)/python --from cyclonedx-bom==7.5.0 cyclonedx-py requirements --pyproject pyproject.toml \
	--output-reproducible
# Of packages that are installed here: those of other systems are left out.
LICENCES := $(BIN)/uv tool run --python $(BIN)/python --from pip-licenses==5.5.5 pip-licenses --python $(BIN)/python --format markdown --with-urls
# It needs a newer Node than most machines have.
SCALAR := npx --yes --package node@24 --package @scalar/cli@2.0.1 scalar
MUTMUT := VIRTUAL_ENV=$(CURDIR)/.venv $(CURDIR)/$(BIN)/uv run --no-project --active --with mutmut==3.8.1 python -m mutmut

.DEFAULT_GOAL := help
.PHONY: help setup conform serve check check-static check-server check-suite check-commands test lock derived vendor upstream requirements release format judges clients callers engines manual bench mutation clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(READY):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "seatunnel-v2 needs Python 3.11 or newer: make PYTHON=/path/to/python3.11")'
	@echo 'Installing the requirements in .venv. The first time takes about a minute.' >&2
	@rm -f .venv/.ready*
	@test -x $(BIN)/uv || { $(PYTHON) -m venv .venv && $(BIN)/python -m pip --quiet install 'uv>=0.9'; }
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --requirement requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $@

setup: $(READY) ## Make the project's own environment in .venv (the other targets do it when it is missing).

conform: $(READY) ## Run the suite against the reference server, or against a deployment: make conform URL=http://host:8080
	@mkdir -p reports
	@$(BIN)/seatunnel-v2 conform $(if $(URL),$(URL),--serve) \
		--report-html reports/conformance.html --report-junit reports/conformance.xml --report-ndjson reports/conformance.ndjson $(ARGS)

serve: $(READY) ## Start the reference server: make serve ARGS='--port 8080'
	@$(BIN)/seatunnel-v2 serve $(ARGS)

check: $(READY) ## Lint, types, contract and the fast tests, in 45 seconds on two cores; each part stops at its first failure. CHANGED=1: only tests of changed code.
	@$(MAKE) --no-print-directory --jobs 4 check-server check-suite check-commands check-static

check-server check-suite check-commands check-static: SHELL := /bin/bash
check-server check-suite check-commands check-static: .SHELLFLAGS := -o pipefail -c
# Lines of parts that run at the same time begin with the part's name.
NAMED = 2>&1 | sed -u 's/^/$(@:check-%=%)\t/'

check-static:
	@$(BIN)/ruff check $(NAMED)
	@$(BIN)/ruff format --check $(NAMED)
	@$(BIN)/lint-imports --no-cache $(NAMED)
	@$(BIN)/deptry --no-ansi openapi server conformance stubs docs cli $(NAMED)
	@$(BIN)/mypy $(NAMED)
	@$(MAKE) --no-print-directory .venv/.yaml $(NAMED)
	@$(BIN)/check-jsonschema --quiet --builtin-schema vendor.github-actions action.yml $(NAMED)
	@$(BIN)/openapi-spec-validator openapi/seatunnel-v2.yaml $(NAMED)

# yamllint takes three seconds, so it only runs if a file of YAML has changed since it passed.
YAML := $(wildcard $(shell git ls-files --cached --others --exclude-standard '*.yaml' '*.yml'))
.venv/.yaml: .yamllint $(READY) $(YAML)
	@$(BIN)/yamllint --strict $(YAML)
	@touch $@

# Sessions of pytest for two cores: pytest-xdist would spend a fifth of the CPU time on thousands of quick tests.
# Without a cache of bytecode, which images of Python often turn off, each session would compile 700 modules.
QUICK = PYTHONDONTWRITEBYTECODE= TESTMON_DATAFILE=.testmondata-$(@:check-%=%) $(NICE) $(BIN)/pytest -q -x -m 'not slow' $(if $(CHANGED),--testmon --testmon-forceselect)

# The session of the suite is the longest, so it gets a core of its own while the others share one.
check-commands check-server: NICE = nice

check-suite:
	@$(QUICK) conformance/tests $(NAMED)

check-commands:
	@$(QUICK) openapi/tests stubs/tests cli/tests $(NAMED)

check-server:
	@$(QUICK) server/tests docs/tests $(NAMED)

test: $(READY) ## Everything that gates: all of tox.
	PATH="$$PATH$(OTHER_PYTHONS)" UV_PYTHON_DOWNLOADS=never $(TOX) run-parallel --parallel 2 --parallel-live --skip-missing-interpreters=true $(if $(ENV),-e $(ENV))

judges: $(READY) ## Redocly and Spectral on the contract (needs Node; says so and passes when there is none).
	@$(BIN)/python judges/lint.py

clients: $(READY) ## Generate clients from the contract of every release and let each follow a job: make clients ARGS='--release 2.3.10'
	@$(BIN)/python judges/clients.py $(ARGS)

callers: $(READY) ## Try all known clients of other projects whose source is in a folder: make callers SOURCES=../callers ARGS='--release 2.3.9'
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/python -m bench.callers $(SOURCES) $(ARGS)

engines: $(READY) ## Run the suite on real engines, empty and with foreign jobs: make engines ARGS='--only 2.3.9 --profile full'
	@$(BIN)/python -m bench.engines $(ARGS)

lock: $(READY) ## Bring requirements*.lock up to date with pyproject.toml.
	$(COMPILE) --all-extras --group dev --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --generate-hashes --group serve --output-file requirements-serve.lock
	$(COMPILE) --constraint requirements.lock --generate-hashes --output-file requirements-suite.lock pyproject.toml
	$(COMPILE) --generate-hashes --group build --output-file requirements-build.lock

derived: vendor upstream manual requirements ## Bring all files up to date that are derived from contract, suite and help.

vendor: $(READY) ## Bring examples/vendor up to date with the contract, after a change of the contract.
	$(BIN)/seatunnel-v2 stubs -o examples/vendor --release 2.3.10

upstream: $(READY) ## Bring upstream/ up to date, after a change of the contract; OPENAPI=3.1 also writes the document as OpenAPI 3.1.
	$(BIN)/python upstream/document.py > upstream/openapi-v2.yaml
	$(BIN)/seatunnel-v2 deviations --release $(NEWEST) --format markdown > upstream/deviations.md
	$(if $(filter 3.1,$(OPENAPI)),$(SCALAR) document upgrade upstream/openapi-v2.yaml --output upstream/openapi-v2-3.1.json)

requirements: $(READY) ## Bring the requirement set of the version in development up to date, after a change of clauses or checks.
	$(BIN)/python -c 'from seatunnel_conformance.run.scoring import current_requirements; print(current_requirements(), end="")' \
		> conformance/seatunnel_conformance/run/requirements/$(VERSION).yaml

manual: $(READY) ## Make the manual page again, after a change of --help.
	$(BIN)/python -m seatunnel_v2.manual > cli/seatunnel-v2.1

release: $(READY) ## Build all that a release publishes into dist/: wheel, sdist, site, container context, SBOMs, licences, checksums.
	@test -z "$$(git status --porcelain)" || { echo 'make release: the tree has changes; commit them first' >&2; exit 1; }
	@grep -q "^## \[$(VERSION)\] - " CHANGELOG.md || { echo "make release: CHANGELOG.md has no heading '## [$(VERSION)] - DATE'" >&2; exit 1; }
	$(BIN)/pytest -q conformance/tests/test_requirements.py cli/tests/test_committed.py
	@rm -rf dist
	$(DATED) $(BIN)/uv build --quiet --out-dir dist
	$(DATED) $(BIN)/seatunnel-v2 docs build --output dist/site
	tar --create --sort=name --mtime="@$$(git log -1 --format=%ct)" --owner=0 --group=0 --numeric-owner --directory dist site \
		| gzip --no-name > $(DIST)-site.tar.gz
	@rm -r dist/site
	git archive HEAD -- . ':(exclude,glob)*/tests/**' ':!bench' ':!judges' ':!examples' ':!upstream' | gzip --no-name > $(DIST)-container.tar.gz
	for lock in serve suite; do $(DATED) $(CYCLONEDX) --output-file "$(DIST)-$$lock.cdx.json" requirements-$$lock.lock; done
	for lock in serve suite; do $(LICENCES) --output-file "$(DIST)-$$lock-licences.md" \
		--packages $$(sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' requirements-$$lock.lock); done
	@cd dist && sha256sum -- *.* > SHA256SUMS && cat SHA256SUMS

format: $(READY) ## Format the code and fix what ruff can fix.
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(READY) ## Measure the server against bare Starlette and stock connexion, in one run.
	$(BIN)/python -m bench

mutation: $(READY) ## Mutate planner, life cycle and request reading, and see which tests notice (an hour; no part of make test).
	@rm -rf reports/mutation && mkdir -p reports/mutation
	@cp -R server/. conformance reports/mutation && cp bench/mutation.cfg reports/mutation/setup.cfg
	@cd reports/mutation && $(MUTMUT) run $(if $(MUTANTS),'$(MUTANTS)')
	@cd reports/mutation && $(MUTMUT) results | sed '/not checked/d'

clean: ## Remove what the other targets made.
	rm -rf .venv .tox dist reports .coverage* .testmondata* .mypy_cache .pytest_cache .ruff_cache .hypothesis
