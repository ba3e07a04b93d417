"""Weibo (微博): posting by ``statuses/share`` and the reading interfaces, under ``/weibo``.

What this stand-in decided where the public documents are silent:

* errors carry ``error_code`` as an integer; HTTP 403 for what concerns the credential or the rate, 400 otherwise;
* no token 10006, an unknown one 21332, an expired one 21315;
* length is counted as Weibo's editor does: a URL counts 10, other characters 1, ASCII characters ½, rounded up;
* a ``#topic#`` or no URL at all is 10017; URLs, but none on a safe domain, 20018. The sandbox's own host is safe;
* the same text again is 20019 as long as the first is not deleted; more than ``posts_per_hour``, or two posts within
  ``min_interval_seconds``, is 20016; more than ``calls_per_hour`` is 10023;
* ``oauth2/access_token`` takes ``code-<account id>`` as the code of an account.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox import audience, pages
from sandbox.clock import shanghai
from sandbox.rehearsal import comment_at
from sandbox.seed import Account
from sandbox.store import Post, content_hash
from sandbox.wire import Call, Handler, Platform, Refusal, Routes, code_number, image_format
from sandbox.world import World

NAME = "weibo"
ItemT = TypeVar("ItemT")
routes = Routes()

MESSAGES = {
    10001: "System error",
    10006: "Source paramter (appkey) is missing",
    10008: "Param error, see doc for more info",
    10009: "Too many pending tasks, system is busy",
    10013: "Invalid weibo user",
    10014: "Insufficient app permissions",
    10020: "Request api not found",
    10021: "HTTP method is not suported for this request",
    10022: "IP requests out of rate limit",
    10023: "User requests out of rate limit",
    20001: "IDs is null",
    20003: "User does not exists",
    20005: "Unsupported image type, only suport JPG, GIF, PNG",
    20006: "Image size too large",
    20008: "Content is null",
    20009: "IDs is too many",
    20012: "Text too long, please input text less than 140 characters!",
    20016: "Out of limit",
    20017: "Repeat content",
    20018: "Contain illegal website",
    20019: "Repeat conetnt",
    20020: "Contain advertising",
    20021: "Content is illegal",
    20101: "Target weibo does not exist",
    20102: "Not your own weibo",
    20109: "Weibo id is null",
    21314: "Token used",
    21315: "Token expired",
    21316: "Token revoked",
    21317: "Token rejected",
    21324: "invalid_client",
    21325: "invalid_grant",
    21328: "unsupported_grant_type",
    21332: "invalid_access_token",
}
_FORBIDDEN = {10006, 10014, 10022, 10023, 20016, 21314, 21315, 21316, 21317, 21332}

TOKEN_SECONDS = 157_679_999
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PICTURES = {"JPEG": "image/jpeg", "GIF": "image/gif", "PNG": "image/png"}
_URL = re.compile(r"https?://[^\s\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]+")
_TOPIC = re.compile(r"#[^#\s][^#]*#")


class WeiboLimits(BaseModel):
    """What a seed may set under ``weibo.limits``. An account's own app_key, safe_domains … win (comma-separated)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_key: str = "2045436852"
    app_secret: str = "8b1f4f2c9d0e47a6b35c61d2e7f80a94"  # noqa: S105 - a sandbox has no secrets
    safe_domains: tuple[str, ...] = ("localhost", "127.0.0.1")
    status_max: int = 140
    picture_max_bytes: int = 5 * 1024 * 1024
    require_rip: bool = True
    posts_per_hour: int = 30
    min_interval_seconds: float = 0
    calls_per_hour: int = 5000
    forbidden_words: tuple[str, ...] = ()


def error(call: Call, code: int, message: str | None = None) -> Response:
    """The error body; the text is Weibo's own, misspellings included."""
    path = call.path if call.path.startswith("/oauth2") else call.path.removeprefix("/2")
    body = {"request": path, "error_code": code, "error": message or MESSAGES.get(code, "System error")}
    return JSONResponse(body, 403 if code in _FORBIDDEN else 400)


def refuse(call: Call, code: int, message: str | None = None) -> Refusal:
    return Refusal(error(call, code, message))


def oauth_error(code: int) -> Refusal:
    name = MESSAGES[code]
    body = {"error": name, "error_code": code, "request": "/oauth2/access_token", "error_description": name}
    return Refusal(JSONResponse(body, 400))


def missing(call: Call, name: str) -> Refusal:
    return refuse(call, 10016, f"Miss required parameter ({name}) , see doc for more info")


def invalid(call: Call, name: str, expected: str, got: str) -> Refusal:
    return refuse(
        call,
        10017,
        f"Parameter ({name})'s value invalid, expect ({expected}) , but get ({got}) , see doc for more info",
    )


# --- who is calling -------------------------------------------------------------------------------------------------


def _token_of(call: Call) -> str | None:
    bearer = call.headers.get("authorization", "")
    scheme, _, token = bearer.partition(" ")
    return call.value("access_token") or (token if scheme.lower() in ("oauth2", "bearer") else None)


def identify(call: Call) -> Account | None:
    token = _token_of(call)
    return call.world.account_by(NAME, "access_token", token) if token else None


def _issued_at(world: World, account: Account, now: float) -> float:
    """When an account's token was issued: at its first use or at its authorisation."""
    key = f"weibo:issued:{account.id}"
    known = world.store.meta(key)
    if known is None:
        world.store.set_meta(key, repr(now))
    return float(known) if known is not None else now


def with_token(handler: Callable[[Call, Account], Response]) -> Handler:
    """Let a handler see only calls with a valid token, within the hourly limit."""

    @functools.wraps(handler)
    def checked(call: Call) -> Response:
        if not _token_of(call):
            raise refuse(call, 10006)
        account = identify(call)
        if account is None:
            raise refuse(call, 21332)
        if call.now >= _issued_at(call.world, account, call.now) + TOKEN_SECONDS:
            raise refuse(call, 21315)
        limits = call.world.limits(WeiboLimits)
        hour = int(call.now // 3600)
        if call.world.store.count_up(f"quota:{NAME}:{account.id}:{hour}") > limits.calls_per_hour:
            raise refuse(call, 10023)
        return handler(call, account)

    return checked


@routes.on("POST", "/oauth2/access_token")
def access_token(call: Call) -> Response:
    limits = call.world.limits(WeiboLimits)
    if (call.value("client_id"), call.value("client_secret")) != (limits.app_key, limits.app_secret):
        raise oauth_error(21324)
    if call.value("grant_type") != "authorization_code":
        raise oauth_error(21328)
    account = call.world.account(NAME, (call.value("code") or "").removeprefix("code-"))
    if account is None:
        raise oauth_error(21325)
    call.world.store.set_meta(f"weibo:issued:{account.id}", repr(call.now))
    return JSONResponse(
        {
            "access_token": account.credentials["access_token"],
            "remind_in": str(TOKEN_SECONDS),
            "expires_in": TOKEN_SECONDS,
            "uid": account.credentials["uid"],
            "isRealName": "true",
        }
    )


@routes.on("POST", "/oauth2/get_token_info")
@with_token
def get_token_info(call: Call, account: Account) -> Response:
    issued = _issued_at(call.world, account, call.now)
    return JSONResponse(
        {
            "uid": int(account.credentials["uid"]),
            "appkey": account.credentials.get("app_key", call.world.limits(WeiboLimits).app_key),
            "scope": None,
            "create_at": int(issued),
            "expire_in": int(issued + TOKEN_SECONDS - call.now),
        }
    )


# --- posting --------------------------------------------------------------------------------------------------------


@routes.on("POST", "/2/statuses/share.json")
@with_token
def share(call: Call, account: Account) -> Response:
    text = _checked_text(call, account)
    picture = _checked_picture(call)
    call.world.store.note_attempt(NAME, account.id, content_hash("", text))
    _check_pace(call, account, text)
    number = call.world.store.count_up("weibo:status")
    # Sixteen digits, as real ones; spaced so that neighbours do not look like a counter.
    status_id = 5_100_000_000_000_000 + number * 4_294_967 + int(audience.uniform("weibo", number) * 4_000_000)
    extra: dict[str, Any] = {"quality": audience.quality_of(text[:28], text + ("<img" if picture else ""))}
    if picture:
        extra["picture"] = f"/weibo/pic/{picture}"
    post = Post(
        platform=NAME,
        id=str(status_id),
        account=account.id,
        followers=account.followers,
        title="",
        text=text,
        path=f"/weibo/u/{account.credentials['uid']}/{status_id}",
        position=1,
        published_at=call.now,
        sha256=content_hash("", text),
        extra=extra,
    )
    call.world.store.publish(post)
    return JSONResponse(_status(call, post))


def _checked_text(call: Call, account: Account) -> str:
    text = call.value("status")
    limits = call.world.limits(WeiboLimits)
    if text is None:
        raise missing(call, "status")
    if not text.strip():
        raise refuse(call, 20008)
    if limits.require_rip and not call.value("rip"):
        raise missing(call, "rip")
    if status_length(text) > limits.status_max:
        raise refuse(call, 20012)
    if _TOPIC.search(_URL.sub(" ", text)):
        raise invalid(call, "status", "text without #topic#", "#topic#")
    if any(word in text for word in limits.forbidden_words):
        raise refuse(call, 20021)
    urls = _URL.findall(text)
    if not urls:
        raise invalid(call, "status", "a URL of the app's safe domains", "no URL")
    if not any(_is_safe(call, account, url) for url in urls):
        raise refuse(call, 20018)
    return text


def status_length(text: str) -> int:
    """Length in Weibo's Chinese characters; see the module docstring."""
    rest = _URL.sub("", text)
    halves = sum(1 if ord(sign) < 128 else 2 for sign in rest)
    return 10 * len(_URL.findall(text)) + math.ceil(halves / 2)


def _is_safe(call: Call, account: Account, url: str) -> bool:
    host = (urlsplit(url).hostname or "").lower()
    listed = account.credentials.get("safe_domains")
    domains = listed.split(",") if listed else call.world.limits(WeiboLimits).safe_domains
    own = [urlsplit(address).hostname or "" for address in (call.base_url, call.url(""))]
    return any(host == domain.strip() or host.endswith(f".{domain.strip()}") for domain in (*domains, *own))


def _checked_picture(call: Call) -> str | None:
    upload = call.files.get("pic")
    if upload is None:
        return None
    if len(upload.data) >= call.world.limits(WeiboLimits).picture_max_bytes:
        raise refuse(call, 20006)
    actual = image_format(upload.data)
    if actual not in _PICTURES:
        raise refuse(call, 20005)
    return call.world.store.put_blob(_PICTURES[actual], upload.data)


def _check_pace(call: Call, account: Account, text: str) -> None:
    limits = call.world.limits(WeiboLimits)
    mine = call.world.store.posts(NAME, account.id)
    if any(post.text == text and not post.deleted for post in mine):
        raise refuse(call, 20019)
    recent = [post for post in mine if post.published_at > call.now - 3600]
    if len(recent) >= limits.posts_per_hour:
        raise refuse(call, 20016)
    if any(post.published_at > call.now - limits.min_interval_seconds for post in recent):
        raise refuse(call, 20016)


@routes.on("POST", "/2/statuses/destroy.json")
@with_token
def destroy(call: Call, account: Account) -> Response:
    post = _target(call)
    if post.account != account.id:
        raise refuse(call, 20102)
    shown = _status(call, post)
    call.world.store.mark_deleted(NAME, post.id)
    return JSONResponse(shown)


# --- reading --------------------------------------------------------------------------------------------------------


@routes.on("GET", "/2/statuses/show.json")
@with_token
def show(call: Call, _account: Account) -> Response:
    return JSONResponse(_status(call, _target(call)))


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
            "statuses": [_status(call, post) for post in shown],
            "previous_cursor": 0,
            "next_cursor": 0,
            "total_number": len(posts),
        }
    )


@routes.on("GET", "/2/comments/show.json")
@with_token
def comments(call: Call, _account: Account) -> Response:
    post = _target(call)
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
    return pages.post_page(call.world, post, markup=False, source="微博", at=call.now)


def _target(call: Call) -> Post:
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


def _status(call: Call, post: Post) -> dict[str, Any]:
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


def _refuse_on_order(call: Call, code: str | None, message: str | None) -> Response:
    return error(call, code_number(code, 10001), message)


def _unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None and not call.path.startswith(("/2/", "/oauth2/")):
        return pages.render("missing.html", status=404, reason="没有找到这个页面", source="微博")
    return error(call, 10020 if methods is None else 10021)


def _settle(world: World, now: float) -> None:
    """Weibo publishes at once; nothing ever waits."""


PLATFORM = Platform(
    name=NAME,
    title="微博",
    routes=routes,
    limits=WeiboLimits,
    identify=identify,
    settle=_settle,
    refuse=_refuse_on_order,
    expired=lambda call: error(call, 21315),
    unrouted=_unrouted,
)
