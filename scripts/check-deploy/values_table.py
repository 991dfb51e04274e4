"""The table of values in the chart's README: each row is a key of values.yaml with the comment above it."""

import json
import re

import yaml

BEGIN = "<!-- values: written by scripts/check-deploy.sh --write -->\n"
END = "<!-- end of values -->"


def replaced(readme: str, values: str) -> str:
    """The README with the table of these values."""
    before, rest = readme.split(BEGIN)
    _, after = rest.split(END)
    lines = "".join(f"| `{name}` | {default} | {meaning} |\n" for name, default, meaning in rows(values))
    return f"{before}{BEGIN}\n| value | default | meaning |\n|---|---|---|\n{lines}\n{END}{after}"


def rows(text: str) -> list[tuple[str, str, str]]:
    """Name, default and meaning of every value that has a comment."""
    values = yaml.safe_load(text)
    found, path, comment = [], [], []
    for line in text.splitlines():
        key = re.match(r"( *)([A-Za-z]+):", line)
        if line.strip().startswith("# "):
            comment.append(line.strip()[2:])
        elif key:
            path = path[: len(key[1]) // 2] + [key[2]]
            if comment:
                found.append((".".join(path), default(values, path), " ".join(comment).replace("|", "\\|")))
            elif not isinstance(value_of(values, path), dict):
                raise SystemExit(f"error: values.yaml does not say what {'.'.join(path)} means")
            comment = []
        else:
            comment = []
    return found


def value_of(values: dict, path: list[str]) -> object:
    for name in path:
        values = values[name]
    return values


def default(values: dict, path: list[str]) -> str:
    value = value_of(values, path)
    if value in ("", [], {}):
        return ""
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, separators=(', ', ': '))}`"
