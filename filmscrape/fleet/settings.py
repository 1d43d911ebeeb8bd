"""Settings of a worker: those of the crawl, and what differs because it is one of several.

``SCRAPY_PROJECT=redis scrapy crawl <spider>`` reads these; ``REDIS_URL`` names the server. docs/scaling.md tells how it
works, docs/deploy.md how to run it.
"""

from os import environ

from filmscrape.settings import *  # noqa: F403 - a worker's settings are the crawl's
from filmscrape.settings import DOWNLOADER_MIDDLEWARES as _MIDDLEWARES
from filmscrape.settings import EXTENSIONS as _EXTENSIONS

REDIS_URL = environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# Seconds that a server which is gone is waited for: longer than it takes to restart with a file of some 100 MB.
REDIS_PATIENCE = 60

# ------------------------------------------------------------------ one queue
SCHEDULER = "filmscrape.fleet.scheduler.LeasingScheduler"
SCHEDULER_QUEUE_CLASS = "filmscrape.fleet.queue.LeaseQueue"
SCHEDULER_SERIALIZER = "msgpack"  # plain values; a pickle would run whatever somebody puts into Redis
SCHEDULER_PERSIST = True  # what is to be asked outlives the worker that leaves
# Seconds after which a worker that gives no sign of life is taken for dead, and what it had is given to others.
LEASE = 60
# How often a request may be given anew, because the workers that had it died, until it counts as failed.
LEASE_TRIES = 5

# ------------------------------------------------------------------ one run
# Seconds after the end of a run in which a worker that comes has come late to it, and does not begin another: longer
# than machines that are started by one timer are apart.
FLEET_LATE = 3600
STATS_CLASS = "filmscrape.fleet.stats.WorkerStats"
EXTENSIONS = {
    **_EXTENSIONS,
    "filmscrape.runs.keeper.RunKeeper": None,
    "filmscrape.fleet.keeper.WorkerKeeper": 10,
    "filmscrape.runs.budget.Budget": None,
    "filmscrape.fleet.budget.SharedBudget": 500,
}
ITEM_PIPELINES = {
    "filmscrape.pipelines.validate.ValidatePipeline": 100,
    "filmscrape.pipelines.dedupe.DedupePipeline": 200,
    "filmscrape.fleet.write.SharedWritePipeline": 300,  # writes the run once, for all
}

# ------------------------------------------------------------------ manners are the fleet's
DOWNLOADER_MIDDLEWARES = {
    **_MIDDLEWARES,
    "filmscrape.fleet.leased.LeasedMiddleware": 50,
    "filmscrape.patience.PatienceMiddleware": None,
    "filmscrape.fleet.patience.SharedPatience": 945,
    "filmscrape.robots.RobotsMiddleware": None,
    "filmscrape.fleet.robots.SharedRobots": 100,
}
# The shared clock spaces requests; a random part of each worker's own would bring two of them together again.
DOWNLOAD_DELAY_JITTER = 0
