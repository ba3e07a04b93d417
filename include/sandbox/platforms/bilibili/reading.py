"""Reading from Bilibili: one archive or a list of them, the account, figures, and the page a viewer opens."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sandbox import films, pages
from sandbox.audience import Figures, uniform
from sandbox.platforms.bilibili import review
from sandbox.platforms.bilibili.archives import find_archive
from sandbox.platforms.bilibili.base import NAME, SOURCE, answer, refuse, routes, whole
from sandbox.platforms.bilibili.signing import signed
from sandbox.platforms.bilibili.webhooks import openid_of
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_FILTERS = {"all": None, "is_pubing": review.PENDING, "pubed": review.OPEN, "not_pubed": review.RETURNED}
_PAGE_MAX = 50


@routes.on("GET", "/arcopen/fn/archive/view")
@signed
def view(call: Call, account: Account) -> Response:
    archive = find_archive(call, account, call.query.get("resource_id"))
    return answer(_shown(call, review.look(call, archive)))


@routes.on("GET", "/arcopen/fn/archive/viewlist")
@signed
def viewlist(call: Call, account: Account) -> Response:
    size, number = whole(call.query, "ps", 20), whole(call.query, "pn", 1)
    status = call.query.get("status") or "all"
    if status not in _FILTERS or not 1 <= size <= _PAGE_MAX or number < 1:
        raise refuse(123008)
    wanted = _FILTERS[status]
    archives = [
        archive
        for archive in call.world.store.find(NAME, "archive", account=account.id)
        if not archive.body["deleted"] and wanted in (None, archive.body["state"])
    ]
    page = archives[(number - 1) * size : number * size]
    return answer(
        {
            "list": [_shown(call, archive) for archive in page],
            "page": {"pn": number, "ps": size, "total": len(archives)},
        }
    )


@routes.on("GET", "/arcopen/fn/user/account/info")
@signed
def account_info(_call: Call, account: Account) -> Response:
    return answer({"openid": openid_of(account), "name": account.name, "face": ""})


@routes.on("GET", "/arcopen/fn/data/user/stat")
@signed
def user_stat(call: Call, account: Account) -> Response:
    passed = sum(not post.deleted for post in call.world.store.posts(NAME, account.id))
    return answer({"following": 0, "follower": account.followers, "arc_passed_total": passed})


@routes.on("GET", "/arcopen/fn/data/arc/stat")
@signed
def archive_stat(call: Call, account: Account) -> Response:
    archive = find_archive(call, account, call.query.get("resource_id"))
    post = call.world.store.post(NAME, archive.id)
    figures = call.world.figures(post, call.now) if post else Figures()
    # Bullet comments outnumber the ones below a video, by a factor of its own for each.
    bullets = 1 + 2 * uniform(call.world.seed.audience, archive.id, "danmaku")
    return answer(
        {
            "title": archive.body["title"],
            "ptime": int(archive.body["ptime"]),
            "view": figures.read_count,
            "like": figures.likes,
            "coin": figures.zaikan,
            "favorite": figures.collects,
            "share": figures.shares,
            "danmaku": int(figures.comments * bullets),
            "reply": figures.comments,
        }
    )


@routes.on("GET", "/video/{bvid}")
def page(call: Call) -> Response:
    """What a viewer's link opens."""
    post = call.world.store.post(NAME, call.params["bvid"])
    return pages.post_page(call.world, post, markup=False, source=SOURCE, at=call.now)


@routes.on("GET", "/player.html")
def player(call: Call) -> Response:
    """What an embedding page shows: here the page itself."""
    post = call.world.store.post(NAME, call.query.get("bvid", ""))
    return pages.post_page(call.world, post, markup=False, source=SOURCE, at=call.now)


@routes.on("GET", "/video/{bvid}/play")
def play(call: Call) -> Response:
    """The film itself, as long as it is before the public."""
    post = call.world.store.post(NAME, call.params["bvid"])
    archive = call.world.store.get(NAME, "archive", call.params["bvid"])
    if post is None or post.deleted or archive is None:
        return PlainTextResponse("", 404)
    pieces = films.pieces_of(archive.body["video"])
    return StreamingResponse(films.play(call.world.store, pieces), media_type="video/mp4")


def _shown(call: Call, archive: Document) -> dict[str, Any]:
    body = archive.body
    return {
        "resource_id": archive.id,
        "title": body["title"],
        "desc": body["desc"],
        "cover": call.url(body["cover"]) if body["cover"] else "",
        "tid": body["tid"],
        "tag": body["tag"],
        "copyright": body["copyright"],
        "no_reprint": body["no_reprint"],
        "ctime": int(archive.created_at),
        "ptime": int(body["ptime"]),
        "addit_info": {
            "state": body["state"],
            "state_desc": review.STATES[body["state"]],
            "reject_reason": body["reason"],
        },
        "video_info": _video(call, archive) if body["state"] == review.OPEN else {},
    }


def _video(call: Call, archive: Document) -> dict[str, Any]:
    cid = archive.body["cid"]
    return {
        "cid": cid,
        "filename": hashlib.sha256(f"{archive.id}:{cid}".encode()).hexdigest()[:32],
        "duration": archive.body["video"]["seconds"],
        "share_url": call.url(f"{review.path_of(archive.id)}?share_source=open_plat"),
        "iframe_url": call.url(f"/{NAME}/player.html?bvid={archive.id}&cid={cid}&page=1"),
    }
