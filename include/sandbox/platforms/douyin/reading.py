"""Douyin's reading interfaces: an account's items and their figures, day by day too, and readers' comments."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

from starlette.responses import Response

from sandbox.audience import Figures
from sandbox.clock import day_end, day_start, shanghai_day
from sandbox.platforms.douyin.base import (
    NAME,
    V1,
    DouyinLimits,
    done,
    read_json,
    refuse,
    routes,
    texts_of,
    whole,
    with_user,
)
from sandbox.platforms.douyin.publishing import REVIEWING, own_item, share_path
from sandbox.rehearsal import comment_at
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_BASE_DAYS = 30
_PLAY_SHARE = 0.62


@routes.on("GET", "/video/list")
@routes.on("GET", f"{V1}/video/video_list")
@with_user("video.list")
def video_list(call: Call, account: Account) -> Response:
    cursor, count = whole(call, "cursor", 0), whole(call, "count")
    if cursor < 0 or count < 1:
        raise refuse(call, 28001007, "cursor 或 count 不合法")
    items = [item for item in _items(call, account) if not cursor or item.body["ordinal"] < cursor]
    shown = items[: min(count, call.world.limits(DouyinLimits).page_max)]
    return done(
        call,
        list=[_shown(call, item) for item in shown],
        cursor=shown[-1].body["ordinal"] if shown else cursor,
        has_more=len(shown) < len(items),
    )


@routes.on("POST", "/video/data")
@routes.on("POST", f"{V1}/video/video_data")
@with_user("video.data")
def video_data(call: Call, account: Account) -> Response:
    return done(call, list=[_shown(call, item) for item in _asked(call, account)])


@routes.on("POST", f"{V1}/video/video_basic_info")
@with_user("video.data")
def video_basic_info(call: Call, account: Account) -> Response:
    return done(call, list=[_basic(call, item) for item in _asked(call, account)])


@routes.on("GET", "/data/external/item/base")
@with_user("data.external.item")
def item_base(call: Call, account: Account) -> Response:
    item = own_item(call, account, call.query.get("item_id", ""))
    figures = _between(call, item, call.now - _BASE_DAYS * 86_400, call.now)
    return done(
        call,
        result={
            "total_play": figures.read_count,
            "total_like": figures.likes,
            "total_comment": figures.comments,
            "total_share": figures.shares,
            "avg_play_duration": round(float(item.body["seconds"]) * _PLAY_SHARE, 2),
        },
    )


@routes.on("GET", "/data/external/item/like")
@with_user("data.external.item")
def item_like(call: Call, account: Account) -> Response:
    return _daily(call, account, "like", "likes")


@routes.on("GET", "/data/external/item/comment")
@with_user("data.external.item")
def item_comment(call: Call, account: Account) -> Response:
    return _daily(call, account, "comment", "comments")


@routes.on("GET", "/data/external/item/play")
@with_user("data.external.item")
def item_play(call: Call, account: Account) -> Response:
    return _daily(call, account, "play", "read_count")


@routes.on("GET", "/data/external/item/share")
@with_user("data.external.item")
def item_share(call: Call, account: Account) -> Response:
    return _daily(call, account, "share", "shares")


@routes.on("GET", "/item/comment/list")
@with_user("item.comment")
def comment_list(call: Call, account: Account) -> Response:
    item = own_item(call, account, call.query.get("item_id", ""))
    cursor, count = whole(call, "cursor", 0), whole(call, "count")
    if cursor < 0 or count < 1:
        raise refuse(call, 28001007, "cursor 或 count 不合法")
    total = _figures(call, item).comments
    end = min(cursor + min(count, call.world.limits(DouyinLimits).page_max), total)
    # Newest first, as the platform does unless told otherwise.
    rows = [_comment(item, number) for number in range(total - cursor, total - end, -1)]
    return done(call, list=rows, cursor=max(end, cursor), has_more=end < total)


def _items(call: Call, account: Account) -> list[Document]:
    """An account's items, newest first, those under review and refused ones too."""
    items = call.world.store.find(NAME, "item", account=account.id)
    return sorted(items, key=lambda item: int(item.body["ordinal"]), reverse=True)


def _asked(call: Call, account: Account) -> list[Document]:
    """The items a body names by item_ids or video_ids, in that order; what the account does not have is left out."""
    body = read_json(call)
    items, videos = texts_of(call, body, "item_ids"), texts_of(call, body, "video_ids")
    wanted = items or videos
    if not 1 <= len(wanted) <= call.world.limits(DouyinLimits).ids_max:
        raise refuse(call, 28001007, "item_ids 或 video_ids 数量不合法")
    known = {(item.id if items else str(item.body["video_id"])): item for item in _items(call, account)}
    return [known[name] for name in wanted if name in known]


def _basic(call: Call, item: Document) -> dict[str, Any]:
    return {
        "item_id": item.id,
        "video_id": item.body["video_id"],
        "title": item.body["text"],
        "cover": call.url(item.body["cover"]) if item.body["cover"] else "",
        "create_time": int(item.created_at),
        "media_type": item.body["media_type"],
        "video_status": item.body["status"],
    }


def _shown(call: Call, item: Document) -> dict[str, Any]:
    figures = _figures(call, item)
    forwards = figures.shares // 6
    return {
        **_basic(call, item),
        "is_reviewed": item.body["status"] != REVIEWING,
        "is_top": False,
        "share_url": call.url(share_path(item)),
        "statistics": {
            "digg_count": figures.likes,
            "comment_count": figures.comments,
            "share_count": figures.shares,
            "forward_count": forwards,
            "download_count": figures.collects,
            "play_count": figures.read_count,
        },
    }


def _figures(call: Call, item: Document) -> Figures:
    """Cumulative figures; none of an item that is not before the public."""
    post = call.world.store.post(NAME, item.id)
    return call.world.figures(post, call.now) if post else Figures()


def _between(call: Call, item: Document, start: float, end: float) -> Figures:
    post = call.world.store.post(NAME, item.id)
    return call.world.figures(post, end) - call.world.figures(post, start) if post else Figures()


def _daily(call: Call, account: Account, name: str, figure: str) -> Response:
    """One figure for each of the last seven or fifteen whole Shanghai days, oldest first."""
    item = own_item(call, account, call.query.get("item_id", ""))
    span = whole(call, "date_type")
    if span not in (7, 15):
        raise refuse(call, 28001007, "date_type 应为 7 或 15")
    today = shanghai_day(call.now)
    days = [today - timedelta(days=back) for back in range(span, 0, -1)]
    rows = [
        {"date": day.isoformat(), name: getattr(_between(call, item, day_start(day), day_end(day)), figure)}
        for day in days
    ]
    return done(call, result_list=rows)


def _comment(item: Document, number: int) -> dict[str, Any]:
    name, text = comment_at(item.id, number)
    post_id = f"{item.body['video_id']}:{number}"
    return {
        "comment_id": f"@{base64.b64encode(post_id.encode()).decode()}",
        "comment_user_id": base64.b64encode(name.encode()).decode(),
        "nick_name": name,
        "avatar": "",
        "content": text,
        "create_time": int(item.created_at + 60 * number),
        "digg_count": 0,
        "reply_comment_total": 0,
        "top": False,
    }
