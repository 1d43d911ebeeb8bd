"""The parts of a run come to the same sums, in whatever order and however often something was done."""

from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from filmscrape.fleet.account import ACCOUNTS, Account, AccountFile, Kept
from filmscrape.fleet.sums import Sums, sum_up
from filmscrape.runs.stats import Stat


def fetched(matter: str, body: str = "x") -> Account:
    fates = {"fates": {matter: "fetched"}}
    return Account(matter, Counter({Stat.FETCHED: 1}), [Kept(matter, True, body.encode() + b"\n")], facts=fates)


def failed(matter: str) -> Account:
    rows = {"failed": [{"url": matter, "kind": "event", "reason": "HTTP 503"}]}
    return Account(matter, Counter({Stat.FAILED: 1}), rows=rows, facts={"fates": {matter: "failed"}})


def parts(root: Path, *workers: list[Account]) -> list[Path]:
    folders = []
    for number, accounts in enumerate(workers):
        folder = root / f"worker-{number}"
        folder.mkdir()
        file = AccountFile(folder)
        for account in accounts:
            file.append(account)
        file.close()
        folders.append(folder)
    return folders


def summed(folders: list[Path]) -> tuple[Sums, list[Account]]:
    taken: list[Account] = []
    return sum_up(folders, taken.append), taken


def test_what_two_workers_did_counts_once(tmp_path: Path) -> None:
    sums, taken = summed(parts(tmp_path, [fetched("a"), fetched("b")], [fetched("a"), fetched("c")]))
    assert sums.stats == {Stat.FETCHED: 3}
    assert sorted(account.matter for account in taken) == ["a", "b", "c"]
    assert sums.facts["fates"] == dict.fromkeys("abc", "fetched")


@pytest.mark.parametrize("turn", [False, True])
def test_an_answer_counts_before_a_failure_and_a_failure_before_a_step(turn: bool, tmp_path: Path) -> None:
    workers = [[Account("a", wire=(1, 1)), failed("a"), Account("b"), failed("b")], [fetched("a", "1"), Account("b")]]
    sums, taken = summed(parts(tmp_path, *workers[:: -1 if turn else 1]))
    assert sums.stats == {Stat.FETCHED: 1, Stat.FAILED: 1}
    assert sums.facts["fates"] == {"a": "fetched", "b": "failed"}
    assert {account.matter: bool(account.kept) for account in taken} == {"a": True, "b": False}


def test_bytes_were_sent_however_often_the_same_was_done(tmp_path: Path) -> None:
    accounts = [Account("a", Counter({Stat.FETCHED: 1}), wire=(10, 100)) for _ in range(3)]
    assert summed(parts(tmp_path, accounts[:2], accounts[2:]))[0].wire == (30, 300)


def test_a_part_that_was_never_begun(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    sums, taken = summed([tmp_path / "empty", *parts(tmp_path, [fetched("a")])])
    assert len(taken) == 1
    assert not (tmp_path / "empty" / ACCOUNTS).exists()
    assert sums.stats[Stat.FETCHED] == 1


# ------------------------------------------------------------------ facts in any order
def answers(at: str, body: str) -> dict[str, Any]:
    return {"path": "/a", "at": at, "etag": body, "last_modified": "", "digest": "", "body": body, "lastmod": ""}


FEW = st.sampled_from("abc")
FATES = st.sampled_from(["asked", "same_page", "fetched", "failed", "moved", "spared", "only", "not_upcoming"])
FACTS = st.fixed_dictionaries(
    {
        "fates": st.dictionaries(FEW, FATES),
        "venues": st.dictionaries(FEW, FEW),
        "lastmods": st.dictionaries(FEW, FEW),
        "paths": st.dictionaries(FEW, FEW),
        "same": st.dictionaries(FEW, FEW),
        "answers": st.dictionaries(FEW, st.builds(answers, FEW, FEW)),
    }
)


@given(st.lists(FACTS, max_size=6), st.randoms(use_true_random=False))
def test_facts_come_to_the_same_in_any_order(found: list[dict[str, Any]], chance: Random) -> None:
    accounts = [Account(str(number), facts=facts) for number, facts in enumerate(found)]
    shuffled = chance.sample(accounts, len(accounts))
    one, other = Sums(), Sums()
    for account in accounts:
        one.add(account)
    for account in shuffled:
        other.add(account)
    assert one == other


def told(name: str, *facts: Any) -> Any:
    sums = Sums()
    for fact in facts:
        sums.add(Account("m", facts={name: {"key": fact}}))
    return sums.facts[name]["key"]


def test_the_stronger_fact_stays() -> None:
    assert told("fates", "asked", "not_upcoming") == "asked"
    assert told("fates", "same_page", "asked") == "same_page"
    assert told("fates", "fetched", "same_page") == "fetched"
    assert told("venues", "The Cinema", "Cinema") == "Cinema"
    assert told("answers", answers("2026", "b"), answers("2025", "c"))["body"] == "b"
    assert told("same", "2026-01-01T00:00:00Z", "2025-01-01T00:00:00Z") == "2026-01-01T00:00:00Z"


@given(st.permutations(["fetched", "failed", "step", "fetched"]), st.integers(0, 4))
def test_of_several_accounts_of_one_matter_the_answer_counts(
    tmp_path_factory: pytest.TempPathFactory, order: list[str], cut: int
) -> None:
    made = {"fetched": fetched("a"), "failed": failed("a"), "step": Account("a")}
    accounts = [made[kind] for kind in order]
    sums, taken = summed(parts(tmp_path_factory.mktemp("any"), accounts[:cut], accounts[cut:]))
    assert taken == [made["fetched"]]
    assert sums.stats == {Stat.FETCHED: 1}
