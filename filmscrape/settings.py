"""Settings of the crawl: only what differs from Scrapy's defaults, each with its reason.

Any of them can be changed for one run: ``scrapy crawl <spider> -s NAME=VALUE``.
"""

import logging
import time

from filmscrape import __version__

BOT_NAME = "filmscrape"
SPIDER_MODULES = ["filmscrape.spiders"]
COMMANDS_MODULE = "filmscrape.commands"  # `crawl` with an exit code that tells what came of the run

# Where `<source>/events.jsonl` and `<source>/runs/` are written; relative to the working directory.
OUTPUT_DIR = "output"

# ------------------------------------------------------------------ manners
# Whoever runs the server can see what this is, and where to complain.
USER_AGENT = f"filmscrape/{__version__} (+https://github.com/filmscrape/filmscrape)"
ROBOTSTXT_OBEY = True
# One request at a time. The total is 1 as well: requests then wait in the scheduler, where their priority
# counts and where a stop leaves them, and not in the downloader, which a stop would have to wait for.
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY = 3  # seconds; a small arts charity's server
AUTOTHROTTLE_ENABLED = True  # slower than that where the server needs it
AUTOTHROTTLE_START_DELAY = 3  # not slower than DOWNLOAD_DELAY before there is a reason
COOKIES_ENABLED = False  # nothing here needs a session; also keeps tldextract off the network
# Seconds that one `Retry-After` is waited for at most: sites under maintenance or load say some minutes. One that
# says more gets no request for this long, and if it then still refuses the run ends.
RETRY_AFTER_MAX = 600
# Seconds between two requests that robots.txt may ask for. At 120 a first crawl of 1,500 pages takes two days; a site
# that asks for more does not want to be crawled, and the run ends.
CRAWL_DELAY_MAX = 120
# Pages in a row that fail for good, each after its tries, until the run ends: a site that is down gives none of the
# others either, and asking it 1,500 times would take a day of its strength and ours.
MAX_FAILURES_IN_A_ROW = 25

# ------------------------------------------------------------------ bounds
# An event page has 40 to 120 KB, a sitemap of all years less than 1 MB: more is a mistake or a trap. Counts
# after decompression too.
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_TIMEOUT = 30  # seconds; the default of 180 lets one dead connection hold the only slot for minutes
DNS_TIMEOUT = 10  # seconds; an unreachable host is named within a minute
# A page from a server that cannot prove whose it is is no evidence. Scrapy takes it; docs/archive.md tells when to.
DOWNLOAD_VERIFY_CERTIFICATES = True
# A request waits as 0.35 KB of bytes, not as 2.6 KB of objects: of 100,000 pages the peak is 286 MB in place of 428.
SCHEDULER_MEMORY_QUEUE = "filmscrape.waiting.PackedQueue"

# ------------------------------------------------------------------ every answer is accounted for
# The spider follows redirects itself, on the same host only: Scrapy drops a redirect to an address that it
# has seen, or to another site, without telling the spider, and a page would be lost uncounted.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
URLLENGTH_LIMIT = 0  # Scrapy drops a longer address, again without telling the spider; a server answers 414
SPIDER_MIDDLEWARES = {
    # Error answers reach the spider, which counts them.
    "scrapy.spidermiddlewares.httperror.HttpErrorMiddleware": None,
    # Nobody reads which request was the first, or how deep one is, and nothing here copies a request's meta by mistake;
    # each layer costs time for every page.
    "scrapy.spidermiddlewares.start.StartSpiderMiddleware": None,
    "scrapy.spidermiddlewares.depth.DepthMiddleware": None,
    "scrapy.spidermiddlewares.metacopy.MetaCopyDetectionMiddleware": None,
}
# Items of one page that are worked on at once. The pipelines never wait for anything, so more gain nothing, and Scrapy
# starts that many tasks for each answer: its default of 100 takes 1.2 ms a page.
CONCURRENT_ITEMS = 1
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # what failed for good is in failed.jsonl and in the closing table
DOWNLOADER_MIDDLEWARES = {
    # Above 850, nearest to the wire: sees redirects, errors that are tried again, and bodies still packed.
    "filmscrape.archive.recorder.RecorderMiddleware": 950,
    "filmscrape.archive.held.HeldCapturesMiddleware": 940,  # behind the recorder: what it gives is no new answer
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # In front of Scrapy's unpacking (590), which takes a body that is cut off for a whole one: what this one unpacks is
    # nothing to it.
    "filmscrape.packed.PackedBodyMiddleware": 600,
    # Behind all that may answer in the site's place: only what is sent has to wait.
    "filmscrape.patience.PatienceMiddleware": 945,
    # Behind the unpacking: compares bodies, and hands over stored ones.
    "filmscrape.conditional.ConditionalMiddleware": 580,
    # Same duty, without asking for robots.txt a second time: the spider needs it for the sitemaps.
    "filmscrape.robots.RobotsMiddleware": 100,
}

# ------------------------------------------------------------------ every byte is kept
WARC = True  # `pages.warc.gz` in the run's folder: the evidence that each record names
# Hours after the beginning of a run that was interrupted in which the next one goes on with what it was answered,
# in place of asking again: longer, and what the site said is stale.
RESUME_WITHIN_HOURS = 24
# Days after which a past event's page is asked for again although the sitemap says that it has not moved.
ASK_AGAIN_AFTER_DAYS = 14
WARC_OPERATOR = ""  # who runs the crawl, for the WARC's first record: a name, an address to write to
# Codings that any tool which reads the WARC can undo; Scrapy asks for others where it finds a library for them.
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "en",
    "Accept-Encoding": "gzip, deflate",
}

# ------------------------------------------------------------------ what is done with the items
ITEM_PIPELINES = {
    "filmscrape.pipelines.validate.ValidatePipeline": 100,
    "filmscrape.pipelines.dedupe.DedupePipeline": 200,
    "filmscrape.pipelines.write.WritePipeline": 300,
}
EXTENSIONS = {
    "filmscrape.runs.keeper.RunKeeper": 10,
    "filmscrape.runs.progress.ProgressLine": 500,
    # The limits CLOSESPIDER_…; Scrapy's own count what an interrupted run was answered as if the site gave it again.
    "scrapy.extensions.closespider.CloseSpider": None,
    "filmscrape.runs.budget.Budget": 500,
    "scrapy.extensions.feedexport.FeedExporter": None,  # the run writes its own files, whole or not at all
}

# ------------------------------------------------------------------ the verdict
# MAX_ and MIN_ are limits beyond which a run fails and nothing is published; between WARN_ and these it is
# published as degraded. docs/runbook.md tells what each check weighs. Shares go from 0 to 1.
MAX_FAILED_SHARE = 0.1  # of the event pages; more than a bad hour of a server explains
WARN_FAILED_SHARE = 0.01  # a few dead links are usual on a site of years, and each has its row in failed.jsonl
MAX_REJECTED_SHARE = 0.05  # of what was read; rarer than failing, because the pages were there: a layout nobody knows
WARN_REJECTED_SHARE = 0.01  # one odd page in a hundred is the page's fault, more is the reader's
MIN_EVENTS_SHARE = 0.5  # of the usual number; a programme thins out over weeks, half of it does not leave overnight
WARN_EVENTS_SHARE = 0.8  # the end of a festival comes below this, and somebody should know which of the two it was
MAX_COVERAGE_FALL = 0.3  # three events in ten that lack what they used to have are a changed page, not other films
WARN_COVERAGE_FALL = 0.1  # other films differ by some per cent: old ones have no rating, talks have no cast
WARN_PROBLEMS_RISE = 0.1  # values that could not be read: one more than usual on every tenth page
WARN_DRIFT = 0.2  # of a field's answers, lost by the strategy that usually gives them: the page begins to change
MAX_SAME_SHARE = 0.8  # of all screenings at one time, or of all events with one title: no programme is like that
MAX_AHEAD_SHARE = 0.05  # of years more than two years ahead: a misprint is one event, a misread column is many
MIN_TO_TELL = 20  # values; fewer can all be the same by chance, or because a festival opens with one evening
EXPECT_CLOSED_UNTIL = ""  # "2027-01-15": the cinema is closed up to and with that day, few events are no fault
ACCEPT = ""  # "13,14": what would end this run with these exit codes is a warning; the new state becomes the usual one

# ------------------------------------------------------------------ quiet and closed
# `2026-11-24T22:00:00Z WARNING filmscrape.spiders.asking page failed url=…`: a line sorts by time, and greps by level.
LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s %(message)s"
LOG_DATEFORMAT = "%Y-%m-%dT%H:%M:%SZ"
# UTC, so that the Z is true. Scrapy makes its formatter itself, several times a run, and has no setting for it;
# this is how the manual of `logging` has all of a program's times in UTC.
logging.Formatter.converter = time.gmtime
LOG_LEVEL = "WARNING"  # the closing table says what the INFO lines would; `-L INFO` brings them back
STATS_DUMP = False  # run.json holds them
TELNETCONSOLE_ENABLED = False  # opens a port
# Scrapy reads the source of a callback for every answer, to warn of a `return` in a generator: 1 ms a page, and mypy
# finds these too.
WARN_ON_GENERATOR_RETURN_VALUE = False
REMOTE_CONTROL_ENABLED = False  # opens a port that takes Python code
