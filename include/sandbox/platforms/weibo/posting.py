"""Weibo's posting: what a status must be, its review where one is ordered, and taking it away."""

from __future__ import annotations

import math
import re
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import JSONResponse, Response

from sandbox import audience, faults
from sandbox.platforms.weibo.base import NAME, WeiboLimits, invalid, missing, refuse, routes, with_token
from sandbox.platforms.weibo.reading import status_body, target
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call, image_format
from sandbox.world import World

_PICTURES = {"JPEG": "image/jpeg", "GIF": "image/gif", "PNG": "image/png"}
_URL = re.compile(r"https?://[^\s\u3000-\u303f\uff00-\uffef\u4e00-\u9fff]+")
_TOPIC = re.compile(r"#[^#\s][^#]*#")


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
    _show(call, post)
    return JSONResponse(status_body(call, post))


def _show(call: Call, post: Post) -> None:
    """Put a status before the public: at once, or after the review that was ordered for it."""
    review = call.review(0.0)
    if review.held_by is None and review.due_at <= call.now and not review.rejected:
        call.world.store.publish(post)
        return
    body = {**vars(post), "rejected": review.rejected is not None, "held_by": review.held_by}
    call.world.store.put(NAME, Document("reviewed", post.id, post.account, call.now, body, due_at=review.due_at))


def settle(world: World, now: float) -> None:
    """Finish the reviews whose time is over; what they refuse is gone."""
    for waiting in world.store.due(NAME, "reviewed", now):
        if faults.still_ordered(world.store, waiting.body["held_by"]):
            continue
        world.store.delete(NAME, "reviewed", waiting.id)
        if not waiting.body["rejected"]:
            world.store.publish(_waiting(waiting))


def _waiting(document: Document) -> Post:
    """The status that a review keeps back."""
    return Post(**{name: value for name, value in document.body.items() if name not in ("rejected", "held_by")})


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
    host = _host(url)
    listed = account.credentials.get("safe_domains")
    domains = listed.split(",") if listed else call.world.limits(WeiboLimits).safe_domains
    own = [_host(address) for address in (call.base_url, call.url(""))]
    return bool(host) and any(
        host == domain.strip() or host.endswith(f".{domain.strip()}") for domain in (*domains, *own)
    )


def _host(address: str) -> str:
    """The host of an address in lower case, "" where it has none."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


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
    waiting = [_waiting(document) for document in call.world.store.find(NAME, "reviewed", account=account.id)]
    mine = [*call.world.store.posts(NAME, account.id), *waiting]
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
    waiting = call.world.store.get(NAME, "reviewed", call.value("id") or "", account=account.id)
    if waiting is not None:
        call.world.store.delete(NAME, "reviewed", waiting.id)
        return JSONResponse(status_body(call, _waiting(waiting)))
    post = target(call)
    if post.account != account.id:
        raise refuse(call, 20102)
    shown = status_body(call, post)
    call.world.store.mark_deleted(NAME, post.id)
    return JSONResponse(shown)
