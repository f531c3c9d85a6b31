# Everything runs from .venv, which `make setup` (a part of every other goal) makes and keeps current.
PYTHON ?= python3
BIN := .venv/bin

.DEFAULT_GOAL := help
.PHONY: help setup run test check fmt proof package wheels screenshots translations lock clean

help:  ## Show the goals
	@awk -F':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup:  ## Make .venv, install what is pinned, fetch the embedded model
	@$(PYTHON) packaging/develop.py

run: setup  ## Open the window
	@$(BIN)/eremo

test: check  ## Check the style and types, then run every test but the slow proofs
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -m "not proof"

check: setup  ## Style, types and import rules
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fmt: setup  ## Format the code and sort the imports
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

proof: setup  ## The slow proofs; their results stand in docs/verification.md
	@QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -q -m proof

package: setup  ## The packages of this system into dist/, tried as a user would
	@$(BIN)/python packaging/package.py

wheels: package  ## The wheel and the source distribution into dist/, installed and tried
	@$(BIN)/python packaging/wheels.py

screenshots: setup  ## Pictures of the window's main states, into screenshots/
	@$(BIN)/python packaging/screenshots.py

translations: setup  ## Bring the translations up to date with the code, and say what they lack
	@$(BIN)/python packaging/translations.py update

lock: setup  ## Write packaging/constraints.txt from what .venv holds
	@sed -n '1,/^colorama/p' packaging/constraints.txt > .venv/constraints.txt
	@$(BIN)/pip freeze --exclude-editable | sed 's/+cpu//' | grep -vi '^pip==' >> .venv/constraints.txt
	@mv .venv/constraints.txt packaging/constraints.txt

clean:  ## Remove .venv and every cache
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
