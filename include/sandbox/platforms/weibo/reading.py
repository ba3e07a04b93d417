"""Reading from Weibo: statuses, their counts and comments, users, and the pages a reader opens."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any, TypeVar

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import pages
from sandbox.clock import shanghai
from sandbox.platforms.weibo.base import NAME, SOURCE, invalid, missing, refuse, routes, with_token
from sandbox.rehearsal import comment_at
from sandbox.seed import Account
from sandbox.store import Post
from sandbox.wire import Call

ItemT = TypeVar("ItemT")
_BASE62 = string.digits + string.ascii_lowercase + string.ascii_uppercase
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@routes.on("GET", "/2/statuses/show.json")
@with_token
def show(call: Call, _account: Account) -> Response:
    return JSONResponse(status_body(call, target(call)))


@routes.on("GET", "/2/statuses/count.json")
@with_token
def count(call: Call, _account: Account) -> Response:
    ids = [part.strip() for part in (call.value("ids") or "").split(",") if part.strip()]
    if not ids:
        raise refuse(call, 20001)
    if len(ids) > 100:
        raise refuse(call, 20009)
    rows = []
    for status_id in ids:
        post = call.world.store.post(NAME, status_id)
        if post is not None and not post.deleted:
            rows.append({"id": int(post.id), "idstr": post.id, **_counts(call, post)})
    return JSONResponse(rows)


@routes.on("GET", "/2/statuses/user_timeline.json")
@with_token
def user_timeline(call: Call, account: Account) -> Response:
    owner = _user(call, default=account)
    posts = [post for post in call.world.store.posts(NAME, owner.id) if not post.deleted]
    since, until = _whole(call, "since_id", 0), _whole(call, "max_id", 0)
    asked = [post for post in posts if int(post.id) > since and (not until or int(post.id) <= until)]
    shown = _page(call, asked, most=100, default=20)
    return JSONResponse(
        {
            "statuses": [status_body(call, post) for post in shown],
            "previous_cursor": 0,
            "next_cursor": 0,
            "total_number": len(posts),
        }
    )


@routes.on("GET", "/2/comments/show.json")
@with_token
def comments(call: Call, _account: Account) -> Response:
    post = target(call)
    total = call.world.figures(post, call.now).comments
    newest_first = _page(call, list(range(total, 0, -1)), most=200, default=50)
    return JSONResponse(
        {
            "comments": [_comment(post, number) for number in newest_first],
            "previous_cursor": 0,
            "next_cursor": 0,
            "total_number": total,
        }
    )


@routes.on("GET", "/2/account/get_uid.json")
@with_token
def get_uid(_call: Call, account: Account) -> Response:
    return JSONResponse({"uid": account.credentials["uid"]})


@routes.on("GET", "/2/statuses/querymid.json")
@with_token
def querymid(call: Call, _account: Account) -> Response:
    """The short name under which a status stands in its address."""
    if call.value("type") not in (None, "1"):
        raise invalid(call, "type", "1", str(call.value("type")))
    return JSONResponse({"mid": _short(int(target(call).id))})


@routes.on("GET", "/2/users/show.json")
@with_token
def users_show(call: Call, _account: Account) -> Response:
    return JSONResponse(_user_body(call, _user(call, default=None)))


@routes.on("GET", "/pic/{sha256}")
def picture_page(call: Call) -> Response:
    blob = call.world.store.blob(call.params["sha256"])
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


@routes.on("GET", "/u/{uid}/{status}")
def page(call: Call) -> Response:
    """The status a reader's link opens."""
    post = call.world.store.post(NAME, call.params["status"])
    return pages.post_page(call.world, post, markup=False, source=SOURCE, at=call.now)


def _short(status_id: int) -> str:
    """A number as Weibo shortens it: every seven digits, from the right, are four signs of base 62."""
    rest, signs = status_id, ""
    while rest:
        rest, part = divmod(rest, 10_000_000)
        group = ""
        while part or (rest and len(group) < 4):
            part, sign = divmod(part, 62)
            group = _BASE62[sign] + group
        signs = group + signs
    return signs


def target(call: Call) -> Post:
    status_id = call.value("id")
    if not status_id:
        raise refuse(call, 20109)
    post = call.world.store.post(NAME, status_id)
    if post is None or post.deleted:
        raise refuse(call, 20101)
    return post


def _user(call: Call, *, default: Account | None) -> Account:
    uid, screen_name = call.value("uid"), call.value("screen_name")
    if uid:
        found = call.world.account_by(NAME, "uid", uid)
    elif screen_name:
        accounts = call.world.seed.platform(NAME).accounts.values()
        found = next((account for account in accounts if account.name == screen_name), None)
    elif default is not None:
        found = default
    else:
        raise missing(call, "uid")
    if found is None:
        raise refuse(call, 20003)
    return found


def _whole(call: Call, name: str, default: int) -> int:
    value = call.value(name)
    if value in (None, ""):
        return default
    try:
        return int(str(value))
    except ValueError as cause:
        raise invalid(call, name, "int", str(value)) from cause


def _page(call: Call, items: list[ItemT], *, most: int, default: int) -> list[ItemT]:
    size = min(max(_whole(call, "count", default), 1), most)
    start = (max(_whole(call, "page", 1), 1) - 1) * size
    return items[start : start + size]


def _counts(call: Call, post: Post) -> dict[str, int]:
    figures = call.world.figures(post, call.now)
    return {"comments": figures.comments, "reposts": figures.shares, "attitudes": figures.likes}


def weibo_time(at: float) -> str:
    """``Wed Oct 24 23:49:17 +0800 2012``, whatever the locale."""
    moment = shanghai(at)
    day = _DAYS[moment.weekday()]
    month = _MONTHS[moment.month - 1]
    return f"{day} {month} {moment:%d %H:%M:%S %z %Y}"


def status_body(call: Call, post: Post) -> dict[str, Any]:
    account = call.world.account(NAME, post.account)
    counts = _counts(call, post)
    shown: dict[str, Any] = {
        "created_at": weibo_time(post.published_at),
        "id": int(post.id),
        "mid": post.id,
        "idstr": post.id,
        "text": post.text,
        "source": '<a href="https://weibo.com" rel="nofollow">融媒彩排</a>',
        "favorited": False,
        "truncated": False,
        "in_reply_to_status_id": "",
        "in_reply_to_user_id": "",
        "in_reply_to_screen_name": "",
        "geo": None,
        "user": _user_body(call, account) if account else None,
        "reposts_count": counts["reposts"],
        "comments_count": counts["comments"],
        "attitudes_count": counts["attitudes"],
        "visible": {"type": 0, "list_id": 0},
        "pic_ids": [],
    }
    picture = post.extra.get("picture")
    if picture:
        address = call.url(str(picture))
        shown |= {"thumbnail_pic": address, "bmiddle_pic": address, "original_pic": address}
        shown["pic_ids"] = [str(picture).rsplit("/", 1)[-1]]
    return shown


def _user_body(call: Call, account: Account) -> dict[str, Any]:
    uid = account.credentials["uid"]
    mine = call.world.store.posts(NAME, account.id)
    return {
        "id": int(uid),
        "idstr": uid,
        "screen_name": account.name,
        "name": account.name,
        "location": "广东 东莞",
        "description": f"{account.name}（彩排账号）",
        "url": "",
        "profile_image_url": "",
        "domain": account.id,
        "gender": "m",
        "followers_count": account.followers,
        "friends_count": 0,
        "statuses_count": sum(not post.deleted for post in mine),
        "verified": True,
        "verified_type": 3,
    }


def _comment(post: Post, number: int) -> Mapping[str, Any]:
    comment_id = int(post.id) * 10 % 10**15 + number
    name, text = comment_at(post.id, number)
    return {
        "created_at": weibo_time(post.published_at + 60 * number),
        "id": comment_id,
        "idstr": str(comment_id),
        "mid": str(comment_id),
        "text": text,
        "source": "",
        "user": {"id": comment_id % 10**10, "idstr": str(comment_id % 10**10), "screen_name": name},
        "status": {"id": int(post.id), "idstr": post.id, "mid": post.id},
    }
