#!/bin/bash
# Builds what the dashboard serves and does not write itself, from the versions in scripts/vendor-ui/package-lock.json:
# CodeMirror as one module in crates/ui/static/vendor, and axe-core for the tests. With --check it only says whether what
# is there is what the lock file makes.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$here")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp "$here"/vendor-ui/{package.json,package-lock.json,codemirror.mjs} "$work"
cd "$work"
npm ci --no-audit --no-fund --silent
npx esbuild codemirror.mjs --bundle --minify --format=esm --target=es2022 --legal-comments=none \
  --banner:js='// CodeMirror 6, MIT: see codemirror.LICENSE beside this file. Made by scripts/vendor-ui.sh.' \
  --outfile=made/codemirror.js --log-level=warning
# Of every package that went into the bundle: its name, version and licence.
npx esbuild codemirror.mjs --bundle --format=esm --metafile=meta.json --outfile=/dev/null --log-level=error
node -e '
  const fs = require("fs");
  const names = new Set(Object.keys(JSON.parse(fs.readFileSync("meta.json")).inputs)
    .map((file) => file.match(/^node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]).filter(Boolean));
  const texts = [...names].sort().map((name) => {
    const folder = `node_modules/${name}`;
    const about = JSON.parse(fs.readFileSync(`${folder}/package.json`));
    const file = fs.readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
    return `${about.name} ${about.version} (${about.license})\n\n${fs.readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  fs.writeFileSync("made/codemirror.LICENSE", texts.join("\n----\n\n"));
'
cp node_modules/axe-core/axe.min.js made/axe.min.js

place() { # FILE FOLDER
  if [ "${check:-}" ]; then
    cmp "made/$1" "$2/$1"
  else
    mkdir -p "$2" && cp "made/$1" "$2/$1"
  fi
}
check=$([ "${1:-}" = --check ] && echo yes || true)
place codemirror.js "$root/crates/ui/static/vendor"
place codemirror.LICENSE "$root/crates/ui/static/vendor"
place axe.min.js "$root/tests/vendor"
