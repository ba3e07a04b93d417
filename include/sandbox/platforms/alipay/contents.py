"""Alipay's image-text contents (图文): laid down first, shown to followers by a message that links to them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.responses import Response

from sandbox import audience, pages
from sandbox.platforms.alipay.base import NAME, SOURCE, AlipayLimits, fresh_id, invalid, refuse, routes
from sandbox.platforms.alipay.gateway import Fields, interface, optional, text_of
from sandbox.platforms.alipay.material import image_at, image_path
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call

_PATH = f"/{NAME}/content/"


@interface("alipay.open.public.message.content.create")
def create(call: Call, account: Account, fields: Fields) -> Fields:
    body = _checked(call, account, fields)
    content_id = fresh_id(call, account, "content")
    call.world.store.put(NAME, Document("content", content_id, account.id, call.now, body))
    return {"content_id": content_id, "content_url": call.url(_PATH + content_id)}


@interface("alipay.open.public.message.content.modify")
def modify(call: Call, account: Account, fields: Fields) -> Fields:
    content_id = text_of(call, fields, "content_id")
    known = call.world.store.get(NAME, "content", content_id, account=account.id)
    if known is None:
        raise refuse(call, "CONTENT_NOT_EXIST")
    body = _checked(call, account, fields)
    call.world.store.put(NAME, Document("content", content_id, account.id, known.created_at, body))
    _show_anew(call, account, content_id, body)
    return {"content_id": content_id, "content_url": call.url(_PATH + content_id)}


@routes.on("GET", "/content/{content_id}")
def page(call: Call) -> Response:
    """What a reader's link opens: the post, or before a message has gone out its preview."""
    content_id = call.params["content_id"]
    content = call.world.store.get(NAME, "content", content_id)
    if content is None:
        return pages.post_page(call.world, None, markup=True, source=SOURCE, at=call.now)
    shown = shown_as(call, content_id)
    standing = [post for post in shown if not post.deleted]
    post = next(iter([*standing, *shown]), None) or _preview(call, content)
    return pages.post_page(call.world, post, markup=True, source=SOURCE, at=call.now)


def content_at(call: Call, account: Account, url: str) -> Document | None:
    """The content of this account behind an address, if it is one."""
    _, found, content_id = url.rpartition(_PATH)
    return call.world.store.get(NAME, "content", content_id, account=account.id) if found else None


def content_path(content_id: str) -> str:
    return _PATH + content_id


def shown_as(call: Call, content_id: str) -> list[Post]:
    """The posts that showed a content to followers, newest first."""
    return [post for post in call.world.store.posts(NAME) if post.extra.get("article_id") == content_id]


def check_words(call: Call, *said: str) -> None:
    if any(word in text for word in call.world.limits(AlipayLimits).forbidden_words for text in said):
        raise refuse(call, "CONTENT_ILLEGAL")


def quality(title: str, text: str, *, pictured: bool) -> float:
    return audience.quality_of(title, text + ("<img" if pictured else ""))


def _checked(call: Call, account: Account, fields: Fields) -> dict[str, Any]:
    limits = call.world.limits(AlipayLimits)
    title, text = text_of(call, fields, "title"), text_of(call, fields, "content")
    check_words(call, title, text)
    body = {"title": title, "content": text, "cover": _cover(call, account, text_of(call, fields, "cover"))}
    kind, benefit = optional(call, fields, "ctype"), optional(call, fields, "benefit")
    if kind not in ("", "activity"):
        raise invalid(call, "ctype")
    if len(benefit) > limits.benefit_max or (benefit and kind != "activity"):
        raise invalid(call, "benefit")
    if optional(call, fields, "could_comment") not in ("", "T", "F"):
        raise invalid(call, "could_comment")
    for name, most in (("ext_tags", limits.tags_max), ("login_ids", limits.previewers_max)):
        if len([part for part in optional(call, fields, name).split(",") if part.strip()]) > most:
            raise invalid(call, name)
    kept = ("ctype", "benefit", "could_comment", "ext_tags", "login_ids")
    return body | {name: optional(call, fields, name) for name in kept}


def _cover(call: Call, account: Account, url: str) -> str:
    """The path of an uploaded picture that may be a cover."""
    limits = call.world.limits(AlipayLimits)
    image = image_at(call, account, url)
    if (
        image is None
        or image.body["format"] not in ("JPEG", "PNG")
        or image.body["bytes"] > limits.cover_max_bytes
        or (image.body["width"], image.body["height"]) != limits.cover_size
    ):
        raise invalid(call, "cover")
    return image_path(image)


def _show_anew(call: Call, account: Account, content_id: str, body: dict[str, Any]) -> None:
    """Bring what followers already see of a content up to date."""
    sha256 = content_hash(body["title"], body["content"])
    standing = [post for post in shown_as(call, content_id) if not post.deleted]
    if standing:
        call.world.store.note_attempt(NAME, account.id, sha256)
    for post in standing:
        extra = {**post.extra, "picture": body["cover"]}
        anew = replace(post, title=body["title"], text=body["content"], sha256=sha256, extra=extra)
        call.world.store.publish(anew)


def _preview(call: Call, content: Document) -> Post:
    """A content as the page of a post, though no post is kept."""
    account = call.world.account(NAME, content.account)
    return Post(
        platform=NAME,
        id=content.id,
        account=content.account,
        followers=account.followers if account else 0,
        title=content.body["title"],
        text=content.body["content"],
        path=content_path(content.id),
        position=1,
        published_at=call.now,
        sha256="",
        extra={"picture": content.body["cover"]},
    )
