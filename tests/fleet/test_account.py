"""An account is there as a whole or not at all."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.fleet.account import ACCOUNTS, Account, AccountFile, Kept, read_accounts
from filmscrape.runs.stats import Stat

LINE = '{"title": "Ünï\\u0085\u2028x"}\n'.encode()
RICH = Account(
    "https://site.test/a",
    Counter({Stat.FETCHED: 1, Stat.VALID: 1}),
    [Kept("id-1", True, LINE), Kept("id-2", False, b"{}\n")],
    {"skipped": [{"url": "u", "reason": "r\n"}]},
    {"fates": {"u": "fetched"}},
    (12, 3456),
)
SECOND = Account("series b", Counter({Stat.DISCOVERY_FETCHED: 1}), [Kept("id-3", False, b"[1]\n")])


def written(folder: Path, *accounts: Account) -> Path:
    file = AccountFile(folder)
    for account in accounts:
        file.append(account)
    file.close()
    file.close()
    return folder / ACCOUNTS


def test_accounts_come_back_as_they_were(tmp_path: Path) -> None:
    assert list(read_accounts(written(tmp_path, RICH, SECOND))) == [RICH, SECOND]


def test_a_worker_goes_on_behind_what_is_there(tmp_path: Path) -> None:
    written(tmp_path, RICH)
    assert list(read_accounts(written(tmp_path, SECOND))) == [RICH, SECOND]


def test_torn_at_each_byte(tmp_path: Path) -> None:
    path = written(tmp_path, RICH, SECOND)
    whole, first = path.read_bytes(), len(RICH.block())
    for size in range(len(whole)):
        path.write_bytes(whole[:size])
        assert list(read_accounts(path)) == [RICH] * (size >= first), size


def test_zeros_behind_the_last_one_as_a_power_cut_leaves_them(tmp_path: Path) -> None:
    path = written(tmp_path, RICH)
    path.write_bytes(path.read_bytes() + bytes(300))
    assert list(read_accounts(path)) == [RICH]


@given(
    st.builds(
        Account,
        st.text(),
        st.builds(Counter, st.dictionaries(st.text(), st.integers(0, 9))),
        st.lists(st.builds(Kept, st.text(), st.booleans(), st.binary().map(lambda data: data + b"\n"))),
        st.dictionaries(st.text(), st.lists(st.dictionaries(st.text(), st.text()))),
        st.dictionaries(st.text(), st.dictionaries(st.text(), st.text())),
        st.tuples(st.integers(0), st.integers(0)),
    )
)
def test_any_account_comes_back(tmp_path_factory: pytest.TempPathFactory, account: Account) -> None:
    path = written(tmp_path_factory.mktemp("any"), account, SECOND)
    assert list(read_accounts(path)) == [account, SECOND]


@pytest.mark.parametrize(
    ("account", "worth"),
    [
        (Account("a"), 0),
        (Account("a", wire=(10, 10)), 0),
        (Account("a", Counter({Stat.FAILED: 1})), 1),
        (Account("a", Counter({Stat.DISCOVERY_FAILED: 1, Stat.SIGHTINGS: 3})), 1),
        (Account("a", Counter({Stat.ERRORS: 1})), 1),
        (Account("a", facts={"fates": {"a": "moved"}}), 2),
        (Account("a", Counter({Stat.DISCOVERY_MISSING: 1})), 2),
        (RICH, 2),
    ],
)
def test_what_an_account_is_worth(account: Account, worth: int) -> None:
    assert account.worth == worth
