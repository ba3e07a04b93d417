"""The long holidays of China, week by week: as decreed, and as they usually are in years nobody has decreed yet.

Decreed days come from the library `chinesecalendar`, which follows the State Council's yearly notices, 调休 included.
A notice for the next year is published in autumn; until the library has it, the usual days stand in.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

LONG_DAYS = 5
"""So many days off in a row make a long holiday; 清明, 端午 and the like have three."""
HEAVY_DAYS = 3
"""A week with so many days of one long holiday counts as that holiday's week."""

NAMES = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明",
    "Labour Day": "五一",
    "Dragon Boat Festival": "端午",
    "National Day": "国庆",
    "Mid-autumn Festival": "中秋",
}

# The first day of the lunar year, month and day, in 2027–2050.
# Source: Hong Kong Observatory, Gregorian-lunar conversion tables.
_LUNAR_NEW_YEAR = (
    "02-06 01-26 02-13 02-03 01-23 02-11 01-31 02-19 02-08 01-28 02-15 02-04 "
    "01-24 02-12 02-01 01-22 02-10 01-30 02-17 02-06 01-26 02-14 02-02 01-23 "
)
_FIRST_LUNAR_YEAR = 2027

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Festival:
    """What a week has of a long holiday.

    Attributes:
        name: 春节, 国庆 or 五一.
        days: days of it in this week, 3–7.
    """

    name: str
    days: int


@dataclass(frozen=True)
class _Year:
    long: tuple[tuple[str, tuple[date, ...]], ...]
    workdays: frozenset[date]


def festival_of(monday: date) -> Festival | None:
    """The long holiday that the week beginning on `monday` belongs to, or None."""
    sunday = monday + timedelta(days=6)
    for name, days in _year(sunday.year).long:
        inside = sum(monday <= day <= sunday for day in days)
        if inside >= HEAVY_DAYS:
            return Festival(name, inside)
    return None


def weekend_workdays(monday: date) -> tuple[date, ...]:
    """The Saturday or Sunday of the week on which offices work to make up for a holiday (调休); often none."""
    weekend = (monday + timedelta(days=n) for n in (5, 6))
    return tuple(day for day in weekend if day in _year(day.year).workdays)


def is_working_day(day: date) -> bool:
    """Whether offices in China work on `day`, 调休 included; Monday to Friday in years nobody has decreed yet.

    Source: the State Council's yearly notices, as the library `chinesecalendar` has them.
    """
    # Loaded when it is asked for the first time: few keep office days, and every DAG file is parsed often.
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        _warn_of_year(day.year)
        return day.weekday() < 5


@lru_cache(maxsize=64)
def _warn_of_year(year: int) -> None:
    _logger.warning("节假日安排里没有 %s 年，按周一至周五为工作日排期；请更新 chinesecalendar", year)


@lru_cache(maxsize=64)
def _year(year: int) -> _Year:
    # Loaded when it is asked for the first time: a DAG file is parsed often and asks nothing.
    import chinese_calendar

    days = [date(year, 1, 1) + timedelta(days=n) for n in range((date(year, 12, 31) - date(year, 1, 1)).days + 1)]
    try:
        told = {day: chinese_calendar.get_holiday_detail(day) for day in days}
    except NotImplementedError:
        return _usual(year)
    off = {day: NAMES.get(str(name), str(name)) for day, (is_off, name) in told.items() if is_off and name}
    workdays = frozenset(day for day, (is_off, name) in told.items() if not is_off and name and day.weekday() >= 5)
    return _Year(tuple(_long(off)), workdays)


def _long(off: Mapping[date, str]) -> Iterator[tuple[str, tuple[date, ...]]]:
    """The runs of at least `LONG_DAYS` days off, named after the holiday that has most of them."""
    run: list[date] = []
    for day in sorted(off):
        if run and day - run[-1] != timedelta(days=1):
            yield from _named(run, off)
            run = []
        run.append(day)
    yield from _named(run, off)


def _named(run: Sequence[date], off: Mapping[date, str]) -> Iterator[tuple[str, tuple[date, ...]]]:
    if len(run) >= LONG_DAYS:
        yield Counter(off[day] for day in run).most_common(1)[0][0], tuple(run)


def _usual(year: int) -> _Year:
    """Long holidays by the rules in force since 2025: 春节 from New Year's Eve on 8 days, 五一 5, 国庆 7."""
    long = [("五一", _days(date(year, 5, 1), 5)), ("国庆", _days(date(year, 10, 1), 7))]
    at = (year - _FIRST_LUNAR_YEAR) * 6
    if 0 <= at < len(_LUNAR_NEW_YEAR):
        new_year = date.fromisoformat(f"{year}-{_LUNAR_NEW_YEAR[at : at + 5]}")
        long.insert(0, ("春节", _days(new_year - timedelta(days=1), 8)))
    else:
        _logger.warning("不知道 %s 年春节是哪几天，轮值表当年按没有春节排；请更新 chinesecalendar", year)
    return _Year(tuple(long), frozenset())


def _days(first: date, count: int) -> tuple[date, ...]:
    return tuple(first + timedelta(days=n) for n in range(count))
