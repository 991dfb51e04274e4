#!/bin/bash
# Copies the polyfill behind the global URLPattern of jobs to crates/script/js/vendor, in the version of
# scripts/vendor-urlpattern/package-lock.json. With --check it only says whether what is there is that version.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
target="$(dirname "$here")/crates/script/js/vendor"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/vendor-urlpattern/{package.json,package-lock.json} "$work"
cd "$work"
npm ci --no-audit --no-fund --silent --ignore-scripts
package=node_modules/urlpattern-polyfill
version=$(node -p "require('./$package/package.json').version")
{
  echo "// urlpattern-polyfill $version, MIT: see urlpattern.LICENSE beside this file. Made by scripts/vendor-urlpattern.sh."
  cat "$package/dist/urlpattern.js"
} > urlpattern.js
cp "$package/LICENSE" urlpattern.LICENSE
for file in urlpattern.js urlpattern.LICENSE; do
  if [ "${1:-}" = --check ]; then cmp "$file" "$target/$file"; else cp "$file" "$target/$file"; fi
done
