"""A number as it is known: exactly, between bounds, or not at all; read from what platforms and people write.

Platforms round (3.2万), cap (10万+) or keep silent, and people copy what they see. A `Figure` keeps the uncertainty
instead of choosing a value: what is missing is unknown and never 0.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from rongmei.errors import BadInput

TEN_MYRIAD_PLUS = 100_001
"""The least that an article shown as 10万+ can have, and what the WeChat indexes put for it.

Source: the indexes' own notes (gsdata, 清博).
"""
MAX_COUNT = 2**62
"""As far as the channels read counts; beyond it a text is a slip of the pen."""
MAX_WRITTEN = 40
SHOWN = 20

_UNITS = {"": 1, "k": 10**3, "千": 10**3, "w": 10**4, "万": 10**4, "百万": 10**6, "千万": 10**7, "亿": 10**8}
_NARROW = {0xFF01 + offset: 0x21 + offset for offset in range(94)}
"""Full-width letters and signs. Not NFKC, which reads 10² as 102."""
_SILENT = frozenset(
    (
        "",
        "-",
        "--",
        "—",
        "——",
        "–",
        "/",
        "?",
        "无",
        "暂无",
        "未知",
        "不详",
        "缺",
        "缺失",
        "null",
        "none",
        "nan",
        "n/a",
        "na",
    )
)
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:千万|百万|[k千w万亿])?"
_BOUNDED = re.compile(
    rf"(?P<before><=|>=|<|>|≤|≥|不足|不到|少于|低于|超过|超|逾|多于|高于|大于|至少|不少于|至多|不超过|不多于)?"
    rf"(?P<number>{_NUMBER})(?P<after>\+|以上|多|以下|以内)?",
    re.ASCII,
)
_RANGE = re.compile(rf"(?P<low>{_NUMBER})(?:-|~|–|—|至|到)(?P<high>{_NUMBER})", re.ASCII)
_PARTS = re.compile(r"(?P<whole>[\d,]+)(?:\.(?P<decimals>\d+))?(?P<unit>\D*)", re.ASCII)
_BELOW = frozenset(("<", "不足", "不到", "少于", "低于"))
_AT_MOST = frozenset(("<=", "≤", "至多", "不超过", "不多于", "以下", "以内"))
_ABOVE = frozenset((">", "超过", "超", "逾", "多于", "高于", "大于"))
_AT_LEAST = frozenset((">=", "≥", "至少", "不少于", "+", "以上", "多"))
MEND = "写成 1200、3.2万、10万+、<100 或 100~200 这样；不知道就留空，不要填 0"


@dataclass(frozen=True)
class Figure:
    """A number that is not negative and lies between `low` and `high`, both possible.

    Attributes:
        low: 0 where nothing is known.
        high: None where no upper bound is known.
        said: how it was written; not part of what it is.
    """

    low: float
    high: float | None
    said: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and self.low >= 0):
            raise ValueError(f"下限 {self.low} 不是不小于 0 的数")
        if self.high is not None and not (math.isfinite(self.high) and self.high >= self.low):
            raise ValueError(f"上限 {self.high} 小于下限 {self.low}，或不是数")

    @property
    def exact(self) -> bool:
        """Whether there is only one value it can have."""
        return self.low == self.high

    @property
    def whole(self) -> bool:
        """Whether its bounds are whole numbers."""
        return float(self.low).is_integer() and (self.high is None or float(self.high).is_integer())

    @property
    def unknown(self) -> bool:
        """Whether nothing is known of it."""
        return self.low == 0 and self.high is None

    def __contains__(self, value: float) -> bool:
        return self.low <= value and (self.high is None or value <= self.high)

    def at_least(self, bound: float) -> Figure:
        """The same, knowing that it is not below `bound`.

        Raises:
            ValueError: it is.
        """
        return self if bound <= self.low else replace(self, low=bound)

    def at_most(self, bound: float | None) -> Figure:
        """The same, knowing that it is not above `bound`; None says nothing.

        Raises:
            ValueError: it is.
        """
        if bound is None or (self.high is not None and self.high <= bound):
            return self
        return replace(self, high=bound)

    def capped(self, ceiling: float) -> Figure:
        """What is left of it when everything above `ceiling` is counted as `ceiling`."""
        high = ceiling if self.high is None else min(self.high, ceiling)
        return replace(self, low=min(self.low, ceiling), high=high)

    def words(self, digits: int = 0) -> str:
        """In Chinese, with at most `digits` decimals; a printed interval never excludes what the true one holds."""
        if self.unknown:
            return "未知"
        if self.exact:
            return f"{self.low:,.{digits}f}"
        low = f"{_rounded(self.low, digits, math.floor):,.{digits}f}"
        if self.high is None:
            return f"至少 {low}"
        return f"{low} 到 {_rounded(self.high, digits, math.ceil):,.{digits}f}"


UNKNOWN = Figure(0, None)
ZERO = Figure(0, 0)


def total(figures: Iterable[Figure]) -> Figure:
    """The sum; exact only if all of them are."""
    low: float = 0
    high: float | None = 0
    for one in figures:
        low += one.low
        high = None if high is None or one.high is None else high + one.high
    return Figure(low, high)


def largest(figures: Iterable[Figure]) -> Figure:
    """The largest of them; the largest of none is 0."""
    low: float = 0
    high: float | None = 0
    for one in figures:
        low = max(low, one.low)
        high = None if high is None or one.high is None else max(high, one.high)
    return Figure(low, high)


def figure(value: Any) -> Figure:
    """What a platform or a person wrote, as a whole number of things that can be counted.

    ===============  ======================  ==========================================================================
    written          means
    ===============  ======================  ==========================================================================
    1200, 1,200      1200
    3.2万, 3.2w      31 500 … 32 999         nobody says whether a platform rounds or cuts off, so both are possible
    10万+            from 100 001            what WeChat shows above 100 000
    17万+, 17万以上  from 170 000
    <100, 不足100    0 … 99
    100~200          100 … 200
    blank, —, 暂无   unknown
    ===============  ======================  ==========================================================================

    A number that needs no rounding (a whole int or float) stays exact; None and NaN are unknown; a `Figure` stays.

    Raises:
        BadInput: it is none of these: negative, not whole, too large, words.
    """
    if isinstance(value, Figure):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return UNKNOWN
    if isinstance(value, str):
        return _written(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadInput(f"{type(value).__name__} 不是数", mend=MEND)
    return _exactly(value, f"{value}")


def _exactly(value: float, said: str) -> Figure:
    if value < 0:
        raise BadInput(f"“{said[:SHOWN]}”是负数", mend="数量最少是 0；不知道就留空")
    if value > MAX_COUNT:
        raise BadInput(f"“{said[:SHOWN]}”大得不可能", mend="核对是不是多写了位数")
    if value != int(value):
        raise BadInput(f"“{said[:SHOWN]}”不是整数", mend="数量要写成整数，例如 1200；带单位时可以有小数，例如 3.2万")
    return Figure(int(value), int(value), said)


def _written(text: str) -> Figure:
    said = text.strip()
    plain = "".join(said[: MAX_WRITTEN + 1].translate(_NARROW).casefold().split())
    if plain in _SILENT:
        return UNKNOWN
    if len(said) > MAX_WRITTEN:
        raise _puzzling(said)
    if re.fullmatch(rf"-{_NUMBER}", plain, re.ASCII):
        raise BadInput(f"“{said[:SHOWN]}”是负数", mend="数量最少是 0；不知道就留空")
    if found := _RANGE.fullmatch(plain):
        return _between(found["low"], found["high"], said)
    found = _BOUNDED.fullmatch(plain)
    if found is None or (found["before"] and found["after"]):
        raise _puzzling(said)
    word = found["before"] or found["after"] or ""
    return _bounded(word, found["number"], said) if word else _rounded_by_unit(found["number"], said)


def _between(low: str, high: str, said: str) -> Figure:
    if not _PARTS.fullmatch(low)["unit"] and _PARTS.fullmatch(high)["unit"]:  # type: ignore[index]
        raise BadInput(f"“{said}”前一个数没有单位", mend="两个数都写上单位，例如 3万~5万")
    first, last = _value(low, said)[0], _value(high, said)[0]
    if first > last:
        raise BadInput(f"“{said}”前一个数比后一个大", mend="小的写在前面，例如 100~200")
    return Figure(first, last, said)


def _bounded(word: str, number: str, said: str) -> Figure:
    value, _ = _value(number, said)
    if word in _BELOW and value == 0:
        raise BadInput(f"“{said}”比 0 还小", mend="数量最少是 0；不知道就留空")
    if word in _BELOW | _AT_MOST:
        return Figure(0, value - 1 if word in _BELOW else value, said)
    if word in _ABOVE or value == TEN_MYRIAD_PLUS - 1:
        return Figure(value + 1, None, said)
    return Figure(value, None, said)


def _rounded_by_unit(number: str, said: str) -> Figure:
    value, step = _value(number, said)
    if step == 1:
        return Figure(value, value, said)
    return Figure(value - min(value, step // 2), value + step - 1, said)


def _value(number: str, said: str) -> tuple[int, int]:
    """The number that is written, and the step between two that can be written with as many decimals."""
    parts = _PARTS.fullmatch(number)
    if parts is None or (parts["unit"] or "") not in _UNITS:
        raise _puzzling(said)
    decimals = (parts["decimals"] or "").rstrip("0") if not parts["unit"] else parts["decimals"] or ""
    unit, places = _UNITS[parts["unit"] or ""], 10 ** len(decimals)
    digits = int(parts["whole"].replace(",", "") + decimals)
    if digits * unit % places:
        raise BadInput(f"“{said[:SHOWN]}”不是整数", mend="数量要写成整数，例如 1200；带单位时可以有小数，例如 3.2万")
    value = digits * unit // places
    if value > MAX_COUNT:
        raise BadInput(f"“{said[:SHOWN]}”大得不可能", mend="核对是不是多写了位数或单位")
    return value, max(1, unit // places)


def _puzzling(said: str) -> BadInput:
    shown = said if len(said) <= SHOWN else said[:SHOWN] + "…"
    return BadInput(f"“{shown}”看不懂是多少", mend=MEND)


def _rounded(value: float, digits: int, to_whole: Callable[[float], int]) -> float:
    scaled = value * 10**digits
    nearest = round(scaled)
    # 883.10 must not become 883.11 for the last bit of a float.
    whole: int = nearest if math.isclose(scaled, nearest, rel_tol=1e-12) else to_whole(scaled)
    return float(whole / 10**digits)
