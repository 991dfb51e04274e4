#!/bin/bash
# fuzz.sh [SECONDS [TARGET…]]   libFuzzer on every target for so many seconds each (600), from fuzz/corpus and from what
# earlier runs found. A crash ends it; its input is named and kept. To keep it for good put it into fuzz/corpus/TARGET.
# With FUZZ_SEED every run on an empty folder tries the same inputs.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

seconds=${1:-600}
shift || true
[ $# -gt 0 ] || set -- wire sandbox_ops

need_compiler
need_cxx_compiler
target=${CARGO_TARGET_DIR:-target}
say "building the fuzz targets"
RUSTC_WORKSPACE_WRAPPER="$here/fuzz-rustc.sh" cargo build --package fuzz --features libfuzzer --bins

for name in "$@"; do
    found=$target/fuzz/$name
    mkdir -p "$found"
    say "$name for $seconds s; inputs of interest go to $found"
    # One process: the machine's other core is the one that the build or a person needs.
    "$target/debug/fuzz-$name" "$found" "fuzz/corpus/$name" -dict="fuzz/$name.dict" -artifact_prefix="$found-" \
        ${FUZZ_SEED:+-seed=$FUZZ_SEED} -max_total_time="$seconds" -timeout=60 -rss_limit_mb=2048 -max_len=4096 -print_final_stats=1 -verbosity=0 ||
        fail "$name found something: see above, and $found-crash-… for its input"
done
say "nothing found"
