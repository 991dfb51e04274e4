#!/bin/bash
# Makes the recording of the command line in the README: runs commands on a terminal, and has a job film what it showed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/packages.sh
. "$here/packages.sh"
cd "$here/.."

"$here/install-browser.sh"
command -v script >/dev/null || install_packages bsdutils
need_python
"$here/build.sh" --package cli
program=$(realpath "${CARGO_TARGET_DIR:-target}/debug/puppet-master")
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
cp scripts/terminal-recording/prices.mjs "$work"
ln -s "$program" "$work/puppet-master"

number=0
for command in "cat prices.mjs" "puppet-master run prices.mjs --output ." ; do
    number=$((number + 1))
    (cd "$work" && TERM=xterm-256color PATH="$work:$PATH" timeout 60 script --quiet --return \
        --log-out "out$number" --log-timing "times$number" --logging-format classic \
        --command "stty cols 92 rows 24; $command" >/dev/null)
    printf '%s' "$command" >"$work/command$number"
done

# What was written when, from the two files of each command.
python3 - "$work" "$number" <<'PYTHON'
import json, pathlib, sys

work, count = pathlib.Path(sys.argv[1]), int(sys.argv[2])
commands = []
for number in range(1, count + 1):
    # The first line says when it began.
    kept = (work / f"out{number}").read_bytes().split(b"\n", 1)[1]
    output, at, left = [], 0, b""
    for line in (work / f"times{number}").read_text().splitlines():
        seconds, size = line.split()
        chunk, at = left + kept[at : at + int(size)], at + int(size)
        # A letter may stand in two chunks.
        text = chunk.decode(errors="ignore")
        left = chunk[len(text.encode()) :]
        output.append([float(seconds), text])
    commands.append({"command": (work / f"command{number}").read_text(), "output": output})
(work / "session.json").write_text(json.dumps({"commands": commands}))
PYTHON

"$program" run scripts/terminal-recording/film --file "session.json=$work/session.json" --api 25 --output "$work/film"
cp "$work/film/terminal.gif" docs/terminal.gif
say "docs/terminal.gif is made"
