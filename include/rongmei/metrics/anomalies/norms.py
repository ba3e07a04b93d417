"""What is usual on a channel: how much readers do for each read, from the house's own history, with wide priors.

Ratios differ by orders of magnitude between posts, so everything is on logarithms: a median and a robust spread (median
absolute deviation). No sourced figure for any platform was found, so the prior claims little: one action in a hundred
reads, give or take a factor of four, worth `PRIOR_POSTS` posts. Without history only the absurd stands out.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

PRIOR_RATIO = 0.01
PRIOR_SPREAD = 1.4
PRIOR_POSTS = 20
LEAST_SPREAD = 0.6
FAR = 4.0
"""Spreads away from the median at which a ratio is out of range."""
LEAST_READS = 300
"""A post with fewer says nothing about the channel."""


@dataclass(frozen=True)
class Norm:
    """Actions for each read on a channel.

    Attributes:
        centre, spread: of the natural logarithm of the ratio.
        posts: of the house, that it comes from.
    """

    centre: float = math.log(PRIOR_RATIO)
    spread: float = PRIOR_SPREAD
    posts: int = 0

    @property
    def usual(self) -> float:
        """The usual ratio."""
        return math.exp(self.centre)

    @property
    def least(self) -> float:
        """Below it a ratio is out of range."""
        return math.exp(self.centre - FAR * self.spread)

    @property
    def most(self) -> float:
        """Above it a ratio is out of range; never above one action a read and a half."""
        return min(1.5, math.exp(self.centre + FAR * self.spread))


def norm_of(pairs: Iterable[tuple[int, int]]) -> Norm:
    """The norm of a channel from (reads, actions) of its posts; those with few reads are left out."""
    logs = [math.log((actions + 0.5) / (reads + 1)) for reads, actions in pairs if reads >= LEAST_READS]
    if not logs:
        return Norm()
    centre, spread = _middle(logs)
    posts = len(logs)
    weight = posts / (posts + PRIOR_POSTS)
    prior = Norm()
    return Norm(
        centre=weight * centre + (1 - weight) * prior.centre,
        spread=max(LEAST_SPREAD, math.sqrt(weight * spread**2 + (1 - weight) * prior.spread**2)),
        posts=posts,
    )


def _middle(logs: Sequence[float]) -> tuple[float, float]:
    centre = median(logs)
    return centre, 1.4826 * median(abs(value - centre) for value in logs)
