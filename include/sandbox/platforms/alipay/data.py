"""Alipay's figures by Shanghai day (``yyyyMMdd``): followers, all articles together, and each article."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sandbox.audience import Figures, figures_between, uniform
from sandbox.clock import day_end, day_start, shanghai_day
from sandbox.platforms.alipay.base import NAME, AlipayLimits, invalid
from sandbox.platforms.alipay.gateway import Fields, interface, text_of
from sandbox.seed import Account
from sandbox.store import Post
from sandbox.wire import Call

# Follower counts drift from the seed's figure, which held on this day.
_FIRST_DAY = date(2026, 1, 1)
_FIRST_FIGURES = date(2004, 1, 1)
_GROWTH_A_DAY = 0.0002
_LEAVERS_A_DAY = 0.0004


@interface("alipay.open.public.user.data.batchquery")
def user_data(call: Call, account: Account, fields: Fields) -> Fields:
    rows = []
    for day in _days(*_range(call, fields)):
        total, before = _followers(account, day), _followers(account, day - timedelta(days=1))
        luck = 0.5 + uniform(call.world.seed.audience, NAME, account.id, day)
        left = int(account.followers * _LEAVERS_A_DAY * luck)
        row = {"new": total - before + left, "cancel": left, "grow": total - before, "cumulate": total}
        rows.append({"date": _spoken(day), **{f"{name}_user_cnt": str(value) for name, value in row.items()}})
    return {"data_list": rows}


@interface("alipay.open.public.articlesummary.data.batchquery")
def summary_data(call: Call, account: Account, fields: Fields) -> Fields:
    posts = _posts(call, account)
    rows = []
    for day in _days(*_range(call, fields)):
        figures = sum((_on_day(call, post, day) for post in posts), Figures())
        sent = sum(post.followers for post in posts if shanghai_day(post.published_at) == day)
        rows.append({"date": _spoken(day), **_counts(figures, sent), "avg_read_time": _reading_time(call, account.id)})
    return {"data_list": rows}


@interface("alipay.open.public.singlearticle.data.batchquery")
def article_data(call: Call, account: Account, fields: Fields) -> Fields:
    begin, end = _range(call, fields)
    until = day_start(shanghai_day(call.now))
    rows = [
        {
            "date": _spoken(shanghai_day(post.published_at)),
            "title": post.title,
            **_counts(call.world.figures(post, until), post.followers),
            "avg_read_time": _reading_time(call, post.id),
        }
        for post in _posts(call, account)
        if begin <= shanghai_day(post.published_at) <= end
    ]
    return {"data_list": rows}


def _range(call: Call, fields: Fields) -> tuple[date, date]:
    """The days asked for, up to yesterday: today has no figures yet."""
    begin, end = (_day(call, fields, name) for name in ("begin_date", "end_date"))
    if begin > end or (end - begin).days >= call.world.limits(AlipayLimits).data_days_max:
        raise invalid(call, "end_date")
    return begin, min(end, shanghai_day(call.now) - timedelta(days=1))


def _day(call: Call, fields: Fields, name: str) -> date:
    try:
        day = datetime.strptime(text_of(call, fields, name), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
    except ValueError as cause:
        raise invalid(call, name) from cause
    if day < _FIRST_FIGURES:
        raise invalid(call, name)
    return day


def _days(begin: date, end: date) -> Iterator[date]:
    for offset in range((end - begin).days + 1):
        yield begin + timedelta(days=offset)


def _spoken(day: date) -> str:
    return day.strftime("%Y%m%d")


def _followers(account: Account, day: date) -> int:
    return int(account.followers * (1 + _GROWTH_A_DAY * (day - _FIRST_DAY).days))


def _posts(call: Call, account: Account) -> list[Post]:
    return [post for post in call.world.store.posts(NAME, account.id) if not post.deleted]


def _on_day(call: Call, post: Post, day: date) -> Figures:
    return figures_between(
        call.world.subject(post), day_start(day) - post.published_at, day_end(day) - post.published_at
    )


def _counts(figures: Figures, delivered: int) -> dict[str, Any]:
    return {
        "deliver_user_cnt": delivered,
        "expose_user_cnt": figures.read_count * 2,
        "read_user_cnt": figures.reads,
        "praise_user_cnt": figures.likes,
        "reply_user_cnt": figures.comments,
        "share_user_cnt": figures.shares,
    }


def _reading_time(call: Call, what: str) -> str:
    """Average seconds a reader stays."""
    return f"{20 + 60 * uniform(call.world.seed.audience, NAME, what, 'reading'):.1f}"
