#!/bin/sh
# Compares the committed table with a new one; skipped where the tools are not installed.
set -eu
here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)
if ! "$here/find_tools.sh" >/dev/null; then
    echo "skipped: mcs, mono, python3 and Newtonsoft.Json are needed"
    exit 0
fi
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
"$here/generate.sh" "$new/table.jsonl"
if ! diff -u "$here/table.jsonl" "$new/table.jsonl"; then
    echo "the table differs: run tests/oracle/generate.sh and look at the difference" >&2
    exit 1
fi
echo "the table is up to date"
