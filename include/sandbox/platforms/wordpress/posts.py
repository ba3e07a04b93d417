"""WordPress posts: writing, scheduling, listing, trashing, their comments, and the page a reader sees."""

from __future__ import annotations

import html
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from sandbox import audience, faults, pages
from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    WordPressLimits,
    gmt_date,
    id_list,
    invalid_param,
    listing,
    local_date,
    params,
    parse_date,
    picked,
    plain,
    reader,
    refuse,
    routes,
    slugify,
    truthy,
    unless_overridden,
    writer,
)
from sandbox.platforms.wordpress.embeds import embedded, links
from sandbox.platforms.wordpress.queries import AUTHOR, STATUSES, chosen
from sandbox.rehearsal import comment_at
from sandbox.seed import Account
from sandbox.store import Document, Post, content_hash
from sandbox.wire import Call
from sandbox.world import World

_TEXTS = ("title", "content", "excerpt")
_COUNTED_META = ("views", "likes", "comments")


@routes.on("GET", f"{BASE}/posts")
def index(call: Call) -> Response:
    account = reader(call)
    kept = call.world.store.find(NAME, "post", account=account.id if account else None)
    found = chosen(kept, account, params(call))
    return listing(call, found, lambda document: _show(call, document, account))


@routes.on("POST", f"{BASE}/posts")
def create(call: Call) -> Response:
    account = writer(call, "rest_cannot_create", "Sorry, you are not allowed to create posts as this user.")
    given = params(call)
    if not any((_text(given, name) or "").strip() for name in _TEXTS):
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


@routes.on("DELETE", f"{BASE}/posts/{{id}}")
def delete(call: Call) -> Response:
    account = writer(call, "rest_cannot_delete", "Sorry, you are not allowed to delete this post.")
    document = _own(call, account)
    shown = _show(call, document, account, edit=True)
    if truthy(params(call).get("force", "")):
        call.world.store.delete(NAME, "post", document.id)
        call.world.store.mark_deleted(NAME, document.id)
        return JSONResponse({"deleted": True, "previous": shown})
    if not call.world.limits(WordPressLimits).trash:
        raise refuse(501, "rest_trash_not_supported", "The post does not support trashing. Set 'force=true' to delete.")
    if document.body["status"] == "trash":
        raise refuse(410, "rest_already_trashed", "The post has already been deleted.")
    trashed = _save(call.world, account, document, {**document.body, "status": "trash"})
    return JSONResponse(_show(call, trashed, account, edit=True))


@routes.on("POST PUT PATCH", f"{BASE}/posts/{{id}}")
@unless_overridden(delete)
def update(call: Call) -> Response:
    account = writer(call, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.")
    document = _write(call, account, _own(call, account), params(call))
    return JSONResponse(_show(call, document, account, edit=True))


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
    shown = pages.post_page(call.world, post, markup=True, source="自有网站", at=call.now)
    shown.headers["Link"] = _api_link(call)
    return shown


@routes.on("GET", "/")
def home(call: Call) -> Response:
    """The site's front page, by whose ``Link`` clients find the interfaces; ``?p=`` leads to a post."""
    if call.query.get("p", "").isdecimal():
        return RedirectResponse(call.url(f"/{NAME}/archives/{call.query['p']}"), 301)
    posts = [post for post in call.world.store.posts(NAME) if not post.deleted]
    return pages.site(call.world, posts[:20], source="自有网站", link=_api_link(call))


def _api_link(call: Call) -> str:
    return f'<{call.url(f"/{NAME}/wp-json/")}>; rel="https://api.w.org/"'


def settle(world: World, now: float) -> None:
    """Publish what was scheduled for a time that has passed, and end the reviews whose time is over."""
    for document in world.store.due(NAME, "post", now):
        account = world.account(NAME, document.account)
        review = document.body.get("review") or {"verdict": "publish", "held_by": None}
        if account is not None and not faults.still_ordered(world.store, review["held_by"]):
            _save(world, account, document, {**document.body, "status": review["verdict"], "review": None})


# --- writing --------------------------------------------------------------------------------------------------------


def _write(call: Call, account: Account, document: Document, given: dict[str, Any]) -> Document:
    body = {**document.body, **_plain_fields(given)}
    body |= {name: text for name in _TEXTS if (text := _text(given, name)) is not None}
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
    if body["status"] == "publish" != document.body["status"]:
        body |= _reviewed(call)
    return _save(call.world, account, document, body)


def _reviewed(call: Call) -> dict[str, Any]:
    """What an ordered review changes in a post that is to be public; nothing without an order."""
    review = call.review(0.0)
    if review.held_by is None and review.due_at <= call.now and not review.rejected:
        return {"review": None}
    verdict = "draft" if review.rejected else "publish"
    return {
        "status": "pending",
        "review": {"verdict": verdict, "held_by": review.held_by, "due_at": review.due_at},
    }


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
    if asked not in (*STATUSES, "trash"):
        raise invalid_param("status", f"status is not one of {', '.join(STATUSES)}.")
    if asked in ("publish", "future"):
        return "future" if date > now else "publish"
    return asked


def _save(world: World, account: Account, document: Document, body: dict[str, Any]) -> Document:
    review = body.get("review") if body["status"] == "pending" else None
    body = {**body, "review": review}
    due = body["date"] if body["status"] == "future" else (review["due_at"] if review else None)
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


def _text(given: dict[str, Any], name: str) -> str | None:
    """A text may come as a string or as ``{"raw": …}``; anything else is not there, as with WordPress."""
    value = given.get(name)
    found = value.get("raw") if isinstance(value, dict) else value
    return found if isinstance(found, str) else None


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


def _show(call: Call, document: Document, account: Account | None, *, edit: bool = False) -> dict[str, Any]:
    body = document.body
    number = body["id"]
    link = call.url(f"/{NAME}/archives/{number}")
    edit = edit or (account is not None and call.query.get("context") == "edit")
    excerpt = body["excerpt"] or plain(body["content"])[:55]

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
        "author": AUTHOR,
        "featured_media": body["featured_media"],
        "comment_status": body["comment_status"],
        "ping_status": body["ping_status"],
        "sticky": body["sticky"],
        "template": body["template"],
        "format": body["format"],
        "meta": {**body["meta"], **_counted(call, document)},
        "categories": body["categories"],
        "tags": body["tags"],
        "_links": links(call, document),
        **embedded(call, document, account),
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
