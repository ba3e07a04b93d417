"""WeChat's datacube: reading figures of published articles by Shanghai day, from the audience model.

``msgid`` is ``<msg_data_id>_<idx>``. ``end_date`` may be yesterday at the latest. Cumulative records (``details``,
``detail_list``) count from publication to the end of ``stat_date``; the others count one day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.audience import Figures, figures_between, split, uniform
from sandbox.clock import day_end, day_start, shanghai_day
from sandbox.platforms.wechat.base import NAME, read_json, refuse, routes, with_token
from sandbox.seed import Account
from sandbox.store import Post
from sandbox.wire import Call

_SCENES = {
    "公众号消息": 0.46,
    "朋友圈": 0.2,
    "聊天会话": 0.12,
    "公众号主页": 0.08,
    "推荐": 0.07,
    "搜一搜": 0.03,
    "其他": 0.04,
}
# There were no accounts before.
_FIRST_DAY = date(2012, 8, 23)
_OLD_DETAIL_DAYS = 7
_DETAIL_DAYS = 30

OLD_SOURCES = {
    "session": 0.46,
    "hist_msg": 0.08,
    "feed": 0.2,
    "friends": 0.12,
    "other": 0.04,
    "kanyikan": 0.07,
    "souyisou": 0.03,
}
OLD_SHARES = {"session": 0.55, "feed": 0.35, "other": 0.1}


@routes.on("POST", "/datacube/getarticletotaldetail")
@with_token
def getarticletotaldetail(call: Call, account: Account) -> Response:
    begin, end = asked_days(call, span=1)
    items = [
        {
            "ref_date": begin.isoformat(),
            "msgid": post.id,
            "publish_type": 1,
            "title": post.title,
            "content_url": call.url(post.path),
            "detail_list": [_detail(call, post, day) for day in _stat_days(call, post, _DETAIL_DAYS)],
        }
        for post in _published_between(call, account, begin, end)
    ]
    return JSONResponse({"list": items, "is_delay": False})


@routes.on("POST", "/datacube/getarticleread")
@with_token
def getarticleread(call: Call, account: Account) -> Response:
    def shown(figures: Figures) -> dict[str, Any]:
        return {"read_user": figures.reads, "read_user_source": _sources(figures.reads)}

    return _daily(call, account, shown)


@routes.on("POST", "/datacube/getarticleshare")
@with_token
def getarticleshare(call: Call, account: Account) -> Response:
    return _daily(call, account, lambda figures: {"share_user": figures.shares})


@routes.on("POST", "/datacube/getbizsummary")
@with_token
def getbizsummary(call: Call, account: Account) -> Response:
    begin, end = asked_days(call, span=30)
    posts = posts_of(call, account)
    items = []
    for day in each_day(begin, end):
        figures = sum((_on_day(call, post, day) for post in posts), Figures())
        detail = {
            "read_user": figures.reads,
            "read_user_source": _sources(figures.reads),
            "share_user": figures.shares,
            "zaikan_user": figures.zaikan,
            "like_user": figures.likes,
            "comment_count": figures.comments,
            "collection_user": figures.collects,
            "redirect_ori_page_user": 0,
            "send_page_count": sum(shanghai_day(post.published_at) == day for post in posts),
        }
        items.append({"ref_date": day.isoformat(), "detail": detail})
    return JSONResponse({"list": items, "is_delay": False})


@routes.on("POST", "/datacube/getarticlesummary")
@with_token
def getarticlesummary(call: Call, account: Account) -> Response:
    day, _ = asked_days(call, span=1)
    items = []
    for post in posts_of(call, account):
        figures = _on_day(call, post, day)
        # The real one leaves out items that hardly anybody touched.
        if figures.reads + figures.shares + figures.collects >= 3:
            items.append({"ref_date": day.isoformat(), "msgid": post.id, "title": post.title, **counters(figures)})
    return JSONResponse({"list": items})


@routes.on("POST", "/datacube/getarticletotal")
@with_token
def getarticletotal(call: Call, account: Account) -> Response:
    begin, end = asked_days(call, span=1)
    items = []
    for post in _published_between(call, account, begin, end):
        details = []
        for day in _stat_days(call, post, _OLD_DETAIL_DAYS):
            figures = call.world.figures(post, day_end(day))
            details.append(
                {
                    "stat_date": day.isoformat(),
                    "target_user": post.followers,
                    **counters(figures),
                    **_old_sources(figures),
                }
            )
        items.append({"ref_date": begin.isoformat(), "msgid": post.id, "title": post.title, "details": details})
    return JSONResponse({"list": items})


def asked_days(call: Call, *, span: int) -> tuple[date, date]:
    """The request's dates: 61500 if they are none, 61501 if the range is wrong."""
    body = read_json(call)
    try:
        begin, end = (date.fromisoformat(str(body.get(name, ""))) for name in ("begin_date", "end_date"))
    except ValueError as cause:
        raise refuse(61500) from cause
    if begin < _FIRST_DAY or begin > end or end >= shanghai_day(call.now) or (end - begin).days >= span:
        raise refuse(61501)
    return begin, end


def each_day(begin: date, end: date) -> Iterator[date]:
    for offset in range((end - begin).days + 1):
        yield begin + timedelta(days=offset)


def _stat_days(call: Call, post: Post, most: int) -> Iterator[date]:
    """From the day of publication to yesterday, at most so many."""
    first = shanghai_day(post.published_at)
    last = min(shanghai_day(call.now) - timedelta(days=1), first + timedelta(days=most - 1))
    return each_day(first, last)


def posts_of(call: Call, account: Account) -> list[Post]:
    return [post for post in call.world.store.posts(NAME, account.id) if not post.deleted]


def _published_between(call: Call, account: Account, begin: date, end: date) -> list[Post]:
    return [post for post in posts_of(call, account) if begin <= shanghai_day(post.published_at) <= end]


def _on_day(call: Call, post: Post, day: date) -> Figures:
    return figures_between(
        call.world.subject(post), day_start(day) - post.published_at, day_end(day) - post.published_at
    )


def _daily(call: Call, account: Account, shown: Callable[[Figures], dict[str, Any]]) -> Response:
    day, _ = asked_days(call, span=1)
    items = []
    for post in posts_of(call, account):
        figures = _on_day(call, post, day)
        if figures.reads:
            items.append({"ref_date": day.isoformat(), "msgid": post.id, "detail": shown(figures)})
    return JSONResponse({"list": items, "is_delay": False})


def _sources(reads: int) -> list[dict[str, Any]]:
    parts = split(reads, _SCENES)
    return [
        {"user_count": reads, "scene_desc": "全部"},
        *({"user_count": count, "scene_desc": scene} for scene, count in parts.items()),
    ]


def _detail(call: Call, post: Post, day: date) -> dict[str, Any]:
    figures = call.world.figures(post, day_end(day))
    finish = 0.35 + 0.4 * uniform(call.world.seed.audience, post.id, "finish")
    return {
        "stat_date": day.isoformat(),
        "read_user": figures.reads,
        "read_user_source": _sources(figures.reads),
        "share_user": figures.shares,
        "zaikan_user": figures.zaikan,
        "like_user": figures.likes,
        "comment_count": figures.comments,
        "collection_user": figures.collects,
        "praise_money": 0,
        "read_subscribe_user": figures.reads * 7 // 10,
        "read_delivery_rate": round(figures.reads * 0.46 / max(post.followers, 1), 4),
        "read_finish_rate": round(finish, 4),
        "read_avg_activetime": round(0.5 + 2 * finish, 2),
        "read_jump_position": [
            {"position": position, "rate": round((1 - finish) * share, 4)}
            for position, share in enumerate((0.35, 0.25, 0.18, 0.12, 0.1), start=1)
        ],
    }


def counters(figures: Figures) -> dict[str, int]:
    return {
        "int_page_read_user": figures.reads,
        "int_page_read_count": figures.read_count,
        "ori_page_read_user": 0,
        "ori_page_read_count": 0,
        "share_user": figures.shares,
        "share_count": figures.shares,
        "add_to_fav_user": figures.collects,
        "add_to_fav_count": figures.collects,
    }


def _old_sources(figures: Figures) -> dict[str, int]:
    users, counts = split(figures.reads, OLD_SOURCES), split(figures.read_count, OLD_SOURCES)
    shares = split(figures.shares, OLD_SHARES)
    return {
        **{f"int_page_from_{source}_read_user": count for source, count in users.items()},
        **{f"int_page_from_{source}_read_count": count for source, count in counts.items()},
        **{f"feed_share_from_{source}_user": count for source, count in shares.items()},
        **{f"feed_share_from_{source}_cnt": count for source, count in shares.items()},
    }
