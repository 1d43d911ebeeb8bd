"""What an outcome means and what to do, in the words of ``docs/runbook.md``; backticks set off what is typed."""

from collections.abc import Sequence
from typing import NamedTuple

from filmscrape.runs.outcome import Outcome


class Remedy(NamedTuple):
    """What somebody needs to know who finds a run that ended so.

    :ivar meaning: what was the case.
    :ivar cause: what it usually comes of.
    :ivar remedy: what to do.
    :ivar next_run: what the next run does by itself.
    """

    meaning: str
    cause: str
    remedy: str
    next_run: str


_ON = "goes on where it stopped, if it starts within a day"
_LIKEWISE = "fails likewise while the cause lasts"

REMEDIES: dict[Outcome, Remedy] = {
    Outcome.ACCEPTED: Remedy(
        "all is well",
        "the site is as usual",
        "none",
        "reads what has changed since",
    ),
    Outcome.FAULT: Remedy(
        "the crawl could not be started, or broke, also while it was joined to the ledger",
        "a fault of the program or of its installation",
        "run it again with `-L DEBUG`; report the traceback",
        "starts anew",
    ),
    Outcome.USAGE: Remedy(
        "an argument or a setting is wrong (a number out of its bounds, a switch that is none); the site was not asked."
        " Or the dataset there was read from another server (a test server, a mirror) and is not mixed with the"
        " site's, or a newer version of the program made the ledger",
        "a typing error in the command or the crontab; `make demo` before the first crawl; an older installation on the"
        " same data",
        "the line on standard error says which and how to write it, what to move away, or which version to use",
        "fails likewise until it is right",
    ),
    Outcome.CANNOT_WRITE: Remedy(
        "the output directory cannot be written",
        "disk full, wrong owner, read-only file system",
        "make room (`scrapy retain`) or give the user the right to write",
        _ON,
    ),
    Outcome.LOCKED: Remedy(
        "another run of the source is going on, or `retain --yes`, `verify`, `rebuild` or `replay --publish` is"
        " at work",
        "a run that lasts longer than the schedule's interval",
        "wait; run less often if it happens again",
        "starts when the other has ended",
    ),
    Outcome.DEGRADED: Remedy(
        "published, and something wants looking at",
        "see the lines under the verdict",
        "read them; decide within days, not hours",
        "compares itself with this one too",
    ),
    Outcome.INTERRUPTED: Remedy(
        "stopped before it was through",
        "SIGTERM, Ctrl-C, a reboot",
        "start it again within a day",
        _ON,
    ),
    Outcome.TOO_MANY_FAILED: Remedy(
        "the host does not answer, or too many pages could not be fetched or read (a page counts that an earlier run"
        " read an event on, and shows none now)",
        "the network, the site is down, or its pages have a layout nobody knows",
        "open the site in a browser; `failed.jsonl` or `rejected.jsonl` has every page with its reason",
        "asks for everything that is missing",
    ),
    Outcome.TOO_FEW_EVENTS: Remedy(
        "the site answered, but no events, or far fewer than usual",
        "listing moved or renamed, an argument that excludes all, the programme has ended",
        "compare the site's listing with the dataset; if it is closed, say so with `EXPECT_CLOSED_UNTIL`",
        _LIKEWISE,
    ),
    Outcome.COVERAGE_FELL: Remedy(
        "fields are empty that used to be filled",
        "the site was redesigned, or a label has changed",
        "`scrapy explain <id> <field>`, then correct the page module and `scrapy replay <run>` without asking"
        " the site again",
        _LIKEWISE,
    ),
    Outcome.BUDGET: Remedy(
        "a limit of yours on pages, items or time was reached",
        "`CLOSESPIDER_TIMEOUT`, `CLOSESPIDER_PAGECOUNT` or the like is too low for this site",
        "raise it, or let the next run go on",
        _ON,
    ),
    Outcome.BLOCKED: Remedy(
        "the site refuses: challenges, empty pages, a login, 403 or 429, or patience beyond measure",
        "too many requests, a new protection, an address with a bad name",
        "stop the schedule for a day, raise `DOWNLOAD_DELAY`, write to the site's people; do not work around it",
        "tries again with the same manners",
    ),
    Outcome.ROBOTS: Remedy(
        "robots.txt forbids what the run needs, or cannot be read",
        "the site changed its rules, or its server is in trouble (then nobody may crawl)",
        "read robots.txt; if it forbids, respect it or ask for leave",
        "asks for robots.txt first and ends there if nothing has changed",
    ),
    Outcome.INTEGRITY: Remedy(
        "counts do not add up, values cannot be true, or an archive, the ledger or a dataset is damaged",
        "a fault of the program, a page that is read wrong, a failing disk",
        "`scrapy verify` tells damage from the rest, and `scrapy rebuild` makes the ledger and the dataset again"
        " from the runs; report what they do not explain, with `run.json`",
        _LIKEWISE,
    ),
}

WARNINGS: dict[str, str] = {
    "failed": "nothing today: the next run asks for these pages again. If the same ones fail tomorrow, open one in a"
    " browser",
    "discovery": "nothing today: the next run reads the lists again. If it says so twice, open the list in a browser:"
    " what only it lists is missing",
    "rejected": "read the reasons; `scrapy capture <id>` prints what a page says. Correct the page module, then"
    " `scrapy replay <run> --publish`",
    "events": "compare the site's listing with the dataset: a programme that has ended is no fault, a listing that has"
    " moved is",
    "coverage": "open a page of the site: if it no longer says this, there is nothing to do; if it does,"
    " `scrapy explain <id> <field>`, correct the page module, then `scrapy replay <run> --publish`",
    "problems": "the values stand in `extra` of their records: have them read, then `scrapy replay <run> --publish`",
    "drift": "no value is lost yet, but the site has begun to change its pages: within days, `scrapy explain <id>"
    " <field>` and correct the first strategy of these fields",
}
"""What to do about a warning, by the check that gives it."""

UNFINISHED = Remedy(
    "the run was killed, or is still going on", "", "if no run is going on, start it again within a day", _ON
)
UNKNOWN = Remedy(
    "the run is over, but what it wrote down of its end cannot be read",
    "",
    "`scrapy verify` tells whether its files are whole",
    "starts anew",
)


def advice(remedy: Remedy, checks: Sequence[str], run_id: str) -> list[str]:
    """Say what to do about a run, one line each; none where there is nothing to do.

    :param checks: those that found something.
    """
    if remedy is REMEDIES[Outcome.DEGRADED]:
        told = [WARNINGS[check] for check in dict.fromkeys(checks) if check in WARNINGS] or [remedy.remedy]
    else:
        told = [] if remedy.remedy == "none" else [remedy.remedy]
    return [line.replace("<run>", run_id) for line in told]
