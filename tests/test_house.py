"""The house keeps its order: a source is named in its own rooms only, and the program speaks of itself alone."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "filmscrape"
SOURCES = sorted(path.stem for path in (PACKAGE / "pages").glob("*.py") if (PACKAGE / "spiders" / path.name).exists())
SOURCES = [name for name in SOURCES if name not in ("__init__", "base")]


def test_there_are_sources() -> None:
    assert SOURCES


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_is_one_spider_one_page_module_and_one_fixture_folder(source: str) -> None:
    assert (ROOT / "fixtures" / source).is_dir()
    for room in ("spiders", "pages"):
        text = (PACKAGE / room / f"{source}.py").read_text(encoding="utf-8")
        assert source in text


@pytest.mark.parametrize("source", SOURCES)
def test_nothing_else_in_the_program_names_a_source(source: str) -> None:
    own = {PACKAGE / room / f"{source}.py" for room in ("spiders", "pages")}
    named = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path not in own
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if source in _code(line).lower()
    ]
    assert named == []


def _code(line: str) -> str:
    """A line without quoted examples: what stands between backticks or behind a hash explains, it does not name."""
    return re.sub(r"``?[^`]*``?|#.*|>>>.*", "", line)


def test_pages_and_values_know_no_scrapy_and_no_clock() -> None:
    for room in ("pages", "values"):
        for path in sorted((PACKAGE / room).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"^\s*(?:from|import) (?:scrapy|twisted|socket|requests)\b", text, re.MULTILINE), path
            assert not re.search(r"\b(?:now|utcnow|today)\(", text), path


def test_data_flows_one_way() -> None:
    """Values import no page, pages import no pipeline: there is no way back."""
    behind = {
        "values": ("pages", "interpret", "pipelines", "runs", "spiders"),
        "pages": ("interpret", "pipelines", "runs", "spiders"),
    }
    for room, forbidden in behind.items():
        for path in sorted((PACKAGE / room).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            for name in forbidden:
                assert not re.search(rf"^\s*(?:from|import) filmscrape\.{name}\b", text, re.MULTILINE), (
                    path,
                    name,
                )


def test_no_path_of_a_machine_and_no_registry() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    words = re.compile(
        "pypi" + r"\.org|python" + r"hosted|/home/\w|/" + "root/|/" + "work/|shared/" + "replica|registry\\.npm"
    )
    for name in tracked.stdout.split():
        path = ROOT / name
        if path.suffix in (".gz", ".png") or not path.is_file():
            continue
        found = words.search(path.read_text(encoding="utf-8", errors="replace"))
        assert found is None, (name, found)
