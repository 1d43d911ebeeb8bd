#!/bin/sh
# Commit a source's dataset where something changed in it since the last commit: commit-dataset.sh <source> [folder]
#
# `last_seen` moves with every accepted run, so the file differs every day; a commit is worth its place in the history
# only where a run's changes.jsonl has a line. The copy in <folder> (default: data) has the id of the run that it comes
# from beside it, so that what a failed push left out is in the next commit. Pushes nothing.
set -eu

source=${1:?usage: commit-dataset.sh <source> [folder]}
folder=${2:-data}/$source
last=$(cat "$folder/run-id" 2>/dev/null || true)

# Runs without changes.jsonl cannot say that nothing changed: they count as one change.
news=$(scrapy status "$source" --last 1000 --json | python3 -c '
import json, sys
published = [run for run in json.load(sys.stdin)["runs"] if run["verdict"] in ("accepted", "degraded")]
new = [run for run in published if run["run_id"] > sys.argv[1]]
print(sum(1 if run["changes"] is None else run["changes"] for run in new), new[0]["run_id"] if new else "-")
' "$last")
changes=${news% *}
run=${news#* }

if [ "$changes" -eq 0 ]; then
    echo "$source: nothing changed"
    exit 0
fi
mkdir -p "$folder"
cp "output/$source/events.jsonl" "$folder/events.jsonl"
echo "$run" >"$folder/run-id"
git add -- "$folder"
git commit --quiet -m "$source: $changes changes (run $run)" -- "$folder"
echo "$source: $changes changes committed"
