"""The WeChat communication index WCI V14.2 (微信传播指数), with and without forwards.

Source: gsdata's usage page (清博, V14.2). All logarithms are natural. With forwards the four counts weigh 70/9/6/15 %;
the earlier text of V14.2 has no forwards and weighs 85/9/6 %. Around either stand the same outer weights: the whole
period by day 60 %, by article 20 %, headlines by day 10 %, the best single article 10 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log

VERSION = "WCI V14.2"
READS_CEILING = 100_001
"""What the index puts for an article that WeChat shows as 10万+."""


@dataclass(frozen=True)
class Counts:
    """Counts of one article, or of several added up."""

    reads: int
    watching: int
    likes: int
    shares: int = 0


@dataclass(frozen=True)
class Period:
    """What an account published in a period.

    Attributes:
        days: length of the period, at least 1.
        articles: how many articles, at least 1.
        total: all articles together.
        headlines: the articles in first place together.
        best: the largest single value of each count; the values may come from different articles.
    """

    days: int
    articles: int
    total: Counts
    headlines: Counts
    best: Counts


@dataclass(frozen=True)
class Wci:
    """The index and its four parts before weighing."""

    overall: float
    article: float
    headline: float
    peak: float
    value: float
    forwards: bool


def wci(period: Period, *, forwards: bool) -> Wci:
    """The WCI of `period`; no unit, usually between 0 and 2000.

    Args:
        forwards: whether forwards (转发) count. A period without known forwards is computed without them.

    Raises:
        ValueError: the period has no day or no article.
    """
    if period.days < 1 or period.articles < 1:
        raise ValueError("WCI 至少要有一天、一篇文章")
    overall = _part(period.total, period.days, forwards=forwards)
    article = _part(period.total, period.articles, forwards=forwards)
    headline = _part(period.headlines, period.days, forwards=forwards)
    peak = _part(period.best, 1, forwards=forwards)
    value = (0.6 * overall + 0.2 * article + 0.1 * headline + 0.1 * peak) ** 2 * 1.2 * 10
    return Wci(overall, article, headline, peak, value, forwards)


def _part(counts: Counts, per: int, *, forwards: bool) -> float:
    reads = log(counts.reads / per + 1)
    watching = log(10 * counts.watching / per + 1)
    likes = log(10 * counts.likes / per + 1)
    if not forwards:
        return 0.85 * reads + 0.09 * watching + 0.06 * likes
    return 0.70 * reads + 0.09 * watching + 0.06 * likes + 0.15 * log(10 * counts.shares / per + 1)
