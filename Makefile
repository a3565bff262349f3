# `make run` serves the site, `make test` checks it, `make bench` measures it beside others. Each
# installs what it needs.
PORT ?= 8000
PYTHON ?= python3
BIN = .venv/bin
STATIC := $(shell find static -print 2>/dev/null)

help:
	@echo "make run       install what is needed and serve the site on http://127.0.0.1:$(PORT)/"
	@echo "make test      run every check"
	@echo "make bench     measure it beside nginx and other ways to serve the same page"
	@echo "make install   install again, for instance after apt brought what was missing"

run: .venv/installed var/static/staticfiles.json
	@$(BIN)/python manage.py prepare
	@exec $(BIN)/python manage.py serve $(PORT)

test: .venv/installed-dev
	@exec $(BIN)/python -m tests

bench: .venv/installed-bench
	@exec $(BIN)/python -m benchmarks.side_by_side

install:
	@PYTHON=$(PYTHON) sh tools/install.sh

.venv/installed: requirements.txt requirements-site.txt
	@PYTHON=$(PYTHON) sh tools/install.sh

.venv/installed-dev: .venv/installed requirements-dev.txt
	@echo "Installing what the tests need."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@

.venv/installed-bench: .venv/installed benchmarks/requirements.txt
	@echo "Installing what the benchmark needs."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r benchmarks/requirements.txt
	@touch $@

var/static/staticfiles.json: .venv/installed $(STATIC)
	@echo "Collecting the static files."
	@$(BIN)/python manage.py collectstatic --no-input --verbosity 0
	@touch $@

.PHONY: help run test bench install
