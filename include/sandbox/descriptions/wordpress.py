"""WordPress's calls."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.descriptions.terms import (
    ANY_FILE,
    ANYTHING,
    FLAG,
    PAGE,
    TEXT,
    WHOLE,
    Described,
    Description,
    Fields,
    many,
    one_of,
    shape,
    text,
    whole,
)

_BASE = "/wp-json/wp/v2"
_PAGING: Fields = {"page?": whole(1), "per_page?": whole(1, 100), "offset?": whole(0), "_fields?": TEXT}
_VIEW: Fields = {"context?": one_of("view", "edit"), "_fields?": TEXT}
_FORCE: Fields = {"force?": one_of("true", "false")}
_TIME = {"type": "string", "format": "date-time"}
_POST = shape({"id": WHOLE, "status": TEXT, "link": TEXT, "slug": TEXT})
_MEDIA = shape({"id": WHOLE, "source_url": TEXT, "mime_type": TEXT})
_TERM = shape({"id": WHOLE, "name": TEXT, "slug": TEXT, "count": WHOLE})
_GONE = shape({"deleted?": FLAG, "previous?": ANYTHING})
_POST_FIELDS = shape(
    {
        "title?": text("村超今晚开赛"),
        "content?": text("<p>街坊们准时到场。</p>"),
        "excerpt?": TEXT,
        "status?": one_of("publish", "future", "draft", "pending", "private"),
        "slug?": text("cunchao"),
        "date?": _TIME,
        "date_gmt?": _TIME,
        "categories?": many(WHOLE),
        "tags?": many(WHOLE),
        "featured_media?": whole(0),
        "sticky?": FLAG,
        "comment_status?": one_of("open", "closed"),
        "meta?": ANYTHING,
    }
)
_TERM_FIELDS: Fields = {"name": text("体育"), "slug?": TEXT, "description?": TEXT, "parent?": whole(0)}
_TEXTS: Fields = {"title?": TEXT, "alt_text?": TEXT, "caption?": TEXT, "description?": TEXT}
_SEARCH: Fields = {"search?": TEXT, "slug?": TEXT, "include?": TEXT}


def _posts() -> Iterator[Described]:
    query: Fields = {
        **_PAGING,
        **_SEARCH,
        "status?": TEXT,
        "exclude?": TEXT,
        "categories?": TEXT,
        "tags?": TEXT,
        "after?": _TIME,
        "before?": _TIME,
        "modified_after?": _TIME,
        "modified_before?": _TIME,
        "order?": one_of("asc", "desc"),
        "orderby?": one_of("date", "id", "modified", "slug", "title"),
        "context?": one_of("view", "edit"),
        "_embed?": one_of("1", "author", "wp:term"),
    }
    yield Described("GET", f"{_BASE}/posts", "list posts", query, gives=many(ANYTHING))
    yield Described("POST", f"{_BASE}/posts", "write a post", json=_POST_FIELDS, gives=_POST, status=201)
    yield Described("GET", f"{_BASE}/posts/{{id}}", "one post", _VIEW, gives=ANYTHING)
    for method in ("POST", "PUT", "PATCH"):
        yield Described(method, f"{_BASE}/posts/{{id}}", "change a post", json=_POST_FIELDS, gives=_POST)
    yield Described("DELETE", f"{_BASE}/posts/{{id}}", "trash or delete a post", _FORCE, gives=ANYTHING)
    comments: Fields = {"post": TEXT, **_PAGING}
    yield Described("GET", f"{_BASE}/comments", "readers' comments", comments, gives=many(ANYTHING))


def _media() -> Iterator[Described]:
    name: Fields = {"Content-Disposition": text('attachment; filename="cover.jpg"')}
    yield Described("POST", f"{_BASE}/media", "upload a file", _TEXTS, name, raw="image/jpeg", gives=_MEDIA, status=201)
    yield Described("GET", f"{_BASE}/media", "list files", {**_PAGING, "search?": TEXT}, gives=many(ANYTHING))
    yield Described("GET", f"{_BASE}/media/{{id}}", "one file", _VIEW, gives=ANYTHING)
    for method in ("POST", "PUT", "PATCH"):
        yield Described(method, f"{_BASE}/media/{{id}}", "change a file's texts", json=shape(_TEXTS), gives=_MEDIA)
    yield Described("DELETE", f"{_BASE}/media/{{id}}", "delete a file", _FORCE, gives=_GONE)


def _terms(kind: str) -> Iterator[Described]:
    yield Described("GET", f"{_BASE}/{kind}", f"list {kind}", {**_PAGING, **_SEARCH}, gives=many(ANYTHING))
    yield Described("POST", f"{_BASE}/{kind}", f"add to {kind}", json=shape(_TERM_FIELDS), gives=_TERM, status=201)
    yield Described("GET", f"{_BASE}/{kind}/{{id}}", f"one of {kind}", _VIEW, gives=ANYTHING)
    changed = shape({f"{name.rstrip('?')}?": schema for name, schema in _TERM_FIELDS.items()})
    for method in ("POST", "PUT", "PATCH"):
        yield Described(method, f"{_BASE}/{kind}/{{id}}", f"change one of {kind}", json=changed, gives=_TERM)
    yield Described("DELETE", f"{_BASE}/{kind}/{{id}}", f"remove one of {kind}", _FORCE, gives=_GONE)


DESCRIPTION = Description(
    platform="wordpress",
    security={"password": {"type": "http", "scheme": "basic"}},
    refusal=shape({"code": TEXT, "message": TEXT, "data": ANYTHING}),
    refuses_with_200=False,
    calls=(
        Described("GET", "/wp-json", "what the site offers", gives=shape({"name": TEXT}), open=True),
        *(
            Described(method, f"{_BASE}/users/me", "who I am", {"context?": one_of("view", "edit")}, gives=ANYTHING)
            for method in ("GET", "POST")
        ),
        Described("GET", f"{_BASE}/users", "a site's only user", _PAGING, gives=many(ANYTHING)),
        Described("GET", f"{_BASE}/users/{{id}}", "a user; there is 1", _VIEW, gives=ANYTHING),
        *_posts(),
        *_media(),
        *_terms("categories"),
        *_terms("tags"),
        Described("GET", "/", "the site's front page; ?p= leads to a post", {"p?": TEXT}, gives=PAGE, open=True),
        Described("GET", "/archives/{id}", "the page a reader's link opens", gives=PAGE, open=True),
        Described("GET", "/wp-content/uploads/{id}/{filename}", "an uploaded file", gives=ANY_FILE, open=True),
    ),
)
