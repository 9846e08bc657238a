# A newcomer needs two of these: `make demo` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: demo test lint bench bench-all screenshots package clean

demo: $(VENV)/.installed  ## the app on the built-in sample; without a display the same offscreen, with screenshots
	$(BIN)/tlstudio demo --run

test: $(VENV)/.installed  ## all tests, offscreen
	QT_QPA_PLATFORM=offscreen OMP_WAIT_POLICY=PASSIVE OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n auto

lint: $(VENV)/.installed  ## style, types, who may import whom
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy tlstudio
	$(BIN)/lint-imports

bench: $(VENV)/.installed  ## the whole table against its peers: make bench PHOTOS=folder [BENCH="--budget 120 --resume"]
	$(BIN)/python tests/benchmarks/bench_table.py $(if $(PHOTOS),--photos "$(PHOTOS)") $(BENCH)

bench-all: $(VENV)/.installed  ## every other bench, one after the other
	@for file in $(filter-out %/bench_table.py,$(wildcard tests/benchmarks/bench_*.py)); do echo "== $$file"; $(BIN)/python $$file || exit 1; done

screenshots: $(VENV)/.installed  ## the pictures of the README, drawn by the app itself
	$(BIN)/python packaging/screenshots.py

package: $(VENV)/.installed  ## wheel and sdist, each installed into a fresh environment and tried
	$(BIN)/python -m build --outdir dist
	$(BIN)/python packaging/smoke_test.py dist

$(VENV)/.installed: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@

clean:
	rm -rf $(VENV) .bench-venv dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache
