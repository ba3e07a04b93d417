"""Writes the scores of an edition into the ledger, once for each version of the rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from rongmei.appraisal.facts import Post, read_parts, read_posts
from rongmei.appraisal.scoring import appraise, rank
from rongmei.clock import local_date
from rongmei.indexes import DIGITS, UNKNOWN, WCI_14_2, WCI_14_2_FORWARDS, Article, Figure, from_articles
from rongmei.ledger import Ledger, Score, get_edition

if TYPE_CHECKING:
    from rongmei.config import Plan, RuleSet

VERSION = "WCI V14.2"
"""The reports print beside it whether forwards are in it."""


@dataclass(frozen=True)
class ScoreSummary:
    """Outcome of `score`; `frozen` when the scores stood already and were left alone."""

    rules: str
    outlets: int
    best: tuple[str, ...]
    frozen: bool


def rules_name(rules: RuleSet) -> str:
    """How a version of the rules is named in the ledger: `county@2026.1`."""
    return f"{rules.id}@{rules.version}"


def score(ledger: Ledger, plan: Plan, key: str, *, now: datetime, again: bool = False) -> ScoreSummary:
    """Score every outlet that took part in the edition, from the latest snapshots up to `now`.

    Scores are frozen: once an edition is scored by a version of the rules, later numbers change nothing, so that what
    was mailed stays true. `again=True` (an appeal was upheld, data was mended) replaces them; from the same inputs it
    writes the same totals, ranks and terms. Another version of the rules scores beside the old one.

    Raises:
        BadInput: there is no such edition, or the rules weigh a dimension nobody knows.
    """
    rules = rules_name(plan.rules)
    with ledger.begin() as session:
        edition = get_edition(session, key)
        mine = (Score.edition_id == edition.id, Score.rules == rules)
        standing = session.scalars(select(Score).where(*mine)).all()
        if standing and not again:
            return _summary(rules, [(row.rank, row.outlet) for row in standing], frozen=True)
        session.execute(delete(Score).where(*mine))
        posts = read_posts(session, edition.id, plan.cluster, now)
        indexes = wechat_indexes(posts)
        parts = read_parts(session, edition.id, posts, now)
        ranked = rank([appraise(part, plan.rules.weights) for part in parts])
        for place, result in ranked:
            session.add(
                Score(
                    edition_id=edition.id,
                    outlet=result.outlet,
                    rules=rules,
                    total=result.total,
                    rank=place,
                    terms={**result.terms, "indexes": indexes.get(result.outlet, [])},
                    scored_at=now,
                )
            )
        return _summary(rules, [(place, result.outlet) for place, result in ranked], frozen=False)


def wechat_indexes(posts: Sequence[Post]) -> dict[str, list[dict[str, Any]]]:
    """The WCI of each WeChat account over this edition's posts, by the outlet whose account it is.

    A count that is missing or rounded makes an interval of the index, never a guess; accounts of which nobody knows any
    reads are left out. With forwards only where every post has them. A post of ours is an article of its own and so in
    first place. The period is the days (Asia/Shanghai) from the first post to the last, both counted.
    """
    accounts: dict[tuple[str, str], list[Post]] = {}
    for post in posts:
        if post.channel == "wechat" and post.live and post.live_at is not None:
            accounts.setdefault((post.host, post.account), []).append(post)
    found: dict[str, list[dict[str, Any]]] = {}
    for (host, account), theirs in accounts.items():
        if all(post.reads is None for post in theirs):
            continue
        found.setdefault(host, []).append({"account": account, **_wci(theirs)})
    return found


def _wci(posts: Sequence[Post]) -> dict[str, Any]:
    """The WCI of posts: version, forwards, its ends (`high` None without a bound), inputs that can be read again."""
    days = [local_date(post.live_at) for post in posts if post.live_at is not None]
    articles = [
        Article(_known(post, "reads"), _known(post, "watching"), _known(post, "likes"), _known(post, "shares"))
        for post in posts
    ]
    inputs = from_articles(articles, (max(days) - min(days)).days + 1)
    forwards = all(post.shares is not None for post in posts)
    result = WCI_14_2_FORWARDS.compute(inputs) if forwards else WCI_14_2.compute(inputs)
    return {
        "version": VERSION,
        "forwards": forwards,
        "low": round(result.value.low, DIGITS),
        "high": None if result.value.high is None else round(result.value.high, DIGITS),
        "inputs": {used.measure.name: _written(used.used) for used in result.inputs},
    }


def _known(post: Post, name: str) -> Figure:
    low: int | None = getattr(post, name)
    return UNKNOWN if low is None else Figure(low, post.upper.get(name, low))


def _written(known: Figure) -> float | str | None:
    """A figure as JSON, in a form that `figure` reads."""
    if known.exact:
        return known.low
    if known.unknown:
        return None
    return f"≥{known.low:.0f}" if known.high is None else f"{known.low:.0f}~{known.high:.0f}"


def _summary(rules: str, places: Iterable[tuple[int, str]], *, frozen: bool) -> ScoreSummary:
    ordered = sorted(places)
    best = tuple(outlet for place, outlet in ordered if place == 1)
    return ScoreSummary(rules, len(ordered), best, frozen)
