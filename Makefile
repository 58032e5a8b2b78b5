# Two commands do nearly all: `make run` and `make test`. Nothing is installed outside .venv.
PYTHON ?= python3
PY := .venv/bin/python

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.PHONY: help run test lint bench faults pictures lock clean python venv venv-test

help: ## show this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1: \2/p' $(MAKEFILE_LIST)

run: venv ## run everything on this machine, until Ctrl-C
	@exec $(PY) manage.py up

test: venv-test ## run the whole test suite, browser tests included
	@exec tests/run

# Keys of this moment, so that nothing is written, and none stands here that somebody might use.
KEY = $$($(PY) -c 'import secrets; print(secrets.token_urlsafe(48))')
MADE_UP = DATA_DIR=.venv/lint SECRET_KEY=$(KEY) TOKEN_KEY=$(KEY)

lint: venv-test ## check format, types, imports, templates, migrations, containers
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	.venv/bin/lint-imports
	.venv/bin/djlint templates --lint --quiet
	@# No database is asked.
	$(MADE_UP) $(PY) -W 'ignore:Got an error checking a consistent migration history' \
		manage.py makemigrations --check --dry-run
	@# What Django itself finds unsafe in a site that the public can reach.
	$(MADE_UP) HOST=0.0.0.0 PUBLIC_URL=https://letters.example.org EMAIL_URL=smtp://localhost \
		RATE_LIMITS=on DEBUG=off $(PY) manage.py check --deploy --fail-level WARNING
	@$(MADE_UP) $(PY) manage.py draw_headers | cmp - deploy/headers.caddy || { \
		echo 'Run: python manage.py draw_headers > deploy/headers.caddy' >&2; exit 1; }
	.venv/bin/hadolint Dockerfile
	.venv/bin/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	@! grep -n '://' requirements/*.txt || { echo 'Lock files must hold no address.' >&2; exit 1; }

bench: venv-test ## run the benchmarks
	@for name in outbox posting last_evening publishing approving typeset importing; do \
		echo "bench/$$name.py"; $(PY) -m bench.$$name || exit 1; \
	done

N ?= 20
JOBS ?= 3

faults: venv-test ## kill everything again and again: make faults N=20
	@passed=0; while [ $$passed -lt $(N) ]; do \
		$(PY) -m pytest -q -x -p no:cacheprovider \
			--numprocesses $(JOBS) --dist loadfile tests/faults || { \
			echo "Failed in round $$((passed + 1)) of $(N); $$passed were passed."; exit 1; }; \
		passed=$$((passed + 1)); echo "Round $$passed of $(N) passed."; \
	done; echo "All faults, $$passed times over: nothing was lost."

pictures: venv-test ## walk a campaign in a browser, and make the pictures of docs/images/desk anew
	@exec $(PY) -m tests.pictures

LOCK = $(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

lock: venv-test ## choose versions of the dependencies anew (requirements/)
	$(LOCK) --output-file requirements/run.txt pyproject.toml
	$(LOCK) --constraint requirements/run.txt --extra embedded \
		--output-file requirements/embedded.txt pyproject.toml
	$(LOCK) --constraint requirements/embedded.txt --extra embedded --extra test \
		--output-file requirements/test.txt pyproject.toml

clean: ## remove what was installed and cached; data in var/ stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
		echo 'Undersigned needs Python 3.11 or newer; there is no $(PYTHON) here.' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Undersigned needs Python 3.11 or newer; this is $$($(PYTHON) --version 2>&1)." \
			'Name another one: make run PYTHON=python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo 'Python cannot make virtual environments here: install the package python3-venv.' >&2; \
		exit 1; }

# The environment is made anew when its Python is gone, and installed anew when the lock is another.
venv: python
	@requirements/install $(PYTHON) embedded

venv-test: python
	@requirements/install $(PYTHON) test
