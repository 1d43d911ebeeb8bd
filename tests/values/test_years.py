"""Production years."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.values.years import read_years


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("2023", (2023, None)),
        (" 2023. ", (2023, None)),
        ("(2023)", (2023, None)),
        ("2023-2024", (2023, 2024)),
        ("2021–2022", (2021, 2022)),
        ("2021 — 2022", (2021, 2022)),
        ("2024 & 2025", (2024, 2025)),
        ("2024 &amp; 2025", (2024, 2025)),
        ("2024 and 2025", (2024, 2025)),
        ("2021, 2022", (2021, 2022)),
        ("2022/2023", (2022, 2023)),
        ("2019, 2020, 2021", (2019, 2021)),
        ("2023/24", (2023, 2024)),
        ("2023-24", (2023, 2024)),
        ("2010–12", (2010, 2012)),
        ("1999-00", (1999, 2000)),
        ("2023-2023", (2023, None)),
        ("2022 (The YouTube Effect)\n2021 (Backlash)", (2022, None)),
        ("2022 (The YouTube Effect), 2021 (Backlash)", (2022, None)),
        ("2021-2022 (Low Tide)\n2019 (Salt)", (2021, 2022)),
        ("2022\n2019-2020", (2022, None)),
        ("1880", (1880, None)),
        ("2100", (2100, None)),
    ],
)
def test_years(text: str, years: tuple[int, int | None]) -> None:
    assert read_years(text) == years


@pytest.mark.parametrize("text", ["2010-12", "2023-04", "2010/06"])
def test_what_may_be_a_month_ends_no_range(text: str) -> None:
    assert read_years(text) == (int(text[:4]), None)


@pytest.mark.parametrize(
    "text",
    ["", "c. 1920", "1920s", "n.d.", "2024-2023", "2024-23", "1879", "2101", "1850-1990", "20234", "202", "Various",
     "2023 Canada", "２０２３", "(Low Tide) 2022", "98 min"],
)  # fmt: skip
def test_unreadable(text: str) -> None:
    assert read_years(text) == (None, None)


@given(st.text() | st.text(alphabet="0129 -–/&,()\nto", max_size=16))
def test_any_text(text: str) -> None:
    first, last = read_years(text)
    assert first is None or 1880 <= first <= 2100
    assert last is None or (first is not None and first < last <= 2100)


@given(st.integers(1880, 2100), st.integers(1880, 2100))
def test_printed_ranges_are_read_back(first: int, last: int) -> None:
    expected = (first, last) if first < last else (first, None) if first == last else (None, None)
    assert read_years(f"{first}–{last}") == expected
    assert read_years(f"{first} & {last}") == expected
