"""How the report says things: numbers, changes, dates and the names of states, in Chinese."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import urlsplit

from rongmei.clock import local

Number = TypeVar("Number", int, float)

UNKNOWN = "未提供"
MYRIAD = 10_000
MAX_URL = 2_000
WEEKDAYS = "一二三四五六日"

PUBLICATION_NAMES = {
    "scheduled": "待发布",
    "sending": "发送中",
    "accepted": "平台处理中",
    "live": "已发布",
    "failed": "发布失败",
    "unknown": "结果不明",
    "missed": "错过时段",
    "cancelled": "已取消",
    "awaiting_operator": "待人工发布",
    "recalled": "已撤回",
}
PITCH_NAMES = {
    "submitted": "已报",
    "merged": "已合并",
    "shortlisted": "入围",
    "accepted": "通过",
    "held": "留用",
    "declined": "未采用",
}
STAGE_NAMES = {"first_review": "初审", "second_review": "复审", "final_review": "终审", "countersign": "签发"}
DECISION_NAMES = {"pass": "通过", "return": "退回", "reject": "否决"}


def count(value: int | None) -> str:
    """A count with thousands separated; what is not known is said to be so, never 0."""
    return UNKNOWN if value is None else f"{value:,}"


def short_count(value: int | None) -> str:
    """A count for a headline: from 100 000 on in 万, from 100 million on in 亿, with one decimal."""
    if value is None or abs(value) < 10 * MYRIAD:
        return count(value)
    # 99 999 999 rounds to 10000.0万, which nobody writes.
    if abs(value) >= MYRIAD * MYRIAD - MYRIAD // 20:
        return f"{value / MYRIAD / MYRIAD:.1f}亿".replace(".0亿", "亿")
    return f"{value / MYRIAD:.1f}万".replace(".0万", "万")


def on_board(minutes: int, together: str = "") -> str:
    """How long something stood on hot boards; a single sighting has no length.

    Args:
        together: 合计, where several are added up.
    """
    return f"在榜{together}约 {minutes} 分钟" if minutes else "只在一次看榜时见到"


def change(value: int | None, before: int | None) -> float | None:
    """Growth as a ratio, 0.18 for 18 % more; None where either is unknown or there was nothing before."""
    if value is None or not before:
        return None
    return (value - before) / before


def change_text(ratio: float | None) -> str:
    """`增 18%`, `减 4%`, `持平`; empty where there is no comparison."""
    if ratio is None:
        return ""
    percent = round(abs(ratio) * 100)
    if percent == 0:
        return "持平"
    return f"{'增' if ratio > 0 else '减'} {percent:,}%"


def interval(low: float, high: float | None, digits: int = 0) -> str:
    """`846.3`, `812.0–861.4` when it lies between the two, `至少 812.0` when nothing bounds it above.

    Bounds are rounded outwards, so that what is printed never excludes what is true.
    """
    if high is None:
        return f"至少 {_outwards(low, digits, math.floor):,.{digits}f}"
    if f"{low:.{digits}f}" == f"{high:.{digits}f}":
        return f"{low:,.{digits}f}"
    return f"{_outwards(low, digits, math.floor):,.{digits}f}–{_outwards(high, digits, math.ceil):,.{digits}f}"


def _outwards(value: float, digits: int, way: Callable[[float], int]) -> float:
    step = 10.0**digits
    # A value that already is what it is printed as stays so, whatever its last binary digit.
    return value if round(value, digits) == value else way(value * step) / step


def day_text(day: date) -> str:
    """`2026年6月6日 星期六`."""
    return f"{day.year}年{day.month}月{day.day}日 星期{WEEKDAYS[day.weekday()]}"


def days_text(first: date, last: date) -> str:
    """`6月6日`, `6月1日—7日`, `5月30日—6月5日`; with the years where they differ."""
    if first == last:
        return f"{first.month}月{first.day}日"
    if first.year != last.year:
        return f"{first.year}年{first.month}月{first.day}日—{last.year}年{last.month}月{last.day}日"
    until = f"{last.day}日" if first.month == last.month else f"{last.month}月{last.day}日"
    return f"{first.month}月{first.day}日—{until}"


def moment_text(moment: datetime | None) -> str:
    """`6月6日 20:30` on the newsroom's clock; a dash when there is none."""
    if moment is None:
        return "—"
    there = local(moment)
    return f"{there.month}月{there.day}日 {there:%H:%M}"


def web_address(url: str | None) -> str | None:
    """`url` when it is an http(s) address that may become a link, else None."""
    if url is None or len(url) > MAX_URL or any(not char.isprintable() or char.isspace() for char in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return url if parts.scheme in {"http", "https"} and parts.hostname else None


def total(values: list[Number | None]) -> Number | None:
    """The sum of what is known; None when nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None
