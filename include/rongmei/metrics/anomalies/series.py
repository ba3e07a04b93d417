"""One publication's figures as a row of moments, and the plain arithmetic that the detectors share."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rongmei.clock import at_local
from rongmei.ledger.tables import COUNTS, Snapshot

ENGAGEMENT = ("likes", "comments", "shares", "watching", "favourites")
"""What readers do beside reading."""
MEASURE_NAMES = {
    "reads": "阅读",
    "likes": "点赞",
    "comments": "评论",
    "shares": "转发",
    "watching": "在看",
    "favourites": "收藏",
}


@dataclass(frozen=True)
class Point:
    """What a platform said at a moment (aware UTC), or says of a day's end.

    Attributes:
        counts: figures by measure, those not known left out.
        rounded: measures that the platform rounds; `counts` then holds the least that they can be.
    """

    at: datetime
    counts: Mapping[str, int]
    rounded: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One measure between two neighbouring points at which it is known."""

    start: datetime
    end: datetime
    before: int
    after: int
    rounded: bool = False

    @property
    def gain(self) -> int:
        """What was added, negative where the counter fell."""
        return self.after - self.before

    @property
    def hours(self) -> float:
        """How long it took, above zero."""
        return max((self.end - self.start).total_seconds(), 1.0) / 3600


@dataclass(frozen=True)
class Finding:
    """Figures that do not look like readers.

    Attributes:
        kind: spike, ratio, likes_only, round_hour, round_number, linear, fall, glitch, shared_fall.
        start, until: first and last suspicious figure, see `rongmei.ledger.anomalies`; None means all that follow.
        before, after: the last figure before, and the one at `until`.
        words: the evidence in one Chinese sentence; `numbers`: the same as JSON data.
    """

    kind: str
    measure: str
    start: datetime
    until: datetime | None
    before: int | None
    after: int | None
    words: str
    numbers: Mapping[str, Any] = field(default_factory=dict)


def points_of(rows: Iterable[Snapshot]) -> list[Point]:
    """A publication's snapshots (as `rongmei.ledger.numbers.series` gives them) in order of what they are about.

    A row that was seen unchanged for a while gives a point at each end. Of a platform that counts by day each day
    gives one, at its end, with the figures revised last. Rows of a deleted post repeat old figures and are left out.
    """
    by_moment: dict[datetime, Point] = {}
    for row in rows:
        if row.gone:
            continue
        counts = {name: value for name in COUNTS if (value := getattr(row, name)) is not None}
        rounded = frozenset(row.upper or ())
        for moment in _moments(row):
            by_moment[moment] = Point(moment, counts, rounded)
    return [by_moment[moment] for moment in sorted(by_moment)]


def _moments(row: Snapshot) -> tuple[datetime, ...]:
    end_of_day = at_local(row.about_day + timedelta(days=1), "00:00")
    if row.observed_at >= end_of_day:
        return (end_of_day,)
    return (row.observed_at, row.last_seen_at) if row.last_seen_at > row.observed_at else (row.observed_at,)


def steps_of(points: Sequence[Point], measure: str) -> list[Step]:
    """The measure from each point that knows it to the next one that does."""
    known = [point for point in points if measure in point.counts]
    return [
        Step(
            one.at,
            other.at,
            one.counts[measure],
            other.counts[measure],
            measure in one.rounded or measure in other.rounded,
        )
        for one, other in pairwise(known)
    ]


def engagement_of(point: Point) -> int | None:
    """What readers did by then, over the measures known; None when none is."""
    known = [point.counts[name] for name in ENGAGEMENT if name in point.counts]
    return sum(known) if known else None


def resolution(values: Iterable[int]) -> int:
    """The power of ten that all the values are multiples of: what a platform that rounds has rounded to."""
    common = math.gcd(*(value for value in values if value))
    grain = 1
    while common and common % (grain * 10) == 0:
        grain *= 10
    return grain


def poisson_at_most(count: int, mean: float) -> float:
    """The chance of at most `count` events where `mean` are expected."""
    if mean <= 0:
        return 1.0
    if count < 0:
        return 0.0
    if mean > 100:
        return normal_below((count + 0.5 - mean) / math.sqrt(mean))
    return min(1.0, sum(math.exp(i * math.log(mean) - mean - math.lgamma(i + 1)) for i in range(count + 1)))


def binomial_at_least(hits: int, tries: int, chance: float) -> float:
    """The chance of at least `hits` in `tries`."""
    if hits <= 0:
        return 1.0
    return sum(math.comb(tries, k) * chance**k * (1 - chance) ** (tries - k) for k in range(hits, tries + 1))


def normal_below(z: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2))
