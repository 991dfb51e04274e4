#!/bin/bash
# The kill tests and the soak at full size; make test runs them small.
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
export CHAOS_FILE_JOBS=${CHAOS_FILE_JOBS:-1000} CHAOS_FILE_KILLS=${CHAOS_FILE_KILLS:-100} CHAOS_ONE_SHOTS=${CHAOS_ONE_SHOTS:-200}
# One after the other: the soak measures. cargo's own runner sets no deadline, the tests have theirs.
exec cargo test --package tests --test chaos -- --nocapture --test-threads 1
