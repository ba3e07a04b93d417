"""WeChat's temporary media: pictures, voices, films and covers that are kept for three days."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.platforms.wechat.base import NAME, WeChatLimits, refuse, routes, with_token
from sandbox.platforms.wechat.uploads import media_type, taken
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call


@routes.on("POST", "/cgi-bin/media/upload")
@with_token
def upload(call: Call, account: Account) -> Response:
    kind = media_type(call)
    given, mime = taken(call, kind)
    number = call.world.store.count_up("wechat:media")
    media_id = "T" + hashlib.sha256(f"{account.id}:media:{number}".encode()).hexdigest()[:63]
    body = {"type": kind, "name": given.filename, "blob": call.world.store.put_blob(mime, given.data)}
    call.world.store.put(NAME, Document("media", media_id, account.id, call.now, body))
    name = "thumb_media_id" if kind == "thumb" else "media_id"
    return JSONResponse({"type": kind, name: media_id, "created_at": int(call.now)})


@routes.on("GET", "/cgi-bin/media/get")
@with_token
def get(call: Call, account: Account) -> Response:
    kept = call.world.store.get(NAME, "media", call.query.get("media_id", ""), account=account.id)
    if kept is None or call.now >= kept.created_at + call.world.limits(WeChatLimits).media_seconds:
        raise refuse(40007)
    if kept.body["type"] == "video":
        return JSONResponse({"video_url": call.url(f"/{NAME}/film/{kept.body['blob']}")})
    return as_file(call, kept)


@routes.on("GET", "/film/{blob}")
def film(call: Call) -> Response:
    """Where a film can be downloaded."""
    blob = call.world.store.blob(call.params["blob"])
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


def as_file(call: Call, kept: Document) -> Response:
    """A kept file as a download."""
    blob = call.world.store.blob(kept.body.get("blob", ""))
    if blob is None:
        raise refuse(40007)
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.body['name'], safe='')}"}
    return Response(blob[1], media_type=blob[0], headers=headers)
