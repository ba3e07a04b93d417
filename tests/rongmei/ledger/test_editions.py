"""An edition is opened once, however often and from wherever its task runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import func, select

from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, close_edition, edition_key, get_edition, open_edition

DAY = date(2026, 6, 6)


def open_one(ledger: Ledger, now: datetime, *, rehearsal: bool = False, **options: object) -> Edition:
    with ledger.begin() as session:
        return open_edition(session, "cunchao", DAY, rehearsal=rehearsal, options=options, now=now)


def test_keys() -> None:
    assert edition_key("cunchao", DAY) == "cunchao/2026-06-06"
    assert edition_key("cunchao", DAY, rehearsal=True) == "cunchao/2026-06-06/rehearsal"


def test_a_new_edition(ledger: Ledger, now: datetime) -> None:
    made = open_one(ledger, now, stories=3, note="决赛")
    with ledger.read() as session:
        found = get_edition(session, "cunchao/2026-06-06")
    assert (found.id, found.campaign, found.day, found.rehearsal) == (made.id, "cunchao", DAY, False)
    assert (found.state, found.opened_at, found.closed_at) == ("open", now, None)
    assert found.options == {"stories": 3, "note": "决赛"}


def test_opening_again_changes_nothing(ledger: Ledger, now: datetime) -> None:
    first = open_one(ledger, now, stories=3)
    again = open_one(ledger, now + timedelta(hours=1), stories=9)
    assert (again.id, again.options, again.opened_at) == (first.id, {"stories": 3}, now)


def test_a_rehearsal_stands_beside_the_real_one(ledger: Ledger, now: datetime) -> None:
    real, rehearsal = open_one(ledger, now), open_one(ledger, now, rehearsal=True)
    assert real.id != rehearsal.id
    assert rehearsal.key == "cunchao/2026-06-06/rehearsal"


def test_what_the_caller_wrote_before_stays(ledger: Ledger, now: datetime) -> None:
    open_one(ledger, now)
    with ledger.begin() as session:
        other = open_edition(session, "zhumeng", DAY, rehearsal=False, options={}, now=now)
        known = open_edition(session, "cunchao", DAY, rehearsal=False, options={}, now=now)
        assert known.id != other.id
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 2


@pytest.mark.parametrize("round_", range(3))
def test_threads_opening_the_same_edition_get_the_same_row(ledger: Ledger, now: datetime, round_: int) -> None:
    many = 6
    together = Barrier(many)

    def work(number: int) -> int:
        together.wait(timeout=30)
        return open_one(ledger, now, by=number).id

    with ThreadPoolExecutor(many) as pool:
        ids = set(pool.map(work, range(many)))
    assert len(ids) == 1
    with ledger.read() as session:
        assert session.scalar(select(func.count()).select_from(Edition)) == 1


@pytest.mark.postgres
@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
def test_the_slower_of_two_takes_the_row_of_the_faster(
    ledger: Ledger, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The race step by step, where the database allows it: both look, both find nothing, both insert."""
    with ledger.begin() as slow:
        with monkeypatch.context() as patch:
            patch.setattr(slow, "scalar", lambda _statement: open_one(ledger, now, who="fast") and None)
            found = open_edition(slow, "cunchao", DAY, rehearsal=False, options={"who": "slow"}, now=now)
        assert found.options == {"who": "fast"}
        assert slow.scalar(select(func.count()).select_from(Edition)) == 1


def test_an_unknown_edition_is_bad_input(ledger: Ledger) -> None:
    with ledger.read() as session, pytest.raises(BadInput, match=r"没有期次 cunchao/2026-06-07。改法：.+"):
        get_edition(session, "cunchao/2026-06-07")
    with ledger.begin() as session, pytest.raises(BadInput, match="没有期次"):
        close_edition(session, "", now=datetime(2026, 6, 6, tzinfo=UTC))


def test_closing_once(ledger: Ledger, now: datetime) -> None:
    made = open_one(ledger, now)
    for hours in (1, 2):
        with ledger.begin() as session:
            close_edition(session, made.key, now=now + timedelta(hours=hours))
    with ledger.read() as session:
        closed = get_edition(session, made.key)
    assert (closed.state, closed.closed_at) == ("closed", now + timedelta(hours=1))
    assert open_one(ledger, now).state == "closed"
