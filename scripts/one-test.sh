#!/bin/bash
# one-test.sh NAME [CRATE]   the tests whose name contains NAME, of all crates or of one.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

[ -n "${1:-}" ] || fail "which tests: make t NAME=conflict [CRATE=job-store]"
of=(--workspace)
if [ -n "${2:-}" ]; then of=(--package "$2"); fi
exec cargo nextest run "${of[@]}" -E "test($1)"
