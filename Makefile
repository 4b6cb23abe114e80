# make demo    see it work (creates .venv and installs into it first)
# make test    everything that has to hold: lint, types, import contracts, tests
# make long    what takes too long for every change: a year of a full practice
# make words   bring the texts of notices into the catalogues, and compile these
# make docs    the documentation as a site, in build/site
# make clean   remove what the two made

PYTHON ?= python3
BIN := .venv/bin
LONG := tests/scenario/test_year.py
LANGUAGES := daemon/kepthour/languages
MESSAGES := build/kepthour.pot

.PHONY: demo test lint unit long words docs clean

demo: .venv/installed
	$(BIN)/kepthour demo

test: .venv/installed-dev
	tools/system-packages
	$(MAKE) --no-print-directory lint unit

lint: .venv/installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

unit: .venv/installed-dev
	$(BIN)/pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(foreach path,$(LONG),--ignore $(path))

long: .venv/installed-dev
	$(BIN)/pytest --numprocesses auto --dist loadfile $(LONG)

words: .venv/installed-dev
	mkdir -p $(dir $(MESSAGES))
	$(BIN)/pybabel --quiet extract --project kepthour --add-location file --sort-output \
		--add-comments Translators: --strip-comments --output $(MESSAGES) daemon/kepthour
	$(BIN)/pybabel --quiet update --domain kepthour --ignore-obsolete --ignore-pot-creation-date --no-wrap \
		--input-file $(MESSAGES) --output-dir $(LANGUAGES)
	$(BIN)/pybabel --quiet compile --domain kepthour --directory $(LANGUAGES)

docs: .venv/installed-dev
	$(BIN)/properdocs build --strict

.venv/bin/python:
	$(PYTHON) -m venv .venv || { echo "Python's venv module is missing: install python3-venv." >&2; exit 1; }
	$(BIN)/pip install --quiet --upgrade "pip>=25.1"

.venv/installed: pyproject.toml | .venv/bin/python
	$(BIN)/pip install --quiet --editable .
	touch $@

.venv/installed-dev: pyproject.toml | .venv/installed
	$(BIN)/pip install --quiet --editable . --group dev
	touch $@

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
