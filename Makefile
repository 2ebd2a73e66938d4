# All that is needed is Python 3.11+, Git and make. The rest is installed from the package
# registries into .venv and .tools, with versions pinned in locks/ and tools/; Git ignores both.

PYTHON ?= python3
UV := .tools/uv/bin/uv
# Byte code is compiled once, when packages are installed: cdk8s alone would take seconds each time.
INSTALL := $(UV) pip install --quiet --python .venv --compile-bytecode

.PHONY: help synth check quick test bench soak lock clean
.DELETE_ON_ERROR:

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

synth: .venv/.synth ## Write every environment of overlays/ into dist/
	.venv/bin/floe synth

check: .venv/.dev ## Format, lint, types, imports, and dist/ as synth would write it
	.venv/bin/ruff format --check --quiet
	.venv/bin/ruff check --quiet
	.tools/mypy/bin/mypy --python-executable .venv/bin/python
	.venv/bin/lint-imports --no-logo
	.venv/bin/floe check

quick: .venv/.dev ## The inner loop: tests that need no tool beside Python and Node
	.venv/bin/pytest -q -n 2 -m "not tools and not slow"

test: check .tools/.ready ## Everything
	.venv/bin/python -m compileall -q src constructs # for hundreds of `floe`, where none may write it
	.venv/bin/pytest -n 3 --dist worksteal # three on two cores: many wait for servers

bench: .tools/.ready ## Print how long things take, as figures and ratios
	.venv/bin/python -m tools.bench
	.venv/bin/python -m tools.bench_preflight
	.venv/bin/python -m tools.bench_flux
	.venv/bin/python -m tools.bench_demo
	.venv/bin/python -m tools.bench_images

soak: .venv/.dev ## Run a day of the demo's batches; goes on where .floe/soak ended, or from anew
	.venv/bin/python -m tools.soak

lock: $(UV) ## Write locks/ from pyproject.toml; versions that still suit stay
	tools/lock.sh $(UV)

clean: ## Remove what make has installed
	rm -rf .venv .tools .floe

$(UV): locks/uv.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed: make PYTHON=…")'
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/python -m pip install --quiet --require-hashes -r locks/uv.txt
	@touch $@

.venv/.synth: locks/synth.txt pyproject.toml | $(UV)
	$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv
	$(INSTALL) --require-hashes -r locks/synth.txt
	$(INSTALL) --no-deps --no-build-isolation --editable .
	@touch $@

# mypy has a place of its own, because it and dbt want different versions of one library.
.venv/.dev: locks/dev.txt locks/mypy.txt .venv/.synth
	$(INSTALL) --require-hashes -r locks/dev.txt
	$(UV) venv --quiet --allow-existing --python .venv .tools/mypy
	$(UV) pip install --quiet --compile-bytecode --python .tools/mypy --require-hashes -r locks/mypy.txt
	@touch $@

.tools/.ready: .venv/.dev locks/dbt.txt locks/go.txt locks/grafana.txt locks/image-tools.txt locks/nca.txt locks/node-22.txt locks/java.txt $(wildcard tools/images/* tools/*/go.* tools/*/cmd/*/*.go tools/*/package*.json tools/*/*.?js tools/*/SHA256SUMS tools/*/jars.txt tools/marquez/*) tools/install.sh tools/crds.py tools/maven.py tools/schemas.py
	tools/install.sh
	@touch $@
