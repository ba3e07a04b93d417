"""Reading values that may have any type: what a line of a board holds before it is cleaned, counts, lists, flags."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MAX_ROWS = 400
MAX_COUNT = 2**53
"""Beyond it a figure is no count; no board has ever shown one."""
_COUNT = re.compile(r"(?<![\d.])(\d[\d,]{0,24}(?:\.\d{1,12})?)\s*([万亿wW]?)")
_UNITS = {"": 1, "万": 10_000, "w": 10_000, "亿": 100_000_000}

Answer = Mapping[str, Any]
"""A JSON object from outside: any value may have any type."""


@dataclass(frozen=True)
class Draft:
    """One line as a board wrote it, still of any type and length.

    Attributes:
        title: candidates, the first usable one counts.
        heat: the platform's figure, a number or text such as "1181 万热度".
        is_ad: paid for; not a sign of interest.
        pinned: put there by the platform's editors, outside the ranking.
    """

    title: tuple[Any, ...]
    heat: Any = None
    category: Any = None
    description: Any = None
    discussions: Any = None
    is_ad: bool = False
    pinned: bool = False


def count(value: Any, *, zero_is_none: bool = True) -> int | None:
    """A count from a number or from text: 204829, "204,829", "1181 万热度", "1.2亿"; None where there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    number = _spoken_count(value[:200]) if isinstance(value, str) else _float(value)
    if number is None or not 0 <= number <= MAX_COUNT:
        return None
    whole = round(number)
    return None if zero_is_none and whole == 0 else whole


def _float(value: int | float) -> float | None:
    # Compared before it is converted: a whole number may be too long for a float. NaN compares false.
    return float(value) if abs(value) <= MAX_COUNT else None


def _spoken_count(text: str) -> float | None:
    found = _COUNT.search(text)
    if found is None or text[: found.start()].rstrip().endswith("-"):
        return None
    return float(found[1].replace(",", "")) * _UNITS[found[2].lower()]


def inside(answer: Any, *names: str) -> Any:
    """The value under nested names; None where the way there ends early."""
    for name in names:
        if not isinstance(answer, Mapping):
            return None
        answer = answer.get(name)
    return answer


def rows(value: Any) -> list[Answer] | None:
    """The objects of a list, bounded; None when it is no list."""
    if not isinstance(value, list):
        return None
    return [row for row in value[:MAX_ROWS] if isinstance(row, Mapping)]


def says(value: Any) -> bool:
    """Whether a flag is set, however it is written: 1, "1", true, "true"."""
    return value not in (None, 0, "0", "", False, "false", "False") if isinstance(value, str | int | None) else False
