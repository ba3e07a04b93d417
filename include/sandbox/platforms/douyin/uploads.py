"""Douyin's file server: a film in one request or in parts, and pictures; nothing of it is public yet."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sandbox import films
from sandbox.platforms.douyin.base import NAME, V1, DouyinLimits, done, refuse, routes, whole, with_user
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Upload, image_format, image_size

_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "BMP": "image/bmp"}
_PARTS_MAX = 10_000


@routes.on("POST", "/video/upload")
@routes.on("POST", f"{V1}/video/upload_video")
@with_user("video.create")
def upload_video(call: Call, account: Account) -> Response:
    upload = _part(call, "video")
    if len(upload.data) > call.world.limits(DouyinLimits).direct_max_bytes:
        raise refuse(call, 2190005)
    return done(call, video=_keep_film(call, account, [films.keep(call.world.store, upload.data)]))


@routes.on("POST", "/video/part/init")
@routes.on("POST", f"{V1}/video/init_video_part_upload")
@with_user("video.create")
def init_video_part_upload(call: Call, account: Account) -> Response:
    number = call.world.store.count_up("douyin:upload")
    upload_id = hashlib.sha256(f"{account.id}:douyin-upload:{number}".encode()).hexdigest()[:32]
    call.world.store.put(NAME, Document("upload", upload_id, account.id, call.now, {}))
    return done(call, upload_id=upload_id)


@routes.on("POST", "/video/part/upload")
@routes.on("POST", f"{V1}/video/upload_video_part")
@with_user("video.create")
def upload_video_part(call: Call, account: Account) -> Response:
    upload_id, number = _open_upload(call, account), whole(call, "part_number")
    if not 1 <= number <= _PARTS_MAX:
        raise refuse(call, 28001007, "part_number 从 1 开始")
    piece = films.keep(call.world.store, _part(call, "video").data)
    body = {"upload": upload_id, "number": number, "pieces": films.written([piece])}
    call.world.store.put(NAME, Document("part", f"{upload_id}:{number}", account.id, call.now, body))
    return done(call)


@routes.on("POST", "/video/part/complete")
@routes.on("POST", f"{V1}/video/complete_video_part_upload")
@with_user("video.create")
def complete_video_part_upload(call: Call, account: Account) -> Response:
    upload_id, store = _open_upload(call, account), call.world.store
    parts = [part for part in store.find(NAME, "part", account=account.id) if part.body["upload"] == upload_id]
    parts.sort(key=lambda part: int(part.body["number"]))
    if not parts or [part.body["number"] for part in parts] != list(range(1, len(parts) + 1)):
        raise refuse(call, 28001007, "分片不完整")
    pieces = [piece for part in parts for piece in films.pieces_of(part.body)]
    if any(piece.size < call.world.limits(DouyinLimits).part_min_bytes for piece in pieces[:-1]):
        raise refuse(call, 28001007, "除最后一片外，分片不能小于 5MB")
    video = _keep_film(call, account, pieces)
    for part in parts:
        store.delete(NAME, "part", part.id)
    store.delete(NAME, "upload", upload_id)
    return done(call, video=video)


@routes.on("POST", "/image/upload")
@routes.on("POST", f"{V1}/video/upload_image")
@with_user("video.create")
def upload_image(call: Call, account: Account) -> Response:
    data = _part(call, "image").data
    if len(data) > call.world.limits(DouyinLimits).image_max_bytes:
        raise refuse(call, 28001007, "图片太大")
    mime = _PICTURES.get(image_format(data) or "")
    if mime is None:
        raise refuse(call, 28001007, "图片格式不支持")
    width, height = image_size(data)
    number = call.world.store.count_up("douyin:image")
    image_id = f"tos-cn-i-{hashlib.sha256(f'{account.id}:image:{number}'.encode()).hexdigest()[:32]}"
    body = {"path": f"/douyin/img/{call.world.store.put_blob(mime, data)}"}
    call.world.store.put(NAME, Document("picture", image_id, account.id, call.now, body))
    return done(call, image={"image_id": image_id, "width": width, "height": height})


@routes.on("GET", "/img/{sha256}")
def picture(call: Call) -> Response:
    blob = call.world.store.blob(call.params["sha256"])
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


@routes.on("GET", "/play/{film}")
def play(call: Call) -> Response:
    film = call.world.store.get(NAME, "film", call.params["film"])
    if film is None:
        return PlainTextResponse("", 404)
    return StreamingResponse(films.play(call.world.store, films.pieces_of(film.body)), media_type=film.body["mime"])


def film_of(call: Call, account: Account, video_id: str) -> Document:
    """An uploaded film; 28001007 if the account has none such."""
    film = call.world.store.get(NAME, "film", video_id, account=account.id)
    if film is None:
        raise refuse(call, 28001007, "video_id 无效")
    return film


def picture_path(call: Call, account: Account, image_id: str) -> str:
    """Where an uploaded picture is shown; 28001007 if the account has none such."""
    found = call.world.store.get(NAME, "picture", image_id, account=account.id)
    if found is None:
        raise refuse(call, 28001007, "image_id 无效")
    return str(found.body["path"])


def _part(call: Call, name: str) -> Upload:
    upload = call.files.get(name)
    if upload is None:
        raise refuse(call, 28001007, f"缺少文件 {name}")
    if not upload.data:
        raise refuse(call, 28001007, f"文件 {name} 为空")
    return upload


def _open_upload(call: Call, account: Account) -> str:
    upload_id = call.query.get("upload_id", "")
    known = call.world.store.get(NAME, "upload", upload_id, account=account.id)
    if known is None or call.now >= known.created_at + call.world.limits(DouyinLimits).upload_seconds:
        raise refuse(call, 28001007, "upload_id 无效或已过期")
    return upload_id


def _keep_film(call: Call, account: Account, pieces: Sequence[films.Piece]) -> dict[str, Any]:
    """Take a film if it is one; what the platform tells of it."""
    limits = call.world.limits(DouyinLimits)
    if sum(piece.size for piece in pieces) > limits.video_max_bytes:
        raise refuse(call, 2190005)
    film = films.look(call.world.store, pieces)
    if film is None:
        raise refuse(call, 28001007, "视频格式不支持")
    if film.seconds > limits.video_max_seconds:
        raise refuse(call, 2114006)
    number = call.world.store.count_up("douyin:film")
    video_id = f"v0200f{hashlib.sha256(f'{account.id}:film:{number}'.encode()).hexdigest()[:26]}"
    body = {"pieces": films.written(pieces), "mime": film.mime, "seconds": film.seconds, "used": False}
    call.world.store.put(NAME, Document("film", video_id, account.id, call.now, body))
    return {"video_id": video_id, "width": film.width, "height": film.height}
