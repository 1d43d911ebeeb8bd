"""A folder that can be handed on as it is: the dataset, its other shapes, and what describes and proves them.

The other shapes are those that were exported beside it (``csv``, ``parquet`` and so on). They are made anew from the
same dataset in place of being copied: what stands there may be older, or hold texts that are to be left out here.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from filmscrape.exports.citation import citation_file
from filmscrape.exports.croissant import metadata
from filmscrape.exports.data_card import card
from filmscrape.exports.datapackage import descriptor
from filmscrape.exports.dataset import Dataset
from filmscrape.exports.formats import FORMATS
from filmscrape.exports.packaged import PARQUET, PackagedFile, checksums, packaged
from filmscrape.exports.rights import HOME
from filmscrape.exports.survey import Survey, survey
from filmscrape.exports.whole import renewed
from filmscrape.reference import json_schema

EVENTS: Final = "events.jsonl"
SCHEMA: Final = "event.schema.json"
DESCRIPTOR: Final = "datapackage.json"
SUMS: Final = "SHA256SUMS"


def write(dataset: Dataset, folder: Path) -> list[Path]:
    """Write the package, which takes the place of an earlier one when it is whole.

    :return: the files.
    :raises FolderOfOthers: the folder holds something else.
    :raises FolderInUse: another process writes it.
    :raises OSError: where a file cannot be written.
    """
    beside = [name for name in FORMATS if name != folder.name and (folder.parent / name).is_dir()]
    with renewed(folder, "data package", DESCRIPTOR) as making:
        names = _package(dataset, making, beside)
    return [folder / name for name in names]


def _package(dataset: Dataset, folder: Path, formats: Sequence[str]) -> list[str]:
    """Write the package into a new folder, and list its files.

    :param formats: the other shapes that are to be a part of it.
    """
    with (folder / EVENTS).open("wb") as file:
        found = survey(dataset, file)
    (folder / SCHEMA).write_text(json_schema(), encoding="utf-8")
    data = [folder / EVENTS, folder / SCHEMA]
    for name in formats:
        data += sorted(FORMATS[name].write(dataset, folder / name))
    files = packaged(folder, data)
    title, description, citation = _title(found), _description(found), _citation(found, files[0].sha256)
    texts = {
        DESCRIPTOR: _json(descriptor(found, title, description, _data(files))),
        "croissant.json": _json(metadata(found, title, description, citation, files)),
        "CITATION.cff": citation_file(found, title, description, files[0].sha256),
        "README.md": card(found, title, description, citation, files),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    sums = checksums([*files, *packaged(folder, [folder / name for name in texts])])
    (folder / SUMS).write_text(sums, encoding="utf-8")
    return [*(file.path for file in files), *texts, SUMS]


def _data(files: Sequence[PackagedFile]) -> list[PackagedFile]:
    """The files that a Data Package tells of: no schemas, which tell of data themselves, and no Parquet.

    A program for Data Packages that knows no Parquet finds fault with it, and version 2 of the standard has no word for
    a table that is not to be read. ``croissant.json`` tells of those.
    """
    return [file for file in files if not file.path.endswith(".schema.json") and file.media_type != PARQUET]


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
