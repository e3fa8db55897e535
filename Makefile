# `make run` and `make test` are the whole set-up. Works with GNU make 3.81 and any sh.

.PHONY: run install check lint test bench build proof lock clean

run: ; @scripts/run
install: ; @scripts/install
check: ; @scripts/check
lint: ; @scripts/lint
test: ; @scripts/test
bench: ; @scripts/bench
build: ; @scripts/build
proof: ; @PROOF=1 scripts/test
lock: ; @scripts/lock
clean: ; rm -rf .venv .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis build dist
