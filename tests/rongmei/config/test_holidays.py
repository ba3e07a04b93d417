"""Working days: the State Council's calendar, and Monday to Friday where there is none yet."""

import logging
from datetime import date, timedelta

import pytest

from rongmei.config import holidays
from rongmei.config.holidays import is_working_day


@pytest.mark.parametrize(
    ("day", "working"),
    [
        (date(2026, 6, 5), True),
        (date(2026, 6, 6), False),
        (date(2026, 10, 1), False),
        # Worked on in exchange for a longer holiday (调休).
        (date(2026, 10, 10), True),
    ],
)
def test_the_state_councils_calendar(day, working):
    assert is_working_day(day) is working


def test_a_year_nobody_has_decreed_is_monday_to_friday_and_said_once(caplog):
    holidays._warn_of_year.cache_clear()
    with caplog.at_level(logging.WARNING):
        days = [is_working_day(date(2035, 1, 1) + timedelta(days=n)) for n in range(7)]
    assert days == [True] * 5 + [False] * 2
    assert [record.getMessage() for record in caplog.records] == [
        "节假日安排里没有 2035 年，按周一至周五为工作日排期；请更新 chinesecalendar"
    ]
