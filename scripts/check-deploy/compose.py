"""Checks the compose files, beyond what `docker compose config` would: what CI runs where there is a Docker.

Containers have limits and rotated logs, ports are this machine's, secrets have no default, executors do not meet the database,
and a release's files need no clone.
"""

import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import yaml

from checking import ROOT, check
from settings_page import settings

# The services' own STOP_GRACE, in seconds.
STOP_GRACE = {"gateway": 20, "executor": 30}


def load(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def services_are_bounded(services: dict) -> None:
    known = settings()
    for name, service in services.items():
        for member in ("image", "restart", "logging", "mem_limit", "pids_limit", "networks"):
            check(member in service, f"docker-compose.yml: {name} has no {member}")
        check("build" not in service, f"docker-compose.yml: {name} needs a clone")
        for port in service.get("ports", []):
            check(re.match(r"127\.0\.0\.1:|\$\{[A-Z_]+:-127\.0\.0\.1:", port), f"docker-compose.yml: {name} listens for everybody: {port}")
        for variable, value in service.get("environment", {}).items():
            if re.search(r"TOKEN$|PASS", variable):
                check(re.fullmatch(r"\$\{[A-Z_]+:\?[^}]*openssl[^}]*\}", value), f"docker-compose.yml: {variable} of {name} has a default")
        if name in known:
            unknown = set(service["environment"]) - known[name]
            check(not unknown, f"docker-compose.yml: {name} sets {unknown}, which docs/SETTINGS.md does not list")
            grace = int(service["stop_grace_period"].removesuffix("s"))
            check(grace > STOP_GRACE[name], f"docker-compose.yml: {name} is killed before STOP_GRACE is over")
    check(not set(services["executor"]["networks"]) & set(services["database"]["networks"]), "executors meet the database")
    seccomp = next(option for option in services["executor"]["security_opt"] if option.startswith("seccomp="))
    check((ROOT / seccomp.removeprefix("seccomp=")).is_file(), f"{seccomp} is not there")


def images_are_built(services: dict) -> None:
    """The override builds what the compose file takes from a registry."""
    stages = set()
    for name, service in load("docker-compose.override.yml")["services"].items():
        check("REGISTRY" in services[name]["image"], f"docker-compose.yml: {name} is built and has no registry")
        text = (ROOT / service["build"]["dockerfile"]).read_text()
        check(text.rstrip().endswith(f'"puppet-master-{name}"]'), f"{service['build']['dockerfile']} is not the image of {name}")
        stages.add(re.search(r"^FROM .* AS build$.*?(?=^FROM )", text, re.M | re.S).group())
    check(len(stages) == 1, "the stage build differs between the Dockerfiles: the workspace would be built twice")


def variables_are_told() -> None:
    """Every variable of docker-compose.yml that has to be set is in .env.example."""
    told = (ROOT / ".env.example").read_text()
    for name in re.findall(r"\$\{([A-Z_]+):\?", (ROOT / "docker-compose.yml").read_text()):
        check(f"\n{name}=" in told, f".env.example does not say {name}")


def jobs_are_copied() -> None:
    """What docker-compose.upgrade.yml sends to the database is JSON with both addresses and passwords."""
    services = load("docker-compose.upgrade.yml")["services"]
    for name in ("copy-jobs", "copy-jobs-back"):
        service = services[name]
        script = "curl() { cat; }\n" + service["command"][0].replace("$$", "$")
        environment = {key: re.sub(r"\$\{([A-Z_]+):.*\}", r"\1", value) for key, value in service["environment"].items()}
        sent = subprocess.run(["bash", "-euc", script], env=environment | {"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=20, check=True)
        order = json.loads(sent.stdout)
        check(order["selector"] == {"_id": {"$regex": "^[^_]"}}, f"{name} copies {order['selector']}")
        passwords = {order[side]["url"].split("/")[2]: order[side]["auth"]["basic"]["password"] for side in ("source", "target")}
        wanted = {"database:5984": "COUCH_DB_PASSWORD", "predecessor-database:5984": "PUPPET_DATABASE_PASSWORD"}
        check(passwords == wanted, f"{name} signs in with {passwords}")


def release_needs_no_clone() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "compose.tar.gz"
        subprocess.run([ROOT / "scripts/release-compose.sh", "ghcr.io/acme", "9.8.7", file], timeout=20, check=True)
        with tarfile.open(file) as archive:
            names = {name.removeprefix("puppet-master/") for name in archive.getnames()}
            compose = yaml.safe_load(archive.extractfile("puppet-master/docker-compose.yml").read())
    for name in ("docker-compose.yml", ".env.example", "deploy/seccomp/chromium.json"):
        check(name in names, f"a release's compose files lack {name}")
    check("docker-compose.override.yml" not in names, "a release's compose files build images")
    for name in ("gateway", "executor"):
        wanted = f"${{REGISTRY:-ghcr.io/acme/}}puppet-master-{name}:${{VERSION:-9.8.7}}"
        check(compose["services"][name]["image"] == wanted, f"a release's image is {compose['services'][name]['image']}")


services = load("docker-compose.yml")["services"]
services_are_bounded(services)
images_are_built(services)
variables_are_told()
jobs_are_copied()
release_needs_no_clone()
print(f"==> compose: {len(services)} services, copying, a release's files", file=sys.stderr)
