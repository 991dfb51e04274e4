#!/bin/bash
# test.sh [NEXTEST-ARGUMENT…]
# Installs what the tests need and runs all of them: what deploy/ ships, unit, integration, end to end, documentation.
# With cargo-nextest each test has a process and a deadline of its own; without it cargo test does.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."
target=${CARGO_TARGET_DIR:-target}

"$here/install-browser.sh"
"$here/install-test-services.sh"
"$here/check-deploy.sh"

# The broker that test processes share ends by itself some seconds after the last of them; do not leave before, unless
# another test run still uses it.
stop_shared_broker() {
    local directory
    directory=${TMPDIR:-/tmp}/puppet-master-tests-$(id -u)/rabbitmq
    if [ -f "$directory/guardian" ] && flock --nonblock --exclusive "$directory/users.lock" true; then
        kill -TERM "$(cat "$directory/guardian")" 2>/dev/null || true
    fi
}
trap stop_shared_broker EXIT

# Tests that start our binaries take these. Built together with the tests, every crate is built once: alone, the binaries
# have other features of the crates that both use.
"$here/build.sh" --workspace --bins --tests
export TEST_BINARIES_BUILT=1

# Beside the workspace whatever CARGO_TARGET_DIR says: that is how nextest keeps its store.
report=target/nextest/ci/junit.xml
if cargo nextest --version >/dev/null 2>&1; then
    rm -f "$report"
    cargo nextest run --workspace --profile ci "$@"
    count=$(sed -n 's/^<testsuites [^>]*tests="\([0-9]*\)".*/\1/p' "$report")
    say "the ten slowest, in seconds:"
    sed -n 's/.*<testcase name="\([^"]*\)" classname="\([^"]*\)".* time="\([0-9.]*\)".*/\3 \2 \1/p' "$report" |
        sort -rn | sed -n 1,10p >&2
    flaky=$(awk -F'"' '/<testcase /{ name = $4 " " $2 } /<flakyFailure/{ print name }' "$report" | sort -u)
    [ -z "$flaky" ] || say "passed only at the second try, which is a fault to mend:"$'\n'"$flaky"
else
    [ $# = 0 ] || fail "only cargo-nextest can choose among the tests: $*"
    # Into a file: a process that a failed test left behind could hold a pipe open for ever.
    log=$target/cargo-test.log
    cargo test --workspace --lib --bins --tests >"$log" 2>&1 &
    tests=$!
    tail --pid="$tests" -n +1 -f "$log"
    wait "$tests"
    count=$(sed -n 's/^test result: ok\. \([0-9]*\) passed.*/\1/p' "$log" | awk '{ sum += $1 } END { print sum }')
fi
cargo test --workspace --doc --quiet
say "all $count tests passed, and the documentation's examples"
