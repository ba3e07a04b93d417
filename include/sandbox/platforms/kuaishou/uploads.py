"""Kuaishou's upload gateway: a film in one request or in fragments, under the token that ``start_upload`` gave.

The real gateway is a host of its own, reached as ``http://{endpoint}/api/upload…``. Here the endpoint is the host and
port by which the caller reached the sandbox, which answers these paths at its root as well as below ``/kuaishou``.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sandbox import films
from sandbox.platforms.kuaishou.base import (
    BAD_PARAMETER,
    DENIED,
    MISSING,
    NAME,
    NOT_UPLOADED,
    KuaishouLimits,
    done,
    refuse,
    routes,
    whole,
    with_user,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_FRAGMENTS_MAX = 10_000


@routes.on("POST", "/openapi/photo/start_upload")
@with_user("user_video_publish")
def start_upload(call: Call, account: Account) -> Response:
    number = call.world.store.count_up("kuaishou:upload")
    seed = hashlib.sha256(f"{account.id}:kuaishou-upload:{number}".encode()).digest()
    token = base64.urlsafe_b64encode(seed).decode().rstrip("=")
    body = {"pieces": [], "used": False}
    call.world.store.put(NAME, Document("upload", token, account.id, call.now, body))
    return done(upload_token=token, endpoint=urlsplit(call.base_url).netloc)


@routes.on("POST", "/api/upload")
def upload(call: Call) -> Response:
    return _whole_film(call, _open_upload(call), call.body)


@routes.on("POST", "/api/upload/multipart")
def upload_multipart(call: Call) -> Response:
    opened, part = _open_upload(call), call.files.get("file")
    if part is None:
        raise refuse(BAD_PARAMETER, "缺少文件 file")
    return _whole_film(call, opened, part.data)


@routes.on("POST", "/api/upload/fragment")
def upload_fragment(call: Call) -> Response:
    opened, number = _open_upload(call), whole(call, "fragment_id")
    if number >= _FRAGMENTS_MAX:
        raise refuse(BAD_PARAMETER, "fragment_id 太大")
    if not call.body or len(call.body) > call.world.limits(KuaishouLimits).fragment_max_bytes:
        raise refuse(BAD_PARAMETER, "分片为空或超过 10MB")
    piece = films.keep(call.world.store, call.body)
    body = {"upload": opened.id, "number": number, "pieces": films.written([piece])}
    call.world.store.put(NAME, Document("fragment", f"{opened.id}:{number}", opened.account, call.now, body))
    # The platform gives 32 hexadecimal digits as the checksum; MD5 is the likely reading.
    checksum = hashlib.md5(call.body, usedforsecurity=False).hexdigest()
    return done(checksum=checksum, size=piece.size)


@routes.on("GET", "/api/upload/resume")
def upload_resume(call: Call) -> Response:
    """How far an upload has come: ``fragment_index`` is the last id up to which nothing is missing, -1 for none."""
    fragments = _fragments(call, _open_upload(call))
    numbers = [int(fragment.body["number"]) for fragment in fragments]
    unbroken = next((place for place, number in enumerate(numbers) if place != number), len(numbers))
    pieces = [piece for fragment in fragments[:unbroken] for piece in films.pieces_of(fragment.body)]
    return done(
        existed=bool(numbers),
        fragment_index=unbroken - 1,
        fragment_list=numbers,
        fragment_index_bytes=sum(piece.size for piece in pieces),
    )


@routes.on("POST", "/api/upload/complete")
def upload_complete(call: Call) -> Response:
    opened, count = _open_upload(call), whole(call, "fragment_count")
    if opened.body["pieces"]:
        # Completed before, and the answer got lost.
        return done()
    fragments = _fragments(call, opened)
    numbers = [int(fragment.body["number"]) for fragment in fragments]
    if not count or len(numbers) != count or numbers != list(range(len(numbers))):
        raise refuse(NOT_UPLOADED, "分片不完整")
    _keep(call, opened, [piece for fragment in fragments for piece in films.pieces_of(fragment.body)])
    for fragment in fragments:
        call.world.store.delete(NAME, "fragment", fragment.id)
    return done()


@routes.on("GET", "/play/{photo}")
def play(call: Call) -> Response:
    """The film that a play_url opens."""
    photo = call.world.store.get(NAME, "photo", call.params["photo"].removesuffix(".mp4"))
    if photo is None:
        return PlainTextResponse("", 404)
    return StreamingResponse(films.play(call.world.store, films.pieces_of(photo.body)), media_type=photo.body["mime"])


def finished_upload(call: Call, account: Account) -> Document:
    """The upload that a publishing call names; 100120002 if no film has come under its token."""
    token = call.query.get("upload_token")
    if not token:
        raise refuse(MISSING)
    opened = call.world.store.get(NAME, "upload", token, account=account.id)
    if opened is None or not opened.body["pieces"]:
        raise refuse(NOT_UPLOADED)
    return opened


def mark_used(call: Call, opened: Document) -> None:
    _put(call, opened, used=True)


def _open_upload(call: Call) -> Document:
    token = call.query.get("upload_token")
    if not token:
        raise refuse(MISSING)
    opened = call.world.store.get(NAME, "upload", token)
    if opened is None or call.now >= opened.created_at + call.world.limits(KuaishouLimits).upload_seconds:
        raise refuse(DENIED, "upload_token 无效或已过期")
    return opened


def _whole_film(call: Call, opened: Document, data: bytes) -> Response:
    if not data or len(data) > call.world.limits(KuaishouLimits).direct_max_bytes:
        raise refuse(BAD_PARAMETER, "文件为空，或超过 10MB 应分片上传")
    _keep(call, opened, [films.keep(call.world.store, data)])
    return done()


def _fragments(call: Call, opened: Document) -> list[Document]:
    """What has come of an upload, by number."""
    kept = call.world.store.find(NAME, "fragment", account=opened.account)
    mine = [fragment for fragment in kept if fragment.body["upload"] == opened.id]
    return sorted(mine, key=lambda fragment: int(fragment.body["number"]))


def _keep(call: Call, opened: Document, pieces: Sequence[films.Piece]) -> None:
    """Take a film under an upload's token if it is one."""
    limits = call.world.limits(KuaishouLimits)
    film = films.look(call.world.store, pieces)
    if film is None:
        raise refuse(BAD_PARAMETER, "视频格式不支持")
    if sum(piece.size for piece in pieces) > limits.video_max_bytes or film.seconds > limits.video_max_seconds:
        raise refuse(BAD_PARAMETER, "视频太大或太长")
    _put(call, opened, pieces=films.written(pieces), mime=film.mime)


def _put(call: Call, opened: Document, **changes: Any) -> None:
    body = {**opened.body, **changes}
    call.world.store.put(NAME, Document(opened.kind, opened.id, opened.account, opened.created_at, body))
