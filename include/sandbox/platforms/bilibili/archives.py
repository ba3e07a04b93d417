"""Bilibili's archives (稿件): submitting an uploaded video with its words, editing and deleting it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from sandbox.clock import shanghai_day
from sandbox.platforms.bilibili import review
from sandbox.platforms.bilibili.base import NAME, BilibiliLimits, answer, read_json, refuse, routes, whole
from sandbox.platforms.bilibili.regions import NAMES
from sandbox.platforms.bilibili.signing import signed
from sandbox.platforms.bilibili.uploads import cover_path, find_upload
from sandbox.seed import Account
from sandbox.store import Document, content_hash
from sandbox.wire import Call

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_ORIGINAL, _REPRINT = 1, 2
_EDITABLE = ("title", "cover", "tid", "no_reprint", "desc", "tag", "copyright", "source")


@routes.on("POST", "/arcopen/fn/archive/add-by-utoken")
@signed
def add(call: Call, account: Account) -> Response:
    upload = find_upload(call, account)
    if upload.body["video"] is None:
        raise refuse(123040)
    words = _words(call, account, read_json(call))
    call.world.store.note_attempt(NAME, account.id, content_hash(words["title"], words["desc"]))
    _check_pace(call, account, words["title"])
    resource_id, cid = _fresh_id(call)
    body = {**words, "cid": cid, "video": upload.body["video"], "ptime": 0, "deleted": False}
    review.submit(call, account, resource_id, body, call.now)
    return answer({"resource_id": resource_id})


@routes.on("POST", "/arcopen/fn/archive/edit")
@signed
def edit(call: Call, account: Account) -> Response:
    given = read_json(call)
    archive = find_archive(call, account, given.get("resource_id"))
    if archive.body["state"] == review.PENDING:
        raise refuse(123028)
    cover = call.url(archive.body["cover"]) if archive.body["cover"] else ""
    merged = {**archive.body, "cover": cover, **{name: given[name] for name in _EDITABLE if name in given}}
    words = _words(call, account, merged)
    call.world.store.note_attempt(NAME, account.id, content_hash(words["title"], words["desc"]))
    if archive.body["state"] == review.RETURNED:
        review.submit(call, account, archive.id, {**archive.body, **words}, archive.created_at)
    else:
        edited = review.changed(archive, **words)
        call.world.store.put(NAME, edited)
        review.show(call.world, account, edited)
    return answer({"resource_id": archive.id})


@routes.on("POST", "/arcopen/fn/archive/delete")
@signed
def delete(call: Call, account: Account) -> Response:
    archive = find_archive(call, account, read_json(call).get("resource_id"))
    body = {**archive.body, "deleted": True}
    # Without a time that is due: the review of what is gone must not bring it back.
    call.world.store.put(NAME, Document("archive", archive.id, account.id, archive.created_at, body))
    call.world.store.mark_deleted(NAME, archive.id)
    return answer()


def find_archive(call: Call, account: Account, resource_id: object) -> Document:
    """An archive of this account: 123004 if there is none, 123005 if it is gone, 123001 if it is another's."""
    if not isinstance(resource_id, str) or not resource_id:
        raise refuse(123008)
    archive = call.world.store.get(NAME, "archive", resource_id)
    if archive is None:
        raise refuse(123004)
    if archive.account != account.id:
        raise refuse(123001)
    if archive.body["deleted"]:
        raise refuse(123005)
    return archive


def _words(call: Call, account: Account, given: Mapping[str, Any]) -> dict[str, Any]:
    """Everything about an archive but its video, checked; ``cover`` as a path on the sandbox, "" without one."""
    limits = call.world.limits(BilibiliLimits)
    words: dict[str, Any] = {
        "title": _title(given.get("title"), limits),
        "desc": _desc(given.get("desc"), limits),
        "tag": _tag(given.get("tag"), limits),
        "tid": _tid(given.get("tid")),
        "no_reprint": whole(given, "no_reprint", 0),
        "copyright": whole(given, "copyright"),
        "source": str(given.get("source") or "").strip(),
        "cover": _cover(call, account, given.get("cover")),
    }
    if words["no_reprint"] not in (0, 1) or words["copyright"] not in (_ORIGINAL, _REPRINT):
        raise refuse(123008)
    if words["copyright"] == _REPRINT and not words["source"]:
        raise refuse(123016)
    said = " ".join((words["title"], words["desc"], words["tag"]))
    if any(word in said for word in limits.forbidden_words):
        raise refuse(123024)
    return words


def _title(value: object, limits: BilibiliLimits) -> str:
    if not isinstance(value, str) or not value.strip():
        raise refuse(123013)
    if len(value) > limits.title_max:
        raise refuse(123030)
    return value


def _desc(value: object, limits: BilibiliLimits) -> str:
    if value is not None and not isinstance(value, str):
        raise refuse(123014)
    if len(value or "") > limits.desc_max:
        raise refuse(123018)
    return value or ""


def _tag(value: object, limits: BilibiliLimits) -> str:
    if not isinstance(value, str) or len(value) > limits.tag_max:
        raise refuse(123012)
    if not all(part.strip() for part in value.split(",")):
        raise refuse(123012)
    return value


def _tid(value: object) -> int:
    tid = whole({"tid": value}, "tid")
    if tid not in NAMES:
        raise refuse(123009)
    return tid


def _cover(call: Call, account: Account, value: object) -> str:
    if value in (None, ""):
        return ""
    path = cover_path(call, account, value) if isinstance(value, str) else None
    if path is None:
        raise refuse(123008)
    return path


def _check_pace(call: Call, account: Account, title: str) -> None:
    limits = call.world.limits(BilibiliLimits)
    mine = call.world.store.find(NAME, "archive", account=account.id)
    if any(archive.created_at > call.now - limits.min_interval_seconds for archive in mine):
        raise refuse(123026)
    if any(
        archive.body["title"] == title and archive.created_at > call.now - limits.same_title_seconds
        for archive in mine
        if not archive.body["deleted"]
    ):
        raise refuse(123015)
    today = shanghai_day(call.now)
    if sum(shanghai_day(archive.created_at) == today for archive in mine) >= limits.adds_per_day:
        raise refuse(123029)


def _fresh_id(call: Call) -> tuple[str, int]:
    """A BV number as long as real ones, and the number of its video."""
    number = call.world.store.count_up("bilibili:archive")
    drawn = int.from_bytes(hashlib.sha256(f"bilibili:{number}".encode()).digest()[:9])
    digits = ""
    for _ in range(9):
        drawn, place = divmod(drawn, len(_ALPHABET))
        digits += _ALPHABET[place]
    return f"BV1{digits}", 26_300_000_000 + number * 7919
