#!/bin/bash
# Builds everything optimised, installs what it is held against, and measures. Arguments go to the bench (--help lists
# them). The figures also go to bench.json in the build's folder, or to BENCH_JSON.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."
target=${CARGO_TARGET_DIR:-target}

"$here/install-browser.sh"
"$here/install-test-services.sh"

# Puppeteer, puppeteer-cluster and amqplib in exactly the versions of the lock file. No package brings a browser.
packages=bench/node
if ! cmp -s "$packages/package-lock.json" "$packages/node_modules/.installed"; then
    say "installing the packages of $packages from npm"
    (cd "$packages" && retry npm ci --no-audit --no-fund --loglevel=error)
    cp "$packages/package-lock.json" "$packages/node_modules/.installed"
fi

"$here/build.sh" --profile dist --package gateway --package executor --package cli --package bench
export BENCH_JSON=${BENCH_JSON:-$target/bench.json}
exec "$target/dist/bench" "$@"
