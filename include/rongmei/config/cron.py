"""Reads the five-field cron line of a campaign strictly enough that Airflow will run what the operator meant.

A subset of crontab(5): `*`, numbers, ranges `a-b`, steps `*/n` and `a-b/n`, lists, and the English three-letter names
of months and weekdays. Refused is what readers of cron disagree about or people misread: a range from a value to
itself, and restricting both day fields (crontab fires when either matches, people mean both).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rongmei.config.fields import Fault, Faults

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, start=1)}
_WEEKDAYS = {name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))}
_LONGEST_MONTH = {month: 31 - (month in {4, 6, 9, 11}) - 2 * (month == 2) for month in range(1, 13)}
_PART = re.compile(r"(?:\*|(?P<low>\w+)(?:-(?P<high>\w+))?)(?:/(?P<step>\d+))?", re.ASCII)


@dataclass(frozen=True)
class _Field:
    name: str
    low: int
    high: int
    names: dict[str, int]


_FIELDS = (
    _Field("分", 0, 59, {}),
    _Field("时", 0, 23, {}),
    _Field("日", 1, 31, {}),
    _Field("月", 1, 12, _MONTHS),
    _Field("星期", 0, 7, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """The values each field admits; weekdays are 0 = Sunday … 6 = Saturday."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def fires_on(self, day: date) -> bool:
        """Whether the line has a moment on this calendar day (of the time zone the schedule is meant in)."""
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    @property
    def once_a_day(self) -> bool:
        """Whether there is one moment on a day it fires on."""
        return len(self.minutes) == len(self.hours) == 1

    @property
    def ever(self) -> bool:
        """Whether any calendar day matches: `0 18 30 2 *` never does."""
        return any(min(self.days) <= _LONGEST_MONTH[month] for month in self.months)


def parse(line: str) -> Cron:
    """Read a cron line.

    Raises:
        Faults: the line has not five fields, a field is out of its range, both day fields are restricted, or no day
            ever matches.
    """
    parts = line.split()
    if len(parts) != len(_FIELDS):
        mend = "写五段：分 时 日 月 星期，用空格隔开，例如 0 18 * * * 是每天 18:00"
        raise Faults(Fault(f"定时“{line}”有 {len(parts)} 段，应为 5 段", mend))
    if parts[2] != "*" and parts[4] != "*":
        raise Faults(Fault(f"定时“{line}”同时限定了日和星期", "两段只限定一段，另一段写 *"))
    minutes, hours, days, months, weekdays = (_values(part, field) for part, field in zip(parts, _FIELDS, strict=True))
    cron = Cron(
        minutes=minutes,
        hours=hours,
        days=days,
        months=months,
        weekdays=frozenset(day % 7 for day in weekdays),
    )
    if not cron.ever:
        raise Faults(Fault(f"定时“{line}”永远等不到那一天", "核对日和月两段"))
    return cron


def _values(text: str, field: _Field) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        found.update(_part_values(part, field))
    return frozenset(found)


def _part_values(part: str, field: _Field) -> range:
    match = _PART.fullmatch(part)
    if match is None:
        raise _wrong(part, field)
    low, high, step = match["low"], match["high"], match["step"]
    if low is None:
        # Weekday 7 is a second name of Sunday, so * ends at 6.
        first, last = field.low, min(field.high, 6) if field.names is _WEEKDAYS else field.high
    else:
        if step is not None and high is None:
            raise _wrong(part, field)
        first = _number(low, part, field)
        last = _number(high, part, field) if high is not None else first
        if high is not None and first >= last:
            raise _wrong(part, field)
    if step == "0" * len(step or "x"):
        raise _wrong(part, field)
    return range(first, last + 1, int(step or 1))


def _number(text: str, part: str, field: _Field) -> int:
    value = int(text) if text.isdecimal() and len(text) <= 2 else field.names.get(text.lower(), -1)
    if not field.low <= value <= field.high:
        raise _wrong(part, field)
    return value


def _wrong(part: str, field: _Field) -> Faults:
    mend = f"“{field.name}”这一段用 {field.low}–{field.high} 的数字，可写 *、a-b、*/n、a-b/n 或用逗号隔开的几项"
    return Faults(Fault(f"定时的“{field.name}”一段“{part}”不对", mend))
