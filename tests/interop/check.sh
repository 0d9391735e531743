#!/usr/bin/env bash
# Real clients against `poolproof lab`: the openai packages of PyPI and npm, and curl.
#
# Usage: tests/interop/check.sh POOLPROOF. Installs the packages below target/interop; where a tool or a registry is
# missing it says what it skips. Everything stays on loopback and ends with the script.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly POOLPROOF=${1:-target/release/poolproof}
readonly SCENARIO=scenarios/walkthrough/scenario.json
readonly PYTHON_OPENAI=3.57.0
readonly NODE_OPENAI=7.59.0
readonly WORK=target/interop

mkdir -p "$WORK"
log=$(mktemp)
lab=
finish() {
    [[ -z $lab ]] || kill "$lab" 2>/dev/null || true
    rm -f "$log"
}
trap finish EXIT

# Quick answers, and a quota that the first region has used up after a few requests.
"$POOLPROOF" lab "$SCENARIO" --variant priority --hold --speed 1 \
    --set backends.openai-eastus.standard.tpm=2000 \
    --set backends.openai-eastus.standard.rpm=600 >"$log" 2>&1 &
lab=$!
for _ in $(seq 100); do
    grep -q '^  API' "$log" && break
    kill -0 "$lab" 2>/dev/null || { cat "$log" >&2; exit 1; }
    sleep 0.1
done
POOLPROOF_URL=$(sed -n 's/^  API  //p' "$log")
POOLPROOF_KEY=$(sed -n 's/^  key  //p' "$log")
export POOLPROOF_URL POOLPROOF_KEY

curl --silent --fail --show-error --max-time 30 \
    "$POOLPROOF_URL/deployments/gpt-4o-mini/chat/completions?api-version=2024-02-01" \
    --header "api-key: $POOLPROOF_KEY" --header 'content-type: application/json' \
    --data '{"messages":[{"role":"user","content":"hello"}],"max_tokens":5}' >/dev/null
echo "interop: curl ok"

if python3 -m venv "$WORK/python" >/dev/null 2>&1 &&
    "$WORK/python/bin/pip" install --quiet --disable-pip-version-check "openai==$PYTHON_OPENAI" >"$WORK/pip.log" 2>&1; then
    timeout 300 "$WORK/python/bin/python" tests/interop/client.py
else
    echo "interop: SKIPPED the Python package: it cannot be installed here (see $WORK/pip.log)"
fi

if command -v npm >/dev/null &&
    npm install --silent --no-audit --no-fund --prefix "$WORK/node" "openai@$NODE_OPENAI" >"$WORK/npm.log" 2>&1; then
    cp tests/interop/client.mjs "$WORK/node/client.mjs"
    timeout 300 node "$WORK/node/client.mjs"
else
    echo "interop: SKIPPED the npm package: it cannot be installed here (see $WORK/npm.log)"
fi
