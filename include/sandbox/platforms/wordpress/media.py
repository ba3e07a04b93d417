"""WordPress media: uploads as a raw body with a Content-Disposition or as the multipart part ``file``."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    WordPressLimits,
    gmt_date,
    listing,
    local_date,
    params,
    picked,
    reader,
    refuse,
    routes,
    truthy,
    unless_overridden,
    writer,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Upload, image_format, image_size

_ALLOWED = re.compile(r"image/(jpeg|png|gif|webp)|video/mp4|audio/(mpeg|mp4)|application/pdf")
_FILENAME = re.compile(r"""filename\*?=(?:UTF-8'')?("([^"]*)"|[^;]+)""", re.I)
_TEXTS = ("title", "alt_text", "caption", "description")


@routes.on("POST", f"{BASE}/media")
def create(call: Call) -> Response:
    account = writer(call, "rest_cannot_create", "Sorry, you are not allowed to upload media on this site.")
    upload = call.files.get("file") or _raw_upload(call)
    mime = _checked_mime(call, upload)
    digest = call.world.store.put_blob(mime, upload.data)
    number = call.world.store.count_up("wordpress:id", start=101)
    body: dict[str, Any] = {
        "id": number,
        "blob": digest,
        "mime": mime,
        "filename": upload.filename,
        "title": PurePosixPath(upload.filename).stem,
        "size": len(upload.data),
        "dimensions": list(image_size(upload.data)) if mime.startswith("image/") else None,
    }
    body |= {name: str(value) for name, value in {**call.query, **call.form}.items() if name in _TEXTS}
    document = Document("media", str(number), account.id, call.now, body)
    call.world.store.put(NAME, document)
    headers = {"Location": call.url(f"/{NAME}{BASE}/media/{number}")}
    return JSONResponse(_show(call, document), 201, headers=headers)


@routes.on("GET", f"{BASE}/media")
def index(call: Call) -> Response:
    account = reader(call)
    found = call.world.store.find(NAME, "media", account=account.id if account else None)
    search = call.query.get("search", "")
    wanted = [document for document in found if search in document.body["title"]]
    return listing(call, wanted, lambda document: _show(call, document))


@routes.on("GET", f"{BASE}/media/{{id}}")
def show(call: Call) -> Response:
    return JSONResponse(picked(call, _show(call, _found(call, reader(call)))))


@routes.on("DELETE", f"{BASE}/media/{{id}}")
def delete(call: Call) -> Response:
    account = writer(call, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    document = _found(call, account)
    if not truthy(params(call).get("force", "")):
        raise refuse(501, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
    call.world.store.delete(NAME, "media", document.id)
    return JSONResponse({"deleted": True, "previous": _show(call, document)})


@routes.on("POST PUT PATCH", f"{BASE}/media/{{id}}")
@unless_overridden(delete)
def update(call: Call) -> Response:
    account = writer(call, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    document = _found(call, account)
    changes = {name: str(value) for name, value in params(call).items() if name in _TEXTS}
    changed = Document("media", document.id, account.id, document.created_at, {**document.body, **changes})
    call.world.store.put(NAME, changed)
    return JSONResponse(_show(call, changed))


@routes.on("GET", "/wp-content/uploads/{id}/{filename}")
def content(call: Call) -> Response:
    document = call.world.store.get(NAME, "media", call.params["id"])
    blob = call.world.store.blob(document.body["blob"]) if document else None
    return Response(blob[1], media_type=blob[0]) if blob else PlainTextResponse("", 404)


def _raw_upload(call: Call) -> Upload:
    if not call.body or call.files or call.form:
        raise refuse(400, "rest_upload_no_data", "No data supplied.")
    disposition = call.headers.get("content-disposition")
    if not disposition:
        raise refuse(400, "rest_upload_no_content_disposition", "No Content-Disposition supplied.")
    match = _FILENAME.search(disposition)
    name = unquote((match[2] or match[1]).strip()) if match else ""
    if not name:
        raise refuse(
            400,
            "rest_upload_invalid_disposition",
            "Invalid Content-Disposition supplied. Content-Disposition needs to be formatted as "
            '`attachment; filename="image.png"` or similar.',
        )
    return Upload(PurePosixPath(name).name, call.headers.get("content-type", ""), call.body)


def _checked_mime(call: Call, upload: Upload) -> str:
    if not upload.data:
        raise refuse(400, "rest_upload_no_data", "No data supplied.")
    if len(upload.data) > call.world.limits(WordPressLimits).media_max_bytes:
        raise refuse(413, "rest_upload_file_too_big", "This file is too big.")
    mime = mimetypes.guess_type(upload.filename)[0] or upload.mime.partition(";")[0]
    real = image_format(upload.data) if mime.startswith("image/") else None
    if not _ALLOWED.fullmatch(mime) or (mime.startswith("image/") and real is None):
        raise refuse(500, "rest_upload_unknown_error", "Sorry, you are not allowed to upload this file type.")
    return f"image/{real.lower()}" if real else mime


def _found(call: Call, account: Account | None) -> Document:
    document = call.world.store.get(NAME, "media", call.params["id"], account=account.id if account else None)
    if document is None:
        raise refuse(404, "rest_post_invalid_id", "Invalid post ID.")
    return document


def media_of(call: Call, account: Account | None, number: int) -> dict[str, Any] | None:
    """An uploaded file as its interface shows it, if there is one with this number."""
    document = call.world.store.get(NAME, "media", str(number), account=account.id if account else None)
    return _show(call, document) if document else None


def _show(call: Call, document: Document) -> dict[str, Any]:
    body = document.body
    source = call.url(f"/{NAME}/wp-content/uploads/{body['id']}/{body['filename']}")
    edit = call.method != "GET" or call.query.get("context") == "edit"

    def text(value: str) -> dict[str, str]:
        return {"rendered": value, **({"raw": value} if edit else {})}

    return {
        "id": body["id"],
        "date": local_date(document.created_at),
        "date_gmt": gmt_date(document.created_at),
        "guid": text(source),
        "modified": local_date(document.created_at),
        "modified_gmt": gmt_date(document.created_at),
        "slug": f"media-{body['id']}",
        "status": "inherit",
        "type": "attachment",
        "link": source,
        "title": text(body["title"]),
        "author": 1,
        "featured_media": 0,
        "comment_status": "open",
        "ping_status": "closed",
        "template": "",
        "meta": [],
        "alt_text": body.get("alt_text", ""),
        "caption": text(body.get("caption", "")),
        "description": text(body.get("description", "")),
        "media_type": "image" if body["mime"].startswith("image/") else "file",
        "mime_type": body["mime"],
        "media_details": _details(body, source),
        "post": None,
        "source_url": source,
        "_links": {"self": [{"href": call.url(f"/{NAME}{BASE}/media/{body['id']}")}]},
    }


def _details(body: Mapping[str, Any], source: str) -> dict[str, Any]:
    if not body["dimensions"]:
        return {"filesize": body["size"], "sizes": {}}
    width, height = body["dimensions"]
    size = {"file": body["filename"], "width": width, "height": height}
    full = {**size, "mime_type": body["mime"], "source_url": source}
    return {**size, "filesize": body["size"], "sizes": {"full": full}}
