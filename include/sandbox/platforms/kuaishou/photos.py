"""Kuaishou's films (``photo``): publishing what was uploaded, the review, reading figures, deleting."""

from __future__ import annotations

import hashlib
import re
from typing import Any

from starlette.responses import PlainTextResponse, Response

from sandbox import audience, faults, pages
from sandbox.audience import Figures
from sandbox.clock import day_start, shanghai_day
from sandbox.platforms.kuaishou.base import (
    BAD_PARAMETER,
    MISSING,
    NAME,
    NO_FILM,
    NOT_PUBLISHED,
    NOT_UPLOADED,
    TOO_OFTEN,
    KuaishouLimits,
    done,
    refuse,
    routes,
    whole,
    with_user,
)
from sandbox.platforms.kuaishou.uploads import finished_upload, mark_used
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call, image_format
from sandbox.world import World

PENDING, PUBLIC, REFUSED = "pending", "public", "refused"
_STEREO = ("NOT_SPHERICAL_VIDEO", "SPHERICAL_VIDEO_360", "SPHERICAL_VIDEO_180")
_COVERS = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_DIGITS = "23456789abcdefghijkmnpqrstuvwxyz"
_TOPIC = re.compile(r"#[^\s#@]+")


@routes.on("POST", "/openapi/photo/publish")
@with_user("user_video_publish")
def publish(call: Call, account: Account) -> Response:
    upload, limits = finished_upload(call, account), call.world.limits(KuaishouLimits)
    caption, cover = _caption(call), _cover(call)
    if call.query.get("stereo_type", _STEREO[0]) not in _STEREO:
        raise refuse(BAD_PARAMETER, "stereo_type 不合法")
    call.world.store.note_attempt(NAME, account.id, content_hash("", caption))
    if upload.body["used"] and limits.upload_token_once:
        raise refuse(NOT_UPLOADED, "upload_token 已使用，请重新上传")
    _check_pace(call, account)
    review = call.review(limits.review_seconds)
    unfit = review.rejected is not None or any(word in caption for word in limits.forbidden_words)
    ordinal = call.world.store.count_up("kuaishou:photo")
    body = {
        "ordinal": ordinal,
        "caption": caption,
        "cover": cover,
        "pieces": upload.body["pieces"],
        "mime": upload.body["mime"],
        "status": PENDING,
        "verdict": REFUSED if unfit else PUBLIC,
        "held_by": review.held_by,
    }
    photo = Document("photo", _photo_id(account, ordinal), account.id, call.now, body, due_at=review.due_at)
    call.world.store.put(NAME, photo)
    mark_used(call, upload)
    return done(video_info=_shown(call, photo))


@routes.on("GET", "/openapi/photo/info")
@with_user("user_video_info")
def info(call: Call, account: Account) -> Response:
    photo = _own_photo(call, account)
    if photo.body["status"] == REFUSED:
        raise refuse(NOT_PUBLISHED)
    return done(video_info=_shown(call, photo))


@routes.on("GET", "/openapi/photo/list")
@with_user("user_video_info")
def photo_list(call: Call, account: Account) -> Response:
    """Newest first; ``cursor`` is the photo_id of the last row of the page before."""
    limits, photos = call.world.limits(KuaishouLimits), _photos(call, account)
    cursor = call.query.get("cursor")
    if cursor:
        place = next((place for place, photo in enumerate(photos) if photo.id == cursor), None)
        if place is None:
            raise refuse(BAD_PARAMETER, "cursor 不合法")
        photos = photos[place + 1 :]
    count = min(whole(call, "count", limits.page_default), limits.page_max)
    return done(video_list=[_shown(call, photo) for photo in photos[:count]])


@routes.on("GET", "/openapi/photo/count")
@with_user("user_video_info")
def count(call: Call, account: Account) -> Response:
    public = sum(photo.body["status"] == PUBLIC for photo in _photos(call, account))
    return done(public_count=public, friend_count=0, private_count=0, all_count=public)


@routes.on("POST", "/openapi/photo/delete")
@with_user("user_video_delete")
def delete(call: Call, account: Account) -> Response:
    photo = _own_photo(call, account)
    call.world.store.delete(NAME, "photo", photo.id)
    call.world.store.mark_deleted(NAME, photo.id)
    return done()


@routes.on("GET", "/short-video/{photo}")
def page(call: Call) -> Response:
    """The page a reader's link opens."""
    post = call.world.store.post(NAME, call.params["photo"])
    return pages.post_page(call.world, post, markup=False, source="快手", at=call.now)


@routes.on("GET", "/cover/{sha256}")
def cover_page(call: Call) -> Response:
    blob = call.world.store.blob(call.params["sha256"])
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


def settle(world: World, now: float) -> None:
    """Finish the reviews whose time is over."""
    for photo in world.store.due(NAME, "photo", now):
        if not faults.still_ordered(world.store, photo.body["held_by"]):
            _finish(world, photo, photo.due_at if photo.due_at is not None else now)


def _caption(call: Call) -> str:
    caption, limits = call.form.get("caption"), call.world.limits(KuaishouLimits)
    if caption is None:
        raise refuse(MISSING, "缺少 caption")
    if len(caption) > limits.caption_max:
        raise refuse(BAD_PARAMETER, f"caption 不能超过 {limits.caption_max} 字")
    if len(_TOPIC.findall(caption)) > limits.topics_max:
        raise refuse(BAD_PARAMETER, f"话题不能超过 {limits.topics_max} 个")
    return caption


def _cover(call: Call) -> str:
    """Where the cover is shown."""
    cover = call.files.get("cover")
    if cover is None or not cover.data:
        raise refuse(MISSING, "缺少 cover")
    if len(cover.data) >= call.world.limits(KuaishouLimits).cover_max_bytes:
        raise refuse(BAD_PARAMETER, "封面太大")
    mime = _COVERS.get(image_format(cover.data) or "")
    if mime is None:
        raise refuse(BAD_PARAMETER, "封面格式不支持")
    return f"/kuaishou/cover/{call.world.store.put_blob(mime, cover.data)}"


def _check_pace(call: Call, account: Account) -> None:
    limits = call.world.limits(KuaishouLimits)
    times = [photo.created_at for photo in call.world.store.find(NAME, "photo", account=account.id)]
    today = day_start(shanghai_day(call.now))
    if sum(at >= today for at in times) >= limits.posts_per_day:
        raise refuse(TOO_OFTEN)
    if any(at > call.now - limits.min_interval_seconds for at in times):
        raise refuse(TOO_OFTEN)


def _photo_id(account: Account, ordinal: int) -> str:
    """Fifteen letters and digits beginning with 3x, as real ones."""
    digest = hashlib.sha256(f"{account.id}:photo:{ordinal}".encode()).digest()
    return "3x" + "".join(_DIGITS[byte % len(_DIGITS)] for byte in digest[:13])


def _own_photo(call: Call, account: Account) -> Document:
    photo_id = call.value("photo_id")
    if not photo_id:
        raise refuse(MISSING)
    photo = call.world.store.get(NAME, "photo", photo_id, account=account.id)
    if photo is None:
        raise refuse(NO_FILM)
    return photo


def _photos(call: Call, account: Account) -> list[Document]:
    """An account's films, newest first, those under review too, those the review refused not."""
    kept = [p for p in call.world.store.find(NAME, "photo", account=account.id) if p.body["status"] != REFUSED]
    return sorted(kept, key=lambda photo: int(photo.body["ordinal"]), reverse=True)


def _finish(world: World, photo: Document, at: float) -> None:
    body = {**photo.body, "status": photo.body["verdict"]}
    world.store.put(NAME, Document(photo.kind, photo.id, photo.account, photo.created_at, body))
    account = world.account(NAME, photo.account)
    if account is not None and body["status"] == PUBLIC:
        world.store.publish(_post(account, photo, at))


def _post(account: Account, photo: Document, at: float) -> Post:
    caption = str(photo.body["caption"])
    return Post(
        platform=NAME,
        id=photo.id,
        account=account.id,
        followers=account.followers,
        title="",
        text=caption,
        path=f"/kuaishou/short-video/{photo.id}",
        position=1,
        published_at=at,
        sha256=content_hash("", caption),
        extra={
            "quality": audience.quality_of(caption[:28], caption + "<img"),
            "pictures": [photo.body["cover"]],
            "film": _play_path(photo),
        },
    )


def _play_path(photo: Document) -> str:
    return f"/kuaishou/play/{photo.id}.mp4"


def _shown(call: Call, photo: Document) -> dict[str, Any]:
    post = call.world.store.post(NAME, photo.id)
    figures = call.world.figures(post, call.now) if post else Figures()
    pending = photo.body["status"] == PENDING
    return {
        "photo_id": photo.id,
        "caption": photo.body["caption"],
        "cover": call.url(photo.body["cover"]),
        "play_url": "" if pending else call.url(_play_path(photo)),
        "create_time": int(photo.created_at * 1000),
        "like_count": figures.likes,
        "comment_count": figures.comments,
        "view_count": figures.read_count,
        "pending": pending,
    }
