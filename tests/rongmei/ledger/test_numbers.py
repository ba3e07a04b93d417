"""Which figures hold when, what days brought, and on PostgreSQL in which month's partition they lie."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select, text

from rongmei.ledger import Ledger, Publication, Snapshot, SnapshotDay
from rongmei.ledger.months import ensure_months, month_after
from rongmei.ledger.numbers import days, gains, holding, latest, series

START = datetime(2026, 6, 7, 2, 0, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


@pytest.fixture
def told(ledger: Ledger, world: SimpleNamespace) -> SimpleNamespace:
    """One publication told of twice; another by day, the 7th revised after the 8th was told. World's rows removed."""
    live, daily = world.publication
    with ledger.begin() as session:
        for table in (Snapshot, SnapshotDay):
            session.query(table).delete()
        for hours, reads in ((0, 10), (5, 30)):
            session.add(Snapshot(publication_id=live, observed_at=at(hours), reads=reads))
        for about, hours, reads in ((7, 24, 100), (7, 60, 90), (8, 48, 150)):
            day = date(2026, 6, about)
            session.add(Snapshot(publication_id=daily, about_day=day, observed_at=at(hours), reads=reads))
    return SimpleNamespace(live=live, daily=daily)


def test_what_held_at_a_moment(ledger: Ledger, told: SimpleNamespace) -> None:
    def reads(hours: float) -> dict[int, int | None]:
        with ledger.read() as session:
            ids = [told.live, told.daily]
            found = {key: row.reads for key, row in latest(session, ids, until=at(hours)).items()}
            assert found == {
                key: row.reads for key, row in latest(session, select(Publication.id), until=at(hours)).items()
            }
            return found

    assert reads(-1) == {}
    assert reads(1) == {told.live: 10}
    assert reads(24) == {told.live: 30, told.daily: 100}
    # What was revised about the 7th later does not stand for the 8th.
    assert reads(61) == {told.live: 30, told.daily: 150}


def test_a_join_keeps_those_without_figures(ledger: Ledger, told: SimpleNamespace) -> None:
    with ledger.read() as session:
        joined = select(Publication.id, Snapshot.reads).outerjoin(Snapshot, holding(Publication.id, until=at(6)))
        assert dict(session.execute(joined).tuples().all()) == {told.live: 30, told.daily: None}


def test_a_series_is_in_the_order_of_what_it_tells(ledger: Ledger, told: SimpleNamespace) -> None:
    with ledger.read() as session:
        found = series(session, [told.daily, told.live])
        assert [row.reads for row in found[told.daily]] == [100, 90, 150]
        assert [row.reads for row in series(session, [told.live], since=at(1), until=at(6))[told.live]] == [30]


def test_gains_are_summed_by_what_is_asked_for(ledger: Ledger, world: SimpleNamespace) -> None:
    one, two = world.publication
    with ledger.begin() as session:
        session.query(SnapshotDay).delete()
        for post, day, reads, likes in ((one, 1, 100, None), (one, 2, 50, None), (two, 2, 7, 3), (two, 9, 1000, 1)):
            row = SnapshotDay(publication_id=post, day=date(2026, 6, day), reads_gain=reads, likes_gain=likes)
            session.add(row)
    with ledger.read() as session:
        span = (date(2026, 6, 1), date(2026, 6, 7))
        by_account = gains(session, (Publication.account,), *span, counts=("reads", "likes"))
        assert by_account == {
            ("humen/wechat",): {"reads": 150, "likes": None},
            ("daily/wechat",): {"reads": 7, "likes": 3},
        }
        assert gains(session, (), *span, Publication.id == two, counts=("reads",)) == {(): {"reads": 7}}
        assert [row.day.day for row in days(session, None, *span)[one]] == [1, 2]


def test_a_month_begins_with_a_partition_of_its_own(ledger: Ledger, told: SimpleNamespace) -> None:
    if ledger.engine.dialect.name == "sqlite":
        with ledger.begin() as session:
            assert ensure_months(session, [date(2026, 6, 1)]) == []
        return

    def where() -> dict[str, int]:
        found = text("SELECT tableoid::regclass::text AS name, count(*) FROM snapshot GROUP BY 1")
        with ledger.read() as session:
            return {str(name): count for name, count in session.execute(found).tuples()}

    assert where() == {"snapshot_months.snapshot_other": 5}
    try:
        with ledger.begin() as session:
            wanted = [date(2026, 6, 30), date(2026, 12, 5), date(2026, 6, 1)]
            assert ensure_months(session, wanted) == ["snapshot_2026_06", "snapshot_2026_12"]
            assert ensure_months(session, wanted) == []
        assert where() == {"snapshot_months.snapshot_2026_06": 5}
        with ledger.begin() as session:
            late = date(2026, 12, 31)
            session.add(Snapshot(publication_id=told.live, about_day=late, observed_at=at(0), reads=1))
        assert where()["snapshot_months.snapshot_2026_12"] == 1
    finally:
        with ledger.begin() as session:
            for name in ("snapshot_2026_06", "snapshot_2026_12"):
                session.execute(text(f"DROP TABLE IF EXISTS snapshot_months.{name}"))


def test_the_month_after_december() -> None:
    assert [month_after(date(2026, month, 9)) for month in (11, 12)] == [date(2026, 12, 1), date(2027, 1, 1)]
