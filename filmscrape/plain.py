"""Records as plain values, under the rules of their models in :mod:`filmscrape.records`.

A crawl checks a record and prints it. The models are for what works on a record's parts: making an object of each of
some twenty-five parts, and printing them, would take as long again as checking them.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import orjson
from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from pydantic.config import ExtraValues
from typing_extensions import TypedDict  # what pydantic asks for on Python 3.11

from filmscrape.records import Part, Surely

Record = dict[str, Any]


def checked(model: type[Part], values: Mapping[str, Any]) -> Record:
    """Validate values as a model does; its fields come out by name, in the model's order.

    :raises pydantic.ValidationError: names every value that breaks a rule, by the same paths and reasons as the model.
    """
    try:
        record = _validate(model, True)(values)
        if record == values:  # no unknown key was left out
            return record
    except ValidationError:
        pass
    return _validate(model, False)(values)  # something is broken, or rare


def is_page(record: Record) -> bool:
    """Whether a record is of an event's page; what a card or a calendar entry adds names its origin."""
    return "origin" not in record


def line_of(record: Record) -> bytes:
    """Print a record as its model would: one line of JSON, UTF-8, newline included."""
    return orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE)


@cache
def _validate(model: type[Part], is_sure: bool) -> Callable[[Mapping[str, Any]], Record]:
    return TypeAdapter(_form(model, is_sure)).validator.validate_python


def _form(model: type[Part], is_sure: bool) -> Any:
    """A dictionary's type with the fields of a model, each under its rules.

    :param is_sure: take nothing but what :class:`Surely` fits, where a field has that; and leave out what is unknown,
        since refusing it costs a fifth of the whole.
    """
    fields = {name: _plain(field.annotation, field.metadata, is_sure) for name, field in model.model_fields.items()}
    extra: ExtraValues = "ignore" if is_sure else "forbid"
    form = with_config(ConfigDict(extra=extra))(TypedDict(model.__name__, fields))  # type: ignore[operator]
    return form if model.hold_together is Part.hold_together else Annotated[form, AfterValidator(_across(model))]


def _plain(kind: Any, rules: Sequence[Any], is_sure: bool) -> Any:
    """The type of a field under its rules, its parts plain too."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _plain(parts[0], [*parts[1:], *rules], is_sure)
    surely = next((rule for rule in rules if isinstance(rule, Surely)), None)
    if is_sure and surely:
        return Annotated[str, Field(pattern=surely.pattern)]
    if isinstance(kind, type) and issubclass(kind, Part):
        kind = _form(kind, is_sure)
    elif origin in (list, Union):
        kind = origin[tuple(_plain(part, (), is_sure) for part in parts)]
    return Annotated[kind, *rules] if rules else kind


def _across(model: type[Part]) -> Callable[[Record], Record]:
    def hold(record: Record) -> Record:
        model.hold_together(record)
        return record

    return hold
