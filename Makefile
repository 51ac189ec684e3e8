# `make demo` and `make test` do all set-up by themselves, under .venv in this checkout.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready

.PHONY: demo papers test check bench faults fuzz bundle install messages lock clean

$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

demo: $(STAMP)  ## the main job on the sample inbox; leaves ./demo
	$(BIN)/atttcli --lang vi demo demo

papers: $(STAMP)  ## every paper of the demo's workspace into ./papers, each measured against Decree 30/2020
	test -d demo/bac-kan || $(MAKE) demo
	bash .ci/papers.sh demo/bac-kan papers $(BIN)/atttcli

test: $(STAMP)
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

check: $(STAMP)
	$(BIN)/ruff format --check atttcli tests bench seeds .ci
	$(BIN)/ruff check atttcli tests bench seeds .ci
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/vermin --quiet --no-tips --target=3.8- --violations atttcli/field atttcli/errors.py atttcli/limits.py atttcli/clock.py
	$(BIN)/python .ci/messages.py check
	$(BIN)/python .ci/readme.py
	$(BIN)/python .ci/contracts.py check
	$(BIN)/python .ci/readers.py check
	$(BIN)/python .ci/sigma_rules.py check
	$(BIN)/python .ci/network_keywords.py check
	$(BIN)/python .ci/lock.py

bench: $(STAMP)  ## paired measurements; minutes
	missed=; for one in bench/*.py; do case $$one in */__init__.py) ;; *) echo "== $$one"; $(BIN)/python $$one || missed="$$missed $$one";; esac; done; \
	test -z "$$missed" || { echo "goals missed or nothing to compare with:$$missed"; exit 1; }

faults: $(STAMP)  ## long: kills, power cuts, full disks, many writers, tampering, hostile volumes
	$(BIN)/python -m pytest tests/faults tests/hostile tests/properties/test_journal_tampering.py -m "slow or not slow" --timeout 3600

fuzz: $(STAMP)  ## long: the property tests with many more examples, ten thousand hostile incidents in every paper and format, a million mutated captures and rules
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest tests/properties -m "not slow" --timeout 3600
	ATTTCLI_FUZZ_CASES=100000 $(BIN)/python -m pytest tests/hostile/test_bundles_hostile.py --timeout 3600
	ATTTCLI_HOSTILE=10000 $(BIN)/python -m pytest tests/hostile/test_hostile_incidents.py --timeout 7200
	ATTTCLI_NETWORK_CASES=1000000 $(BIN)/python -m pytest -s tests/hostile/test_network_fuzz.py --timeout 36000
	ATTTCLI_ATTACKS=10 $(BIN)/python -m pytest tests/hostile/test_network_attacks.py --timeout 3600

# KEY=workspace/keys/ID.key signs it; PYTHONS="3.11 3.12" gathers wheels for several.
bundle: $(STAMP)  ## an installation without a network, for Linux x86-64 and Windows amd64, in dist/atttcli-offline
	$(BIN)/python .ci/offline_bundle.py dist/atttcli-offline $(if $(KEY),--key $(KEY)) $(foreach one,$(PYTHONS),--python $(one))

install: $(STAMP)
	@echo "installed: $(BIN)/atttcli"

messages: $(STAMP)
	$(BIN)/python .ci/messages.py compile

lock: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip compile -q --universal --generate-hashes --python-version 3.11 --extra dev --no-annotate --no-header pyproject.toml -o requirements.lock

clean:
	rm -rf $(VENV) demo papers build dist
