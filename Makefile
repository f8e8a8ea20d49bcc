# Two commands: `make demo` runs the service on synthetic people, `make test` runs every test.
# Needs Python 3.11 or newer and nothing else. PYTHON=python3.12 picks another one.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(VENV) $(BIN)/uv

# What is compiled once need not be compiled again by each process that a test or the demonstration starts.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: demo demo-reset test check bench frontend screenshots lock clean

demo: $(VENV)/installed
	@$(BIN)/etterklang demo

demo-reset: $(VENV)/installed
	@$(BIN)/etterklang demo --reset

# Three workers on two cores, since a test often waits for a browser, a server or a disk.
test: $(VENV)/installed-dev
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m tests.softhsm
ifdef TESTS
	@$(BIN)/python -m pytest $(TESTS)
else
	@$(BIN)/python -m pytest -n 3 --dist loadfile --no-loadscope-reorder tests
endif

check: $(VENV)/installed-dev
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(VENV)/installed-dev
	@$(BIN)/python -m tests.browser
	@$(BIN)/python -m bench $(NAME)

# Builds frontend/dist from its source with the Node that comes as a wheel.
frontend: $(VENV)/installed-dev
	@$(BIN)/python -m tests.frontend.build

# Makes the pictures of the README anew from the running service.
screenshots: $(VENV)/installed-dev
	@$(BIN)/python -m tests.browser
	@SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/journeys

lock: $(VENV)/installed-dev
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --no-annotate requirements-bootstrap.in -o requirements-bootstrap.txt
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --no-annotate pyproject.toml -o requirements.txt
	$(UV) pip compile -q --generate-hashes --universal --python-version 3.11 --no-header --no-annotate requirements-dev.in -o requirements-dev.txt

clean:
	rm -rf $(VENV) .etterklang .etterklang-test frontend/node_modules

$(VENV)/bootstrapped: requirements-bootstrap.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Etterklang needs Python 3.11 or newer; this is %d.%d. Name another with PYTHON=..." % sys.version_info[:2])'
	@echo "Making the virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment here: install its venv module (on Debian: python3-venv)"; exit 1; }
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	@touch $@

$(VENV)/installed: $(VENV)/bootstrapped requirements.txt pyproject.toml
	@echo "Installing what it needs, each package checked against its hash"
	@$(UV) pip install -q --compile-bytecode --require-hashes -r requirements.txt
	@$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@echo "Installing what the tests need"
	@$(UV) pip install -q --compile-bytecode --require-hashes -r requirements.txt -r requirements-dev.txt
	@touch $@
