#!/bin/sh
# Prints where Newtonsoft.Json is, or fails when something is not installed.
for tool in mcs mono python3; do
    command -v "$tool" >/dev/null || exit 1
done
found=$(find /usr/lib/cli /usr/lib/mono -name Newtonsoft.Json.dll 2>/dev/null | LC_ALL=C sort | head -n 1)
[ -n "$found" ] || exit 1
echo "$found"
