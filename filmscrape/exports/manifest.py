"""A folder that can be handed on as it is: the dataset, its other shapes, and what describes and proves them.

The other shapes are those that were exported beside it (``csv``, ``parquet`` and so on). They are made anew from the
same dataset in place of being copied: what stands there may be older, or hold texts that are to be left out here.
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from filmscrape.exports.croissant import metadata
from filmscrape.exports.data_card import card
from filmscrape.exports.datapackage import descriptor
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.packaged import PackagedFile, checksums, packaged
from filmscrape.exports.rights import HOME
from filmscrape.exports.survey import Survey, survey
from filmscrape.reference import json_schema

EVENTS: Final = "events.jsonl"
SCHEMA: Final = "event.schema.json"
SUMS: Final = "SHA256SUMS"


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write the package into a folder.

    :raises OSError: where a file cannot be written.
    """
    data = [folder / EVENTS, folder / SCHEMA]
    with data[0].open("wb") as file:
        found = survey(dataset, file)
    data[1].write_text(json_schema(), encoding="utf-8")
    data += _other_shapes(dataset, folder)
    files = packaged(folder, data)
    title, description, citation = _title(found), _description(found), _citation(found, files[0].sha256)
    texts = {
        "datapackage.json": _json(descriptor(found, title, description, _data(files))),
        "croissant.json": _json(metadata(found, title, description, citation, files)),
        "README.md": card(found, title, description, citation, files),
    }
    about = [folder / name for name in texts]
    for path in about:
        path.write_text(texts[path.name], encoding="utf-8")
    sums = folder / SUMS
    sums.write_text(checksums([*files, *packaged(folder, about)]), encoding="utf-8")
    return [*data, *about, sums]


def _other_shapes(dataset: Dataset, folder: Path) -> Iterator[Path]:
    """Make what was exported beside the package a part of it."""
    from filmscrape.exports.formats import FORMATS

    for name, shape in FORMATS.items():
        inside = folder / name
        if inside.is_dir():  # of an earlier export: a calendar of a venue that is no more, or a text
            shutil.rmtree(inside)
        if name != folder.name and (folder.parent / name).is_dir():
            inside.mkdir()
            yield from sorted(shape.write(dataset, inside))


def _data(files: Sequence[PackagedFile]) -> list[PackagedFile]:
    """The files without the schemas of others: these tell of data, and are none."""
    return [file for file in files if not file.path.endswith(".schema.json")]


def _title(found: Survey) -> str:
    return f"Film events and screenings: {', '.join(sorted(found.sources)) or 'none'}"


def _description(found: Survey) -> str:
    return (
        f"{found.events} events with {found.screenings} screenings at film festivals and independent cinemas, "
        "read from the pages that they published: what was shown, who made it, when and where."
    )


def _citation(found: Survey, digest: str) -> str:
    version = f"Version {found.version}, as of {found.as_of}"
    return f"filmscrape: {_title(found)}. {version}. {HOME}. SHA-256 of {EVENTS}: {digest}"


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
