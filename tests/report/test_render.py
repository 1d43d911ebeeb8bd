"""What a page says is text in the report and nothing else, whatever it says."""

import re
from collections import Counter
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from lxml import html

from filmscrape.archive.manifest import CHECKSUMS, check_files, write_checksums
from filmscrape.report import render
from filmscrape.report.render import (
    amount,
    file_link,
    leave_report,
    link,
    percent,
    points,
    visible,
    write_history,
    write_report,
)
from filmscrape.runs.outcome import Outcome
from filmscrape.runs.stored import runs_of
from tests.report.hostile import BIDI, SOURCE, STRINGS, folder, plain
from tests.report.runs import add, write_rows

Shape = Counter[tuple[str, tuple[str, ...]]]


def pages(output: Path, evil: str) -> list[Path]:
    """The report of a run that says ``evil`` everywhere, and that of all runs."""
    run = write_report(folder(output, evil))
    return [run, write_history([(SOURCE, runs_of(output, SOURCE))], output / "history.html")]


def shape(page: Path) -> Shape:
    """The elements of a page with their attributes' names."""
    document = html.document_fromstring(page.read_bytes())
    return Counter((str(part.tag), tuple(sorted(map(str, part.attrib)))) for part in document.iter())


@pytest.mark.parametrize("evil", STRINGS.values(), ids=STRINGS)
def test_no_element_and_no_attribute_comes_of_it(evil: str, tmp_path: Path) -> None:
    """The page has the elements that it has for words of the same length that mean no harm."""
    for hostile, harmless in zip(pages(tmp_path / "a", evil), pages(tmp_path / "b", plain(evil)), strict=True):
        assert shape(hostile) == shape(harmless)


@pytest.mark.parametrize("evil", STRINGS.values(), ids=STRINGS)
def test_nothing_hides_and_nothing_turns_round(evil: str, tmp_path: Path) -> None:
    for page in pages(tmp_path, evil):
        text = page.read_text(encoding="utf-8")
        assert not set(text) & set(BIDI)
        assert [char for char in text if not char.isprintable() and char != "\n"] == []


def test_what_is_hidden_is_shown_by_its_number(tmp_path: Path) -> None:
    text = write_report(folder(tmp_path, "a\u202eb\x00c\u2066")).read_text(encoding="utf-8")
    assert r"a\u202eb\u0000c\u2066" in text
    assert visible("a\nb\tc\x7f") == "a\nb\\tc\\u007f"


HOSTILE_LINKS = [
    *STRINGS.values(), "JaVaScRiPt:alert(1)", "vbscript:x", "file:///etc/passwd", "//a.example/", "http:", "http:///x",
    "https://good.example@a.example/", "https://a.example\\@good.example/", "http://[", "https://a.example/ x",
    "https://a.example/\u202egpj", "http://a.example/" + "x" * 5000, "/etc/passwd", "../../x", "\nhttp://a.example/",
]  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE_LINKS, ids=range(len(HOSTILE_LINKS)))
def test_no_link_leads_there(address: str, tmp_path: Path) -> None:
    assert link(address) == ""
    for page in pages(tmp_path, address):
        links = [str(part.get("href")) for part in html.document_fromstring(page.read_bytes()).iterfind(".//a")]
        assert links
        assert [found for found in links if urlsplit(found).scheme or found.startswith("/")] == []


def test_a_link_takes_nothing_with_it(tmp_path: Path) -> None:
    address = "https://a.example/\"'><img/src=x/onerror=alert(1)>?a=1&b"
    page = html.document_fromstring(pages(tmp_path, address)[0].read_bytes())
    found = [part for part in page.iterfind(".//a") if str(part.get("href")).startswith("http")]
    assert {str(part.get("href")) for part in found} == {address}
    assert {str(part.get("rel")) for part in found} == {"noreferrer noopener nofollow"}
    assert page.find(".//img") is None


def test_the_page_forbids_what_it_does_not_need(tmp_path: Path) -> None:
    for page in pages(tmp_path, "x"):
        document = html.document_fromstring(page.read_bytes())
        policy = document.find(".//meta[@http-equiv='Content-Security-Policy']")
        assert policy is not None
        assert str(policy.get("content")).startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
        assert {str(part.tag) for part in document.iter()}.isdisjoint({"script", "img", "iframe", "object", "form"})
        assert not re.search(rb"url\(|@import", page.read_bytes())


# ------------------------------------------------------------------ for everybody
def test_a_screen_reader_finds_its_way(tmp_path: Path) -> None:
    for page in pages(tmp_path, "x"):
        document = html.document_fromstring(page.read_bytes())
        ids = [str(part.get("id")) for part in document.iterfind(".//*[@id]")]
        assert len(ids) == len(set(ids))
        named = [name for part in document.iterfind(".//*[@aria-labelledby]")
                 for name in str(part.get("aria-labelledby")).split()]  # fmt: skip
        inside = [str(part.get("href"))[1:] for part in document.iterfind(".//a") if str(part.get("href"))[:1] == "#"]
        assert {*named, *inside} <= set(ids)
        assert [len(list(document.iterfind(f".//{tag}"))) for tag in ("h1", "main", "header", "footer")] == [1] * 4
        for table in document.iterfind(".//table"):
            assert table.find("caption") is not None
            assert all(part.get("scope") for part in table.iterfind(".//th"))
        for drawing in document.iterfind(".//svg"):
            assert drawing.get("role") == "img"
            assert drawing.find("title") is not None


# ------------------------------------------------------------------ where it stands
def test_links_lead_to_the_files_wherever_the_report_stands(tmp_path: Path) -> None:
    run = add(tmp_path / "out put")
    (run.path / "pages.warc.gz").write_bytes(b"x")
    for target in (None, tmp_path / "elsewhere.html", run.path.parent / "beside.html"):
        page = write_report(run.path, target)
        links = {str(a.get("href")) for a in html.document_fromstring(page.read_bytes()).iterfind(".//dt/a")}
        there = {(page.parent / found.replace("%20", " ")).resolve() for found in links}
        assert there == {run.path / "run.json", run.path / "pages.warc.gz"}


def test_a_file_s_name_leads_nowhere_else() -> None:
    assert file_link("runs/", "a b:c.gz") == "runs/a%20b%3Ac.gz"
    assert [file_link("", name) for name in ("", "..", ".", "../x", "/etc/passwd", "http://a/")] == [""] * 6


def test_a_capture_that_is_gone_is_no_link(tmp_path: Path) -> None:
    run = add(tmp_path)
    page = "https://festival.example/x/"
    write_rows(run.path / "failed.jsonl", [{"url": page, "reason": "HTTP 503"}])
    write_rows(run.path / "captures.jsonl", [{"of": "pages.warc.gz"}, {"url": page, "offset": 5}])
    assert 'href="pages.warc.gz"' not in write_report(run.path).read_text()
    (run.path / "pages.warc.gz").write_bytes(b"x")
    assert 'href="pages.warc.gz"' in write_report(run.path).read_text()


def test_the_same_run_gives_the_same_bytes(tmp_path: Path) -> None:
    add(tmp_path, 1)
    run = add(tmp_path)
    digests = {sha256(write_report(run.path).read_bytes()).hexdigest() for _ in range(2)}
    assert len(digests) == 1


def test_checksums_hold_after_it_is_written_again(tmp_path: Path) -> None:
    run = add(tmp_path)
    report = write_report(run.path)
    write_checksums(run.path)
    assert "report.html" in (run.path / CHECKSUMS).read_text()
    older = report.read_bytes()
    add(tmp_path, 1)  # one more to compare with: the report is another one
    assert write_report(run.path).read_bytes() != older
    assert list(check_files(run.path)) == []
    assert "run.json" in (run.path / CHECKSUMS).read_text()


def test_a_report_that_fails_fails_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = add(tmp_path)
    assert leave_report(run.path) == run.path / "report.html"

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(render, "facts_of", fail)
    assert leave_report(run.path) is None
    assert "report not written" in caplog.text


def test_an_empty_folder_has_a_report(tmp_path: Path) -> None:
    path = tmp_path / "festival" / "runs" / "x"
    path.mkdir(parents=True)
    assert "did not come to its end" in write_report(path).read_text()


# ------------------------------------------------------------------ all runs
def test_all_runs_are_drawn(tmp_path: Path) -> None:
    runs = [add(tmp_path, days, outcome) for days, outcome in
            ((4, Outcome.ACCEPTED), (3, Outcome.DEGRADED), (2, None), (1, Outcome.BLOCKED))]  # fmt: skip
    write_report(runs[0].path)
    page = write_history([(SOURCE, runs_of(tmp_path, SOURCE)), ("empty", [])], tmp_path / "history.html")
    document = html.document_fromstring(page.read_bytes())
    events = document.find(".//figure/svg")
    assert events is not None
    assert [rect.get("class") for rect in events.iterfind("rect")] == ["accepted", "degraded", "failed"]
    text = "".join(map(str, document.itertext()))
    assert all(run.id in text for run in runs)
    assert "There is no run." in text
    (way,) = [str(a.get("href")) for a in document.iterfind(".//th//a")]
    assert (tmp_path / way).samefile(runs[0].path / "report.html")


# ------------------------------------------------------------------ figures
def test_figures() -> None:
    assert [amount(n) for n in (None, 0, 1234567)] == ["–", "0", "1,234,567"]
    assert [amount(n, "bytes") for n in (0, 999, 1000, 14_202_932, 3e9)] == [
        "0 bytes", "999 bytes", "1.0 kB", "14.2 MB", "3.0 GB"]  # fmt: skip
    assert [amount(n, "seconds") for n in (0.25, 59.4, 59.6, 90, 3700)] == [
        "0.2 s", "59.4 s", "1 min 0 s", "1 min 30 s", "1 h 1 min"]  # fmt: skip
    assert [percent(share) for share in (None, 0, 0.001, 0.5, 0.999, 1)] == ["–", "0", "<1", "50", ">99", "100"]
    assert [points(change) for change in (None, 0.001, 0.05, -0.13)] == ["–", "±0", "+5", "−13"]
