"""What formulas can come to and which way they go: intervals, signs of slopes, and how to reckon with them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from rongmei.config.fields import Path


class Slope(Enum):
    """How a formula goes with a fact; a fact that is not named does not matter to it."""

    UP = "up"
    DOWN = "down"
    MIXED = "mixed"

    def turned(self) -> Slope:
        """The slope of the negative."""
        return {Slope.UP: Slope.DOWN, Slope.DOWN: Slope.UP}.get(self, Slope.MIXED)


Slopes = dict[str, Slope]


@dataclass(frozen=True)
class Bounds:
    """All that a value can be: from `low` to `high`, both included, infinite where nothing bounds it."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def hull(self, other: Bounds) -> Bounds:
        """The smallest bounds that hold both."""
        return Bounds(min(self.low, other.low), max(self.high, other.high))


class UnsoundError(Exception):
    """A formula that cannot be trusted for every input: it may divide by zero or take a root of less than nothing.

    Attributes:
        culprits: the numbers of the rule set that are to blame, as ways into its file.
    """

    def __init__(self, what: str, culprits: tuple[Path, ...]) -> None:
        self.what, self.culprits = what, culprits
        super().__init__(what)


Ranges = Mapping[str, "Bounds"]
"""What each fact can be; facts of rows are named `posts.reads`."""


def together(found: Iterable[Slopes]) -> Slopes:
    """The slopes of a sum: two that contradict each other are MIXED."""
    slopes: Slopes = {}
    for one in found:
        for name, slope in one.items():
            slopes[name] = slope if slopes.get(name, slope) is slope else Slope.MIXED
    return slopes


def turned(slopes: Slopes) -> Slopes:
    """The slopes of the negative."""
    return {name: slope.turned() for name, slope in slopes.items()}


def scaled(slopes: Slopes, by: Bounds) -> Slopes:
    """The slopes of f times something that lies within `by`."""
    if by.low >= 0:
        return {} if by.high == 0 else slopes
    return turned(slopes) if by.high <= 0 else dict.fromkeys(slopes, Slope.MIXED)


def product(a: float, b: float) -> float:
    """0 times whatever has no bound is 0: no value is infinite, only nobody knows how large it gets."""
    return 0.0 if a == 0 or b == 0 else a * b


def quotient(a: float, b: float) -> float:
    """What has no bound divided by what has none is taken as 0: the other ends bound the quotient."""
    if math.isinf(a) and math.isinf(b):
        return 0.0
    return a / b
