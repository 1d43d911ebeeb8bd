#!/bin/sh
# One night's run of a source: nightly.sh <source> [arguments of scrapy crawl]
#
# Quiet where all is well, so that cron mails only what wants to be read. The exit code is the run's own. `scrapy` is
# the one of the project's .venv, else the one on the PATH; settings come from the working directory's scrapy.cfg.
set -u

if [ $# -eq 0 ]; then
    echo "usage: nightly.sh <source> [arguments of scrapy crawl]" >&2
    exit 2
fi
source=$1
if [ -x .venv/bin/scrapy ]; then
    PATH=$PWD/.venv/bin:$PATH
fi

log=$(mktemp) || exit 3
trap 'rm -f "$log"' EXIT

scrapy crawl "$@" >"$log" 2>&1
code=$?

case $code in
0)
    exit 0
    ;;
4)
    # The run of last night is still going on: one is enough.
    echo "$source: skipped, another run is going on"
    ;;
10)
    echo "$source: published, but look at this:"
    ;;
11 | 15)
    # Stopped by hand, by a reboot or by a limit: what was read is kept.
    echo "$source: not through; the next run goes on where this one stopped"
    ;;
12 | 16)
    # The site's trouble, as a rule. Asking again at once would only add to it.
    echo "$source: the site does not answer or refuses ($code); the dataset is as it was"
    ;;
17)
    # Where it cannot be read the site has trouble; where it forbids the run, its owner has spoken.
    echo "$source: robots.txt forbids the run or cannot be read ($code); the dataset is as it was:"
    ;;
13 | 14)
    echo "$source: the site changed ($code); the dataset is as it was until somebody has looked:"
    ;;
3 | 18)
    echo "$source: this machine's disk, archive or ledger wants help ($code); see docs/runbook.md:"
    ;;
*)
    echo "$source: could not be run ($code):"
    ;;
esac
cat "$log"
exit "$code"
