# Sourced by the other scripts: sets NEWTONSOFT, or returns 1 when something is not installed.
for tool in mcs mono python3; do
    command -v "$tool" >/dev/null || return 1
done
NEWTONSOFT=$(find /usr/lib/cli /usr/lib/mono -name Newtonsoft.Json.dll 2>/dev/null | LC_ALL=C sort | head -n 1)
[ -n "$NEWTONSOFT" ] || return 1
