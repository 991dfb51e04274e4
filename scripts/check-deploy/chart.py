"""Checks the Helm chart: its texts agree, it renders with every set of values, and what it renders is sound.

`--write` writes the table of values in the chart's README.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import jsonschema
import kubernetes_validate
import yaml

import kinds
import values_table
from checking import ROOT, check
from settings_page import settings

CHART = ROOT / "deploy/helm/puppet-master"
HELM = os.environ["HELM"]
# The oldest that Chart.yaml allows, and the newest that has schemas.
VERSIONS = ["1.28", kubernetes_validate.latest_version()]
# Pods whose images write into their own root.
WRITABLE_ROOTS = {"couchdb", "rabbitmq"}
# What is in the environment and is no setting of ours.
FOREIGN = {"HOME", "POD_IP"}

# What must be refused, and with which words.
REFUSED = [
    ("couchdb.host=", "couchdb.host: name your CouchDB"),
    ("rabbitmq.host=", "rabbitmq.host: name your RabbitMQ"),
    ("auth.existingSecret=,auth.tokensFileSecret=", "auth: nobody could call the API"),
    ("couchdb.existingSecret=", "couchdb.existingSecret: name the Secret"),
    ("rabbitmq.existingSecret=", "rabbitmq.existingSecret: name the Secret"),
    ("gateway.ingress.tlsSecret=", "tokens must not travel in the clear"),
    ("gateway.replcas=3", "'replcas' not allowed"),
    ("executor.settings.MAX_ATTEMPTS=5", "got number, want string"),
    ("gateway.settings.API_TOKEN=x", "API_TOKEN"),
    ("executor.seccomp.type=Unconfined", "/executor/seccomp/type"),
    ("autoscaling.minReplicas=60", "autoscaling.minReplicas is above"),
    ("files.url=file:///tmp", "/files/url"),
    ("couchdb.bundled.enabled=true", "the bundled CouchDB listens on 5984"),
    ("rabbitmq.bundled.enabled=true", "the bundled RabbitMQ listens on 5672"),
]


def helm(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([HELM, *arguments], capture_output=True, text=True, timeout=60, check=False)


def texts_agree() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    workspace = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    check(chart["version"] == chart["appVersion"] == workspace, f"Chart.yaml does not have the workspace's version {workspace}")
    values = yaml.safe_load((CHART / "values.yaml").read_text())
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())
    schema["properties"].pop("global")
    same_names("", values, schema)
    readme = CHART / "README.md"
    text = values_table.replaced(readme.read_text(), (CHART / "values.yaml").read_text())
    if "--write" in sys.argv:
        readme.write_text(text)
    check(readme.read_text() == text, "the chart's README is old: run scripts/check-deploy.sh --write")


def same_names(path: str, values: object, schema: dict) -> None:
    """values.yaml and values.schema.json have the same names, level by level."""
    if "properties" not in schema or not isinstance(values, dict):
        return
    if path.endswith(".resources"):
        return
    check(schema.get("additionalProperties") is False, f"values.schema.json takes unknown names below {path or '/'}")
    names, known = set(values), set(schema["properties"])
    check(names == known, f"values.yaml and values.schema.json differ below {path or '/'}: {names ^ known}")
    for name in names:
        same_names(f"{path}.{name}", values[name], schema["properties"][name])


def rendered(file: Path) -> list[dict]:
    lint = helm("lint", "--strict", str(CHART), "--values", str(file))
    check(lint.returncode == 0, f"helm lint with {file.name}:\n{lint.stdout}{lint.stderr}")
    template = helm("template", "shop", str(CHART), "--namespace", "browsers", "--values", str(file))
    check(template.returncode == 0, f"helm template with {file.name}:\n{template.stderr}")
    objects = [document for document in yaml.safe_load_all(template.stdout) if document]
    names = [(one["kind"], one["metadata"]["name"]) for one in objects]
    check(len(names) == len(set(names)), f"{file.name}: two objects have one name")
    return objects


def valid(file: Path, one: dict) -> None:
    """An object fits the schema of its kind."""
    name = f"{file.name}: {one['kind']} {one['metadata']['name']}"
    try:
        if one["kind"] in kinds.SCHEMAS:
            jsonschema.validate(one, kinds.SCHEMAS[one["kind"]])
            return
        for version in VERSIONS:
            kubernetes_validate.validate(one, version, strict=True)
    except (jsonschema.ValidationError, kubernetes_validate.ValidationError) as error:
        sys.exit(f"error: {name}: {'.'.join(map(str, error.path))}: {error.message}")


def pod_of(one: dict) -> dict | None:
    if one["kind"] == "Pod":
        return one
    return one["spec"].get("template") if one["kind"] in ("Deployment", "StatefulSet") else None


def sound_pod(name: str, component: str, spec: dict) -> None:
    """A pod has what every pod of ours must have."""
    check(spec["automountServiceAccountToken"] in (False, True), name)
    check(spec["enableServiceLinks"] is False, f"{name}: variables of Services are among its settings")
    security = spec["securityContext"]
    check(security["runAsNonRoot"] and security["runAsUser"] > 0, f"{name} runs as root")
    check(security["seccompProfile"]["type"] in ("RuntimeDefault", "Localhost"), f"{name} has no seccomp profile")
    for container in spec["containers"]:
        own = container["securityContext"]
        check(own["allowPrivilegeEscalation"] is False and own["capabilities"] == {"drop": ["ALL"]}, f"{name} has privileges")
        check(own.get("readOnlyRootFilesystem") or component in WRITABLE_ROOTS, f"{name} can write to its root")
        check("memory" in container["resources"]["limits"] and "memory" in container["resources"]["requests"], f"{name}: no memory limit")
        mounts = {mount["name"] for mount in container.get("volumeMounts", [])}
        volumes = {volume["name"] for volume in spec.get("volumes", [])}
        check(mounts - volumes <= {"data"} and volumes <= mounts, f"{name}: volumes {volumes}, mounts {mounts}")
        names = [entry["name"] for entry in container.get("env", [])]
        check(len(names) == len(set(names)), f"{name}: a variable is there twice: {names}")
        for entry in container.get("env", []):
            secret = re.search(r"TOKEN$|PASS", entry["name"])
            check(not secret or "valueFrom" in entry, f"{name}: {entry['name']} is not out of a Secret")
        if component != "test":
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                check(probe in container, f"{name} has no {probe}")


def sound_service(name: str, component: str, spec: dict, known: set[str]) -> None:
    """A pod of the gateway or the executor has time to end, and settings that exist."""
    container = spec["containers"][0]
    environment = {entry["name"]: entry.get("value") for entry in container["env"]}
    unknown = set(environment) - known - FOREIGN
    check(not unknown, f"{name} sets {unknown}, which docs/SETTINGS.md does not list")
    sleep = container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", ["sleep", "0"])[1]
    grace = int(environment["STOP_GRACE"].removesuffix("s"))
    check(spec["terminationGracePeriodSeconds"] >= int(sleep) + grace + 10, f"{name} is killed before STOP_GRACE is over")
    check((component == "gateway") == ("lifecycle" in container), f"{name}: preStop is for gateways")


def selectors_meet(file: Path, objects: list[dict]) -> None:
    """Services, budgets, policies and monitors select something that is there."""
    pods = [pod["metadata"]["labels"] for pod in map(pod_of, objects) if pod]
    services = [one["metadata"]["labels"] for one in objects if one["kind"] == "Service"]
    for one in objects:
        spec = one.get("spec", {})
        wanted = {
            "Service": lambda: spec["selector"],
            "PodDisruptionBudget": lambda: spec["selector"]["matchLabels"],
            "NetworkPolicy": lambda: spec["podSelector"]["matchLabels"],
            "Deployment": lambda: spec["selector"]["matchLabels"],
            "StatefulSet": lambda: spec["selector"]["matchLabels"],
            "ServiceMonitor": lambda: spec["selector"]["matchLabels"],
        }.get(one["kind"], dict)()
        among = services if one["kind"] == "ServiceMonitor" else pods
        check(any(wanted.items() <= labels.items() for labels in among), f"{file.name}: {one['kind']} selects nothing: {wanted}")


def ports_meet(file: Path, objects: list[dict]) -> None:
    """What a Service leads to, a container listens on under that name."""
    for service in (one for one in objects if one["kind"] == "Service"):
        for pod in filter(None, map(pod_of, objects)):
            if service["spec"]["selector"].items() <= pod["metadata"]["labels"].items():
                open_ports = {port["name"] for port in pod["spec"]["containers"][0]["ports"]}
                for port in service["spec"]["ports"]:
                    check(port["targetPort"] in open_ports, f"{file.name}: nothing listens on {port}")


def peers(rules: list[dict]) -> str:
    return yaml.safe_dump(rules)


def network_policies(objects: list[dict]) -> dict[str, dict]:
    """What each policy says, by its name."""
    return {one["metadata"]["name"]: one["spec"] for one in objects if one["kind"] == "NetworkPolicy"}


def executors_are_fenced(objects: list[dict]) -> None:
    """With the values as they are, executors do not reach the database, and reach the outside."""
    policies = network_policies(objects)
    egress = peers(policies["shop-executor"]["egress"])
    check("component: couchdb" not in egress and "5984" not in egress, "executors reach the database")
    for closed in ("10.0.0.0/8", "169.254.0.0/16", "fc00::/7"):
        check(closed in egress, f"executors reach {closed}")
    check("component: executor" not in peers(policies["shop-couchdb"]["ingress"]), "executors reach the database")
    check("component: executor" in peers(policies["shop-rabbitmq"]["ingress"]), "executors do not reach the broker")


def gateways_are_called_by_whom_they_should(objects: list[dict]) -> None:
    """With peers of one's own, these, Prometheus and `helm test` call the gateways, and nobody else."""
    policies = network_policies(objects)
    (rule,) = policies["shop-gateway"]["ingress"]
    names = sorted(next(reversed(next(iter(peer.values()))["matchLabels"].values())) for peer in rule["from"])
    check(names == ["ingress", "monitoring", "test"], f"gateways are called by {names}")


def main() -> None:
    texts_agree()
    known = settings()
    sets = sorted((CHART / "ci").glob("*-values.yaml"))
    check(len(sets) >= 4, "the chart has too few sets of values")
    seen: set[str] = set()
    for file in sets:
        objects = rendered(file)
        for one in objects:
            seen.add(one["kind"])
            valid(file, one)
            pod = pod_of(one)
            if pod:
                component = one["metadata"]["labels"]["app.kubernetes.io/component"]
                name = f"{file.name}: {component}"
                sound_pod(name, component, pod["spec"])
                if component in known:
                    sound_service(name, component, pod["spec"], known[component])
            if one["kind"] == "ConfigMap":
                board = json.loads(one["data"]["puppet-master.json"])
                check(board["uid"] == "puppet-master", "the chart's dashboard is not that of deploy/grafana")
            if one["kind"] == "Pod":
                script = (CHART / "files/run-a-job.sh").read_text()
                check(one["spec"]["containers"][0]["args"][0].strip() == script.strip(), "helm test runs another script than files/run-a-job.sh")
        selectors_meet(file, objects)
        ports_meet(file, objects)
        scaled = any(one["kind"] == "ScaledObject" for one in objects)
        executor = next(one for one in objects if one["kind"] == "Deployment" and one["metadata"]["name"].endswith("-executor"))
        check(scaled != ("replicas" in executor["spec"]), f"{file.name}: KEDA and the chart both set the number of executors")
        if file.name == "bundled-values.yaml":
            executors_are_fenced(objects)
        if file.name == "external-values.yaml":
            gateways_are_called_by_whom_they_should(objects)
    missing = set(kinds.SCHEMAS) | {"Ingress", "PersistentVolumeClaim", "NetworkPolicy", "PodDisruptionBudget", "ConfigMap"}
    check(missing <= seen, f"no set of values renders {missing - seen}")
    for values, words in REFUSED:
        answer = helm("template", "shop", str(CHART), "--values", str(CHART / "ci/external-values.yaml"), "--set", values)
        check(answer.returncode != 0, f"--set {values} is taken")
        check(words in answer.stderr, f"--set {values} is refused without {words!r}:\n{answer.stderr}")
    print(f"==> the chart: {len(sets)} sets of values, Kubernetes {' and '.join(VERSIONS)}, {len(REFUSED)} refusals", file=sys.stderr)


main()
