"""WeChat material: pictures for article bodies (``uploadimg``) and what is kept for good: covers, voices and films."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.platforms.wechat.base import (
    NAME,
    done,
    page_of,
    read_json,
    refuse,
    routes,
    with_token,
)
from sandbox.platforms.wechat.media import as_file
from sandbox.platforms.wechat.uploads import PICTURES, body_picture, media_type, taken
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

# Where uploaded pictures are shown; the real host is mmbiz.qpic.cn.
PICTURE_PATH = "/wechat/mmbiz/"


@routes.on("POST", "/cgi-bin/media/uploadimg")
@with_token
def uploadimg(call: Call, account: Account) -> Response:
    upload, mime = body_picture(call)
    digest = call.world.store.put_blob(mime, upload.data)
    name = hashlib.sha256(f"{account.id}:{digest}".encode()).hexdigest()[:40]
    _keep(call, account, "picture", name, {"blob": digest})
    return JSONResponse({"url": call.url(f"{PICTURE_PATH}{name}/0")})


@routes.on("POST", "/cgi-bin/material/add_material")
@with_token
def add_material(call: Call, account: Account) -> Response:
    kind = media_type(call)
    described = _description(call) if kind == "video" else {}
    upload, mime = taken(call, kind)
    digest = call.world.store.put_blob(mime, upload.data)
    number = call.world.store.count_up("wechat:material")
    media_id = "M" + hashlib.sha256(f"{account.id}:material:{number}".encode()).hexdigest()[:42]
    body = {"type": kind, "name": upload.filename, "blob": digest, "path": "", **described}
    if kind in PICTURES:
        name = hashlib.sha256(media_id.encode()).hexdigest()[:40]
        _keep(call, account, "picture", name, {"blob": digest, "material": media_id})
        body["path"] = f"{PICTURE_PATH}{name}/0"
    _keep(call, account, "material", media_id, body)
    shown = {"url": call.url(body["path"])} if body["path"] else {}
    return JSONResponse({"media_id": media_id, **shown, "item": []})


@routes.on("POST", "/cgi-bin/material/get_material")
@with_token
def get_material(call: Call, account: Account) -> Response:
    media_id = str(read_json(call).get("media_id", ""))
    kept = call.world.store.get(NAME, "material", media_id, account=account.id)
    if kept is None:
        raise refuse(40007)
    if kept.body["type"] != "video":
        return as_file(call, kept)
    told = {"title": kept.body["title"], "description": kept.body["introduction"]}
    return JSONResponse({**told, "down_url": call.url(f"/{NAME}/film/{kept.body['blob']}")})


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
            "url": call.url(material.body["path"]) if material.body["path"] else "",
        }
        for material in page_of(body, kept)
    ]
    return JSONResponse({"item": items, "total_count": len(kept), "item_count": len(items)})


@routes.on("GET", "/cgi-bin/material/get_materialcount")
@with_token
def get_materialcount(call: Call, account: Account) -> Response:
    kept = Counter(material.body["type"] for material in call.world.store.find(NAME, "material", account=account.id))
    images = sum(kept[kind] for kind in PICTURES)
    return JSONResponse(
        {"voice_count": kept["voice"], "video_count": kept["video"], "image_count": images, "news_count": 0}
    )


@routes.on("POST", "/cgi-bin/material/del_material")
@with_token
def del_material(call: Call, account: Account) -> Response:
    media_id = str(read_json(call).get("media_id", ""))
    if call.world.store.get(NAME, "material", media_id, account=account.id) is None:
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


def is_picture(call: Call, account: Account, media_id: str) -> bool:
    """Whether an account's permanent material can stand over an article."""
    kept = call.world.store.get(NAME, "material", media_id, account=account.id)
    return kept is not None and kept.body["type"] in PICTURES


def material_url(call: Call, media_id: str) -> str:
    kept = call.world.store.get(NAME, "material", media_id)
    return call.url(kept.body["path"]) if kept else ""


def is_body_picture(call: Call, url: str) -> bool:
    """Whether a picture's address came from ``uploadimg`` (a cover's address does not count, as on WeChat)."""
    _, found, rest = url.partition(PICTURE_PATH)
    kept = call.world.store.get(NAME, "picture", rest.partition("/")[0]) if found else None
    return kept is not None and "material" not in kept.body


def _description(call: Call) -> dict[str, str]:
    """A film's title and introduction. The documents have them in the form; wechatpy sends them in the query."""
    try:
        given = json.loads(call.value("description") or "")
    except ValueError as cause:
        raise refuse(47001) from cause
    if not isinstance(given, dict):
        raise refuse(47001)
    return {name: str(given.get(name, "")) for name in ("title", "introduction")}


def _keep(call: Call, account: Account, kind: str, name: str, body: dict[str, str]) -> None:
    call.world.store.put(NAME, Document(kind, name, account.id, call.now, body))
