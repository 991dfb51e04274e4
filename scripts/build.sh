#!/bin/bash
# build.sh CARGO-ARGUMENT…   cargo build, with the C compiler it needs installed before.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"

command -v cargo >/dev/null || fail "cargo is missing; get Rust from https://rustup.rs"
need_compiler
say "building (the first time takes some minutes)"
cd "$here/.."
cargo build "$@"
