"""Which runs may go: each rule by itself, and all of them over random pasts."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from errno import EIO
from pathlib import Path

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from filmscrape.archive.manifest import CHECKSUMS, check_files, write_checksums
from filmscrape.archive.retention import (
    TRASH,
    CannotDecide,
    Decision,
    decide,
    empty_trash,
    read_keep,
    remove,
    thin,
    trash_of,
)
from filmscrape.runs.stored import StoredRun, runs_of
from tests.stored_runs import NOW, Past, Shot, again, page, rewrite

KEEP = timedelta(days=90)


@pytest.fixture
def past(tmp_path: Path) -> Past:
    return Past(tmp_path)


def shot(slug: str, body: str, days_ago: float, status: str = "200 OK") -> Shot:
    return Shot(page(slug), body.encode(), NOW - timedelta(days=days_ago), status)


def decided(past: Past, keep: timedelta = KEEP) -> list[Decision]:
    return decide(runs_of(past.output, past.source), past.dataset, keep, NOW, resume_within=timedelta(0))


def going(past: Past, keep: timedelta = KEEP) -> list[str]:
    """The runs that may go, by their place in the past."""
    places = {run.id: n for n, run in enumerate(past.runs)}
    return [f"run {places[one.run.id]}: {one.reason}" for one in decided(past, keep) if not one.stays]


def staying(past: Past) -> dict[int, str]:
    places = {run.id: n for n, run in enumerate(past.runs)}
    return {places[one.run.id]: one.reason for one in decided(past) if one.stays}


# ------------------------------------------------------------------ how long
@pytest.mark.parametrize(
    ("text", "days"), [("90d", 90), ("12w", 84), ("6m", 180), ("1y", 365), ("0d", 0), (" 2W ", 14)]
)
def test_times(text: str, days: int) -> None:
    assert read_keep(text) == timedelta(days=days)


@pytest.mark.parametrize("text", ["", "90", "d", "-1d", "1.5y", "90 days", "1h", "9999999d", "٣d", "1d1d"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="90d, 12w, 6m or 1y"):
        read_keep(text)


# ------------------------------------------------------------------ each rule
def test_a_body_that_was_captured_again_frees_the_old_run(past: Past) -> None:
    past.add(200, [shot("here", "one", 200), shot("dune", "two", 200)])
    past.add(10, [shot("dune", "two", 10), shot("here", "one", 10)])
    assert going(past) == ["run 0: its 2 captures were all made again later"]


@pytest.mark.parametrize(
    ("slug", "body", "status"),
    [("here", "changed", "200 OK"), ("elsewhere", "one", "200 OK"), ("here", "one", "404 Not Found")],
)
def test_a_body_that_nothing_repeats_stays(past: Past, slug: str, body: str, status: str) -> None:
    """Another body, another address, another status: none is the same answer."""
    past.add(200, [shot("here", "one", 200)])
    past.add(10, [shot(slug, body, 10, status)])
    assert going(past) == []
    assert staying(past)[0] == "holds the newest capture of 1 body"


def test_a_redirect_to_another_place_is_another_answer(past: Past) -> None:
    for days, target in ((200, "new"), (100, "newer"), (10, "newer")):
        headers = (("Location", page(target)),)
        past.add(days, [Shot(page("old"), b"", NOW - timedelta(days=days), "301 Moved Permanently", headers=headers)])
    assert going(past) == ["run 1: its capture was made again later"]


def test_young_runs_stay(past: Past) -> None:
    past.add(200, [shot("here", "one", 200)])
    past.add(89, [shot("here", "one", 89)])
    past.add(10, [shot("here", "one", 10)])
    assert [line.split(":")[0] for line in going(past)] == ["run 0"]
    assert staying(past)[1] == "is younger than the limit"
    assert len(going(past, timedelta(days=9))) == 2


def test_age_counts_from_the_end_of_a_run(past: Past) -> None:
    past.add(90.03, [shot("here", "one", 90)])  # it ended 17 minutes within the limit
    past.add(10, [shot("here", "one", 10)])
    assert going(past) == []
    past.add(90.05, [shot("here", "one", 91)])
    assert len(going(past)) == 1


def test_a_run_that_is_not_over_stays_and_supersedes_nothing(past: Past) -> None:
    past.add(300, [shot("here", "one", 300)])
    past.add(200, [shot("here", "one", 200)], finished=False)
    assert going(past) == []
    assert staying(past) == {0: "holds the newest capture of 1 body", 1: "is not over: killed, or still going on"}
    shutil.copy(past.runs[0].path / "run.json", past.runs[1].path / "run.json")
    assert [line.split(":")[0] for line in going(past)] == ["run 0"]
    (past.runs[1].path / "run.json").unlink()
    assert going(past) == []


def test_what_the_dataset_comes_from_stays(past: Past) -> None:
    here, dune = shot("here", "one", 300), shot("dune", "two", 290)
    past.add(300, [here])
    past.add(290, [dune])
    past.add(280, [shot("here", "one", 280), shot("dune", "two", 280)])
    past.add(10, [shot("here", "one", 10), shot("dune", "two", 10)], {"here": here}, publish=True)
    assert [line.split(":")[0] for line in going(past)] == ["run 1", "run 2"]
    assert staying(past)[0] == "the dataset comes from it", "by the record's id"
    text = past.dataset.read_text().replace(past.runs[3].id, past.runs[1].id)
    past.dataset.write_text(text)
    assert [line.split(":")[0] for line in going(past)] == ["run 2"], "and by the run's"


def test_the_run_that_published_stays(past: Past) -> None:
    """What the dataset's bytes are held against is in its run.json."""
    past.add(300, [shot("here", "one", 300)], {}, publish=True)
    past.add(250, [shot("here", "one", 250)], {}, publish=True)
    past.add(10, [shot("here", "one", 10)])
    assert [line.split(":")[0] for line in going(past)] == ["run 0"]


def test_the_body_of_a_revisit_stays(past: Past) -> None:
    first = shot("here", "one", 400)
    past.add(400, [first])
    past.add(300, [again(first, timedelta(days=100))])
    past.add(10, [again(first, timedelta(days=390))])
    assert [line.split(":")[0] for line in going(past)] == ["run 1"]
    assert staying(past)[0] == f"holds bodies that {past.runs[2].id} refers to"


def test_revisits_that_go_hold_nothing(past: Past) -> None:
    first = shot("here", "one", 400)
    past.add(400, [first])
    past.add(300, [again(first, timedelta(days=100))])
    past.add(10, [shot("here", "one", 10)])
    assert [line.split(":")[0] for line in going(past)] == ["run 0", "run 1"]


def test_a_revisit_whose_target_is_gone_keeps_another_holder_of_the_body(past: Past) -> None:
    first = shot("here", "one", 400)
    past.add(300, [shot("twin", "one", 300)])
    past.add(200, [shot("twin", "one", 200)])
    past.add(100, [shot("twin", "other", 100), shot("twin", "one", 100)])
    past.add(10, [again(first, timedelta(days=390)), shot("twin", "other", 10)])
    assert [line.split(":")[0] for line in going(past)] == ["run 0", "run 1"]


def test_the_newest_capture_goes_by_its_date_and_not_by_the_run(past: Past) -> None:
    """A later run may read what a web archive captured earlier."""
    past.add(300, [shot("here", "one", 300)])
    past.add(200, [shot("here", "one", 900)])
    assert going(past) == ["run 1: its capture was made again later"]


def test_what_cannot_be_read_stays(past: Past) -> None:
    past.add(300, [shot("here", "one", 300)])
    past.add(10, [shot("here", "one", 10)])
    assert len(going(past)) == 1
    rewrite(past.runs[0].warcs[0], 1, (b"one", b"two"))
    assert going(past) == []
    assert staying(past)[0].startswith("holds damaged records")


def test_a_damaged_capture_supersedes_nothing(past: Past) -> None:
    past.add(300, [shot("here", "one", 300)])
    past.add(10, [shot("here", "one", 10)])
    rewrite(past.runs[1].warcs[0], 1, (b"one", b"two"))
    assert staying(past)[0] == "holds the newest capture of 1 body"


def test_a_run_without_captures_goes(past: Past) -> None:
    past.add(300, None)
    past.add(299, [])
    assert going(past) == ["run 0: holds no captures", "run 1: holds no captures"]


@pytest.mark.parametrize("line", [b"{}\n", b"torn", b"[]\n", b'{"provenance": null}\n'])
def test_a_dataset_that_cannot_be_read_stops_everything(past: Past, line: bytes) -> None:
    past.add(300, [shot("here", "one", 300)], {}, publish=True)
    past.dataset.write_bytes(line)
    with pytest.raises(CannotDecide, match=r"events\.jsonl: line 1 is no record"):
        decided(past)
    past.dataset.unlink()
    with pytest.raises(CannotDecide, match="is missing although run"):
        decided(past)


# ------------------------------------------------------------------ all of them
@dataclass
class History:
    """A past as plain values, and what the policy says of it, told in another way than the program does."""

    keep: int
    ages: list[int]
    finished: list[bool]
    published: list[bool]
    shots: list[list[Shot]] = field(default_factory=list)
    named: list[tuple[int, Shot]] = field(default_factory=list)

    def last_published(self) -> int:
        return max(n for n in range(len(self.ages)) if self.finished[n] and self.published[n])

    def to_stay(self) -> set[int]:
        runs = range(len(self.ages))
        stay = {n for n in runs if not self.finished[n] or self.ages[n] - 1 / 24 < self.keep}
        stay |= {n for n, _ in self.named}
        stay |= {n for n in runs if self.finished[n] and self.published[n]} and {self.last_published()}
        for n in runs:
            for one in self.shots[n] if self.finished[n] else []:
                same = [(m, o) for m in runs if self.finished[m] for o in self.shots[m]
                        if (o.url, o.body) == (one.url, one.body)]  # fmt: skip
                stay.add(max(same, key=lambda pair: (pair[1].at, pair[0]))[0])
        while True:
            needed = {m for n in stay for one in self.shots[n] if one.of for m in runs if one.of in self.shots[m]}
            if needed <= stay:
                return stay
            stay |= needed


@st.composite
def histories(draw: st.DrawFn) -> History:
    ages = sorted(draw(st.lists(st.integers(1, 40), min_size=1, max_size=6, unique=True)), reverse=True)
    flags = st.lists(st.booleans(), min_size=6, max_size=6)
    history = History(draw(st.integers(0, 41)), ages, draw(flags), draw(flags))
    history.finished = [one or draw(st.booleans()) for one in history.finished[: len(ages)]]
    known: dict[bytes, Shot] = {}  # what the crawl before knew: the bodies that are stored
    for age in ages:
        bodies = draw(st.dictionaries(st.sampled_from("abc"), st.sampled_from("xyz"), max_size=3))
        run = []
        for n, (slug, body) in enumerate(bodies.items()):
            one = Shot(page(slug), body.encode(), NOW - timedelta(days=age, seconds=-n))
            earlier = known.get(one.body)
            if earlier is not None and draw(st.booleans()):
                one = Shot(one.url, one.body, one.at, of=earlier)
            else:
                known[one.body] = one
            run.append(one)
        history.shots.append(run)
    every = [(n, one) for n, run in enumerate(history.shots) for one in run]
    if every:
        history.named = draw(st.lists(st.sampled_from(every), max_size=2))
    return history


def lay_down(history: History, output: Path) -> Past:
    past = Past(output)
    for n, (age, finished, shots) in enumerate(zip(history.ages, history.finished, history.shots, strict=True)):
        run = past.add(age, shots, finished=finished)
        if finished and history.published[n]:
            report = {**run.report, "published": {"sha256": "0" * 64, "bytes": 0}}
            (run.path / "run.json").write_text(json.dumps(report))
            write_checksums(run.path)
            past.runs[n] = StoredRun.read(run.path)
    lines = [
        f'{{"provenance": {{"run_id": "{past.runs[n].id}", "warc_record_id": "{one.id}"}}}}\n'
        for n, one in history.named
    ]
    past.dataset.write_text("".join(lines))
    return past


@settings(max_examples=150, deadline=None)
@given(history=histories())
def test_nothing_goes_that_is_needed_and_nothing_stays_that_is_not(history: History) -> None:
    folder = Path(tempfile.mkdtemp())
    try:
        past = lay_down(history, folder)
        before = decided(past, timedelta(days=history.keep))
        holding = {n for n, one in enumerate(before) if one.fate == "stay" and one.run.warcs}
        assert holding == history.to_stay()
        note(f"{sum(one.fate == 'go' for one in before)} go, {sum(one.fate == 'thin' for one in before)} are thinned")
        for one in reversed(before):
            if not one.stays:
                (thin if one.fate == "thin" else remove)(one.run)
                check_that_bodies_are_there(history, runs_left(past))
        check_what_is_promised(history, runs_left(past))
        there = {run.id: run for run in runs_of(past.output, past.source)}
        for run in past.runs:
            if run.published_sha256:
                assert list(check_files(there[run.id].path)) == [], "a run that published is whole but for its captures"
        assert all(one.stays for one in decided(past, timedelta(days=history.keep))), "once more changes nothing"
    finally:
        shutil.rmtree(folder)


def runs_left(past: Past) -> set[int]:
    left = {run.id for run in runs_of(past.output, past.source) if run.warcs}
    return {n for n, run in enumerate(past.runs) if run.id in left}


def check_that_bodies_are_there(history: History, left: Iterable[int]) -> None:
    """After each single removal: no revisit without its capture."""
    there = {one for n in left for one in history.shots[n] if one.of is None}
    assert {one.of for n in left for one in history.shots[n] if one.of} <= there


def check_what_is_promised(history: History, left: set[int]) -> None:
    everything = [one for run in history.shots for one in run]
    kept = [one for n in left for one in history.shots[n]]
    assert {one.body for one in kept if one.of is None} == {one.body for one in everything}
    assert {(one.url, one.body) for one in kept} == {(one.url, one.body) for one in everything}
    assert {n for n, _ in history.named} <= left


# ------------------------------------------------------------------ removing
def test_removing_takes_the_whole_folder(past: Past) -> None:
    run, other = past.add(300, [shot("here", "one", 300)]), past.add(10, [])
    (run.path / "deeper").mkdir()
    remove(run)
    assert [left.id for left in runs_of(past.output, past.source)] == [other.id]
    assert sorted(path.name for path in (past.output / past.source).iterdir()) == ["runs"]


@pytest.mark.parametrize("stops_at", [0, 1, 2, 3])
def test_thinning_that_is_cut_off_leaves_a_sound_run(
    past: Past, stops_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At whatever file it stops, all that is listed is there, and once more finishes it."""
    run = past.add(300, [shot("here", "one", 300)], {"here": shot("here", "one", 300)}, publish=True)
    (run.path / "captures.jsonl").write_text("{}\n")
    write_checksums(run.path)
    kept = {path.name: path.read_bytes() for path in run.path.iterdir() if path.name[:5] in ("event", "readi", "run.j")}
    done: list[str] = []
    for name in ("replace", "rename"):
        monkeypatch.setattr(os, name, stopping(getattr(os, name), done, stops_at))
    with suppress(InterruptedError):
        thin(run)
    assert len(done) == min(stops_at, 3)
    monkeypatch.undo()
    assert list(check_files(run.path)) == []
    empty_trash(past.output / past.source)
    thin(run)
    assert StoredRun.read(run.path).warcs == []
    assert trash_of(past.output / past.source) == []
    assert {path.name: path.read_bytes() for path in run.path.iterdir() if path.name != CHECKSUMS} == kept
    assert list(check_files(run.path)) == []


def stopping(real: Callable[..., None], done: list[str], most: int) -> Callable[..., None]:
    def step(source: Path, target: Path) -> None:
        if len(done) == most:
            raise InterruptedError("killed")
        done.append(str(source))
        real(source, target)

    return step


def test_damage_is_not_forgotten_when_a_run_is_thinned(past: Past) -> None:
    run = past.add(300, [shot("here", "one", 300)], {"here": shot("here", "one", 300)}, publish=True)
    run.events.write_text("changed")
    thin(run)
    (fault,) = check_files(run.path)
    assert fault.path == run.events


def test_a_removal_that_is_cut_off_leaves_no_half_run(past: Past, monkeypatch: pytest.MonkeyPatch) -> None:
    """At whatever file it stops, the run is gone from the runs as a whole, and the rest is found later."""
    run = past.add(300, [shot("here", "one", 300)])
    real = os.unlink
    deleted: list[str] = []

    def fail(path: str, **more: int) -> None:
        if deleted:
            raise OSError(EIO, "killed")
        deleted.append(path)
        real(path, **more)

    monkeypatch.setattr(os, "unlink", fail)
    with pytest.raises(OSError, match="killed"):
        remove(run)
    monkeypatch.undo()
    assert runs_of(past.output, past.source) == []
    source = past.output / past.source
    assert trash_of(source) == [source / TRASH / run.id]
    empty_trash(source)
    assert trash_of(source) == []
    assert not (source / TRASH).exists()
    assert StoredRun.read(run.path).report == {}
