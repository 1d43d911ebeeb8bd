"""``CITATION.cff``: how to cite the package, in the Citation File Format 1.2.0 (https://citation-file-format.github.io)."""

import json

from filmscrape.exports.rights import HOME
from filmscrape.exports.survey import Survey


def citation_file(survey: Survey, title: str, description: str, digest: str) -> str:
    """Write the file.

    :param digest: SHA-256 of ``events.jsonl``, which tells one state of the dataset from another.
    """
    values = {
        "cff-version": "1.2.0",
        "message": "Cite the dataset with its version and the digest of its events.",
        "type": "dataset",
        "title": title,
        "abstract": description,
        "version": survey.version,
        "date-released": survey.as_of[:10],
        "authors": [{"name": "filmscrape", "website": HOME}],
        "url": HOME,
        "identifiers": [{"type": "other", "value": f"sha256:{digest}", "description": "digest of events.jsonl"}],
        "keywords": ["cinema", "film", "film festivals", "screenings"],
    }
    # JSON is YAML; a string in quotation marks is none of YAML's dates and numbers.
    return "".join(f"{name}: {json.dumps(value, ensure_ascii=False)}\n" for name, value in values.items())
