"""Files of an export that appear whole or not at all."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from filmscrape.runs.publish import draft_path, put_in_place


@contextmanager
def drafts(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Where to write files meanwhile; when all are written they take their places, when one fails none does.

    :raises OSError: where one cannot be put into its place.
    """
    paths = [draft_path(target, "draft") for target in targets]
    try:
        for path in paths:
            path.unlink(missing_ok=True)
        yield paths
        for path, target in zip(paths, targets, strict=True):
            put_in_place(path, target)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
