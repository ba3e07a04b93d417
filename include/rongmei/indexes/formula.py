"""The shape all communication indexes share: weighed logarithms in parts, the parts weighed, squared or not, scaled.

Every index is increasing in each count and decreasing in each divisor (days, articles), and uses each of them in one
direction only. So the formula over the lowest counts and the largest divisors is the lower end of what the index can
be, and the other way round: the interval holds every value that is possible, and no more than that where the inputs
can vary each for itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from rongmei.indexes.figures import Figure


@dataclass(frozen=True)
class Piece:
    """`weight` × ln(`times` × count ÷ divisor + 1).

    Attributes:
        label: what stands in the logarithm, in Chinese: 日均阅读数.
        count: the input that is counted.
        per: the input it is divided by; "" for none. A divisor of 0 is taken as 1: without headlines there are no reads
            of headlines either.
    """

    weight: float
    label: str
    count: str
    per: str = ""
    times: int = 1

    def words(self) -> str:
        """The formula in words."""
        return f"{_times(self.weight, '×')}ln({_times(self.times, '×')}{self.label}+1)"

    def value(self, figures: Mapping[str, Figure]) -> Figure:
        """The piece over intervals."""
        return _both(lambda high: self._at(figures, high), self._bounded(figures))

    def cell(self, figures: Mapping[str, Figure], *, high: bool) -> str:
        """The piece at one end, as a spreadsheet writes it."""
        count, divisor = self._ends(figures, high)
        if math.isinf(divisor):
            return "0"
        inner = f"{_times(self.times, '*')}{count:.0f}" + (f"/{divisor:.0f}" if self.per else "")
        return f"{_times(self.weight, '*')}LN({inner}+1)"

    def ratio(self, figures: Mapping[str, Figure]) -> Figure:
        """Count ÷ divisor: what `label` names."""

        def at(high: bool) -> float:
            count, divisor = self._ends(figures, high)
            return count / divisor

        return _both(at, self._bounded(figures))

    def _at(self, figures: Mapping[str, Figure], high: bool) -> float:
        count, divisor = self._ends(figures, high)
        return self.weight * math.log1p(self.times * count / divisor)

    def _ends(self, figures: Mapping[str, Figure], high: bool) -> tuple[float, float]:
        """Count and divisor for the low or the high end; an unbounded divisor is infinite."""
        counted = figures[self.count]
        count = counted.low if not high or counted.high is None else counted.high
        if not self.per:
            return count, 1
        by = figures[self.per]
        divisor = by.low if high else math.inf if by.high is None else by.high
        return count, max(1, divisor)

    def _bounded(self, figures: Mapping[str, Figure]) -> bool:
        return figures[self.count].high is not None


@dataclass(frozen=True)
class Part:
    """A first-level indicator: the sum of its pieces, `weight` of the whole."""

    weight: float
    name: str
    symbol: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class Term:
    """One step of the arithmetic, so that a newsroom can go over it in a spreadsheet.

    Attributes:
        name: 整体传播力 O.
        formula: in words.
        numbers: what stands for the words: (日均阅读数, 10 000), …
        value: the result of the step.
        cells: the step as a spreadsheet writes it, e.g. `=0.85*LN(70000/7+1)+…`: one for an exact figure, the low and
            the high end of an interval, the low end alone where there is no upper bound.
    """

    name: str
    formula: str
    numbers: tuple[tuple[str, Figure], ...]
    value: Figure
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Formula:
    """The parts weighed and added up, to the `power` of 1 or 2, times each of `factors` in turn."""

    parts: tuple[Part, ...]
    power: int
    factors: tuple[float, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The inputs it reads, each once, in the order in which they come."""
        found = (name for part in self.parts for piece in part.pieces for name in (piece.count, piece.per))
        return tuple(dict.fromkeys(name for name in found if name))

    def words(self) -> str:
        """The last step in words: (60%×O+20%×A+10%×H+10%×P)²×1.2×10."""
        inner = "+".join(f"{part.weight * 100:g}%×{part.symbol}" for part in self.parts)
        return f"({inner}){'²' if self.power == 2 else ''}" + "".join(f"×{factor:g}" for factor in self.factors)

    def value(self, figures: Mapping[str, Figure]) -> Figure:
        """The index over intervals, without looking whether the inputs fit each other."""
        return self._whole([_sum(piece.value(figures) for piece in part.pieces) for part in self.parts])

    def terms(self, name: str, figures: Mapping[str, Figure]) -> tuple[Term, ...]:
        """Every part and at last the whole, which is called `name`."""
        parts = tuple(_part_term(part, figures) for part in self.parts)
        whole = self._whole([term.value for term in parts])
        cells = tuple(self._cell(parts, high=high) for high in _ends_of(whole))
        numbers = tuple((part.symbol, term.value) for part, term in zip(self.parts, parts, strict=True))
        return (*parts, Term(name, self.words(), numbers, whole, cells))

    def _whole(self, values: list[Figure]) -> Figure:
        def at(high: bool) -> float:
            ends = [value.high if high and value.high is not None else value.low for value in values]
            found = sum(part.weight * end for part, end in zip(self.parts, ends, strict=True)) ** self.power
            for factor in self.factors:
                found *= factor
            return found

        return _both(at, all(value.high is not None for value in values))

    def _cell(self, parts: tuple[Term, ...], *, high: bool) -> str:
        ends = (term.value.high if high and term.value.high is not None else term.value.low for term in parts)
        inner = "+".join(f"{part.weight:g}*{end:.12g}" for part, end in zip(self.parts, ends, strict=True))
        return f"=({inner}){'^2' if self.power == 2 else ''}" + "".join(f"*{factor:g}" for factor in self.factors)


def _part_term(part: Part, figures: Mapping[str, Figure]) -> Term:
    value = _sum(piece.value(figures) for piece in part.pieces)
    return Term(
        name=f"{part.name} {part.symbol}",
        formula="+".join(piece.words() for piece in part.pieces),
        numbers=tuple((piece.label, piece.ratio(figures)) for piece in part.pieces),
        value=value,
        cells=tuple(
            "=" + "+".join(piece.cell(figures, high=high) for piece in part.pieces) for high in _ends_of(value)
        ),
    )


def _sum(values: Iterable[Figure]) -> Figure:
    low, high = 0.0, 0.0
    bounded = True
    for one in values:
        low += one.low
        high += one.low if one.high is None else one.high
        bounded = bounded and one.high is not None
    return Figure(low, high if bounded else None)


def _both(at: Callable[[bool], float], bounded: bool) -> Figure:
    return Figure(at(False), at(True) if bounded else None)


def _ends_of(value: Figure) -> tuple[bool, ...]:
    return (False,) if value.exact or value.high is None else (False, True)


def _times(factor: float, sign: str) -> str:
    return f"{factor:g}{sign}" if factor != 1 else ""
