"""The same thing to do has the same name, whoever comes upon it."""

from typing import Any

import pytest
from scrapy import Request
from scrapy.utils.request import RequestFingerprinter

from filmscrape.fleet.identity import matter_of, name_of

PAGE = "https://site.test/a"


def asked(url: str = PAGE, *, again: bool = False, event: str | None = None, **meta: Any) -> Request:
    return Request(url, dont_filter=again, meta={"kind": "series", "event": event, **meta})


def named(request: Request) -> str:
    return name_of(request, RequestFingerprinter())


def test_a_first_request_is_named_by_its_address() -> None:
    assert named(asked()) == named(asked(depth=3, latest="2026"))
    assert named(asked(PAGE + "?b=1&a=2")) == named(asked(PAGE + "?a=2&b=1"))
    assert named(asked()) != named(asked(PAGE + "/b"))


@pytest.mark.parametrize("step", [{"retry_times": 1}, {"hops": 2}, {"unconditional": True}])
def test_a_step_on_the_way_has_its_own_name(step: dict[str, Any]) -> None:
    steps = [named(asked()), named(asked(again=True)), named(asked(again=True, **step))]
    assert len(set(steps)) == 3
    assert steps[2] == named(asked(again=True, download_latency=0.3, **step))


def test_all_steps_to_a_page_are_one_matter() -> None:
    first = asked()
    tried = first.replace(meta={**first.meta, "retry_times": 1}, dont_filter=True)
    followed = tried.replace(url=PAGE + "/", meta={"asked": PAGE, **tried.meta, "hops": 1})
    assert matter_of(first) == matter_of(tried) == matter_of(followed)


def test_an_event_is_a_matter_wherever_its_page_is() -> None:
    event = "https://public.test/e"
    assert matter_of(asked(event=event)) == matter_of(asked(PAGE + "/elsewhere", event=event)) == event


def test_one_address_as_two_kinds_of_page_are_two_matters() -> None:
    assert matter_of(asked()) != matter_of(asked(kind="listing"))
