# Everything is set up in .venv from hash-pinned packages (requirements.lock); nothing outside this folder changes.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := src tests tools bench

.PHONY: bench-distributions kill-test demo test rig e2e e2e-large check docs lock new-rule bench picture wheel clean help

help:  ## Say what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1: \2/p' Makefile

.venv/ready: requirements.lock pyproject.toml src/bin/getmesh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "getmesh needs Python 3.11 or newer: make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "this Python has no ensurepip: apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	$(BIN)/python -m compileall -q src/getmesh
	touch $@

demo: .venv/ready  ## Validate an example mesh with sown faults, explain one of them, list distributions
	sh examples/demo.sh $(BIN)/getmesh

test: .venv/ready  ## Run every test
	$(BIN)/python -m pytest -n auto

rig: .venv/ready  ## Build the programs that end-to-end tests start (needs Go; minutes, once)
	$(BIN)/python tests/rig/programs.py

e2e: .venv/ready  ## Run the tests against a real Kubernetes API and a real Istio (make rig)
	$(BIN)/python -m pytest -m "e2e and not large" -rs tests/e2e

e2e-large: .venv/ready  ## The same with a mesh of eighty thousand objects, measured against istioctl
	$(BIN)/python -m pytest -m "e2e and large" -rs -s tests/e2e

check: .venv/ready  ## Lint, types, layers, generated files, repeated code
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python tools/gen_docs.py --check
	$(BIN)/python tools/draw_demo.py docs/demo.svg --check
	$(BIN)/python tools/repeats.py

docs: .venv/ready  ## Write the pages that come from code
	$(BIN)/python tools/gen_docs.py

picture: .venv/ready  ## Draw docs/demo.svg from a real run
	$(BIN)/python tools/draw_demo.py docs/demo.svg

new-rule: .venv/ready  ## Begin a rule: make new-rule CODE=GM0150 KIND=gateway NAME=gateway-without-owner
	$(BIN)/python tools/new_rule.py $(CODE) $(KIND) $(NAME)

lock: .venv/ready  ## Pin the newest allowed packages with their hashes
	$(BIN)/uv lock --upgrade --quiet
	$(BIN)/uv export --quiet --all-extras --all-groups --no-emit-project --no-header --no-annotate -o requirements.lock

bench: .venv/ready  ## Measure start-up and validation
	$(BIN)/python bench/startup.py
	$(BIN)/python bench/validate.py
	$(BIN)/python bench/make_mesh.py .cache/mesh --namespaces 50 --services 40
	$(BIN)/python bench/rules.py .cache/mesh

bench-distributions: .venv/ready  ## Measure fetch against curl and tar, and the pass-through against istioctl alone
	$(BIN)/python bench/distributions.py

kill-test: .venv/ready  ## Kill fetch, switch, prune, gen-ca and ca rotate again and again, let calls fail, and look for damage (takes long)
	$(BIN)/python bench/kill_test.py --kills 1000
	$(BIN)/python bench/ca_kill_test.py --kills 500
	$(BIN)/python bench/rotation_faults.py

wheel: .venv/ready  ## Build the wheel into dist
	$(BIN)/python -m hatchling build -t wheel

clean:  ## Remove what the other targets made
	rm -rf .venv dist .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis
