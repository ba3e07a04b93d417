"""Reads single values out of a platform's JSON, where numbers may be strings and anything may be missing."""

from __future__ import annotations

import math
from typing import Any

MAX_COUNT = 2**62


def text_of(value: Any) -> str:
    """A string or a number as text; anything else is empty."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).strip()


def number_or_none(value: Any) -> int | None:
    """A whole number, also out of "12" or 12.0; None for anything else."""
    if isinstance(value, bool):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return int(value) if isinstance(value, int) else round(number)


def count(value: Any) -> int | None:
    """A count that the ledger can hold; None where the platform gave none, or gave nonsense."""
    number = number_or_none(value)
    return number if number is not None and 0 <= number <= MAX_COUNT else None
