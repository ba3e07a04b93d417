"""Scores one subject from its facts, line by line; pure, so that the same facts always give the same marks.

Every line's points are rounded (half up) to four decimals and the total to two, so that a spreadsheet that rounds in
the same places gets the same figures. A line whose facts nobody knows (its posts went out and no platform gave a
figure) is left out and the weights of the other lines of its power are scaled up to 1; so are powers without any
known line. That keeps a score a weighed mean, whatever is missing: bounds and directions stay as proved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from rongmei.config.appraisal.algebra import Node, Rows, Values
from rongmei.config.appraisal.measures import MEASURES, curved, extra_points, measured
from rongmei.config.appraisal.rules import POWERS, Extra, PeriodRules, Scheme, Term, Total
from rongmei.config.fields import Path

POINTS_DIGITS, TOTAL_DIGITS = 4, 2
EXACT = 1e15
"""From here on a float has no decimals that could be rounded."""
GROUPS = {"bonuses": "加分", "deductions": "减分"}


@dataclass(frozen=True)
class Line:
    """A line of a rule set, ready to be reckoned.

    Attributes:
        key: how appeals name it: `spread.reads`, `deductions.late`.
        group: a power, bonuses or deductions.
        inner: what it measures; `outer`: the points of it.
        weight: its share of the power; 0 outside the powers.
    """

    key: str
    group: str
    said: Term | Extra
    at: Path
    inner: Node
    outer: Node
    weight: float = 0.0


@dataclass(frozen=True)
class Ready:
    """A scheme, ready to be reckoned."""

    lines: tuple[Line, ...]
    weights: dict[str, float]
    total: Total

    def of(self, group: str) -> tuple[Line, ...]:
        """The lines of a power, or of the bonuses or deductions."""
        return tuple(line for line in self.lines if line.group == group)


@dataclass(frozen=True)
class Marked:
    """A line with its result.

    Attributes:
        measured: what was measured; None when nobody knows.
        value: 0–100 for a line of a power; the points for others.
        share: of the power after what is unknown was left out.
        points: what it adds to the total, or takes from it (below 0).
    """

    line: Line
    measured: float | None
    value: float | None
    share: float
    points: float | None


@dataclass(frozen=True)
class PowerMark:
    """A power with its value, 0–100, or None; its weight, and its share after what is unknown was left out."""

    id: str
    value: float | None
    weight: float
    share: float


@dataclass(frozen=True)
class Marks:
    """The score of a subject with everything it is made of; `raw` is the total before floor and cap."""

    lines: tuple[Marked, ...]
    powers: tuple[PowerMark, ...]
    raw: float
    total: float
    complete: bool


def ready(rules: PeriodRules, kind: str = "outlet") -> Ready:
    """The scheme for outlets, or for people, ready to be reckoned.

    Raises:
        ValueError: the rules have none for people.
    """
    scheme: Scheme | None = rules if kind == "outlet" else rules.people
    if scheme is None:
        raise ValueError("rules without a scheme for people")
    base: Path = () if kind == "outlet" else ("people",)
    lines = [*_power_lines(rules, scheme, base)]
    for group in GROUPS:
        extras: Sequence[Extra] = getattr(scheme, group)
        for i, extra in enumerate(extras):
            at = (*base, group, i)
            inner = measured(rules, extra, at)
            outer = extra_points(extra.points, extra.at_most, inner, at)
            lines.append(Line(f"{group}.{extra.id}", group, extra, at, inner, outer))
    weights = {str(name): power.weight for name, power in scheme.powers.items()}
    return Ready(tuple(lines), {name: weights[name] for name in POWERS if name in weights}, scheme.total)


def _power_lines(rules: PeriodRules, scheme: Scheme, base: Path) -> Iterable[Line]:
    for power in POWERS:
        found = scheme.powers.get(power)  # type: ignore[call-overload]
        for i, term in enumerate(found.terms if found else ()):
            at = (*base, "powers", power, "terms", i)
            inner = measured(rules, term, at)
            yield Line(f"{power}.{term.id}", power, term, at, inner, curved(term, inner, at), term.weight)


def mark(scheme: Ready, facts: Values) -> Marks:
    """Score the subject of these facts."""
    results = {line.key: _reckon(line, facts) for line in scheme.lines}
    powers: list[PowerMark] = []
    shares: dict[str, float] = {}
    for power, weight in scheme.weights.items():
        value = _power(scheme.of(power), results, shares)
        powers.append(PowerMark(power, value, weight, 0.0))
    known = sum(one.weight for one in powers if one.value is not None)
    powers = [
        PowerMark(one.id, one.value, one.weight, one.weight / known if one.value is not None and known else 0.0)
        for one in powers
    ]
    by_power = {one.id: one.share for one in powers}
    lines = tuple(_marked(line, results[line.key], shares, by_power) for line in scheme.lines)
    raw = sum(one.share * one.value for one in powers if one.value is not None)
    raw += sum(one.points or 0.0 for one in lines if one.line.group in GROUPS)
    raw = rounded(raw, POINTS_DIGITS)
    total = rounded(min(scheme.total.cap, max(scheme.total.floor, raw)), TOTAL_DIGITS)
    complete = all(one.value is not None for one in lines)
    return Marks(lines, tuple(powers), raw, total, complete)


def _reckon(line: Line, facts: Values) -> tuple[float | None, float | None]:
    """What is measured, and the points of it; both None when nobody knows."""
    if any(rows.unknown(facts) for rows in rows_of(line.inner)):
        return None, None
    return line.inner.value(facts), rounded(line.outer.value(facts), POINTS_DIGITS)


def _power(
    lines: Sequence[Line], results: dict[str, tuple[float | None, float | None]], shares: dict[str, float]
) -> float | None:
    """The value of a power; puts the share of each of its lines into `shares`."""
    known = [(line, value) for line in lines if (value := results[line.key][1]) is not None]
    weights = sum(line.weight for line, _ in known)
    if not weights:
        return None
    shares.update({line.key: line.weight / weights for line, _ in known})
    return rounded(sum(line.weight / weights * value for line, value in known), POINTS_DIGITS)


def _marked(
    line: Line,
    result: tuple[float | None, float | None],
    shares: dict[str, float],
    by_power: dict[str, float],
) -> Marked:
    inner, value = result
    if value is None:
        return Marked(line, None, None, 0.0, None)
    if line.group in GROUPS:
        return Marked(line, inner, value, 0.0, (-value if line.group == "deductions" else value) + 0.0)
    share = shares.get(line.key, 0.0)
    return Marked(line, inner, value, share, rounded(by_power[line.group] * share * value, POINTS_DIGITS))


def rows_of(node: Node) -> tuple[Rows, ...]:
    """The parts of a formula that go over rows."""
    if isinstance(node, Rows):
        return (node,)
    return tuple(rows for part in node.parts() for rows in rows_of(part))


def rounded(value: float, digits: int) -> float:
    """Half up on the decimal that the number is written as, like a spreadsheet; never -0."""
    if abs(value) >= EXACT:
        return value
    exact = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    return float(exact) + 0.0


def unit_of(line: Line) -> str:
    """The unit of what a line measures."""
    return MEASURES[line.said.measure].unit


def as_json(marks: Marks) -> dict[str, Any]:
    """What the ledger keeps of a score: every line, every power, the total; the figures are in the period's inputs."""
    return {
        "lines": [
            {
                "key": one.line.key,
                "name": one.line.said.name,
                "group": one.line.group,
                "measure": one.line.said.measure,
                "measured": None if one.measured is None else rounded(one.measured, 6),
                "value": one.value,
                "weight": one.line.weight,
                "share": rounded(one.share, 6),
                "points": one.points,
            }
            for one in marks.lines
        ],
        "powers": [
            {
                "key": one.id,
                "name": POWERS[one.id],
                "value": one.value,
                "weight": one.weight,
                "share": rounded(one.share, 6),
                "points": None if one.value is None else rounded(one.share * one.value, POINTS_DIGITS),
            }
            for one in marks.powers
        ],
        "raw": marks.raw,
        "total": marks.total,
        "complete": marks.complete,
    }
