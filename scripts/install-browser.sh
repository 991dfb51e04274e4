#!/bin/bash
# Installs a Chromium when there is none: chromium-headless-shell where the distribution has it (it starts and answers
# faster), else chromium. Says what it does, does nothing when one is there.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"

if [ -n "${CHROMIUM_EXECUTABLE:-}" ]; then
    command -v "$CHROMIUM_EXECUTABLE" >/dev/null || fail "CHROMIUM_EXECUTABLE names no program: $CHROMIUM_EXECUTABLE"
    exit 0
fi
# The names and the order in which the executor looks for one (crates/browser/src/launch.rs).
for name in chromium-headless-shell chrome-headless-shell chromium chromium-browser google-chrome-stable google-chrome; do
    if command -v "$name" >/dev/null; then exit 0; fi
done
for package in chromium-headless-shell chromium; do
    if package_exists "$package"; then
        install_packages "$package"
        exit 0
    fi
done
fail "no Chromium here and no package of one; install Chromium or Chrome and name it with CHROMIUM_EXECUTABLE"
