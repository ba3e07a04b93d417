"""数字 (dates): contradictions are told, and true dates of every kind stay silent. 6 June 2026 is a Saturday."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.stories.checks.dates import check_dates
from rongmei.stories.checks.finding import Passage


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("6月6日 星期五，决赛开球。", "weekday", "2026 年 6 月 6 日是星期六"),
        ("6月6日（周日）晚开球。", "weekday", "2026 年 6 月 6 日是星期六"),
        ("2025年6月6日，星期六。", "weekday", "2025 年 6 月 6 日是星期五"),
        ("1月2日（星期六）放假。", "weekday", "2026 年 1 月 2 日是星期五"),
        ("6月31日闭幕。", "no_such_day", "没有“6月31日”这一天"),
        ("2026年2月29日闭幕。", "no_such_day", "没有“2026年2月29日”这一天"),
        ("13月1日。", "no_such_day", "没有“13月1日”这一天"),
        ("8时75分开赛。", "no_such_time", "没有“8时75分”这个时刻"),
        ("6月10日至6日举行。", "range_backwards", "前后颠倒"),
        ("6月10日—6月6日举行。", "range_backwards", "前后颠倒"),
        ("张某1990年出生，今年46岁。", "age", "1990 年出生，2026 年是 36 岁上下，写的是 46 岁"),
        ("张某生于1990年，现年26岁。", "age", "1990 年出生"),
        ("张某（1930—2015），享年95岁。", "age", "1930—2015 年应是 85 岁上下"),
    ],
)
def test_contradictions(found: Any, text: str, code: str, said: str) -> None:
    [finding] = found(text)
    assert (finding.code, finding.group, finding.blocks) == (code, "numbers", False)
    assert said in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "6月6日 星期六，决赛开球。6月6日（周六）晚。2026年6月6日星期六。",
        "去年6月6日（星期五），他第一次来。",
        "2025年的比赛从6月6日（星期五）开始。",
        "6月6日，周日均客流上升。6月6日周末。",
        "2024年2月29日。2月29日。农历2月30日。",
        "12月30日至1月3日放假，5月30日至6月2日补休，6月6日至6日。",
        "6月1-15日。7月23日-26日。8月13日至8月19日。",
        "8时09分迎来立秋，24时00分。",
        "张某1990年出生，今年36岁。李某1990年出生，现年37岁，王某生于1990年，今年35岁。",
        "张某1990年出生，18岁参军，2010年入党。",
        "张某1990年出生，2008年入学，今年获奖。",
        "2025年生产总值增长，2020年生源下降，今年10岁的学校。",
        "张某（1930—2015），享年85岁；李某（1930年—2015年），终年86岁。",
        "电话0769-22223333，网址 2026.6.31，尺寸 6月牙形。",
    ],
)
def test_true_dates_stay_silent(codes: Any, text: str) -> None:
    assert codes(text) == []


def test_without_a_day_only_what_is_dated_is_held_against_its_weekday(codes: Any) -> None:
    assert codes("6月6日（星期五）。", day=None) == []
    assert codes("2026年6月6日（星期五）。", day=None) == ["weekday"]
    assert codes("张某1990年出生，今年46岁。", day=None) == []


def test_a_date_without_a_year_is_the_nearest(codes: Any) -> None:
    assert codes("12月31日（星期三）。", day=date(2026, 1, 2)) == []
    assert codes("1月1日（星期四）。", day=date(2025, 12, 30)) == []
    assert codes("1月1日（星期三）。", day=date(2025, 12, 30)) == ["weekday"]


@settings(max_examples=60, deadline=None)
@given(st.dates(date(2000, 1, 1), date(2040, 12, 31)), st.integers(-120, 120), st.integers(0, 6))
def test_a_weekday_is_remarked_on_just_when_it_is_wrong(day: date, apart: int, said: int) -> None:
    written = day + timedelta(days=apart)
    text = f"{written.month}月{written.day}日（星期{'一二三四五六日'[said]}）"
    for full in (text, f"{written.year}年{text}"):
        found = list(check_dates([Passage("第 1 段", full)], day))
        assert bool(found) == (written.weekday() != said)
