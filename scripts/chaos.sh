#!/bin/bash
# The kill tests and the soak at full size; make test runs them small. `scripts/chaos.sh NAME` runs those with NAME in their name.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

"$here/install-browser.sh"
"$here/install-test-services.sh"
"$here/build.sh" --workspace --bins
export TEST_BINARIES_BUILT=1
export CHAOS_JOBS=${CHAOS_JOBS:-500} CHAOS_KILLS=${CHAOS_KILLS:-60} SOAK_JOBS=${SOAK_JOBS:-2000}
export CHAOS_CLUSTER_JOBS=${CHAOS_CLUSTER_JOBS:-500} CHAOS_CLUSTER_KILLS=${CHAOS_CLUSTER_KILLS:-3}
export CHAOS_FILE_JOBS=${CHAOS_FILE_JOBS:-1000} CHAOS_FILE_KILLS=${CHAOS_FILE_KILLS:-100} CHAOS_ONE_SHOTS=${CHAOS_ONE_SHOTS:-200}
export CHAOS_WEBHOOK_JOBS=${CHAOS_WEBHOOK_JOBS:-20000} CHAOS_WEBHOOK_KILLS=${CHAOS_WEBHOOK_KILLS:-60}
# One after the other: the soak measures. cargo's own runner sets no deadline, the tests have theirs.
# What only measures is ignored by make test.
exec cargo test --package tests --test chaos -- --nocapture --test-threads 1 --include-ignored "$@"
