"""Alipay's messages to followers: mass messages, published contents, life messages; sending, asking, recalling."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from starlette.responses import Response

from sandbox import faults, pages
from sandbox.clock import shanghai, shanghai_day
from sandbox.platforms.alipay.base import NAME, SOURCE, AlipayLimits, fresh_id, invalid, refuse, routes
from sandbox.platforms.alipay.contents import check_words, content_at, content_path, quality
from sandbox.platforms.alipay.gateway import Fields, interface, optional, text_of
from sandbox.platforms.alipay.material import image_at, image_path, keep_image
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call, image_format
from sandbox.world import World

STATES = {"RUNNING": "正在处理中", "SUCCESS": "发送成功", "FAILURE": "发送失败", "RECALLED": "撤回成功"}
_MASS, _CONTENT, _LIFE = "mass", "content", "life"
_LIFE_COVERS = ("JPEG", "BMP")
_SCHEMES = ("http", "https", "alipays")


# --- sending --------------------------------------------------------------------------------------------------------


@interface("alipay.open.public.message.total.send")
def total_send(call: Call, account: Account, fields: Fields) -> Fields:
    kind = text_of(call, fields, "msg_type")
    if kind not in ("text", "image-text"):
        raise invalid(call, "msg_type")
    items = [_text(call, fields)] if kind == "text" else _articles(call, account, fields)
    _note(call, account, items)
    used = call.world.store.count_up(f"quota:{NAME}:{account.id}:total:{shanghai_day(call.now)}")
    if used > call.world.limits(AlipayLimits).total_sends_per_day:
        raise refuse(call, "PUB.MSG_BATCH_SD_OVER")
    return {"message_id": _send(call, account, _MASS, items)}


@interface("alipay.open.public.content.publish")
def content_publish(call: Call, account: Account, fields: Fields) -> Fields:
    text_of(call, fields, "source")
    item = {
        "title": text_of(call, fields, "title"),
        "desc": optional(call, fields, "desc"),
        "text": text_of(call, fields, "content"),
        "url": _address(call, fields, "action_url"),
        "picture": _picture(call, account, optional(call, fields, "cover_img")),
    }
    return {"message_id": _once(call, account, _CONTENT, text_of(call, fields, "article_id"), item)}


@interface("alipay.open.public.life.msg.send", plain=True)
def life_send(call: Call, account: Account, fields: Fields) -> Fields:
    for name in ("category", "msg_type"):
        text_of(call, fields, name)
    item = {
        "title": text_of(call, fields, "title"),
        "desc": optional(call, fields, "desc"),
        "text": text_of(call, fields, "content"),
        "url": "",
        "picture": _life_cover(call, account),
    }
    return {"alipay_msg_id": _once(call, account, _LIFE, optional(call, fields, "unique_msg_id"), item)}


def _text(call: Call, fields: Fields) -> dict[str, Any]:
    given = fields.get("text")
    if not isinstance(given, dict):
        raise invalid(call, "text")
    words = {"title": optional(call, given, "title"), "text": text_of(call, given, "content")}
    return {**words, "desc": "", "url": "", "picture": ""}


def _articles(call: Call, account: Account, fields: Fields) -> list[dict[str, Any]]:
    given = fields.get("articles")
    if not isinstance(given, list) or not 1 <= len(given) <= call.world.limits(AlipayLimits).articles_max:
        raise invalid(call, "articles")
    return [_article(call, account, entry, first=index == 0) for index, entry in enumerate(given)]


def _article(call: Call, account: Account, given: object, *, first: bool) -> dict[str, Any]:
    """One item. One that links to a content of the account shows that content; any other shows its description."""
    if not isinstance(given, dict):
        raise invalid(call, "articles")
    desc, image_url = text_of(call, given, "desc"), optional(call, given, "image_url")
    url = _address(call, given, "url", needed=True)
    picture = _picture(call, account, image_url)
    if first and not picture:
        raise invalid(call, "image_url")
    content = content_at(call, account, url)
    return {
        "title": optional(call, given, "title") or (content.body["title"] if content else ""),
        "desc": desc,
        "text": content.body["content"] if content else desc,
        "url": url,
        "picture": picture,
        "content_id": content.id if content else "",
    }


def _address(call: Call, fields: Fields, name: str, *, needed: bool = False) -> str:
    url = text_of(call, fields, name) if needed else optional(call, fields, name)
    try:
        scheme = urlsplit(url).scheme
    except ValueError as cause:
        raise invalid(call, name) from cause
    if url and scheme not in _SCHEMES:
        raise invalid(call, name)
    return url


def _picture(call: Call, account: Account, url: str) -> str:
    if not url:
        return ""
    image = image_at(call, account, url)
    if image is None:
        raise invalid(call, "image_url")
    return image_path(image)


def _life_cover(call: Call, account: Account) -> str:
    upload = call.files.get("cover")
    if upload is None:
        return ""
    if len(upload.data) > call.world.limits(AlipayLimits).life_cover_max_bytes:
        raise refuse(call, "isv.invalid-file-size")
    actual = image_format(upload.data)
    if actual is None or actual not in _LIFE_COVERS:
        raise refuse(call, "isv.invalid-file-extension")
    return image_path(keep_image(call, account, upload.filename, upload.data, actual))


def _note(call: Call, account: Account, items: list[dict[str, Any]]) -> None:
    for item in items:
        check_words(call, item["title"], item["desc"], item["text"])
        call.world.store.note_attempt(NAME, account.id, content_hash(item["title"], item["text"]))


def _once(call: Call, account: Account, kind: str, key: str, item: dict[str, Any]) -> str:
    """Send unless a message with this key of the caller's has been sent before; "" as a key never has."""
    _note(call, account, [item])
    known = next(
        (
            message
            for message in call.world.store.find(NAME, "message", account=account.id)
            if key and (message.body["kind"], message.body["key"]) == (kind, key)
        ),
        None,
    )
    if known is None:
        return _send(call, account, kind, [item], key=key)
    if call.world.limits(AlipayLimits).duplicates == "refuse":
        raise refuse(call, "MESSAGE_DUPLICATE")
    return known.id


def _send(call: Call, account: Account, kind: str, items: list[dict[str, Any]], *, key: str = "") -> str:
    limits = call.world.limits(AlipayLimits)
    review = call.review(limits.send_seconds, limits.send_polls)
    message_id = fresh_id(call, account, "message")
    body = {
        "kind": kind,
        "key": key,
        "items": items,
        "status": "RUNNING",
        "verdict": "FAILURE" if review.rejected else "SUCCESS",
        "polls_left": review.polls,
        "held_by": review.held_by,
        "sent_at": call.now,
    }
    call.world.store.put(NAME, Document("message", message_id, account.id, call.now, body, due_at=review.due_at))
    return message_id


# --- afterwards -----------------------------------------------------------------------------------------------------


@interface("alipay.open.public.message.query")
def query(call: Call, account: Account, fields: Fields) -> Fields:
    ids = fields.get("message_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= call.world.limits(AlipayLimits).query_max:
        raise invalid(call, "message_ids")
    found = [call.world.store.get(NAME, "message", str(message_id), account=account.id) for message_id in ids]
    return {"list": [_shown(call, _look(call, message)) for message in found if message is not None]}


@interface("alipay.open.public.life.msg.recall")
def life_recall(call: Call, account: Account, fields: Fields) -> Fields:
    return _recall(call, account, text_of(call, fields, "message_id"), (_MASS, _LIFE))


@interface("alipay.open.public.content.cancel")
def content_cancel(call: Call, account: Account, fields: Fields) -> Fields:
    return _recall(call, account, text_of(call, fields, "message_id"), (_CONTENT,))


@routes.on("GET", "/message/{post_id}")
def page(call: Call) -> Response:
    """What a reader's link opens, for a post that is not a content of its own."""
    post = call.world.store.post(NAME, call.params["post_id"])
    return pages.post_page(call.world, post, markup=True, source=SOURCE, at=call.now)


def settle(world: World, now: float) -> None:
    """Finish the messages whose time is over."""
    for message in world.store.due(NAME, "message", now):
        if not faults.still_ordered(world.store, message.body["held_by"]):
            _finish(world, message, message.due_at if message.due_at is not None else now)


def _recall(call: Call, account: Account, message_id: str, kinds: tuple[str, ...]) -> Fields:
    message = call.world.store.get(NAME, "message", message_id, account=account.id)
    if message is None or message.body["kind"] not in kinds or message.body["status"] == "FAILURE":
        raise refuse(call, "MESSAGE_NOT_EXIST")
    call.world.store.put(NAME, _with(message, status="RECALLED"))
    for position in range(1, len(message.body["items"]) + 1):
        call.world.store.mark_deleted(NAME, _post_id(message, position))
    return {}


def _look(call: Call, message: Document) -> Document:
    """One look at a message; the look that finds none left ends the sending."""
    if message.body["status"] != "RUNNING" or faults.still_ordered(call.world.store, message.body["held_by"]):
        return message
    if message.body["polls_left"] == 0:
        return _finish(call.world, message, call.now)
    polled = _with(message, polls_left=message.body["polls_left"] - 1)
    call.world.store.put(NAME, polled)
    return polled


def _finish(world: World, message: Document, at: float) -> Document:
    finished = _with(message, status=message.body["verdict"], sent_at=at)
    world.store.put(NAME, finished)
    account = world.account(NAME, message.account)
    if finished.body["status"] == "SUCCESS" and account is not None:
        for position, item in enumerate(message.body["items"], start=1):
            world.store.publish(_post(account, message, position, item, at))
    return finished


def _with(message: Document, **changes: Any) -> Document:
    body = {**message.body, **changes}
    due = message.due_at if body["status"] == "RUNNING" else None
    return Document("message", message.id, message.account, message.created_at, body, due)


def _post_id(message: Document, position: int) -> str:
    """The message's own id, or where it has several items that with their number."""
    return message.id if len(message.body["items"]) == 1 else f"{message.id}_{position}"


def _post(account: Account, message: Document, position: int, item: dict[str, Any], at: float) -> Post:
    post_id, content_id = _post_id(message, position), item.get("content_id")
    return Post(
        platform=NAME,
        id=post_id,
        account=account.id,
        followers=account.followers,
        title=item["title"],
        text=item["text"],
        path=content_path(content_id) if content_id else f"/{NAME}/message/{post_id}",
        position=position,
        published_at=at,
        sha256=content_hash(item["title"], item["text"]),
        extra={
            "publish_id": message.id,
            "quality": quality(item["title"], item["text"], pictured=bool(item["picture"])),
            **({"article_id": content_id} if content_id else {}),
            **({"picture": item["picture"]} if item["picture"] else {}),
        },
    )


def _shown(call: Call, message: Document) -> dict[str, Any]:
    status = message.body["status"]
    return {
        "message_id": message.id,
        "send_time": shanghai(message.body["sent_at"]).strftime("%Y-%m-%d %H:%M:%S"),
        "status": status,
        "status_desc": STATES[status],
        "articles": [
            {
                "title": item["title"],
                "desc": item["desc"],
                "image_url": call.url(item["picture"]) if item["picture"] else "",
                "url": item["url"],
                "msg_id": item.get("content_id", ""),
            }
            for item in message.body["items"]
        ],
    }
