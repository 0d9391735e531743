#!/usr/bin/env bash
# What the action does once `poolproof` is there: a SARIF report where one is wanted, a table for the summary of the
# job, and remarks beside the lines of a pull request. Ends as `poolproof validate` does.
#
# Takes PATHS and ARGS, with blanks between them; SARIF and GITHUB_STEP_SUMMARY are files, or empty.
set -euo pipefail

read -ra paths <<<"${PATHS:-.}"
read -ra args <<<"${ARGS:-}"

if [[ -n ${SARIF:-} ]]; then
    poolproof validate "${paths[@]}" "${args[@]}" --format sarif --output "$SARIF" --fail-on never
fi
if [[ -n ${GITHUB_STEP_SUMMARY:-} ]]; then
    # What fails here fails again below, where its exit code counts.
    poolproof validate "${paths[@]}" "${args[@]}" --format markdown --fail-on never >>"$GITHUB_STEP_SUMMARY" || true
fi
poolproof validate "${paths[@]}" "${args[@]}" --format github
