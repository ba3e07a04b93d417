"""Times are aware UTC on the way in and on the way out, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import StatementError

from rongmei.ledger import BoardEntry, Edition, Ledger
from rongmei.ledger.boards import BoardLine, save_board_lines

SHANGHAI = ZoneInfo("Asia/Shanghai")


def kept(ledger: Ledger, moment: datetime | None) -> datetime | None:
    """`closed_at` of the first edition after it was set to `moment`."""
    with ledger.begin() as session:
        session.execute(update(Edition).values(closed_at=moment))
    with ledger.read() as session:
        return session.scalar(select(Edition.closed_at).limit(1))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@example(datetime(1991, 9, 15, 1, 0, tzinfo=SHANGHAI))
@example(datetime(1991, 9, 15, 1, 0, tzinfo=SHANGHAI, fold=1))
@given(
    st.datetimes(
        min_value=datetime(1990, 1, 1),  # noqa: DTZ001 - hypothesis puts the zone on
        max_value=datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.sampled_from([UTC, SHANGHAI, timezone(timedelta(hours=-11, minutes=-30))]),
    )
)
def test_any_moment_comes_back_as_itself_in_utc(ledger: Ledger, world: SimpleNamespace, moment: datetime) -> None:
    found = kept(ledger, moment)
    # Brought to UTC first: Python calls an hour that the clocks show twice unequal to every other zone's.
    assert found == moment.astimezone(UTC)
    assert found is not None
    assert found.tzinfo is UTC


def test_no_moment_is_none(ledger: Ledger, world: SimpleNamespace) -> None:
    assert kept(ledger, None) is None


def test_a_naive_time_is_refused(ledger: Ledger, world: SimpleNamespace) -> None:
    naive = datetime(2026, 6, 6, 20, 0)  # noqa: DTZ001
    with pytest.raises(StatementError, match="2026-06-06T20:00:00 没有时区，不能入账"):
        kept(ledger, naive)
    with ledger.read() as session, pytest.raises(StatementError, match="没有时区"):
        session.scalar(select(Edition).where(Edition.opened_at < naive))
    with ledger.begin() as session, pytest.raises(ValueError, match="没有时区"):
        save_board_lines(session, "weibo", naive, [BoardLine(1, "村超")])


def test_moments_compare_across_zones(ledger: Ledger, now: datetime) -> None:
    with ledger.begin() as session:
        for hour in range(3):
            save_board_lines(session, "weibo", now + timedelta(hours=hour), [BoardLine(1, f"第 {hour} 小时")])
    there = (now + timedelta(hours=1)).astimezone(SHANGHAI)
    with ledger.read() as session:
        found = session.scalars(select(BoardEntry.title).where(BoardEntry.observed_at >= there)).all()
        assert sorted(found) == ["第 1 小时", "第 2 小时"]
        assert session.scalars(select(BoardEntry.title).where(BoardEntry.observed_at == there)).all() == ["第 1 小时"]
