#!/bin/bash
# Makes vendor/rquickjs-sys: the published crate without what no build of ours reads, and with vendor/quickjs.patch.
#
#   scripts/vendor-quickjs.sh           writes the folder
#   scripts/vendor-quickjs.sh --check   fails when the folder is not what this script makes
#
# The published crate is read from cargo's own store, where `cargo fetch` puts it when Cargo.toml has no [patch].
set -euo pipefail
cd "$(dirname "$0")/.."

version=0.14.0
source=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/rquickjs-sys-$version)
[ -d "$source" ] || { echo "vendor-quickjs: rquickjs-sys $version is not in cargo's store: run cargo fetch without [patch]" >&2; exit 1; }

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
cp "$source"/{Cargo.toml,build.rs,quickjs.bind.h,README.md} "$made/"
mkdir -p "$made/src/bindings" "$made/quickjs"
cp -r "$source"/src/{lib.rs,inlines} "$made/src/"
cp "$source"/src/bindings/{x86_64,aarch64}-unknown-linux-{gnu,musl}.rs "$source"/src/bindings/{x86_64,aarch64}-apple-darwin.rs "$made/src/bindings/"
for name in quickjs.c dtoa.c libregexp.c libunicode.c LICENSE; do cp "$source/quickjs/$name" "$made/quickjs/"; done
for header in $(sed -n '/let header_files/,/];/s/.*"\(.*\.h\)".*/\1/p' "$source/build.rs"); do cp "$source/quickjs/$header" "$made/quickjs/"; done
patch --quiet --no-backup-if-mismatch --directory "$made" --strip 1 < vendor/quickjs.patch

if [ "${1:-}" = --check ]; then
  diff --recursive --brief "$made" vendor/rquickjs-sys
else
  rm -rf vendor/rquickjs-sys
  cp -r "$made" vendor/rquickjs-sys
fi
