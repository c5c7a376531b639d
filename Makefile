# make demo    issuer, API server, and the calls of the other server    (ONCE=1, AUTH=off, PORT=9000, DATABASE_URL=…)
# make test    everything that CI runs
# make help    the rest

BIN := .venv/bin
PYTHON := $(shell for name in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$$name" && break; \
	done)
INSTALL := $(BIN)/python -m pip install --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test docs lint check-types pytest fuzz soak hydra keycloak collector bench playground native system-packages clean help
.DEFAULT_GOAL := help

demo: .venv/demo.installed playground
	@PYTHONPATH=examples exec $(BIN)/python -m todo.demo

test: .venv/dev.installed system-packages playground native lint check-types pytest

lint: .venv/dev.installed
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-cache

check-types: .venv/dev.installed
	$(BIN)/mypy
	$(BIN)/pyright

# One process for each core; the tests of a file stay together, as their servers do.
pytest: .venv/dev.installed
	$(BIN)/pytest --numprocesses auto --dist loadfile

# What `make test` does for seconds, for as long as one likes: make fuzz EXAMPLES=100000
EXAMPLES ?= 5000
fuzz: .venv/dev.installed
	TRUNKLINE_FUZZ_EXAMPLES=$(EXAMPLES) $(BIN)/pytest tests/property tests/auth/test_hostile.py tests/caches/test_no_leak.py tests/generate tests/client/test_random_operations.py
	$(BIN)/python -m benchmarks.hostile $(EXAMPLES)

# Our verifier with tokens of Ory Hydra, which is built first: minutes.
hydra: .venv/dev.installed
	TRUNKLINE_HYDRA=1 $(BIN)/pytest tests/auth/verifying/test_hydra.py

# Our client and our verifier with Keycloak, which Maven fetches first: minutes.
keycloak: .venv/dev.installed
	TRUNKLINE_KEYCLOAK=1 $(BIN)/pytest tests/auth/verifying/test_keycloak.py

# Our server and our client under opentelemetry-instrument, with a collector, built first: minutes.
collector: .venv/dev.installed
	@$(INSTALL) opentelemetry-distro opentelemetry-exporter-otlp-proto-grpc opentelemetry-instrumentation-fastapi
	TRUNKLINE_COLLECTOR=1 $(BIN)/pytest tests/observe/test_collector.py

# Memory under distinct documents, for minutes: make soak DOCUMENTS=100000
DOCUMENTS ?= 100000
soak: .venv/dev.installed
	TRUNKLINE_SOAK=$(DOCUMENTS) $(BIN)/pytest tests/compiler/test_memory.py

bench: .venv/dev.installed
	$(BIN)/python -m benchmarks

# The page that people try queries on, built from npm; skipped where nothing changed.
playground: .venv/demo.installed
	@$(BIN)/python tools/build_playground.py --fetch-node

# The extension that writes plain lists as JSON (docs/native.md); it needs Rust's cargo.
native: .venv/dev.installed
	@if command -v cargo >/dev/null; then $(MAKE) --no-print-directory .venv/native.installed; \
	else echo "No cargo on this machine: the extension is not built, and tests/native are left out."; fi

.venv/native.installed: native/Cargo.toml native/pyproject.toml $(wildcard native/src/*.rs) constraints.txt
	@echo "Building the extension …"
	@$(INSTALL) ./native
	@touch $@

system-packages:
	@sh tools/system_packages.sh chromium nginx openssl postgresql prometheus redis-server varnishd

.venv/demo.installed: pyproject.toml constraints.txt | .venv
	@echo "Installing what the demo needs into .venv …"
	@$(INSTALL) --editable '.[demo]'
	@touch $@

.venv/dev.installed: pyproject.toml constraints.txt | .venv
	@echo "Installing what the tests need into .venv …"
	@$(INSTALL) --editable '.[dev]'
	@touch .venv/demo.installed $@

.venv:
	@[ -n "$(PYTHON)" ] || { echo "Python 3.11 or newer is needed, as python3 on the PATH."; exit 1; }
	@$(PYTHON) -m venv .venv || { rm -rf .venv; \
	echo "$(PYTHON) cannot make virtual environments; on Debian, apt-get install python3-venv."; exit 1; }

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist \
	playground/node_modules src/trunkline/server/playground/assets \
	tests/auth/verifying/peers/node_modules tests/auth/calling/peers/node_modules \
	tests/server/audits/node_modules tests/client/peers/node_modules tests/client/yoga/node_modules \
	native/target native/Cargo.lock \
	benchmarks/.venv benchmarks/peers/node/node_modules \
	benchmarks/peers/gqlgen/generated benchmarks/peers/gqlgen/shop/generated

# What follows from docstrings and messages.
docs: .venv/dev.installed
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/messages.py

help:
	@sed -n '1,3s/^# //p' Makefile
	@echo "make docs, make lint, make check-types, make pytest, make playground, make native, make fuzz, make soak, make hydra, make keycloak, make collector, make bench, make clean"
