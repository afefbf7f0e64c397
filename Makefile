# `make` alone says what there is.

PYTHON ?= python3
PORT ?= 8000
ROUNDS ?= 10000
VENV := .venv
BIN := $(VENV)/bin
# Lambda's Python and processor, whatever this machine has: wheels only, nothing is compiled.
LAMBDA := --platform manylinux2014_aarch64 --platform manylinux_2_28_aarch64 --implementation cp --python-version 3.13 \
          --only-binary=:all:

LAMBDA_PYTHON ?= python3.13

.DEFAULT_GOAL := help
.PHONY: help demo dev test browser screenshots check fix bench stress verify build openapi deploy clean

help: ## what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s%s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/playground ## the whole product on this machine, in a page that behaves like Slack (PORT=8000)
	@$(BIN)/python -m playground --port $(PORT)

dev: $(VENV)/playground ## the same for a real Slack workspace, through Socket Mode (LINK=U0123ABCD=admin)
	@$(BIN)/python -m playground.dev $(addprefix --link ,$(LINK))

test: $(VENV)/dev ## every test that needs no browser, a process a core
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

browser: $(VENV)/dev ## the page itself, in headless Chromium (CHROMIUM=/usr/bin/chromium)
	$(BIN)/python -m pytest -m browser

screenshots: $(VENV)/dev ## take the pictures in docs/ anew
	$(BIN)/python -m tests.browser.screenshots

check: $(VENV)/dev ## lint, format, types, architecture, the template and its translation; changes nothing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_architecture.py
	$(BIN)/cfn-lint template.yaml
	@mkdir -p build
	$(BIN)/python -m playground.template --translated build/translated.json
	$(BIN)/cfn-lint build/translated.json

fix: $(VENV)/dev ## format, and mend what the linter can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev ## measure the front door in the real Lambda runtime, large fleets, tokens, pictures, the audit's proof
	@missed=0; for one in door listing tokens pictures proof; do $(BIN)/python -m benchmarks.$$one || missed=1; done; exit $$missed

verify: $(VENV)/playground ## hold the audit against its signed digests (SINCE=7d; the three settings in docs/operations.md)
	@$(BIN)/python -m bot.verify $(addprefix --since ,$(SINCE))

stress: $(VENV)/dev ## race for one reboot with eight processes, and explore its steps with one fault more (ROUNDS=10000); a storm all at once
	STRESS_ROUNDS=$(ROUNDS) $(BIN)/python -m pytest tests/test_reboot_races.py tests/test_reboot_model.py
	$(BIN)/python -m pytest -m stress

build: $(VENV)/playground ## what is deployed, in build/package
	rm -rf build/package
	$(BIN)/python -m pip install --quiet --no-compile --target build/package $(LAMBDA) -r requirements.txt
	cp -R bot handlers build/package/
	find build/package \( -name __pycache__ -o -name tests \) -prune -exec rm -rf {} +
	@if command -v $(LAMBDA_PYTHON) >/dev/null; then \
	  $(LAMBDA_PYTHON) -m compileall -q --invalidation-mode unchecked-hash build/package; \
	else echo "No $(LAMBDA_PYTHON) here: without compiled modules a cold start takes about twice as long."; fi
	@du -sh build/package

openapi: $(VENV)/playground ## write docs/openapi.json anew, from the routes
	$(BIN)/python -m bot.resources.description > docs/openapi.json

deploy: build ## build, then deploy with the SAM command line (docs/operations.md)
	sam deploy --guided

clean: ## remove what the other targets made
	rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache

$(VENV)/playground: requirements.txt requirements-playground.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-playground.txt
	@touch $@

$(VENV)/dev: requirements.txt requirements-playground.txt requirements-dev.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	@touch $@
