# Octad. `make` alone lists the commands.
VENV := .venv
PY := $(VENV)/bin/python
FLASK := $(VENV)/bin/flask --app app.wsgi
STAMPS := .stamps

.PHONY: help run test check bench soak mining translations lock clean
.DEFAULT_GOAL := help

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: setup ## set everything up and serve the demo factory at http://localhost:8000
	@bash scripts/run.sh

test: setup $(STAMPS)/test-system ## set everything up and run all checks and tests
	@bash scripts/test.sh

check: setup ## lint, types, import contracts, diagrams, translations
	@bash scripts/check.sh

bench: setup ## print the benchmarks
	$(PY) -m benchmarks

soak: setup $(STAMPS)/test-system ## long fault tests, and the table of what was lost, doubled, stuck
	$(PY) -m tests.faults.soak
	$(VENV)/bin/pytest -q tests -m soak

mining: setup $(STAMPS)/mining ## replay what the shipped processes did on their diagrams with pm4py
	@bash scripts/mining.sh "$(CURDIR)/$(STAMPS)/mining/bin/python"

translations: setup ## merge translations/parts into the catalogues
	$(PY) scripts/translations.py

lock: ## write requirements.lock anew after a change of pyproject.toml
	PATH="$(CURDIR)/$(STAMPS)/uv/bin:$$PATH" uv pip compile -q --generate-hashes --no-annotate --no-header \
	  --python-version 3.11 --group pyproject.toml:dev pyproject.toml -o requirements.lock

clean: ## remove everything that set-up made
	rm -rf $(VENV) $(STAMPS) node_modules frontend/node_modules app/static/dist build

.PHONY: setup
setup: $(STAMPS)/python $(STAMPS)/system $(STAMPS)/bundle $(STAMPS)/translations

$(STAMPS)/python: requirements.lock scripts/python.sh
	@mkdir -p $(STAMPS)
	@bash scripts/python.sh
	@touch $@

$(STAMPS)/system: scripts/system.sh
	@mkdir -p $(STAMPS)
	@bash scripts/system.sh run
	@touch $@

$(STAMPS)/test-system: scripts/system.sh $(STAMPS)/python
	@bash scripts/system.sh test
	@touch $@

# an environment of its own: pm4py is AGPL and is no part of the application
$(STAMPS)/mining: requirements-mining.lock $(STAMPS)/python
	$(PY) -m venv $@
	$@/bin/pip install -q --require-hashes -r $<
	@touch $@

$(STAMPS)/bundle: frontend/package.json frontend/package-lock.json $(wildcard frontend/*.js frontend/*.mjs frontend/*.css) $(STAMPS)/python
	@bash scripts/bundle.sh
	@touch $@

$(STAMPS)/translations: $(wildcard translations/parts/*.po) scripts/translations.py $(STAMPS)/python
	@$(PY) scripts/translations.py
	@touch $@
