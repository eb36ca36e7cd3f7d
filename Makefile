# The developer's commands; `make` alone lists them. Needs Python 3.11+ with venv, and make.
# `make demo` installs what chertlog runs on and no more; the developers' tools come with the first
# command that uses them. Both are installed again whenever pyproject.toml changes.

PYTHON  ?= python3
VENV    ?= .venv
WORKERS ?= 2
SERVE   ?= 1
ARGS    ?=

BIN     := $(VENV)/bin
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
PIP     := PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 $(BIN)/python -m pip --quiet --quiet
PYTEST  := $(BIN)/pytest --numprocesses $(WORKERS) --dist loadfile $(ARGS)
ONLY    ?= *
BENCHES  = $(wildcard tests/bench/bench_$(ONLY).py)

.DEFAULT_GOAL := help
.PHONY: help venv demo dashboard docs test check types format truth torture fuzz soak bench shots audit clean

help: ## this list
	@echo 'make COMMAND [PYTHON=python3] [VENV=.venv]'
	@sed -nE 's/^([a-z-]+):[^#]*## (.*)/  \1|\2/p' Makefile | while IFS='|' read -r name text; do \
	    printf '%-12s %s\n' "$$name" "$$text"; done

venv: $(DEV) ## .venv with chertlog (editable) and the developers' tools

demo: $(RUNTIME) ## a day of sample logs, ingested, reported and shown; SERVE=0 stops after the report
	@$(BIN)/chertlog demo $(if $(filter 0,$(SERVE)),--no-serve) $(ARGS)

dashboard: $(RUNTIME) ## the dashboard on ./chertlog-data; options in ARGS='--data-dir DIR'
	@$(BIN)/chertlog dashboard $(ARGS)

docs: $(DEV) ## the documentation site, in ./site (strict: a dead link fails; `make check` builds it, too)
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build --strict --site-dir site $(ARGS)
	@echo 'Open site/index.html'

test: $(DEV) ## every test, in a browser too (installs what it needs from Debian where it may); ARGS='-k name'
	@marks=$$(.ci/tools) || exit; $(PYTEST) -m "$$marks"; status=$$?; \
	[ -z "$$marks" ] || echo "Left out, for want of a program (see above): what is $$marks." >&2; exit $$status

check: $(DEV) ## before a push: format, lint, types, imports, and the tests that need no browser or other program
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(MAKE) --no-print-directory types
	@$(BIN)/lint-imports --no-cache
	@$(PYTEST) -m 'not browser and not alertmanager'

types: $(DEV) ## mypy, strict
	@mkdir -p .typing/chertlog
	@for folder in ingest queries dashboard; do ln -sfn ../../$$folder .typing/chertlog/$$folder; done
	@$(BIN)/mypy -p chertlog.ingest -p chertlog.queries -p chertlog.dashboard

format: $(DEV) ## rewrite the Python files as ruff would
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

truth: $(DEV) ## 20 simulated days against what really happened in them; ARGS='--days 3'
	@$(BIN)/python tests/truth/days.py $(ARGS)

torture: $(DEV) ## every fault case, kills, and files of all sizes, at full length; ends with a table
	@$(BIN)/pytest -q tests/torture --long --timeout 7200 $(ARGS)

fuzz: $(DEV) ## damaged lines against the readers; ARGS='--minutes 10'
	@$(BIN)/python tests/torture/fuzz.py $(ARGS)

soak: $(DEV) ## 6 simulated hours at tenfold speed while everything runs; ends with a table; ARGS='--minutes 12 --rps 300'
	@.ci/tools browser >/dev/null && $(BIN)/python tests/soak/soak.py $(ARGS)

bench: $(DEV) ## the benchmarks in tests/bench/, one after the other; ONLY=dashboard ARGS='--people 50'
	@mkdir -p .bench && for name in $(BENCHES:tests/bench/bench_%.py=%); do \
	    $(BIN)/python tests/bench/bench_$$name.py --json .bench/$$name.json $(ARGS) || exit; done

shots: $(DEV) ## pictures of every screen, in ./shots; options in ARGS='--out DIR --look phone-dark --only errors'
	@.ci/tools browser >/dev/null && $(BIN)/python tests/shots/shots.py $(ARGS)

audit: $(DEV) ## known vulnerabilities in what is installed (asks the index)
	@test -x $(BIN)/pip-audit || $(PIP) install 'pip-audit>=2.10,<3' || true
	@$(BIN)/python .ci/audit.py $(BIN)/pip-audit

clean: ## remove .venv, builds and caches; logs and databases stay
	rm -rf .venv .typing build dist site *.egg-info .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	@find ingest queries dashboard tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo 'chertlog needs Python 3.11 or later: make PYTHON=/path/to/python3.11 ...' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' || \
	    { echo 'This Python makes no virtual environments (Debian: apt-get install python3-venv).' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

$(RUNTIME): pyproject.toml | $(BIN)/python
	@echo 'Installing chertlog into $(VENV) (once) ...' >&2
	@$(PIP) install --editable .
	@touch $@

$(DEV): pyproject.toml | $(BIN)/python
	@echo 'Installing chertlog and the developers'\'' tools into $(VENV) (once) ...' >&2
	@$(PIP) install --editable '.[dev]'
	@touch $(RUNTIME) $@
