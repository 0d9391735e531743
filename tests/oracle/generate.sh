#!/bin/sh
# Writes the table of expressions and results anew. README.md says what it needs.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if ! newtonsoft=$("$here/find_tools.sh"); then
    echo "mcs, mono, python3 and Newtonsoft.Json are needed" >&2
    exit 1
fi
exec python3 "$here/generator/generate.py" "$newtonsoft" "${1:-$here/table.jsonl}"
