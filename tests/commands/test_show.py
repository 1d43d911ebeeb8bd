"""``scrapy show``: one event for reading."""

import json
import re
from pathlib import Path

import pytest

from filmscrape.commands.show import Command, shown
from filmscrape.fixtures import Fixture
from filmscrape.records import Event
from tests.crawling import ROOT, SOURCE, command, environment
from tests.in_process import run
from tests.records import PROVENANCE, event, screening
from tests.terminal import on_terminal

ID = f"{SOURCE}:here"


def bundled(name: str) -> Event:
    expected = Fixture(ROOT / "fixtures" / SOURCE / name).expected
    seen = {"first_seen": "2023-10-20T17:05:12Z", "last_seen": "2023-10-20T17:05:12Z"}
    return Event.model_validate({**expected, **seen, "provenance": PROVENANCE})


@pytest.fixture
def output(tmp_path: Path) -> Path:
    folder = tmp_path / SOURCE
    folder.mkdir()
    lines = [bundled("here"), event(id=f"{SOURCE}:there", source=SOURCE)]
    (folder / "events.jsonl").write_text("".join(f"{record.model_dump_json()}\n" for record in lines))
    return tmp_path


def test_the_flagship_reads_like_a_programme(output: Path) -> None:
    done = run(Command(), ID, output=output)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "Here (2023)"
    rows = dict(line.strip().split("  ", 1) for line in lines if line.startswith("  ") and "  " in line.strip())
    assert rows["languages"].strip() == "Dutch, French, Romanian, Chinese, subtitles English"
    assert "82 min" in lines[1]
    assert rows["director"].strip() == "Bas Devos"
    assert rows["cast"].strip().startswith("Stefan Gota, Liyo Gong")
    assert any(line.startswith("Bas Devos: ") for line in lines)
    assert max(map(len, lines)) <= 100


def test_every_bundled_event_can_be_shown() -> None:
    pages = [page for page in Fixture.all(ROOT / "fixtures" / SOURCE) if (page.folder / "expected.json").exists()]
    assert len(pages) > 40
    for page in pages:
        text = "\n".join(shown(bundled(page.folder.name)))
        assert page.expected["title"] in text
        assert not re.search(r"(^|[|,(/] ?)None\b", text, re.MULTILINE)


@pytest.mark.parametrize("columns", [40, 60, 80, 120])
def test_it_fits_the_terminal(columns: int, output: Path) -> None:
    line = command("show", ID, OUTPUT_DIR=output)
    done = on_terminal(line, environment(), columns=columns)
    rows = done.seen.splitlines()
    assert done.code == 0
    assert max(len(row) for row in rows if "://" not in row) <= min(columns, 100)
    assert rows[0] == "Here (2023)"
    assert any(re.match(r"  cinematographer? +Grimm Vandekerckhove$|  cinematography +Grimm", row) for row in rows), (
        rows
    )


@pytest.mark.parametrize("evil", ["a\x1b[31mb", "harmless \u202egnp.exe", "a\x07b", "a\x9bb", "a\x00b"])
@pytest.mark.parametrize("field", ["title", "synopsis", "rating"])
def test_no_page_steers_the_terminal(evil: str, field: str, output: Path) -> None:
    """Neither as a record of ours, which none of these is, nor as a line of somebody's dataset."""
    record = {**json.loads(bundled("here").model_dump_json()), field: evil}
    (output / SOURCE / "events.jsonl").write_text(json.dumps(record) + "\n")
    for arguments in ((), ("--json",)):
        done = run(Command(), ID, *arguments, output=output)
        assert (done.returncode, done.stdout) == (18, "")
        assert all(line.isprintable() for line in done.stderr.splitlines())


def test_a_screening_is_one_line() -> None:
    record = event(
        screenings=[screening(availability="sold_out", notes=["Q&A"]), screening("2026-12-06T14:00:00-07:00")]
    )
    assert [line.strip() for line in shown(record) if "2026-12" in line] == [
        "screenings  2026-12-05 19:50, Festival Centre - Big Cinema, sold_out, Q&A",
        "2026-12-06 14:00, Festival Centre - Big Cinema",
    ]


def test_json_is_the_line_as_it_stands(output: Path) -> None:
    done = run(Command(), ID, "--json", output=output)
    assert done.stdout == (output / SOURCE / "events.jsonl").read_text().splitlines(keepends=True)[0]
    named = run(Command(), ID, "--json", "--input", str(output / SOURCE / "events.jsonl"), output=Path("/nowhere"))
    assert json.loads(named.stdout)["title"] == "Here"


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        ([], 2, "name one event"),
        (["here"], 2, "'here' is no event's id"),
        (["nobody:here"], 2, "no source 'nobody'"),
        ([f"{SOURCE}:her"], 2, f"did you mean {ID} or {SOURCE}:there?"),
        ([ID, "--input", "nothing.jsonl"], 2, "there is no dataset nothing.jsonl"),
        ([ID, "--colour"], 2, "there is no option --colour"),
    ],
)
def test_wrong_arguments_are_one_line(arguments: list[str], code: int, complaint: str, output: Path) -> None:
    done = run(Command(), *arguments, output=output)
    assert done.returncode == code
    assert complaint in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_line_that_is_no_record_is_named(output: Path) -> None:
    (output / SOURCE / "events.jsonl").write_text(json.dumps({"id": ID}) + "\n")
    done = run(Command(), ID, output=output)
    assert (done.returncode, done.stdout) == (18, "")
    assert f"the line of {ID} is no record" in done.stderr
