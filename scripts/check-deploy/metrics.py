"""Checks the Prometheus rules and the Grafana dashboard: their form and their expressions.

That every metric in them exists, and has the labels they ask for, tests/readme checks against running services.
"""

import json
import sys

import promql_parser
import yaml

from checking import ROOT, check


def parse(where: str, expression: str) -> None:
    try:
        promql_parser.parse(expression.replace("$__rate_interval", "5m"))
    except ValueError as error:
        sys.exit(f"error: {where}: {expression}: {error}")


def rules() -> int:
    names = []
    groups = yaml.safe_load((ROOT / "deploy/alerts/puppet-master.yaml").read_text())["groups"]
    for rule in (rule for group in groups for rule in group["rules"]):
        name = rule["alert"]
        check(set(rule) <= {"alert", "expr", "for", "labels", "annotations"}, f"{name} has unknown members")
        check(rule["labels"]["severity"] in ("critical", "warning"), f"{name} has no severity")
        check(set(rule["annotations"]) == {"summary", "runbook"}, f"{name} has no runbook")
        parse(name, rule["expr"])
        names.append(name)
    check(len(names) == len(set(names)), "two alerts have one name")
    return len(names)


def dashboard() -> int:
    board = json.loads((ROOT / "deploy/grafana/puppet-master.json").read_text())
    taken: set[tuple[int, int]] = set()
    ids = set()
    for panel in board["panels"]:
        title, place = panel["title"], panel["gridPos"]
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"]) for y in range(place["y"], place["y"] + place["h"])}
        check(not cells & taken and place["x"] + place["w"] <= 24, f"the panel {title} lies over another one")
        taken |= cells
        ids.add(panel["id"])
        if panel["type"] != "row":
            check(panel["description"] and panel["targets"], f"the panel {title} says nothing")
            check(panel["datasource"]["uid"] == "${source}", f"the panel {title} has a data source of its own")
            for target in panel["targets"]:
                parse(title, target["expr"])
    check(len(ids) == len(board["panels"]), "two panels have one id")
    return len(ids)


print(f"==> {rules()} alerts, {dashboard()} panels", file=sys.stderr)
