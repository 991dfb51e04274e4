"""The settings that docs/SETTINGS.md lists."""

import re

from checking import ROOT, check


def settings() -> dict[str, set[str]]:
    """Their names, by binary."""
    found: dict[str, set[str]] = {"gateway": set(), "executor": set()}
    for line in (ROOT / "docs/SETTINGS.md").read_text().splitlines():
        row = re.match(r"\| `([A-Z_]+)` \| (gateway|executor|gateway, executor) \|", line)
        for binary in row[2].split(", ") if row else []:
            found[binary].add(row[1])
    check(found["gateway"] and found["executor"], "docs/SETTINGS.md has no table")
    return found
