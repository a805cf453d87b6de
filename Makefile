# Two commands do everything: `make quickstart` and `make test`. Both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
EXTRAS := --extra local --extra math --extra test --extra dev
INSTALLED := .venv/installed

.PHONY: quickstart test test-slow check fix bench lock clean

quickstart: $(INSTALLED)  ## run the first experiment on the built-in model
	$(BIN)/compound run experiments/more_agents.yaml

test: $(INSTALLED)  ## the suite, without what takes minutes
	$(BIN)/pytest -m "not slow"

test-slow: $(INSTALLED)  ## kills, whole experiments
	$(BIN)/pytest -m slow

check: $(INSTALLED)  ## style, types, and who imports whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

fix: $(INSTALLED)  ## what can be put right automatically
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(INSTALLED)  ## the figures that the README quotes
	@for file in benchmarks/*.py; do echo "== $$file"; $(BIN)/python $$file || exit 1; done

# uv installs the hashed lock in seconds. pip does the same more slowly, and knows the settings of pip.conf.
$(INSTALLED): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "compound needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	$(PYTHON) -m venv .venv
	-$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --require-hashes -r requirements.lock || \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(INSTALLED)

lock:  ## resolve the dependencies anew, with hashes and without index addresses
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --upgrade $(EXTRAS) --group weights pyproject.toml -o requirements.lock

clean:
	rm -rf .venv
