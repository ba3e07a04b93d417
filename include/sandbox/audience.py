"""How many people read, like, share and comment: a pure function of who published what, where, and how long ago.

Nothing is drawn at random while it runs. Every figure comes from a hash of the seed, the account and the post, so two
runs of a rehearsal agree, a restart changes nothing, and a figure never falls. The shape is taken from what news
posts are known to do: a heavy-tailed (log-normal) final size that grows less than in proportion to followers, reached
along a stretched exponential — most readers come in the first hours, some on the third day.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from statistics import NormalDist

# 20 000 followers → about 500 readers; the exponent makes 1 000 000 followers → about 10 000.
_REFERENCE_FOLLOWERS = 20_000
_REFERENCE_READS = 500.0
_FOLLOWER_EXPONENT = 0.766
_SIGMA = 0.55

# The headline of a WeChat message is what the chat list shows; the items below it are seen by fewer and fewer.
_POSITION_FACTORS = (1.35, 0.8, 0.62, 0.5, 0.42, 0.36, 0.31, 0.27)

# Median share of readers who do it; each post has its own rates around these.
_RATES = {
    "likes": 0.022,
    "zaikan": 0.008,
    "shares": 0.018,
    "comments": 0.004,
    "collects": 0.006,
}
_RATE_SIGMA = 0.35

# Characteristic hours of the growth curve, and how much wider than WeChat a platform spreads.
_TAU_HOURS = {
    "wechat": 10.0,
    "weibo": 5.0,
    "wordpress": 18.0,
    "bilibili": 30.0,
    "alipay": 8.0,
    "douyin": 7.0,
    "kuaishou": 9.0,
}
_REACH = {
    "wechat": 1.0,
    "weibo": 1.6,
    "wordpress": 0.45,
    "bilibili": 1.2,
    "alipay": 0.6,
    "douyin": 2.4,
    "kuaishou": 1.8,
}
_STRETCH = 0.75

_NORMAL = NormalDist()


@dataclass(frozen=True)
class Figures:
    """Cumulative figures of one post at one moment."""

    reads: int = 0
    read_count: int = 0
    likes: int = 0
    zaikan: int = 0
    shares: int = 0
    comments: int = 0
    collects: int = 0

    def __sub__(self, other: Figures) -> Figures:
        return Figures(**{name: value - getattr(other, name) for name, value in vars(self).items()})

    def __add__(self, other: Figures) -> Figures:
        return Figures(**{name: value + getattr(other, name) for name, value in vars(self).items()})


@dataclass(frozen=True)
class Subject:
    """What the audience reacts to."""

    seed: str
    platform: str
    account: str
    post_id: str
    followers: int
    position: int = 1
    quality: float = 1.0


def uniform(*parts: object) -> float:
    """A number in (0, 1) that depends on nothing but its arguments."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return (int.from_bytes(digest[:7]) + 1) / (2**56 + 2)


def quality_of(title: str, text: str) -> float:
    """How much a text invites reading, 0.7 … 1.6: football, a picture and a headline of a readable length help."""
    score = 0.85
    if any(word in title + text[:400] for word in ("村超", "足球", "决赛", "进球")):
        score += 0.35
    if "<img" in text:
        score += 0.15
    if 8 <= len(title) <= 28:
        score += 0.1
    return score + 0.15 * (uniform("quality", title) - 0.5) * 2


def final_reads(subject: Subject) -> float:
    """The readers a post will have had in the end."""
    size = _REFERENCE_READS * (max(subject.followers, 1) / _REFERENCE_FOLLOWERS) ** _FOLLOWER_EXPONENT
    position = _POSITION_FACTORS[min(max(subject.position, 1), len(_POSITION_FACTORS)) - 1]
    return float(size) * position * subject.quality * _REACH.get(subject.platform, 1.0) * _luck(subject)


def figures_at(subject: Subject, age_seconds: float) -> Figures:
    """Cumulative figures ``age_seconds`` after publication: zero before, never falling, all integers."""
    reached = final_reads(subject) * _grown(subject, age_seconds)
    rates = {
        name: rate * math.exp(_RATE_SIGMA * _gauss(subject, name)) * _approval(subject) for name, rate in _RATES.items()
    }
    return Figures(
        reads=math.floor(reached),
        read_count=math.floor(reached * 1.32),
        **{name: math.floor(reached * min(rate, 0.3)) for name, rate in rates.items()},
    )


def figures_between(subject: Subject, start_age: float, end_age: float) -> Figures:
    """What was added between two ages; adjoining spans add up to the total exactly."""
    return figures_at(subject, end_age) - figures_at(subject, start_age)


def split(total: int, weights: dict[str, float]) -> dict[str, int]:
    """Divide a whole number in proportion to weights without losing any of it; the first part takes the remainder."""
    whole = sum(weights.values())
    parts = {name: math.floor(total * weight / whole) for name, weight in weights.items()}
    first = next(iter(parts))
    parts[first] += total - sum(parts.values())
    return parts


def _gauss(subject: Subject, what: str) -> float:
    drawn = uniform(subject.seed, subject.platform, subject.account, subject.post_id, what)
    return _NORMAL.inv_cdf(drawn)


def _luck(subject: Subject) -> float:
    # Cut at three and a half sigma: one post in four thousand may be a sensation, none may exceed the town.
    return math.exp(_SIGMA * max(-3.5, min(3.5, _gauss(subject, "luck"))))


def _approval(subject: Subject) -> float:
    return 0.7 + 0.3 * subject.quality


def _grown(subject: Subject, age_seconds: float) -> float:
    if age_seconds <= 0:
        return 0.0
    tau = _TAU_HOURS.get(subject.platform, 10.0) * 3600
    return 1.0 - math.exp(-((age_seconds / tau) ** _STRETCH))
