"""The last pipeline of a worker: one of them writes the run, for all."""

from filmscrape.fleet.keeper import WorkerKeeper
from filmscrape.pipelines.write import WritePipeline


class SharedWritePipeline(WritePipeline):
    """Writes the run in the worker that publishes it; in the others it waits until that is done."""

    async def close_spider(self) -> None:  # type: ignore[override]  # Scrapy takes both
        """Wait for one's turn, or for the end."""
        keeper = self._keeper
        assert isinstance(keeper, WorkerKeeper)
        with keeper.guarded():
            if await keeper.is_publisher() and keeper.gather():
                super().close_spider()
