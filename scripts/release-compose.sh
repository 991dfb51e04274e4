#!/bin/bash
# release-compose.sh REGISTRY VERSION FILE   packs what `docker compose up` needs without a clone: the compose files with the
# addresses of a release's images in them, the profile for Chromium's sandbox, and how to make .env.
set -euo pipefail
cd "$(dirname "$0")/.."
registry=$1 version=$2 file=$3

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir -p "$folder/puppet-master/deploy/seccomp"
for name in docker-compose.yml docker-compose.s3.yml docker-compose.upgrade.yml; do
    sed "s|\${REGISTRY:-}|\${REGISTRY:-$registry/}|; s|\${VERSION:-latest}|\${VERSION:-$version}|" "$name" >"$folder/puppet-master/$name"
done
cp .env.example "$folder/puppet-master/"
cp deploy/seccomp/chromium.json "$folder/puppet-master/deploy/seccomp/"
tar --create --gzip --owner=0 --group=0 --file "$file" --directory "$folder" puppet-master
