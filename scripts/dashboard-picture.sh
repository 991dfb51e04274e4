#!/bin/bash
# Makes the README's picture of the dashboard: runs the test that looks at every view, and takes one of its pictures.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/.."

"$here/build.sh" --workspace --bins
TEST_BINARIES_BUILT=1 cargo test -p tests --test dashboard every_view
cp "${CARGO_TARGET_DIR:-target}/dashboard/jobs-1280-light.png" docs/dashboard.png
