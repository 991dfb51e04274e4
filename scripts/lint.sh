#!/bin/bash
# Formatting and lints of Rust and of scripts, as CI wants them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

for tool in fmt clippy; do
    cargo "$tool" --version >/dev/null 2>&1 || fail "cargo $tool is missing: rustup component add rustfmt clippy"
done
need_compiler
command -v shellcheck >/dev/null || install_packages shellcheck
mapfile -t scripts < <(git ls-files '*.sh')
shellcheck --external-sources --severity warning "${scripts[@]}" .ci/run
cargo fmt --all --check
cargo clippy --workspace --all-targets --quiet -- -D warnings
# CI always does. It takes minutes to install: who has it, checks here what CI would refuse.
if cargo deny --version >/dev/null 2>&1; then
    cargo deny --log-level error check bans licenses sources
else
    say "licences of dependencies are left to CI: cargo install --locked cargo-deny brings the check here"
fi
say "no complaints"
