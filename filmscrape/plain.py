"""Records as plain values, under the rules of their models in :mod:`filmscrape.records`.

A crawl checks a record and prints it. The models are for what works on a record's parts: making an object of each of
some twenty-five parts, and printing them, would take as long again as checking them.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

import orjson
from pydantic import AfterValidator, ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict  # what pydantic asks for on Python 3.11

from filmscrape.records import Part

Record = dict[str, Any]


def checked(model: type[Part], values: Mapping[str, Any]) -> Record:
    """Validate values as a model does; its fields come out by name, in the model's order.

    :raises pydantic.ValidationError: names every value that breaks a rule, by the same paths and reasons as the model.
    """
    return _adapter(model).validate_python(values)


def is_page(record: Record) -> bool:
    """Whether a record is of an event's page; what a card or a calendar entry adds names its origin."""
    return "origin" not in record


def line_of(record: Record) -> bytes:
    """Print a record as its model would: one line of JSON, UTF-8, newline included."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


@cache
def _adapter(model: type[Part]) -> TypeAdapter[Record]:
    return TypeAdapter(_form(model))


def _form(model: type[Part]) -> Any:
    """A dictionary's type with the fields of a model, each under its rules."""
    fields = {name: _ruled(_plain(field.annotation), field.metadata) for name, field in model.model_fields.items()}
    form = with_config(ConfigDict(extra="forbid"))(TypedDict(model.__name__, fields))  # type: ignore[operator]
    return form if model.hold_together is Part.hold_together else Annotated[form, AfterValidator(_across(model))]


def _plain(kind: Any) -> Any:
    """The type of a field, its parts plain too."""
    if isinstance(kind, type) and issubclass(kind, Part):
        return _form(kind)
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return list[_plain(item)]  # type: ignore[misc]  # made while the program runs
    return kind


def _ruled(kind: Any, rules: list[Any]) -> Any:
    return Annotated[kind, *rules] if rules else kind


def _across(model: type[Part]) -> Callable[[Record], Record]:
    def hold(record: Record) -> Record:
        model.hold_together(record)
        return record

    return hold
