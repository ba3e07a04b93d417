"""The building blocks of appraisal formulas: each evaluates, bounds and differentiates itself, and writes itself down.

A formula is a tree of these blocks over named facts. The same tree gives the score (`value`), the proof that the score
is sane (`bounds`, `slopes`), the arithmetic that people read and the formulas of the workbook (`write`), so that none
of the four can say anything else than the others.

Proofs are by interval arithmetic and by signs: a block's slopes follow from those of its parts by the rules of
calculus, and where a rule does not decide, the slope is MIXED, which proves nothing. So what is proved is true; what
cannot be proved is refused, even where it might be true.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, Protocol

from rongmei.config.appraisal.bounds import (
    Bounds,
    Ranges,
    Slope,
    Slopes,
    UnsoundError,
    product,
    quotient,
    scaled,
    together,
    turned,
)
from rongmei.config.fields import Path

MAX_ROWS = 100_000
"""More rows of one kind than any subject has in a period."""

Values = Mapping[str, Any]
"""Facts by name: a number, or a list of rows, each a mapping of numbers."""


@dataclass(frozen=True)
class Signs:
    """The signs of the operations and the names of the functions."""

    times: str = "×"
    over: str = "÷"
    log: str = "ln"
    least: str = "较小者"
    most: str = "较大者"
    power: str = "^"


class Pen(Protocol):
    """How a formula is written down: for people with words, for people with figures, or for a spreadsheet."""

    @property
    def signs(self) -> Signs:
        """The signs of the operations."""

    def number(self, value: float) -> str:
        """A number of the rules."""

    def fact(self, name: str) -> str:
        """A fact."""

    def rows(self, node: Rows) -> str:
        """What rows come to."""

    def steps(self, inner: str, steps: Sequence[tuple[float, float]]) -> str:
        """A staircase over `inner`."""


class Node(ABC):
    """A formula over facts."""

    @abstractmethod
    def value(self, facts: Values) -> float:
        """What it comes to for these facts."""

    @abstractmethod
    def bounds(self, ranges: Ranges) -> Bounds:
        """What it can come to for any facts in these ranges.

        Raises:
            UnsoundError: for some facts it comes to nothing at all.
        """

    @abstractmethod
    def slopes(self, ranges: Ranges) -> Slopes:
        """How it goes with each fact it depends on."""

    @abstractmethod
    def write(self, pen: Pen) -> str:
        """It in writing, in brackets where it has to be."""

    def parts(self) -> Sequence[Node]:
        """The formulas it is made of."""
        return ()


@dataclass(frozen=True)
class Number(Node):
    """A number; `at` is its place in the rule set, empty for one of the house's own."""

    number: float
    at: Path = ()

    def value(self, facts: Values) -> float:  # noqa: ARG002
        return self.number

    def bounds(self, ranges: Ranges) -> Bounds:  # noqa: ARG002
        return Bounds(self.number, self.number)

    def slopes(self, ranges: Ranges) -> Slopes:  # noqa: ARG002
        return {}

    def write(self, pen: Pen) -> str:
        return pen.number(self.number) if self.number >= 0 else f"({pen.number(self.number)})"


@dataclass(frozen=True)
class Fact(Node):
    """A fact by its name; `at` are the places of the rule set that it is read from, for facts that rules decide."""

    name: str
    at: tuple[Path, ...] = ()

    def value(self, facts: Values) -> float:
        """What is not known adds nothing; rows of which nothing is known are left out before, see `Rows`."""
        return float(facts[self.name] or 0.0)

    def bounds(self, ranges: Ranges) -> Bounds:
        return ranges[self.name]

    def slopes(self, ranges: Ranges) -> Slopes:  # noqa: ARG002
        return {self.name: Slope.UP}

    def write(self, pen: Pen) -> str:
        return pen.fact(self.name)


@dataclass(frozen=True)
class Sum(Node):
    """All its parts together."""

    of: tuple[Node, ...]

    def value(self, facts: Values) -> float:
        return math.fsum(one.value(facts) for one in self.of)

    def bounds(self, ranges: Ranges) -> Bounds:
        found = [one.bounds(ranges) for one in self.of]
        return Bounds(sum(one.low for one in found), sum(one.high for one in found))

    def slopes(self, ranges: Ranges) -> Slopes:
        return together(one.slopes(ranges) for one in self.of)

    def write(self, pen: Pen) -> str:
        return "(" + "+".join(one.write(pen) for one in self.of) + ")"

    def parts(self) -> Sequence[Node]:
        return self.of


@dataclass(frozen=True)
class Minus(Node):
    """The one less the other."""

    one: Node
    other: Node

    def value(self, facts: Values) -> float:
        return self.one.value(facts) - self.other.value(facts)

    def bounds(self, ranges: Ranges) -> Bounds:
        one, other = self.one.bounds(ranges), self.other.bounds(ranges)
        return Bounds(one.low - other.high, one.high - other.low)

    def slopes(self, ranges: Ranges) -> Slopes:
        return together((self.one.slopes(ranges), turned(self.other.slopes(ranges))))

    def write(self, pen: Pen) -> str:
        return f"({self.one.write(pen)}-{self.other.write(pen)})"

    def parts(self) -> Sequence[Node]:
        return (self.one, self.other)


@dataclass(frozen=True)
class Times(Node):
    """The one times the other."""

    one: Node
    other: Node

    def value(self, facts: Values) -> float:
        return self.one.value(facts) * self.other.value(facts)

    def bounds(self, ranges: Ranges) -> Bounds:
        one, other = self.one.bounds(ranges), self.other.bounds(ranges)
        ends = [product(a, b) for a in (one.low, one.high) for b in (other.low, other.high)]
        return Bounds(min(ends), max(ends))

    def slopes(self, ranges: Ranges) -> Slopes:
        """(fg)′ = f′g + fg′."""
        by_one = scaled(self.one.slopes(ranges), self.other.bounds(ranges))
        by_other = scaled(self.other.slopes(ranges), self.one.bounds(ranges))
        return together((by_one, by_other))

    def write(self, pen: Pen) -> str:
        return f"{self.one.write(pen)}{pen.signs.times}{self.other.write(pen)}"

    def parts(self) -> Sequence[Node]:
        return (self.one, self.other)


@dataclass(frozen=True)
class Over(Node):
    """The one divided by the other, which must be above 0."""

    one: Node
    by: Node

    def value(self, facts: Values) -> float:
        return self.one.value(facts) / self.by.value(facts)

    def bounds(self, ranges: Ranges) -> Bounds:
        one, by = self.one.bounds(ranges), self.by.bounds(ranges)
        if by.low <= 0:
            raise UnsoundError("除数可能是 0 或更小", places(self.by))
        ends = [quotient(a, b) for a in (one.low, one.high) for b in (by.low, by.high)]
        return Bounds(min(ends), max(ends))

    def slopes(self, ranges: Ranges) -> Slopes:
        """(f/g)′ = f′/g − fg′/g², and g > 0."""
        by_divisor = scaled(turned(self.by.slopes(ranges)), self.one.bounds(ranges))
        return together((self.one.slopes(ranges), by_divisor))

    def write(self, pen: Pen) -> str:
        return f"{_operand(self.one, pen)}{pen.signs.over}{_operand(self.by, pen)}"

    def parts(self) -> Sequence[Node]:
        return (self.one, self.by)


@dataclass(frozen=True)
class Log(Node):
    """ln(1 + x) for x of at least 0."""

    of: Node

    def value(self, facts: Values) -> float:
        return math.log1p(self.of.value(facts))

    def bounds(self, ranges: Ranges) -> Bounds:
        inner = self.of.bounds(ranges)
        if inner.low < 0:
            raise UnsoundError("对数里的数可能小于 0", places(self.of))
        return Bounds(math.log1p(inner.low), math.log1p(inner.high))

    def slopes(self, ranges: Ranges) -> Slopes:
        return self.of.slopes(ranges)

    def write(self, pen: Pen) -> str:
        return f"{pen.signs.log}(1+{self.of.write(pen)})"

    def parts(self) -> Sequence[Node]:
        return (self.of,)


@dataclass(frozen=True)
class Power(Node):
    """x to a fixed exponent of at least 0, for x of at least 0; `at` is the exponent's place in the rule set."""

    of: Node
    exponent: float
    at: Path = ()

    def value(self, facts: Values) -> float:
        return float(self.of.value(facts) ** self.exponent)

    def bounds(self, ranges: Ranges) -> Bounds:
        inner = self.of.bounds(ranges)
        if inner.low < 0 or self.exponent < 0:
            raise UnsoundError("乘方的底数或指数可能小于 0", (*places(self.of), *((self.at,) if self.at else ())))
        return Bounds(inner.low**self.exponent, inner.high**self.exponent)

    def slopes(self, ranges: Ranges) -> Slopes:
        return self.of.slopes(ranges) if self.exponent else {}

    def write(self, pen: Pen) -> str:
        return f"{_operand(self.of, pen)}{pen.signs.power}{pen.number(self.exponent)}"

    def parts(self) -> Sequence[Node]:
        return (self.of,)


@dataclass(frozen=True)
class Least(Node):
    """The smaller of the two: a ceiling."""

    one: Node
    other: Node

    def value(self, facts: Values) -> float:
        return min(self.one.value(facts), self.other.value(facts))

    def bounds(self, ranges: Ranges) -> Bounds:
        one, other = self.one.bounds(ranges), self.other.bounds(ranges)
        return Bounds(min(one.low, other.low), min(one.high, other.high))

    def slopes(self, ranges: Ranges) -> Slopes:
        return together((self.one.slopes(ranges), self.other.slopes(ranges)))

    def write(self, pen: Pen) -> str:
        return f"{pen.signs.least}({self.one.write(pen)},{self.other.write(pen)})"

    def parts(self) -> Sequence[Node]:
        return (self.one, self.other)


@dataclass(frozen=True)
class Most(Node):
    """The larger of the two: a floor."""

    one: Node
    other: Node

    def value(self, facts: Values) -> float:
        return max(self.one.value(facts), self.other.value(facts))

    def bounds(self, ranges: Ranges) -> Bounds:
        one, other = self.one.bounds(ranges), self.other.bounds(ranges)
        return Bounds(max(one.low, other.low), max(one.high, other.high))

    def slopes(self, ranges: Ranges) -> Slopes:
        return together((self.one.slopes(ranges), self.other.slopes(ranges)))

    def write(self, pen: Pen) -> str:
        return f"{pen.signs.most}({self.one.write(pen)},{self.other.write(pen)})"

    def parts(self) -> Sequence[Node]:
        return (self.one, self.other)


@dataclass(frozen=True)
class Share(Node):
    """(good + weight × prior) ÷ (good + bad + weight): a rate that a single case cannot throw to 0 or 1.

    With g, b ≥ 0, w > 0 and 0 ≤ p ≤ 1 its derivative by g is (b + w(1−p)) ÷ (g+b+w)² ≥ 0 and by b it is
    −(g + wp) ÷ (g+b+w)² ≤ 0, which the rule for quotients alone would not see.
    """

    good: Node
    bad: Node
    prior: Number
    weight: Number

    def value(self, facts: Values) -> float:
        good, bad, weight = self.good.value(facts), self.bad.value(facts), self.weight.number
        return (good + weight * self.prior.number) / (good + bad + weight)

    def bounds(self, ranges: Ranges) -> Bounds:
        if self.weight.number <= 0:
            raise UnsoundError("一件事也没有时，除数是 0", (self.weight.at,))
        for part in (self.good, self.bad):
            if part.bounds(ranges).low < 0:
                raise UnsoundError("比率的分子或分母可能小于 0", places(part))
        return Bounds(0.0, max(1.0, self.prior.number))

    def slopes(self, ranges: Ranges) -> Slopes:
        if not 0 <= self.prior.number <= 1:
            return dict.fromkeys(together((self.good.slopes(ranges), self.bad.slopes(ranges))), Slope.MIXED)
        return together((self.good.slopes(ranges), turned(self.bad.slopes(ranges))))

    def write(self, pen: Pen) -> str:
        good, weight = self.good.write(pen), self.weight.write(pen)
        top = f"{good}+{weight}{pen.signs.times}{self.prior.write(pen)}"
        return f"({top}){pen.signs.over}({good}+{self.bad.write(pen)}+{weight})"

    def parts(self) -> Sequence[Node]:
        return (self.good, self.bad, self.prior, self.weight)


@dataclass(frozen=True)
class Steps(Node):
    """A staircase: from each `(from, to)` on the value is `to`, and 0 below the first."""

    of: Node
    steps: tuple[tuple[float, float], ...]

    def value(self, facts: Values) -> float:
        inner = self.of.value(facts)
        return next((to for start, to in reversed(self.steps) if inner >= start), 0.0)

    def bounds(self, ranges: Ranges) -> Bounds:
        self.of.bounds(ranges)
        reached = [0.0, *(to for _, to in self.steps)]
        return Bounds(min(reached), max(reached))

    def slopes(self, ranges: Ranges) -> Slopes:
        inner = self.of.slopes(ranges)
        reached = [0.0, *(to for _, to in self.steps)]
        climbs = all(a <= b for a, b in pairwise(reached))
        ordered = all(a < b for (a, _), (b, _) in pairwise(self.steps))
        return inner if climbs and ordered else dict.fromkeys(inner, Slope.MIXED)

    def write(self, pen: Pen) -> str:
        return pen.steps(self.of.write(pen), self.steps)

    def parts(self) -> Sequence[Node]:
        return (self.of,)


@dataclass(frozen=True)
class Rows(Node):
    """What the rows of one kind come to: their sum, their mean (0 of none) or the best of them (0 of none).

    Attributes:
        of: the kind, e.g. posts; inside `each` the facts are those of a row.
        label: what it is called in writing.
        needs: a row of which none of these facts is known is left out: nobody knows what it would come to.
    """

    of: str
    each: Node
    label: str
    how: Literal["sum", "mean", "best"] = "sum"
    needs: tuple[str, ...] = ()

    def counted(self, facts: Values) -> list[Mapping[str, Any]]:
        """The rows of which enough is known."""
        rows = facts[self.of]
        return [row for row in rows if not self.needs or any(row[name] is not None for name in self.needs)]

    def unknown(self, facts: Values) -> bool:
        """Whether there are rows and of none of them enough is known."""
        return bool(facts[self.of]) and not self.counted(facts)

    def value(self, facts: Values) -> float:
        found = [self.each.value(row) for row in self.counted(facts)]
        if not found:
            return 0.0
        if self.how == "best":
            return max(0.0, *found)
        return math.fsum(found) / (len(found) if self.how == "mean" else 1)

    def bounds(self, ranges: Ranges) -> Bounds:
        each = self.each.bounds(self._inside(ranges))
        most = MAX_ROWS if self.how == "sum" else 1
        return Bounds(min(0.0, product(most, each.low)), max(0.0, product(most, each.high)))

    def slopes(self, ranges: Ranges) -> Slopes:
        """By the facts of one row, the others being what they are."""
        return {f"{self.of}.{name}": slope for name, slope in self.each.slopes(self._inside(ranges)).items()}

    def _inside(self, ranges: Ranges) -> Ranges:
        prefix = f"{self.of}."
        return {name.removeprefix(prefix): known for name, known in ranges.items() if name.startswith(prefix)}

    def write(self, pen: Pen) -> str:
        return pen.rows(self)

    def parts(self) -> Sequence[Node]:
        return (self.each,)


def places(node: Node) -> tuple[Path, ...]:
    """Where in the rule set the numbers of a formula are written."""
    found: list[Path] = []
    if isinstance(node, Number) and node.at:
        found.append(node.at)
    if isinstance(node, Fact):
        found += node.at
    for part in node.parts():
        found += places(part)
    return tuple(dict.fromkeys(found))


def _operand(node: Node, pen: Pen) -> str:
    text = node.write(pen)
    return f"({text})" if isinstance(node, Times | Over | Share | Power) else text
