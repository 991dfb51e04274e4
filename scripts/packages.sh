# shellcheck shell=bash
# Sourced by the install scripts: Debian packages, asked for only when something is missing.

say() { printf '==> %s\n' "$*" >&2; }

fail() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

# Runs a command up to three times: mirrors and registries stumble now and then.
retry() {
    local attempt
    for attempt in 1 2 3; do
        "$@" && return 0
        [ "$attempt" = 3 ] || { say "failed, trying again: $*"; sleep $((attempt * 3)); }
    done
    return 1
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fail "this needs root: run as root or install sudo, or run yourself: $*"
    fi
}

# install_packages PACKAGE… (without recommended ones). Quiet, unless it fails.
install_packages() {
    command -v apt-get >/dev/null || fail "no apt-get here; please install by hand: $*"
    say "installing with apt-get: $*"
    update_packages
    local log
    log=$(mktemp)
    if ! retry as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1; then
        tail -n 30 "$log" >&2
        rm -f "$log"
        fail "apt-get could not install: $*"
    fi
    rm -f "$log"
}

# The lists of packages, refreshed once in a run.
update_packages() {
    [ -z "${packages_updated:-}" ] || return 0
    retry as_root apt-get update -qq || fail "apt-get update failed"
    packages_updated=yes
}

# package_exists PACKAGE: whether apt can install it, with the lists refreshed once.
package_exists() {
    command -v apt-get >/dev/null || return 1
    update_packages
    [ -n "$(apt-cache policy "$1" | sed -n 's/^ *Candidate: *\([^(].*\)/\1/p')" ]
}

# SQLite and QuickJS are C.
need_compiler() {
    if ! command -v cc >/dev/null || ! printf '#include <stdlib.h>\n' | cc -E -x c - >/dev/null 2>&1; then
        install_packages gcc libc6-dev
    fi
}

# libFuzzer is C++.
need_cxx_compiler() {
    if ! command -v c++ >/dev/null || ! printf '#include <atomic>\n' | c++ -E -x c++ - >/dev/null 2>&1; then
        install_packages g++
    fi
}

need_node() {
    local missing=()
    command -v node >/dev/null || missing+=(nodejs)
    command -v npm >/dev/null || missing+=(npm)
    if [ ${#missing[@]} -gt 0 ]; then
        install_packages "${missing[@]}"
    fi
}

need_python() {
    if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
        install_packages python3 python3-venv
    fi
}

# The program only: Debian would start a broker of its own at once, on ports that somebody may need.
need_rabbitmq() {
    [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] && return
    command -v rabbitmq-server >/dev/null && return
    local policy=/usr/sbin/policy-rc.d ours=
    if [ ! -e "$policy" ]; then
        ours=yes
        printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
        as_root chmod 755 "$policy"
    fi
    if ! (install_packages rabbitmq-server); then
        [ -z "$ours" ] || as_root rm -f "$policy"
        exit 1
    fi
    [ -z "$ours" ] || as_root rm -f "$policy"
    if [ -d /run/systemd/system ]; then
        as_root systemctl disable --quiet rabbitmq-server || true
    fi
}
