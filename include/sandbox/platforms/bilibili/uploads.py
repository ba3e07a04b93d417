"""Bilibili's uploads: a video in parts or at once on the upload host, and the cover."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from starlette.responses import PlainTextResponse, Response

from sandbox import films
from sandbox.platforms.bilibili.base import (
    NAME,
    UPLOAD_PREFIX,
    BilibiliLimits,
    answer,
    read_json,
    refuse,
    routes,
    whole,
)
from sandbox.platforms.bilibili.signing import signed
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, image_format, image_size

PARTS, SINGLE = "0", "1"
_MP4 = "video/mp4"
_COVERS = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png")}
_COVER_PATH = f"/{NAME}/bfs/archive/"


@routes.on("POST", "/arcopen/fn/archive/video/init")
@signed
def init(call: Call, account: Account) -> Response:
    given = read_json(call)
    name, kind = given.get("name"), str(given.get("utype", PARTS))
    if not isinstance(name, str) or not name.strip() or kind not in (PARTS, SINGLE):
        raise refuse(123008)
    number = call.world.store.count_up("bilibili:upload")
    token = hashlib.sha256(f"{account.credentials['client_secret']}:upload:{number}".encode()).hexdigest()
    body: dict[str, Any] = {"name": name[:200], "utype": kind, "parts": {}, "video": None}
    call.world.store.put(NAME, Document("upload", token, account.id, call.now, body))
    return answer({"upload_token": token})


@routes.on("POST", f"{UPLOAD_PREFIX}/video/v2/part/upload")
def part_upload(call: Call) -> Response:
    upload = _upload(call, PARTS)
    limits = call.world.limits(BilibiliLimits)
    number = whole(call.query, "part_number")
    if not 1 <= number <= limits.parts_max or not 1 <= len(call.body) <= limits.part_bytes:
        raise refuse(123008)
    piece = films.keep(call.world.store, call.body)
    _change(call, upload, parts={**upload.body["parts"], str(number): films.written([piece])[0]})
    return answer()


@routes.on("POST", f"{UPLOAD_PREFIX}/video/v2/upload")
def single_upload(call: Call) -> Response:
    upload = _upload(call, SINGLE)
    if not 1 <= len(call.body) <= call.world.limits(BilibiliLimits).single_max_bytes:
        raise refuse(123008)
    _change(call, upload, video=_judged(call, [films.keep(call.world.store, call.body)]))
    return answer()


@routes.on("POST", "/arcopen/fn/archive/video/complete")
@signed
def complete(call: Call, account: Account) -> Response:
    upload = find_upload(call, account)
    if upload.body["video"] is None:
        _change(call, upload, video=_judged(call, _joined(call, upload)))
    return answer()


@routes.on("POST", "/arcopen/fn/archive/cover/upload")
@signed
def cover_upload(call: Call, account: Account) -> Response:
    limits = call.world.limits(BilibiliLimits)
    upload = call.files.get("file")
    if upload is None or not upload.data or len(upload.data) > limits.cover_max_bytes:
        raise refuse(123008)
    actual = image_format(upload.data)
    if actual == "GIF":
        raise refuse(123038)
    if actual not in _COVERS:
        raise refuse(123008)
    if any(have < least for have, least in zip(image_size(upload.data), limits.cover_min_size, strict=True)):
        raise refuse(123008)
    mime, ending = _COVERS[actual]
    digest = call.world.store.put_blob(mime, upload.data)
    name = hashlib.sha256(f"{account.id}:{digest}".encode()).hexdigest()[:40] + f".{ending}"
    call.world.store.put(NAME, Document("cover", name, account.id, call.now, {"blob": digest}))
    return answer({"url": call.url(_COVER_PATH + name)})


@routes.on("GET", "/bfs/archive/{name}")
def cover(call: Call) -> Response:
    kept = call.world.store.get(NAME, "cover", call.params["name"])
    blob = call.world.store.blob(kept.body["blob"]) if kept else None
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


def cover_path(call: Call, account: Account, url: str) -> str | None:
    """The path of a cover this account has uploaded, by its address; None for any other address."""
    _, found, name = url.rpartition(_COVER_PATH)
    known = found and call.world.store.get(NAME, "cover", name, account=account.id)
    return _COVER_PATH + name if known else None


def find_upload(call: Call, account: Account) -> Document:
    """The upload the call's token names; 127022 if it names none of this account's, or one that is too old."""
    upload = call.world.store.get(NAME, "upload", call.query.get("upload_token", ""), account=account.id)
    if upload is None or _is_old(call, upload):
        raise refuse(127022)
    return upload


def _upload(call: Call, kind: str) -> Document:
    """The unfinished upload a call to the upload host is for; the token alone opens it."""
    upload = call.world.store.get(NAME, "upload", call.query.get("upload_token", ""))
    if upload is None or _is_old(call, upload):
        raise refuse(127022)
    if upload.body["utype"] != kind or (kind == PARTS and upload.body["video"] is not None):
        raise refuse(123008)
    return upload


def _is_old(call: Call, upload: Document) -> bool:
    return call.now > upload.created_at + call.world.limits(BilibiliLimits).upload_token_seconds


def _change(call: Call, upload: Document, **changes: Any) -> None:
    body = {**upload.body, **changes}
    call.world.store.put(NAME, Document("upload", upload.id, upload.account, upload.created_at, body))


def _joined(call: Call, upload: Document) -> list[films.Piece]:
    """The whole file: parts 1, 2, 3 … without a gap, all of one size but the last, which may be smaller."""
    limits, parts = call.world.limits(BilibiliLimits), upload.body["parts"]
    numbers = [str(number) for number in range(1, len(parts) + 1)]
    if not numbers or any(number not in parts for number in numbers):
        raise refuse(123040)
    pieces = films.pieces_of({"pieces": [parts[number] for number in numbers]})
    if any(piece.size != pieces[0].size for piece in pieces[:-1]) or pieces[-1].size > pieces[0].size:
        raise refuse(123008)
    if sum(piece.size for piece in pieces) > limits.video_max_bytes:
        raise refuse(123008)
    return pieces


def _judged(call: Call, pieces: Sequence[films.Piece]) -> dict[str, Any]:
    """What is kept of a video; 123006 for what is no MP4 or plays too long."""
    film = films.look(call.world.store, pieces)
    if film is None or film.mime != _MP4 or film.seconds > call.world.limits(BilibiliLimits).video_max_seconds:
        raise refuse(123006)
    return {"pieces": films.written(pieces), "seconds": round(film.seconds)}
