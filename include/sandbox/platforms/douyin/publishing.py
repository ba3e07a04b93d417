"""Douyin's publishing: a film or pictures become an item under review, which then goes public or does not."""

from __future__ import annotations

import base64
import hashlib
import re
from typing import Any

from starlette.responses import Response

from sandbox import audience, faults, pages
from sandbox.platforms.douyin.base import (
    NAME,
    V1,
    DouyinLimits,
    done,
    read_json,
    refuse,
    routes,
    text_of,
    texts_of,
    with_user,
)
from sandbox.platforms.douyin.uploads import film_of, picture_path
from sandbox.platforms.douyin.webhooks import announce
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call
from sandbox.world import World

PUBLISHED, UNFIT, REVIEWING = 1, 2, 4
PICTURES, FILM = 2, 4
_TOPIC = re.compile(r"#[^\s#@]+")
_PUBLIC = 0


@routes.on("POST", "/video/create")
@routes.on("POST", f"{V1}/video/create_video")
@with_user("video.create")
def create_video(call: Call, account: Account) -> Response:
    asked = read_json(call)
    film = film_of(call, account, text_of(call, asked, "video_id"))
    cover_id = text_of(call, asked, "custom_cover_image_url")
    cover = picture_path(call, account, cover_id) if cover_id else ""
    _number(call, asked, "cover_tsp")
    body = {
        **_common(call, asked),
        "media_type": FILM,
        "cover": cover,
        "pictures": [cover] if cover else [],
        "film": film.id,
        "seconds": film.body["seconds"],
    }
    call.world.store.note_attempt(NAME, account.id, content_hash("", body["text"]))
    if film.body["used"] and call.world.limits(DouyinLimits).video_id_once:
        raise refuse(call, 28001007, "video_id 已使用，请重新上传")
    answer = _submit(call, account, body)
    used = Document(film.kind, film.id, film.account, film.created_at, {**film.body, "used": True})
    call.world.store.put(NAME, used)
    return answer


@routes.on("POST", "/image/create")
@routes.on("POST", f"{V1}/video/create_image_text")
@with_user("video.create")
def create_image_text(call: Call, account: Account) -> Response:
    asked = read_json(call)
    single = text_of(call, asked, "image_id")
    listed = texts_of(call, asked, "image_list") or ([single] if single else [])
    if not 1 <= len(listed) <= call.world.limits(DouyinLimits).images_max:
        raise refuse(call, 28001007, "image_list 数量不合法")
    text_of(call, asked, "music_id")
    pictures = [picture_path(call, account, image_id) for image_id in listed]
    body = {
        **_common(call, asked),
        "media_type": PICTURES,
        "cover": pictures[0],
        "pictures": pictures,
        "film": "",
        "seconds": 0.0,
    }
    call.world.store.note_attempt(NAME, account.id, content_hash("", body["text"]))
    return _submit(call, account, body)


@routes.on("POST", "/video/delete")
@with_user("video.delete")
def delete(call: Call, account: Account) -> Response:
    item = own_item(call, account, text_of(call, read_json(call), "item_id"))
    call.world.store.delete(NAME, "item", item.id)
    call.world.store.mark_deleted(NAME, item.id)
    return done(call)


@routes.on("GET", "/share/video/{video_id}")
def page(call: Call) -> Response:
    """The page a share_url opens."""
    share = call.world.store.get(NAME, "share", call.params["video_id"])
    post = call.world.store.post(NAME, share.body["item_id"]) if share else None
    return pages.post_page(call.world, post, markup=False, source="抖音", at=call.now)


def settle(world: World, now: float) -> None:
    """Finish the reviews whose time is over."""
    for item in world.store.due(NAME, "item", now):
        if not faults.still_ordered(world.store, item.body["held_by"]):
            _finish(world, item, item.due_at if item.due_at is not None else now)


def own_item(call: Call, account: Account, item_id: str) -> Document:
    """An item of this account; 28001007 if it has none such."""
    item = call.world.store.get(NAME, "item", item_id, account=account.id)
    if item is None:
        raise refuse(call, 28001007, "item_id 无效")
    return item


def share_path(item: Document) -> str:
    return f"/douyin/share/video/{item.body['video_id']}"


def _common(call: Call, asked: dict[str, Any]) -> dict[str, Any]:
    """The fields that films and picture posts share, checked."""
    limits = call.world.limits(DouyinLimits)
    text = text_of(call, asked, "text")
    if len(text) > limits.text_max:
        raise refuse(call, 28001007, f"text 不能超过 {limits.text_max} 字")
    if len(_TOPIC.findall(text)) > limits.topics_max:
        raise refuse(call, 28001007, f"话题不能超过 {limits.topics_max} 个")
    texts_of(call, asked, "at_users")
    _choice(call, asked, "download_type", (1, 2))
    return {"text": text, "private": _choice(call, asked, "private_status", (_PUBLIC, 1, 2))}


def _choice(call: Call, asked: dict[str, Any], name: str, allowed: tuple[int, ...]) -> int:
    """One of the allowed numbers, the first if the field is missing."""
    value = _number(call, asked, name)
    if value is not None and value not in allowed:
        raise refuse(call, 28001007, f"{name} 不合法")
    return allowed[0] if value is None else int(value)


def _number(call: Call, asked: dict[str, Any], name: str) -> float | None:
    value = asked.get(name)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float) or value < 0):
        raise refuse(call, 28001007, f"{name} 应为数字")
    return value


def _submit(call: Call, account: Account, body: dict[str, Any]) -> Response:
    """Take an item into review."""
    store, limits = call.world.store, call.world.limits(DouyinLimits)
    _check_pace(call, account)
    if any(word in body["text"] for word in limits.risk_words):
        raise refuse(call, 28001052)
    ordinal = store.count_up("douyin:item")
    # Nineteen digits, as real ones; spaced so that neighbours do not look like a counter.
    video_id = str(7_512_000_000_000_000_000 + ordinal * 4_294_967_296 + int(audience.uniform(NAME, ordinal) * 2**32))
    digest = hashlib.sha512(f"{account.id}:item:{ordinal}".encode()).digest()
    item_id = f"@{base64.b64encode(digest).decode()}"
    review = call.review(limits.review_seconds)
    unfit = review.rejected is not None or any(word in body["text"] for word in limits.forbidden_words)
    item = Document(
        "item",
        item_id,
        account.id,
        call.now,
        {
            **body,
            "ordinal": ordinal,
            "video_id": video_id,
            "status": REVIEWING,
            "verdict": UNFIT if unfit else PUBLISHED,
            "held_by": review.held_by,
        },
        due_at=review.due_at,
    )
    store.put(NAME, item)
    store.put(NAME, Document("share", video_id, account.id, call.now, {"item_id": item_id}))
    store.set_meta(f"douyin:last:{account.id}", repr(call.now))
    announce(call, account, item)
    return done(call, item_id=item_id, video_id=video_id)


def _check_pace(call: Call, account: Account) -> None:
    last = call.world.store.meta(f"douyin:last:{account.id}")
    if last is not None and call.now < float(last) + call.world.limits(DouyinLimits).min_interval_seconds:
        raise refuse(call, 28003018)


def _finish(world: World, item: Document, at: float) -> None:
    finished = Document(
        item.kind, item.id, item.account, item.created_at, {**item.body, "status": item.body["verdict"]}
    )
    world.store.put(NAME, finished)
    account = world.account(NAME, item.account)
    if account is not None and finished.body["status"] == PUBLISHED and item.body["private"] == _PUBLIC:
        world.store.publish(_post(account, finished, at))


def _post(account: Account, item: Document, at: float) -> Post:
    text = str(item.body["text"])
    extra: dict[str, Any] = {
        "quality": audience.quality_of(text[:28], text + "<img"),
        "pictures": item.body["pictures"],
    }
    if item.body["film"]:
        extra["film"] = f"/douyin/play/{item.body['film']}"
    return Post(
        platform=NAME,
        id=item.id,
        account=account.id,
        followers=account.followers,
        title="",
        text=text,
        path=share_path(item),
        position=1,
        published_at=at,
        sha256=content_hash("", text),
        extra=extra,
    )
