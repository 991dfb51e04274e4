"""What all checks of deploy/ begin with."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def check(condition: object, text: str) -> None:
    if not condition:
        sys.exit(f"error: {text}")
