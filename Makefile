# make demo    see it work (creates .venv and installs into it first)
# make test    everything that has to hold: lint, types, import contracts, tests
# make long    what takes too long for every change: a year of a full practice
# make bench   what things cost, beside programs that do the like; the better part of an hour on an idle machine
# make words   bring the texts of notices into the catalogues, and compile these
# make docs    the documentation as a site, in build/site
# make lock    renew the versions in requirements/ (with UPGRADE= only what pyproject.toml asks for and is missing)
# make audit   look up known weaknesses of what is locked
# make clean   remove what the two made

PYTHON ?= python3
BIN := .venv/bin
LONG := tests/scenario/test_year.py
LANGUAGES := daemon/kepthour/languages
BENCH ?=
MESSAGES := build/kepthour.pot
UPGRADE ?= --upgrade
LOCK = $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 $(UPGRADE) --generate-hashes \
	--no-annotate --custom-compile-command "make lock"

.PHONY: demo test lint unit long bench words docs lock audit clean

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
	$(BIN)/pytest --durations=25 --numprocesses auto --dist loadfile --no-loadscope-reorder $(foreach path,$(LONG),--ignore $(path))

long: .venv/installed-dev
	$(BIN)/pytest --numprocesses auto --dist loadfile $(LONG)

bench: .venv/installed-dev build/bench/peers/installed
	$(BIN)/python -m bench --json build/bench.json $(BENCH)

# The peers, in an environment of their own: they must not have a say in our versions.
build/bench/peers/installed: bench/peers.txt
	$(PYTHON) -m venv build/bench/peers
	build/bench/peers/bin/pip install --quiet --requirement bench/peers.txt
	touch $@

words: .venv/installed-dev
	mkdir -p $(dir $(MESSAGES))
	$(BIN)/pybabel --quiet extract --project kepthour --add-location file --sort-output \
		--add-comments Translators: --strip-comments --output $(MESSAGES) daemon/kepthour
	$(BIN)/pybabel --quiet update --domain kepthour --ignore-obsolete --ignore-pot-creation-date --no-wrap \
		--input-file $(MESSAGES) --output-dir $(LANGUAGES)
	$(BIN)/pybabel --quiet compile --domain kepthour --directory $(LANGUAGES)

docs: .venv/installed-dev
	$(BIN)/properdocs build --strict

.venv/installed: pyproject.toml requirements/demo.txt
	@tools/environment $(PYTHON) requirements/demo.txt
	@touch $@

.venv/installed-dev: pyproject.toml requirements/dev.txt
	@tools/environment $(PYTHON) requirements/dev.txt
	@touch $@ .venv/installed

# Both need the network.
lock: | .venv/installed-dev
	mkdir -p build
	$(BIN)/pip install --quiet --group supply
	$(LOCK) --all-extras --group dev --output-file requirements/dev.txt
	$(LOCK) --group build --constraint requirements/dev.txt --output-file requirements/demo.txt
	$(MAKE) --no-print-directory .venv/installed-dev
	$(BIN)/python tools/licences.py >build/licences.md && mv build/licences.md docs/licences.md

audit: | .venv/installed-dev
	$(BIN)/pip install --quiet --group supply
	$(BIN)/pip-audit --strict --disable-pip --require-hashes --requirement requirements/dev.txt

clean:
	rm -rf .venv dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
