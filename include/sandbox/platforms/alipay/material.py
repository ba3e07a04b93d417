"""Alipay's uploaded pictures: their ids, and the addresses that covers have to come from."""

from __future__ import annotations

import hashlib

from starlette.responses import PlainTextResponse, Response

from sandbox.platforms.alipay.base import NAME, AlipayLimits, invalid, refuse, routes
from sandbox.platforms.alipay.gateway import Fields, interface, text_of
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, image_format, image_size

_PATH = f"/{NAME}/material/"
_MIME = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "BMP": "image/bmp"}
_TYPES = {"jpg": "JPEG", "jpeg": "JPEG", "png": "PNG", "gif": "GIF", "bmp": "BMP"}


@interface("alipay.offline.material.image.upload", plain=True)
def upload(call: Call, account: Account, fields: Fields) -> Fields:
    name, kind = text_of(call, fields, "image_name"), text_of(call, fields, "image_type").lower()
    if kind not in _TYPES:
        raise refuse(call, "isv.invalid-file-extension")
    given = call.files.get("image_content")
    if given is None or not given.data:
        raise invalid(call, "image_content")
    if len(given.data) > call.world.limits(AlipayLimits).material_max_bytes:
        raise refuse(call, "isv.invalid-file-size")
    actual = image_format(given.data)
    if actual is None or actual != _TYPES[kind]:
        raise refuse(call, "isv.upload-fail")
    image = keep_image(call, account, name, given.data, actual)
    return {"image_id": image.id, "image_url": call.url(image_path(image))}


@routes.on("GET", "/material/{image_id}")
def picture(call: Call) -> Response:
    kept = call.world.store.get(NAME, "image", call.params["image_id"])
    blob = call.world.store.blob(kept.body["blob"]) if kept else None
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


def keep_image(call: Call, account: Account, name: str, data: bytes, kind: str) -> Document:
    """Keep a picture whose format (Pillow's name) is known."""
    number = call.world.store.count_up("alipay:material")
    image_id = hashlib.sha256(f"{account.credentials['app_id']}:image:{number}".encode()).hexdigest()[:32]
    width, height = image_size(data)
    body = {
        "name": name,
        "blob": call.world.store.put_blob(_MIME[kind], data),
        "format": kind,
        "width": width,
        "height": height,
        "bytes": len(data),
    }
    image = Document("image", image_id, account.id, call.now, body)
    call.world.store.put(NAME, image)
    return image


def image_at(call: Call, account: Account, url: str) -> Document | None:
    """The picture this account uploaded, by its address."""
    _, found, image_id = url.rpartition(_PATH)
    return call.world.store.get(NAME, "image", image_id, account=account.id) if found else None


def image_path(image: Document) -> str:
    return _PATH + image.id
