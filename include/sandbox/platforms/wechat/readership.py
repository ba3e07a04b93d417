"""WeChat's datacube on an account as a whole: who read and shared, by day and by hour, and who follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.audience import Figures, figures_between, split, uniform
from sandbox.clock import day_end, day_start
from sandbox.platforms.wechat.base import NAME, routes, with_token
from sandbox.platforms.wechat.datacube import OLD_SHARES, OLD_SOURCES, asked_days, counters, each_day, posts_of
from sandbox.seed import Account
from sandbox.wire import Call

_ALL = 99_999_999
_READ_SOURCES = {"session": 0, "friends": 1, "feed": 2, "hist_msg": 4, "other": 5, "kanyikan": 6, "souyisou": 7}
_SHARE_SCENES = {"session": 1, "feed": 2, "other": 255}
# How new followers found the account: search, a card, an article, other.
_FOLLOW_SOURCES = {"1": 0.4, "17": 0.2, "57": 0.25, "0": 0.15}
_HOUR = 3600.0
# Follower counts drift from the seed's figure, which held on this day.
_FIRST_DAY = date(2026, 1, 1)
_GROWTH_A_DAY = 0.0002
_LEAVERS_A_DAY = 0.0004

Spans = Callable[[date], Iterator[tuple[dict[str, Any], float, float]]]
Rows = Callable[[Figures], list[dict[str, Any]]]


def _whole_day(day: date) -> Iterator[tuple[dict[str, Any], float, float]]:
    yield {"ref_date": day.isoformat()}, day_start(day), day_end(day)


def _hours(day: date) -> Iterator[tuple[dict[str, Any], float, float]]:
    for hour in range(24):
        start = day_start(day) + hour * _HOUR
        yield {"ref_date": day.isoformat(), "ref_hour": hour * 100}, start, start + _HOUR


def _reads(figures: Figures) -> list[dict[str, Any]]:
    """One record for all sources, one for each; what is shared and kept is told of all together."""
    users, counts = split(figures.reads, OLD_SOURCES), split(figures.read_count, OLD_SOURCES)
    every = [{"user_source": _ALL, **counters(figures)}] if figures.reads else []
    return every + [
        {"user_source": number, **counters(Figures(reads=users[name], read_count=counts[name]))}
        for name, number in _READ_SOURCES.items()
        if users[name]
    ]


def _shares(figures: Figures) -> list[dict[str, Any]]:
    parts = split(figures.shares, OLD_SHARES)
    return [
        {"share_scene": number, "share_count": parts[name], "share_user": parts[name]}
        for name, number in _SHARE_SCENES.items()
        if parts[name]
    ]


def _counted(name: str, most_days: int, spans: Spans, rows: Rows) -> None:
    """Register an interface that counts all articles together, span by span."""

    @routes.on("POST", f"/datacube/{name}")
    @with_token
    def answer(call: Call, account: Account) -> Response:
        begin, end = asked_days(call, span=most_days)
        posts = posts_of(call, account)
        found = []
        for day in each_day(begin, end):
            for label, start, stop in spans(day):
                parts = (
                    figures_between(call.world.subject(post), start - post.published_at, stop - post.published_at)
                    for post in posts
                )
                found += [{**label, **row} for row in rows(sum(parts, Figures()))]
        return JSONResponse({"list": found})


_counted("getuserread", 3, _whole_day, _reads)
_counted("getuserreadhour", 1, _hours, _reads)
_counted("getusershare", 7, _whole_day, _shares)
_counted("getusersharehour", 1, _hours, _shares)


@routes.on("POST", "/datacube/getusersummary")
@with_token
def getusersummary(call: Call, account: Account) -> Response:
    found = []
    for day in each_day(*asked_days(call, span=7)):
        luck = 0.5 + uniform(call.world.seed.audience, NAME, account.id, day)
        left = int(account.followers * _LEAVERS_A_DAY * luck)
        came = _followers(account, day) - _followers(account, day - timedelta(days=1)) + left
        gone = split(left, _FOLLOW_SOURCES)
        found += [
            {"ref_date": day.isoformat(), "user_source": int(source), "new_user": new, "cancel_user": gone[source]}
            for source, new in split(came, _FOLLOW_SOURCES).items()
        ]
    return JSONResponse({"list": found})


@routes.on("POST", "/datacube/getusercumulate")
@with_token
def getusercumulate(call: Call, account: Account) -> Response:
    days = each_day(*asked_days(call, span=7))
    found = [{"ref_date": day.isoformat(), "user_source": 0, "cumulate_user": _followers(account, day)} for day in days]
    return JSONResponse({"list": found})


def _followers(account: Account, day: date) -> int:
    return int(account.followers * (1 + _GROWTH_A_DAY * (day - _FIRST_DAY).days))
