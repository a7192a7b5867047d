# SPDX-License-Identifier: Apache-2.0

# Every build uses the same flags, so that no target rebuilds what another has built. SwiftPM keeps them from dependencies.
FLAGS := --explicit-target-dependency-import-check error -Xswiftc -warnings-as-errors
# Of measured and shipped programs: Swift's own libraries are linked in, so that they run where no Swift is.
RELEASE := -c release --static-swift-stdlib $(FLAGS)
PYTHON := .venv/bin/python
PYTHON_MLFLOW2 := .venv-mlflow2/bin/python
PYTHON_CLIENTS := .venv-clients/bin/python
CYCLES := 200
MINUTES := 60
DHOW := .build/release/dhow
SWIFT_SOURCES := $(wildcard Sources Tests Benchmarks Package.swift)
PYTHON_SOURCES := $(wildcard Examples Tests Benchmarks scripts)
.DEFAULT_GOAL := help
.PHONY: help setup build test crash-test demo bench bench-tracking bench-pipelines bench-serving bench-monitoring bench-verdicts soak serve lint format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s  %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## install what building and testing need, as far as it is missing
	@scripts/setup.sh

build: setup ## build the release binary, .build/release/dhow
	swift build --product dhow $(RELEASE)

test: setup ## run all tests, on SQLite and on a throw-away Postgres
	scripts/with-postgres.sh scripts/test.sh $(FLAGS)
	cd Examples/flights && ../../$(PYTHON) -m pytest
	$(PYTHON) -m pytest -q Tests/Golden
	scripts/on-both.sh $(PYTHON) -m pytest -q Tests/EndToEnd
	scripts/on-both.sh $(PYTHON_MLFLOW2) -m pytest -q -rs Tests/EndToEnd/mlflow
	scripts/on-both.sh Tests/EndToEnd/serving/run.sh $(PYTHON_CLIENTS)
	scripts/with-postgres.sh $(PYTHON) Tests/Crash/crash.py --cycles 5
	scripts/with-postgres.sh $(PYTHON) Tests/Crash/pipelines.py --kills 8

crash-test: setup ## kill the server CYCLES times on each database while clients write; SEED repeats a run
	swift build --product dhow $(FLAGS)
	scripts/with-postgres.sh $(PYTHON) Tests/Crash/crash.py --cycles $(CYCLES)
	scripts/with-postgres.sh $(PYTHON) Tests/Crash/pipelines.py --kills $(CYCLES)

format: ## bring all sources into their format
	swift format format --in-place --recursive --parallel $(SWIFT_SOURCES)
	.venv/bin/ruff format Examples

demo: build ## carry a model through its life on a year of real flights; DATA=FILE takes another year
	PATH="$(CURDIR)/.venv/bin:$$PATH" $(DHOW) demo $(if $(DATA),--data-file "$(DATA)")

bench: setup ## measure the databases, blobs and the ledger, as ratios to a limit in the same run
	swift build --product bench-database $(RELEASE)
	swift build --product bench-blobs $(RELEASE)
	swift build --product bench-ledger $(RELEASE)
	scripts/with-postgres.sh .build/release/bench-database
	.build/release/bench-blobs
	.build/release/bench-ledger

bench-tracking: build ## measure tracking beside a stock MLflow server, and how its cost grows
	swift build --product bench-tracking $(RELEASE)
	scripts/with-postgres.sh .build/release/bench-tracking

bench-pipelines: build ## measure what a step of a pipeline costs beside other tools; OPTIONS="--tools dhow,ninja"
	@scripts/setup.sh bench
	.venv-bench/bin/python Benchmarks/pipelines/compare.py --dhow $(DHOW) $(OPTIONS)

bench-verdicts: setup ## how often rules abort good canaries, how soon bad ones; RUNS=1000 SEED=1
	swift build --product bench-verdicts $(RELEASE)
	.build/release/bench-verdicts $(or $(RUNS),1000) $(or $(SEED),1)

bench-serving: build ## measure predictions beside other servers, and many models and connections; OPTIONS="--servers dhow,fastapi+ort"
	@scripts/setup.sh bench-serving
	.venv-serving/bin/python Benchmarks/serving/compare.py $(OPTIONS)
	.venv-serving/bin/python Benchmarks/serving/scale.py
	.venv-serving/bin/python Benchmarks/serving/proxy.py
	.venv-serving/bin/python Benchmarks/serving/grpc_calls.py

bench-monitoring: build ## measure drift reports of two million rows beside other tools; OPTIONS="--tools dhow,numpy --rows 100000"
	@scripts/setup.sh bench-monitoring
	swift build --product bench-profiles $(RELEASE)
	.venv-monitoring/bin/python Benchmarks/monitoring/compare.py --dhow $(DHOW) $(OPTIONS)
	.build/release/bench-profiles

soak: build ## predict at half of the highest rate for MINUTES, with a new traffic split every minute; no request may fail
	@scripts/setup.sh bench-serving
	.venv-serving/bin/python Benchmarks/serving/soak.py --minutes $(MINUTES)

serve: build ## start the server on a folder here, .dhow
	$(DHOW) serve --data .dhow

lint: setup ## check format and style, Swift and Python
	swift format lint --strict --recursive --parallel $(SWIFT_SOURCES)
	.venv/bin/ruff check $(PYTHON_SOURCES)
	.venv/bin/ruff format --check Examples

clean: ## remove what builds and runs have left; keeps .venv* and .runtime
	swift package clean
	rm -rf .demo .pytest_cache .ruff_cache
	find $(PYTHON_SOURCES) -name __pycache__ -type d -prune -exec rm -rf {} +
