# Everything runs in .venv, which these rules make and keep up to date.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# The pip that comes with Python 3.10 searches for versions for minutes.
PIP := 25.0
RUN_STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-test
DOCS_STAMP := $(VENV)/.installed-docs

# The tests start hundreds of processes, and each would compile the package.
unexport PYTHONDONTWRITEBYTECODE

# Without what Python compiles at its first import anyway: of TensorFlow and its
# like only a part is ever imported.
INSTALL := $(BIN)/python -m pip install --quiet --no-compile

# Each process takes 1 to 2 GB of memory.
PYTEST := $(BIN)/python -m pytest --numprocesses=auto --maxprocesses=4 \
    --dist=worksteal

# Without its theme's notice of a successor at each start.
MKDOCS := NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs

.PHONY: demo test test-slow test-all test-versions claims-quick docs site lint \
    format wheel installed clean help

help:
	@echo "make demo    compare five normalizations on real digits"
	@echo "make test    run the tests, in five minutes on two cores"
	@echo "make test-slow   run those that take long"
	@echo "make test-all    run both"
	@echo "make test-versions   run the fast tests with other versions"
	@echo "make claims-quick   see that all claims' experiments run"
	@echo "make docs    serve the documents on http://127.0.0.1:8000"
	@echo "make site    build them as a site in build/site"
	@echo "make lint    check the style and the types"
	@echo "make format  fix the style"
	@echo "make wheel   build sdist and wheel, and import it from another folder"
	@echo "make installed   install all that the others need"
	@echo "make clean   remove .venv and build files"

demo: $(RUN_STAMP)
	$(BIN)/python -m normzoo.trainers.compare \
	    --config=configs/digits_mlp.py --workdir=runs/digits_mlp \
	    --jobs=2

test: $(TEST_STAMP)
	$(PYTEST) -m "not slow"

test-slow: $(TEST_STAMP)
	$(PYTEST) -m slow

test-all: $(TEST_STAMP)
	$(PYTEST)

# By hand, before a release: it installs TensorFlow for each Python.
test-versions: $(TEST_STAMP)
	$(BIN)/python tests/versions.py

claims-quick: $(TEST_STAMP)
	$(PYTEST) tests/test_quick_claims.py tests/trainers/comparison/test_claims.py

docs: $(DOCS_STAMP)
	$(BIN)/python docs/site/config_keys.py
	$(MKDOCS) serve

site: $(DOCS_STAMP)
	$(MKDOCS) build --strict --quiet

lint: $(TEST_STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	mkdir -p build/types
	ln -sfn $(CURDIR) build/types/normzoo
	$(BIN)/mypy --no-error-summary

format: $(TEST_STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

# The wheel is built of the sdist, which is thereby seen to be complete.
wheel: $(TEST_STAMP)
	rm -rf dist build
	$(BIN)/pyproject-build --no-isolation > /dev/null
	cd / && $(CURDIR)/$(BIN)/python $(CURDIR)/tests/import_wheel.py \
	    $(CURDIR)/dist

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache

# At once, before targets run side by side: two pips would get in their way.
installed: | $(BIN)/python
	$(INSTALL) --editable '.[test,docs]'
	touch $(RUN_STAMP) $(TEST_STAMP) $(DOCS_STAMP)

$(BIN)/python:
	$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 14) \
	    and f"Python 3.10 to 3.13 is needed, this is {sys.version}. " \
	    "Try: make PYTHON=python3.12 ...")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet 'pip >= $(PIP)'

$(RUN_STAMP): setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable .
	touch $@

$(TEST_STAMP): setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[test]'
	touch $@ $(RUN_STAMP)

$(DOCS_STAMP): setup.cfg pyproject.toml | $(BIN)/python
	$(INSTALL) --editable '.[docs]'
	touch $@ $(RUN_STAMP)
