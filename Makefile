# What there is to do with this project. The scripts install what is missing and say so.

PROFILE ?= dev
target_dir = $(or $(CARGO_TARGET_DIR),target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

BENCH_PARTS := calls parts guard gateway jobs oneshots

.PHONY: help run up test lint bench chaos fuzz $(BENCH_PARTS)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: ## run one example job in a real Chromium and print its result
	@scripts/install-browser.sh
	@scripts/build.sh --bin puppet-master --profile $(PROFILE)
	@LOG_LEVEL=$${LOG_LEVEL:-warn} $(target_dir)/puppet-master exec examples/hello --serve examples/hello/site

up: ## run gateway and executor in one process, on an embedded store and queue
	@scripts/install-browser.sh
	@scripts/build.sh --bin puppet-master --profile $(PROFILE)
	@exec $(target_dir)/puppet-master up

test: ## run all tests, with a real RabbitMQ, a CouchDB server and Chromium
	@scripts/test.sh

chaos: ## kill every part while 500 jobs run, and run 2,000 jobs of which a tenth misbehaves
	@scripts/chaos.sh

fuzz: ## feed random input to everything that reads what comes from outside, FUZZ_SECONDS (600) for each of two targets
	@scripts/fuzz.sh $${FUZZ_SECONDS:-600}

lint: ## check formatting and lints
	@scripts/lint.sh

bench: ## measure an optimised build beside Puppeteer and puppeteer-cluster, as ratios
	@scripts/bench.sh $(filter $(BENCH_PARTS),$(MAKECMDGOALS))

# `make bench oneshots` measures one part.
$(BENCH_PARTS): bench
	@:
