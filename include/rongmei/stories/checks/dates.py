"""数字 (dates): days that there are not, weekdays that do not fit, ages that do not fit the year of birth.

Precision before recall: what may be right in some reading is not remarked on.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from rongmei.stories.checks.finding import Finding, Passage

_WEEKDAYS: Final = "一二三四五六日"
_YEAR: Final = r"(?:(?P<year>(?<!\d)(?:19|20)\d{2})\s*年\s*)?"
_DAY: Final = re.compile(rf"{_YEAR}(?<![\d.])(?P<month>\d{{1,2}})\s*月\s*(?P<day>\d{{1,2}})\s*日")
_WEEKDAY: Final = re.compile(
    rf"{_DAY.pattern}\s*[（(，,、]?\s*(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天])(?![均年岁边围福])"
)
_RANGE: Final = re.compile(
    r"(?<!\d)(?P<month>\d{1,2})月(?P<first>\d{1,2})日?\s*(?:至|到|—+|–|-|~|～)\s*"
    r"(?:(?P<month2>\d{1,2})月)?(?P<last>\d{1,2})日"
)
_ANY_YEAR: Final = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_TIME: Final = re.compile(r"(?<![\d.])(?P<hour>[01]?\d|2[0-4])时(?P<minute>\d{2})分")
_LUNAR: Final = re.compile(r"(?:农历|阴历|旧历)[^，。]{0,8}$")
_SPOKEN_YEARS: Final = {"前年": -2, "去年": -1, "上年": -1, "今年": 0, "明年": 1, "后年": 2}
_SENTENCE: Final = re.compile(r"[^。！？；\n]+")
_BORN: Final = re.compile(
    r"(?<!\d)((?:19|20)\d{2})年(?:\d{1,2}月)?(?:\d{1,2}日)?(?:出生|生(?=[，,）)、；于]))|生于((?:19|20)\d{2})年"
)
_AGED: Final = re.compile(r"(?:今年|现年)\s*(\d{1,3})\s*周?岁")
_LIVED: Final = re.compile(
    r"(?<!\d)((?:18|19|20)\d{2})年?\s*(?:—+|–|-|~|～|至)\s*((?:19|20)\d{2})年?[^。\n]{0,16}?(?:享年|终年)\s*(\d{1,3})\s*岁"
)
# Ages are counted from birth, or the year of birth is the first (虚岁).
_AGE_SLACK: Final = 1
_EVER: Final = 2024
"""A leap year: 29 February without a year is a day that there may be."""


def check_dates(parts: Sequence[Passage], day: date | None) -> Iterator[Finding]:
    """Contradictions within a date, between a date and its weekday, and between an age and a year.

    Args:
        day: when the story is to appear; a date without a year is the one nearest to it, and without `day` no weekday
            is held against it.
    """
    for part in parts:
        yield from _impossible(part)
        yield from _backwards(part)
        yield from _weekdays(part, day)
        yield from _ages(part, day)


def _remark(part: Passage, found: re.Match[str], code: str, what: str, start: int = 0) -> Finding:
    return Finding(code, f"{part.around(start + found.start(), start + found.end())}：{what}", group="numbers")


def _impossible(part: Passage) -> Iterator[Finding]:
    for found in _DAY.finditer(part.text):
        year = int(found["year"]) if found["year"] else _EVER
        lunar = _LUNAR.search(part.text, max(0, found.start() - 12), found.start())
        if not lunar and not _exists(year, int(found["month"]), int(found["day"])):
            yield _remark(part, found, "no_such_day", f"没有“{found.group()}”这一天，核对日期")
    for found in _TIME.finditer(part.text):
        if int(found["minute"]) > 59:
            yield _remark(part, found, "no_such_time", f"没有“{found.group()}”这个时刻，核对时间")


def _exists(year: int, month: int, day: int) -> bool:
    return 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]


def _backwards(part: Passage) -> Iterator[Finding]:
    for found in _RANGE.finditer(part.text):
        same_month = found["month2"] is None or int(found["month2"]) == int(found["month"])
        if same_month and int(found["last"]) < int(found["first"]):
            yield _remark(part, found, "range_backwards", "起止日期前后颠倒，核对日期")


def _weekdays(part: Passage, day: date | None) -> Iterator[Finding]:
    for found in _WEEKDAY.finditer(part.text):
        month, number = int(found["month"]), int(found["day"])
        years = _years(part.text, found, day)
        said = _WEEKDAYS.index(found["weekday"].replace("天", "日"))
        days = [date(year, month, number) for year in years if _exists(year, month, number)]
        if days and all(one.weekday() != said for one in days):
            right = f"{days[0].year} 年 {month} 月 {number} 日是星期{_WEEKDAYS[days[0].weekday()]}"
            yield _remark(part, found, "weekday", f"日期与星期不符，{right}")


def _years(text: str, found: re.Match[str], day: date | None) -> list[int]:
    """The years that the date may be of, the likeliest first."""
    if found["year"]:
        return [int(found["year"])]
    years = [int(year) for year in _ANY_YEAR.findall(text)]
    if day is None:
        return years
    month, number = int(found["month"]), int(found["day"])
    spoken = [day.year + shift for word, shift in _SPOKEN_YEARS.items() if word in text]
    near = [year for year in (day.year - 1, day.year, day.year + 1) if _exists(year, month, number)]
    nearest = sorted(near, key=lambda year: abs((date(year, month, number) - day).days))[:1]
    return list(dict.fromkeys([*nearest, *spoken, *years]))


def _ages(part: Passage, day: date | None) -> Iterator[Finding]:
    for found in _LIVED.finditer(part.text):
        born, died, age = map(int, found.groups())
        if abs(died - born - age) > _AGE_SLACK:
            yield _remark(part, found, "age", f"{born}—{died} 年应是 {died - born} 岁上下，写的是 {age} 岁")
    for sentence in _SENTENCE.finditer(part.text) if day else ():
        births, ages = list(_BORN.finditer(sentence.group())), list(_AGED.finditer(sentence.group()))
        if not day or len(births) != 1 or len(ages) != 1:
            continue
        born, age = int(births[0][1] or births[0][2]), int(ages[0][1])
        other = {int(year) for year in _ANY_YEAR.findall(sentence.group())} - {born, day.year}
        if not other and abs(day.year - born - age) > _AGE_SLACK:
            what = f"{born} 年出生，{day.year} 年是 {day.year - born} 岁上下，写的是 {age} 岁"
            yield _remark(part, ages[0], "age", what, sentence.start())
