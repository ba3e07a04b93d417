"""Aware UTC inside, Shanghai's wall clock outside."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from rongmei.clock import SHANGHAI, at_local, aware, local, local_date, spoken, utcnow

NAIVE = datetime(2026, 6, 6, 12, 0)  # noqa: DTZ001


@pytest.mark.parametrize("read", [aware, local, local_date, spoken])
def test_a_naive_moment_is_refused(read) -> None:
    with pytest.raises(ValueError, match="时间 2026-06-06T12:00:00 没有时区"):
        read(NAIVE)


@time_machine.travel(datetime(2026, 6, 6, 12, 0, tzinfo=UTC), tick=False)
def test_the_present_is_aware_and_utc() -> None:
    assert utcnow() == datetime(2026, 6, 6, 12, 0, tzinfo=UTC)
    assert utcnow().tzinfo is UTC


def test_any_zone_becomes_utc() -> None:
    there = datetime(2026, 6, 6, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    assert aware(there) == datetime(2026, 6, 6, 12, 0, tzinfo=UTC)
    assert aware(there).tzinfo is UTC


def test_the_newsrooms_wall_clock() -> None:
    moment = datetime(2026, 6, 6, 12, 5, tzinfo=UTC)
    assert local(moment).replace(tzinfo=None) == datetime(2026, 6, 6, 20, 5)  # noqa: DTZ001
    assert spoken(moment) == "6月6日 20:05"
    assert spoken(None) == "—"


@pytest.mark.parametrize(
    ("hour", "minute", "day"), [(15, 59, date(2026, 6, 6)), (16, 0, date(2026, 6, 7)), (23, 59, date(2026, 6, 7))]
)
def test_the_newsrooms_day_begins_at_16_utc(hour: int, minute: int, day: date) -> None:
    assert local_date(datetime(2026, 6, 6, hour, minute, tzinfo=UTC)) == day


def test_the_moment_of_a_slot() -> None:
    assert at_local(date(2026, 6, 6), "08:30") == datetime(2026, 6, 6, 0, 30, tzinfo=UTC)
    assert at_local(date(2026, 6, 6), "00:00") == datetime(2026, 6, 5, 16, 0, tzinfo=UTC)
    # The last summer of daylight saving in China.
    assert at_local(date(1991, 7, 1), "12:00") == datetime(1991, 7, 1, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize("clock", ["24:00", "12:60", "12", "noon"])
def test_a_clock_that_no_clock_shows(clock: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any will do, the configuration has checked the form
        at_local(date(2026, 6, 6), clock)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(0, 23), st.integers(0, 59))
def test_there_and_back(day: date, hour: int, minute: int) -> None:
    moment = at_local(day, f"{hour:02}:{minute:02}")
    assert moment.tzinfo is UTC
    assert (local_date(moment), local(moment).hour, local(moment).minute) == (day, hour, minute)
    assert local(moment).tzinfo is SHANGHAI
    assert spoken(moment) == f"{day.month}月{day.day}日 {hour:02}:{minute:02}"
