"""The settings that docs/SETTINGS.md lists."""

import re
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs/SETTINGS.md"


def settings() -> dict[str, set[str]]:
    """Their names, by binary."""
    found: dict[str, set[str]] = {"gateway": set(), "executor": set()}
    for line in PAGE.read_text().splitlines():
        row = re.match(r"\| `([A-Z_]+)` \| (gateway|executor|gateway, executor) \|", line)
        for binary in row[2].split(", ") if row else []:
            found[binary].add(row[1])
    if not found["gateway"] or not found["executor"]:
        sys.exit("error: docs/SETTINGS.md has no table")
    return found
