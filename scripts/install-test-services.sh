#!/bin/bash
# Installs what the tests run beside our own code: RabbitMQ, Node with pouchdb-server, cargo-nextest. Says what it does,
# does nothing when all is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"

need_compiler
need_rabbitmq
need_node

# pouchdb-server in exactly the versions of the lock file, outside the tree. crates/testkit looks for it here.
lock=$here/../crates/testkit/pouchdb
cache=${XDG_CACHE_HOME:-$HOME/.cache}/puppet-master-tests
mkdir -p "$cache"
exec 8>"$cache/install.lock"
flock 8
if ! cmp -s "$lock/package-lock.json" "$cache/pouchdb/package-lock.json"; then
    say "installing pouchdb-server from npm into $cache/pouchdb"
    rm -rf "$cache/pouchdb" "$cache/pouchdb.new"
    mkdir "$cache/pouchdb.new"
    cp "$lock/package.json" "$lock/package-lock.json" "$cache/pouchdb.new/"
    # Without install scripts: what the tests use of it needs no compiler.
    (cd "$cache/pouchdb.new" && retry npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
    mv "$cache/pouchdb.new" "$cache/pouchdb"
fi
flock --unlock 8

if ! cargo nextest --version >/dev/null 2>&1; then
    # This version builds with the oldest Rust that we support; without optimisation in half the time.
    say "installing cargo-nextest with cargo install (some minutes, once)"
    cargo install --locked --debug --quiet --version 0.9.114 --no-default-features --features default-no-update \
        cargo-nextest || say "cargo-nextest could not be installed; cargo test takes its place"
fi
