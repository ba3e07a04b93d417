"""WeChat material: pictures for article bodies (``uploadimg``) and permanent covers (``add_material``)."""

from __future__ import annotations

import hashlib

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.platforms.wechat.base import (
    NAME,
    WeChatLimits,
    done,
    page_of,
    read_json,
    refuse,
    routes,
    with_token,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Upload, image_format

# Where uploaded pictures are shown; the real host is mmbiz.qpic.cn.
PICTURE_PATH = "/wechat/mmbiz/"

_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_FORMATS = {"image": ("JPEG", "PNG", "GIF", "BMP"), "thumb": ("JPEG",)}


@routes.on("POST", "/cgi-bin/media/uploadimg")
@with_token
def uploadimg(call: Call, account: Account) -> Response:
    limits = call.world.limits(WeChatLimits)
    upload, mime = _picture(call, ("JPEG", "PNG"), limits.uploadimg_max_bytes)
    digest = call.world.store.put_blob(mime, upload.data)
    name = hashlib.sha256(f"{account.id}:{digest}".encode()).hexdigest()[:40]
    _keep(call, account, "picture", name, {"blob": digest})
    return JSONResponse({"url": call.url(f"{PICTURE_PATH}{name}/0")})


@routes.on("POST", "/cgi-bin/material/add_material")
@with_token
def add_material(call: Call, account: Account) -> Response:
    kind = call.query.get("type") or call.form.get("type") or ""
    if kind not in _FORMATS:
        raise refuse(40004)
    limits = call.world.limits(WeChatLimits)
    maximum = limits.image_max_bytes if kind == "image" else limits.thumb_max_bytes
    upload, mime = _picture(call, _FORMATS[kind], maximum)
    digest = call.world.store.put_blob(mime, upload.data)
    number = call.world.store.count_up("wechat:material")
    media_id = "M" + hashlib.sha256(f"{account.id}:material:{number}".encode()).hexdigest()[:42]
    name = hashlib.sha256(media_id.encode()).hexdigest()[:40]
    _keep(call, account, "picture", name, {"blob": digest, "material": media_id})
    url_path = f"{PICTURE_PATH}{name}/0"
    _keep(call, account, "material", media_id, {"type": kind, "name": upload.filename, "path": url_path})
    return JSONResponse({"media_id": media_id, "url": call.url(url_path), "item": []})


@routes.on("POST", "/cgi-bin/material/batchget_material")
@with_token
def batchget_material(call: Call, account: Account) -> Response:
    body = read_json(call)
    kept = [
        m for m in call.world.store.find(NAME, "material", account=account.id) if m.body["type"] == body.get("type")
    ]
    items = [
        {
            "media_id": material.id,
            "name": material.body["name"],
            "update_time": int(material.created_at),
            "url": call.url(material.body["path"]),
        }
        for material in page_of(body, kept)
    ]
    return JSONResponse({"item": items, "total_count": len(kept), "item_count": len(items)})


@routes.on("GET", "/cgi-bin/material/get_materialcount")
@with_token
def get_materialcount(call: Call, account: Account) -> Response:
    images = len(call.world.store.find(NAME, "material", account=account.id))
    return JSONResponse({"voice_count": 0, "video_count": 0, "image_count": images, "news_count": 0})


@routes.on("POST", "/cgi-bin/material/del_material")
@with_token
def del_material(call: Call, account: Account) -> Response:
    media_id = str(read_json(call).get("media_id", ""))
    if not has_material(call, account, media_id):
        raise refuse(40007)
    call.world.store.delete(NAME, "material", media_id)
    return done()


@routes.on("GET", "/mmbiz/{name}/{size}")
def picture(call: Call) -> Response:
    kept = call.world.store.get(NAME, "picture", call.params["name"])
    blob = call.world.store.blob(kept.body["blob"]) if kept else None
    if blob is None:
        return PlainTextResponse("", 404)
    return Response(blob[1], media_type=blob[0])


def has_material(call: Call, account: Account, media_id: str) -> bool:
    return call.world.store.get(NAME, "material", media_id, account=account.id) is not None


def material_url(call: Call, media_id: str) -> str:
    kept = call.world.store.get(NAME, "material", media_id)
    return call.url(kept.body["path"]) if kept else ""


def is_body_picture(call: Call, url: str) -> bool:
    """Whether a picture's address came from ``uploadimg`` (a cover's address does not count, as on WeChat)."""
    _, found, rest = url.partition(PICTURE_PATH)
    kept = call.world.store.get(NAME, "picture", rest.partition("/")[0]) if found else None
    return kept is not None and "material" not in kept.body


def _picture(call: Call, formats: tuple[str, ...], max_bytes: int) -> tuple[Upload, str]:
    upload = call.files.get("media")
    if upload is None:
        raise refuse(41005)
    if not upload.data:
        raise refuse(44001)
    if len(upload.data) > max_bytes:
        raise refuse(40009)
    actual = image_format(upload.data)
    if actual is None:
        raise refuse(40137)
    if actual not in formats:
        raise refuse(40005)
    return upload, _MIME[actual]


def _keep(call: Call, account: Account, kind: str, name: str, body: dict[str, str]) -> None:
    call.world.store.put(NAME, Document(kind, name, account.id, call.now, body))
