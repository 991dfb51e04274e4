#!/bin/bash
# RUSTC_WORKSPACE_WRAPPER of fuzz.sh: builds our own crates with the counters that libFuzzer steers by. Dependencies stay
# as every other build has them, and are shared with it; a build script is not fuzzed, and has nobody to count for.
case " $* " in *" build_script_build "*) exec "$@" ;; esac
exec "$@" -Copt-level=1 -Ccodegen-units=8 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
