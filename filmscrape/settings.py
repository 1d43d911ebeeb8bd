"""Settings of the crawl: only what differs from Scrapy's defaults, each with its reason.

Any of them can be changed for one run: ``scrapy crawl <spider> -s NAME=VALUE``.
"""

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

# ------------------------------------------------------------------ bounds
# An event page has 40 to 120 KB, a sitemap of all years less than 1 MB: more is a mistake or a trap. Counts
# after decompression too.
DOWNLOAD_MAXSIZE = 16 * 1024 * 1024
DOWNLOAD_TIMEOUT = 30  # seconds; the default of 180 lets one dead connection hold the only slot for minutes
DNS_TIMEOUT = 10  # seconds; an unreachable host is named within a minute
DOWNLOAD_VERIFY_CERTIFICATES = True  # a page from an unproven server is no evidence

# ------------------------------------------------------------------ every answer is accounted for
# The spider follows redirects itself, on the same host only: Scrapy drops a redirect to an address that it
# has seen, or to another site, without telling the spider, and a page would be lost uncounted.
REDIRECT_ENABLED = False
METAREFRESH_ENABLED = False
HTTPERROR_ALLOW_ALL = True  # error answers reach the spider, which counts them
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"  # what failed for good is in failed.jsonl and in the closing table
DOWNLOADER_MIDDLEWARES = {
    # Above 850, nearest to the wire: sees redirects, errors that are tried again, and bodies still packed.
    "filmscrape.archive.recorder.RecorderMiddleware": 950,
    "filmscrape.archive.held.HeldCapturesMiddleware": 940,  # behind the recorder: what it gives is no new answer
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    # Same duty, without asking for robots.txt a second time: the spider needs it for the sitemaps.
    "filmscrape.robots.RobotsMiddleware": 100,
}

# ------------------------------------------------------------------ every byte is kept
WARC = True  # `pages.warc.gz` in the run's folder: the evidence that each record names
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
    "scrapy.extensions.feedexport.FeedExporter": None,  # the run writes its own files, whole or not at all
}

# ------------------------------------------------------------------ quiet and closed
LOG_LEVEL = "WARNING"  # the closing table says what the INFO lines would; `-L INFO` brings them back
STATS_DUMP = False  # run.json holds them
TELNETCONSOLE_ENABLED = False  # opens a port
REMOTE_CONTROL_ENABLED = False  # opens a port that takes Python code
