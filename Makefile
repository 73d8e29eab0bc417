# Everything a newcomer needs: `make run` and `make test`. `make help` lists the rest.

PYTHON ?= python3
BIN := .venv/bin
COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-annotate --no-header
LOCK := $(COMPILE) pyproject.toml --extra server
PYTEST := nice $(BIN)/python -m pytest -n 3 --dist loadgroup
POSTGRES ?= postgres://postgres@127.0.0.1:5432/postgres
REDIS ?= redis://127.0.0.1:6379/9
MODELS ?= 10000
VERSIONS ?= 100000
DATABASES ?= sqlite postgresql

# Of these modules PostgreSQL can say nothing new.
NO_DATABASE := $(addprefix --ignore=tests/registry_ui/,api/enforcement charts comparison mlflow_client \
	templatetags test_trained_models.py)

# The tests start Python a hundred times: it shall keep what it compiled.
unexport PYTHONDONTWRITEBYTECODE
# Databases that are thrown away need no disk where there is memory for them.
ROOMY := $(shell df -k --output=avail /dev/shm 2>/dev/null | awk 'NR == 2 && $$1 > 4000000 { print "/dev/shm" }')
ifneq ($(ROOMY),)
export TMPDIR := $(ROOMY)
endif

.DEFAULT_GOAL := help
.PHONY: help run test bench soak setup clients check lock screenshots

help: ## List these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' Makefile

run: .venv/run.stamp .venv/signoff.stamp ## Start the demo on http://127.0.0.1:8000; Ctrl-C ends it
	@$(BIN)/python manage.py up --demo

test: setup ## Run every check and test; SIGNOFF_REQUIRE_ALL=1 allows no skips
	@# Side by side: Playwright keeps an event loop running, so browsers have a process
	@# of their own. As it is only one, and the longest, it goes first.
	@$(BIN)/python -m pytest tests/browser > .venv/browser-tests.log 2>&1 & browser=$$!; \
	$(MAKE) --no-print-directory check || { kill $$browser; exit 1; }; \
	$(PYTEST) --ignore tests/browser; sqlite=$$?; \
	$(BIN)/python -m tests.services "$(POSTGRES)" "$(REDIS)" $(PYTEST) $(NO_DATABASE) \
		tests/registry_ui tests/webhooks_ui tests/config/test_postgresql.py tests/config/test_clock.py tests/system/test_crash.py \
		tests/system/test_killed_deliveries.py; postgres=$$?; \
	wait $$browser; browser=$$?; cat .venv/browser-tests.log; \
	exit $$((sqlite ? sqlite : postgres ? postgres : browser))

bench: .venv/dev.stamp ## Measure speed beside MLflow's; MODELS=300 VERSIONS=3000 is quick
	@$(BIN)/python -m bench --models $(MODELS) --versions $(VERSIONS) --databases $(DATABASES) --postgres "$(POSTGRES)"

soak: .venv/dev.stamp ## Run the long tests, which take minutes
	$(BIN)/python -m pytest -m soak
	$(BIN)/python -m tests.services "$(POSTGRES)" "$(REDIS)" $(BIN)/python -m pytest -m soak \
		tests/registry_ui tests/system
	SIGNOFF_EXAMPLES=2000 $(BIN)/python -m pytest tests/registry_ui/actions/test_decisions_at_random.py

setup: .venv/dev.stamp .venv/signoff.stamp $(if $(filter 1,$(SIGNOFF_REQUIRE_ALL)),.venv/clients.stamp) ## Make .venv with all that `make test` needs

check: .venv/dev.stamp
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/djade --target-version 5.2 --check $$(git ls-files 'templates/*.html')
	$(BIN)/djlint --lint --quiet templates
	$(BIN)/biome check --error-on-warnings static
	DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run
	@for set in run dev clients; do cp requirements/$$set.txt .venv/$$set.lock; done
	@$(LOCK) --extra embedded -o .venv/run.lock >/dev/null
	@$(LOCK) --extra embedded --extra dev -o .venv/dev.lock >/dev/null
	@$(COMPILE) --group clients -o .venv/clients.lock >/dev/null
	@for set in run dev clients; do cmp -s requirements/$$set.txt .venv/$$set.lock \
		|| { echo "requirements/$$set.txt is not in step with pyproject.toml: make lock"; exit 1; }; done

lock: .venv/dev.stamp ## Renew the lock files after a change of pyproject.toml
	$(LOCK) --extra embedded -o requirements/run.txt >/dev/null
	$(LOCK) --extra embedded --extra dev -o requirements/dev.txt >/dev/null
	$(COMPILE) --group clients -o requirements/clients.txt >/dev/null

screenshots: .venv/dev.stamp ## Make the pictures of docs/img anew
	$(BIN)/python docs/screenshots.py

.venv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Signoff needs Python 3.11 or newer: make PYTHON=python3.12 …"; exit 1; }
	@$(PYTHON) -m venv .venv || { echo "Python's venv is missing: on Debian, install python3-venv."; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'

clients: .venv/clients.stamp ## Install Databricks' clients, which the tests run if they are there

# Apart from ours: they need an older protobuf, and cannot live beside mlflow.
.venv/clients.stamp: requirements/clients.txt | .venv/bin/uv
	@echo "Installing requirements/clients.txt …"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .venv/clients
	@$(BIN)/uv pip install --quiet --python .venv/clients/bin/python --require-hashes -r $<
	@touch $@

# The command `signoff`. uv builds it by itself: nothing is downloaded.
.venv/signoff.stamp: pyproject.toml | .venv/bin/uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --editable .
	@touch $@

.venv/%.stamp: requirements/%.txt | .venv/bin/uv
	@echo "Installing requirements/$*.txt …"
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r $<
	@touch $@
