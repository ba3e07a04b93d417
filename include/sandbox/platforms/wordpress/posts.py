"""WordPress posts: writing, scheduling, listing, trashing, their comments, and the page a reader sees."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote

from starlette.responses import JSONResponse, Response

from sandbox import audience, pages
from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    gmt_date,
    id_list,
    invalid_param,
    listing,
    local_date,
    params,
    parse_date,
    picked,
    reader,
    refuse,
    routes,
    truthy,
    writer,
)
from sandbox.rehearsal import comment_at
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call
from sandbox.world import World

_STATUSES = ("publish", "future", "draft", "pending", "private")
_TAG = re.compile(r"<[^>]*>")
_ORDER_BY = ("date", "id", "modified", "slug", "title")
_COUNTED_META = ("views", "likes", "comments")


@routes.on("GET", f"{BASE}/posts")
def index(call: Call) -> Response:
    account, given = reader(call), params(call)
    asked = _wanted_statuses(account, given)
    found = [
        document
        for document in call.world.store.find(NAME, "post", account=account.id if account else None)
        if document.body["status"] in asked and _matches(document, given)
    ]
    return listing(call, _ordered(found, given), lambda document: _show(call, document, account))


@routes.on("POST", f"{BASE}/posts")
def create(call: Call) -> Response:
    account = writer(call, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    given = params(call)
    if not any(str(_raw(given.get(name, ""))).strip() for name in ("title", "content", "excerpt")):
        raise refuse(400, "empty_content", "Content, title, and excerpt are empty.")
    number = call.world.store.count_up("wordpress:id", start=101)
    body = {
        "id": number,
        "title": "",
        "content": "",
        "excerpt": "",
        "status": "draft",
        "slug": "",
        "date": call.now,
        "categories": [1],
        "tags": [],
        "featured_media": 0,
        "comment_status": "open",
        "ping_status": "open",
        "sticky": False,
        "format": "standard",
        "template": "",
        "meta": {},
    }
    document = _write(call, account, Document("post", str(number), account.id, call.now, body), given)
    headers = {"Location": call.url(f"/{NAME}{BASE}/posts/{number}")}
    return JSONResponse(_show(call, document, account, edit=True), 201, headers=headers)


@routes.on("GET", f"{BASE}/posts/{{id}}")
def show(call: Call) -> Response:
    account = reader(call)
    document = _visible(call, account)
    edit = call.query.get("context") == "edit"
    if edit and account is None:
        raise refuse(401, "rest_forbidden_context", "Sorry, you are not allowed to edit this post.")
    return JSONResponse(picked(call, _show(call, document, account, edit=edit)))


@routes.on("POST PUT PATCH", f"{BASE}/posts/{{id}}")
def update(call: Call) -> Response:
    account = writer(call, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    document = _write(call, account, _own(call, account), params(call))
    return JSONResponse(_show(call, document, account, edit=True))


@routes.on("DELETE", f"{BASE}/posts/{{id}}")
def delete(call: Call) -> Response:
    account = writer(call, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    document = _own(call, account)
    shown = _show(call, document, account, edit=True)
    if truthy(params(call).get("force", "")):
        call.world.store.delete(NAME, "post", document.id)
        call.world.store.mark_deleted(NAME, document.id)
        return JSONResponse({"deleted": True, "previous": shown})
    if document.body["status"] == "trash":
        raise refuse(410, "rest_already_trashed", "The post has already been deleted.")
    trashed = _save(call.world, account, document, {**document.body, "status": "trash"})
    return JSONResponse(_show(call, trashed, account, edit=True))


@routes.on("GET", f"{BASE}/comments")
def comments(call: Call) -> Response:
    reader(call)
    posts = [call.world.store.post(NAME, str(post_id)) for post_id in id_list(params(call), "post")]
    found = [
        (post, number)
        for post in posts
        if post is not None and not post.deleted
        for number in range(call.world.figures(post, call.now).comments, 0, -1)
    ]
    return listing(call, found, lambda item: _comment(call, *item))


@routes.on("GET", "/archives/{id}")
def page(call: Call) -> Response:
    """The article a reader's link opens."""
    post = call.world.store.post(NAME, call.params["id"])
    return pages.post_page(call.world, post, markup=True, source="自有网站", at=call.now)


def settle(world: World, now: float) -> None:
    """Publish what was scheduled for a time that has passed."""
    for document in world.store.due(NAME, "post", now):
        account = world.account(NAME, document.account)
        if account is not None:
            _save(world, account, document, {**document.body, "status": "publish"})


# --- writing --------------------------------------------------------------------------------------------------------


def _write(call: Call, account: Account, document: Document, given: dict[str, Any]) -> Document:
    body = {**document.body, **_plain_fields(given)}
    for name in ("title", "content", "excerpt"):
        if name in given:
            body[name] = str(_raw(given[name]))
    _take_media(call, account, body, given)
    date = parse_date(given, "date_gmt", zone_is_utc=True) or parse_date(given, "date")
    body["date"] = body["date"] if date is None else date
    body["status"] = _status_for(str(given.get("status", body["status"])), body["date"], call.now)
    if document.body["status"] in ("draft", "pending") and body["status"] == "publish" and date is None:
        body["date"] = call.now
    body["slug"] = _slug(call, account, document.id, str(given.get("slug") or body["slug"] or body["title"]))
    body["modified"] = call.now
    if body["status"] in ("publish", "future"):
        call.world.store.note_attempt(NAME, account.id, content_hash(body["title"], body["content"]))
    return _save(call.world, account, document, body)


def _plain_fields(given: dict[str, Any]) -> dict[str, Any]:
    """The parameters that are kept as they come, checked for type."""
    fields: dict[str, Any] = {
        name: str(given[name]) for name in ("comment_status", "ping_status", "format", "template") if name in given
    }
    fields |= {name: id_list(given, name) for name in ("categories", "tags") if name in given}
    if "sticky" in given:
        fields["sticky"] = truthy(given["sticky"])
    meta = given.get("meta")
    if meta is not None:
        if not isinstance(meta, dict):
            raise invalid_param("meta", "meta is not of type object.")
        fields["meta"] = {name: value for name, value in meta.items() if name not in _COUNTED_META}
    return fields


def _take_media(call: Call, account: Account, body: dict[str, Any], given: dict[str, Any]) -> None:
    if "featured_media" not in given:
        return
    wanted = id_list(given, "featured_media")[:1] or [0]
    if wanted[0] and call.world.store.get(NAME, "media", str(wanted[0]), account=account.id) is None:
        raise refuse(400, "rest_invalid_featured_media", "Invalid featured media ID.")
    body["featured_media"] = wanted[0]


def _status_for(asked: str, date: float, now: float) -> str:
    if asked not in (*_STATUSES, "trash"):
        raise invalid_param("status", f"status is not one of {', '.join(_STATUSES)}.")
    if asked in ("publish", "future"):
        return "future" if date > now else "publish"
    return asked


def _save(world: World, account: Account, document: Document, body: dict[str, Any]) -> Document:
    due = body["date"] if body["status"] == "future" else None
    saved = Document("post", document.id, account.id, document.created_at, body, due)
    world.store.put(NAME, saved)
    if body["status"] == "publish":
        known = world.store.post(NAME, document.id)
        world.store.publish(_public(account, saved, known.published_at if known else body["date"]))
    else:
        world.store.mark_deleted(NAME, document.id)
    return saved


def _public(account: Account, document: Document, published_at: float) -> Post:
    body = document.body
    return Post(
        platform=NAME,
        id=document.id,
        account=account.id,
        followers=account.followers,
        title=body["title"],
        text=body["content"],
        path=f"/{NAME}/archives/{document.id}",
        position=1,
        published_at=published_at,
        sha256=content_hash(body["title"], body["content"]),
        extra={"slug": body["slug"], "quality": audience.quality_of(body["title"], body["content"])},
    )


def _raw(value: Any) -> Any:
    """Texts may come as a string or as ``{"raw": …}``."""
    return value.get("raw", "") if isinstance(value, dict) else value


def slugify(text: str) -> str:
    """A slug as WordPress makes it: lower case, hyphens, other scripts percent-encoded."""
    words = re.sub(r"[^\w\s%-]", "", html.unescape(_TAG.sub("", text)).lower())
    return quote(re.sub(r"[\s-]+", "-", words).strip("-"), safe="-%").lower()[:200]


def _slug(call: Call, account: Account, own_id: str, text: str) -> str:
    slug = slugify(text) or own_id
    taken = {
        document.body["slug"]
        for document in call.world.store.find(NAME, "post", account=account.id)
        if document.id != own_id
    }
    candidate, number = slug, 2
    while candidate in taken:
        candidate, number = f"{slug}-{number}", number + 1
    return candidate


# --- reading --------------------------------------------------------------------------------------------------------


def _own(call: Call, account: Account) -> Document:
    document = call.world.store.get(NAME, "post", call.params["id"], account=account.id)
    if document is None:
        raise refuse(404, "rest_post_invalid_id", "Invalid post ID.")
    return document


def _visible(call: Call, account: Account | None) -> Document:
    if account is not None:
        return _own(call, account)
    document = call.world.store.get(NAME, "post", call.params["id"])
    if document is None:
        raise refuse(404, "rest_post_invalid_id", "Invalid post ID.")
    if document.body["status"] != "publish":
        raise refuse(401, "rest_forbidden", "Sorry, you are not allowed to do that.")
    return document


def _wanted_statuses(account: Account | None, given: dict[str, Any]) -> set[str]:
    value = given.get("status", "publish")
    asked = {part.strip() for part in (value if isinstance(value, list) else str(value).split(","))}
    if not asked <= {*_STATUSES, "trash", "any"}:
        raise invalid_param("status", f"status[0] is not one of {', '.join(_STATUSES)}, trash, any.")
    if account is None and asked != {"publish"}:
        raise invalid_param("status", "Status is forbidden.")
    return set(_STATUSES) if "any" in asked else asked


def _matches(document: Document, given: dict[str, Any]) -> bool:
    body = document.body
    search = str(given.get("search", "")).lower()
    slugs = [slugify(part) for part in str(given.get("slug", "")).split(",") if part]
    include, exclude = id_list(given, "include"), id_list(given, "exclude")
    return (
        (not search or search in f"{body['title']} {body['content']} {body['excerpt']}".lower())
        and (not slugs or body["slug"] in slugs)
        and (not include or body["id"] in include)
        and body["id"] not in exclude
        and _in_terms(body, given)
        and _in_time(body, given)
    )


def _in_terms(body: Any, given: dict[str, Any]) -> bool:
    return all(
        not (wanted := id_list(given, name)) or bool(set(wanted) & set(body[name])) for name in ("categories", "tags")
    )


def _in_time(body: Any, given: dict[str, Any]) -> bool:
    for field, after, before in (("date", "after", "before"), ("modified", "modified_after", "modified_before")):
        low, high = parse_date(given, after), parse_date(given, before)
        if (low is not None and body[field] <= low) or (high is not None and body[field] >= high):
            return False
    return True


def _ordered(found: list[Document], given: dict[str, Any]) -> list[Document]:
    order, by = str(given.get("order", "desc")), str(given.get("orderby", "date"))
    if order not in ("asc", "desc"):
        raise invalid_param("order", "order is not one of asc, desc.")
    if by not in _ORDER_BY:
        raise invalid_param("orderby", f"orderby is not one of {', '.join(_ORDER_BY)}.")
    return sorted(found, key=lambda document: (document.body[by], document.body["id"]), reverse=order == "desc")


def _show(call: Call, document: Document, account: Account | None, *, edit: bool = False) -> dict[str, Any]:
    body = document.body
    number = body["id"]
    link = call.url(f"/{NAME}/archives/{number}")
    edit = edit or (account is not None and call.query.get("context") == "edit")
    excerpt = body["excerpt"] or html.unescape(_TAG.sub("", body["content"])).strip()[:55]

    def text(name: str, rendered: str, **more: Any) -> dict[str, Any]:
        return {"rendered": rendered, **more, **({"raw": body[name]} if edit else {})}

    return {
        "id": number,
        "date": local_date(body["date"]),
        "date_gmt": gmt_date(body["date"]),
        "guid": {"rendered": call.url(f"/{NAME}/?p={number}")},
        "modified": local_date(body["modified"]),
        "modified_gmt": gmt_date(body["modified"]),
        "slug": body["slug"],
        "status": body["status"],
        "type": "post",
        "link": link,
        "title": text("title", html.escape(body["title"], quote=False)),
        "content": text("content", body["content"], protected=False),
        "excerpt": text("excerpt", f"<p>{html.escape(excerpt, quote=False)}</p>\n", protected=False),
        "author": 1,
        "featured_media": body["featured_media"],
        "comment_status": body["comment_status"],
        "ping_status": body["ping_status"],
        "sticky": body["sticky"],
        "template": body["template"],
        "format": body["format"],
        "meta": {**body["meta"], **_counted(call, document)},
        "categories": body["categories"],
        "tags": body["tags"],
        "_links": {
            "self": [{"href": call.url(f"/{NAME}{BASE}/posts/{number}")}],
            "collection": [{"href": call.url(f"/{NAME}{BASE}/posts")}],
            "replies": [{"embeddable": True, "href": call.url(f"/{NAME}{BASE}/comments?post={number}")}],
        },
    }


def _counted(call: Call, document: Document) -> dict[str, int]:
    post = call.world.store.post(NAME, document.id)
    if post is None:
        return dict.fromkeys(_COUNTED_META, 0)
    figures = call.world.figures(post, call.now)
    return {"views": figures.read_count, "likes": figures.likes, "comments": figures.comments}


def _comment(call: Call, post: Post, number: int) -> dict[str, Any]:
    name, text = comment_at(post.id, number)
    at = post.published_at + 60 * number
    return {
        "id": int(post.id) * 100_000 + number,
        "post": int(post.id),
        "parent": 0,
        "author": 0,
        "author_name": name,
        "date": local_date(at),
        "date_gmt": gmt_date(at),
        "content": {"rendered": f"<p>{html.escape(text)}</p>\n"},
        "link": call.url(f"{post.path}#comment-{number}"),
        "status": "approved",
        "type": "comment",
        "meta": [],
    }
