"""The committed reference is what the models say."""

import json
from pathlib import Path

from pydantic import BaseModel

from filmscrape import reference
from filmscrape.records import Event

DOCS = Path(__file__).parent.parent / "docs"


def test_schema_is_the_models() -> None:
    assert (DOCS / "event.schema.json").read_text(encoding="utf-8") == reference.json_schema()


def test_data_format_is_the_models() -> None:
    assert (DOCS / "data-format.md").read_text(encoding="utf-8") == reference.data_format()


def test_every_key_is_required_and_no_other_is_allowed() -> None:
    schema = json.loads(reference.json_schema())
    assert schema["required"] == list(Event.model_fields)
    assert schema["additionalProperties"] is False


def test_every_field_is_explained() -> None:
    models: tuple[type[BaseModel], ...] = (Event, *reference.PARTS)
    for model in models:
        assert all(info.description for info in model.model_fields.values()), model
