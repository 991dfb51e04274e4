# What there is to do with this project. The scripts install what is missing and say so.

PROFILE ?= dev
target_dir = $(or $(CARGO_TARGET_DIR),target)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

BENCH_PARTS := calls parts guard record gateway jobs oneshots

PREFIX ?= /usr/local

.PHONY: help run up test check unit t lint bench chaos fuzz install $(BENCH_PARTS)

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: ## run one example job in a real Chromium and print its result
	@scripts/install-browser.sh
	@scripts/build.sh --package cli --profile $(PROFILE)
	@$(target_dir)/puppet-master exec examples/hello

up: ## run gateway and executor in one process, on an embedded store and queue
	@scripts/install-browser.sh
	@scripts/build.sh --package cli --profile $(PROFILE)
	@exec $(target_dir)/puppet-master up

test: ## run all tests, with a real RabbitMQ, a CouchDB server and Chromium
	@scripts/test.sh

check: ## types and lints of everything, the quickest answer there is
	@cargo clippy --workspace --all-targets

unit: ## run the tests inside the crates: no server, no browser
	@cargo nextest run --workspace --lib --bins

t: ## run the tests whose name contains NAME, of one crate with CRATE
	@scripts/one-test.sh "$(NAME)" "$(CRATE)"

chaos: ## kill every part while jobs run: 500 of all kinds, 1,000 with files, 20,000 with webhooks; run 2,000 of which a tenth misbehave
	@scripts/chaos.sh

fuzz: ## feed random input to everything that reads what comes from outside, FUZZ_SECONDS (600) for each of two targets
	@scripts/fuzz.sh $${FUZZ_SECONDS:-600}

lint: ## check formatting and lints
	@scripts/lint.sh

install: ## build puppet-master for this machine and put it into PREFIX/bin (/usr/local/bin)
	@scripts/build.sh --package cli --profile dist
	@install -D -m 755 $(or $(CARGO_TARGET_DIR),target)/dist/puppet-master "$(DESTDIR)$(PREFIX)/bin/puppet-master"

bench: ## measure an optimised build beside Puppeteer and puppeteer-cluster, as ratios
	@scripts/bench.sh $(filter $(BENCH_PARTS),$(MAKECMDGOALS))

# `make bench oneshots` measures one part.
$(BENCH_PARTS): bench
	@:
