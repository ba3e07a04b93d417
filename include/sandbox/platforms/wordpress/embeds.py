"""The things a WordPress post points at, as links and, where a client asks with ``_embed``, laid into the answer."""

from __future__ import annotations

from typing import Any

from sandbox.platforms.wordpress.base import BASE, NAME, params, text_list
from sandbox.platforms.wordpress.media import media_of
from sandbox.platforms.wordpress.queries import AUTHOR
from sandbox.platforms.wordpress.terms import KINDS, terms_of
from sandbox.platforms.wordpress.users import user_of
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_NAMES = "https://api.w.org/{rel}"


def links(call: Call, document: Document) -> dict[str, list[dict[str, Any]]]:
    """A post's ``_links``."""

    def to(path: str, **more: Any) -> dict[str, Any]:
        return {**more, "href": call.url(f"/{NAME}{BASE}/{path}")}

    number, cover = document.body["id"], document.body["featured_media"]
    found = {
        "self": [to(f"posts/{number}")],
        "collection": [to("posts")],
        "author": [to(f"users/{AUTHOR}", embeddable=True)],
        "replies": [to(f"comments?post={number}", embeddable=True)],
        "wp:attachment": [to(f"media?parent={number}")],
        "wp:term": [to(f"{kind}?post={number}", taxonomy=name, embeddable=True) for kind, name in KINDS.items()],
        "curies": [{"name": "wp", "href": _NAMES, "templated": True}],
    }
    if cover:
        found["wp:featuredmedia"] = [to(f"media/{cover}", embeddable=True)]
    return found


def embedded(call: Call, document: Document, account: Account | None) -> dict[str, Any]:
    """``_embedded`` with what the call asks for, or nothing."""
    given = params(call)
    if "_embed" not in given:
        return {}
    asked = text_list(given, "_embed")
    body, cover = document.body, media_of(call, account, document.body["featured_media"])
    parts: dict[str, list[Any]] = {
        "author": [user_of(call, account)],
        "wp:featuredmedia": [cover] if cover else [],
        "wp:term": [terms_of(call, account, kind, body[kind]) for kind in KINDS],
    }
    every = not asked or asked[0] in ("1", "true")
    return {"_embedded": {name: part for name, part in parts.items() if part and (every or name in asked)}}
