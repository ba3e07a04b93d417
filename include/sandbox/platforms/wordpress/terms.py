"""WordPress categories and tags, a set of each per site."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from sandbox.platforms.wordpress.base import (
    BASE,
    NAME,
    id_list,
    listing,
    number,
    params,
    picked,
    reader,
    refuse,
    routes,
    slugify,
    string,
    text_list,
    truthy,
    unless_overridden,
    writer,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

KINDS = {"categories": "category", "tags": "post_tag"}
_UNCATEGORIZED = {"id": 1, "name": "未分类", "slug": "uncategorized", "description": "", "parent": 0}


def _kind(call: Call) -> str:
    """``categories`` or ``tags``, from the path."""
    return call.path.removeprefix(f"{BASE}/").partition("/")[0]


def _index(call: Call) -> Response:
    account, given, kind = reader(call), params(call), _kind(call)
    search, slugs = str(given.get("search", "")).lower(), [slugify(slug) for slug in text_list(given, "slug")]
    include, exclude = id_list(given, "include"), id_list(given, "exclude")
    found = [
        term
        for term in _terms(call, account, kind)
        if search in term["name"].lower()
        and (not slugs or term["slug"] in slugs)
        and (not include or term["id"] in include)
        and term["id"] not in exclude
    ]
    return listing(call, found, lambda term: _show(call, account, kind, term))


def _create(call: Call) -> Response:
    account, given, kind = _editor(call), params(call), _kind(call)
    name = string(given, "name").strip()
    if not name:
        raise refuse(400, "rest_missing_callback_param", "Missing parameter(s): name", params=["name"])
    for term in _terms(call, account, kind):
        if term["name"] == name:
            message = "A term with the name provided already exists with this parent."
            raise refuse(400, "term_exists", message, term_id=term["id"])
    term_id = call.world.store.count_up("wordpress:term", start=11)
    term = {
        "id": term_id,
        "name": name,
        "slug": slugify(string(given, "slug") or name),
        "description": string(given, "description"),
        "parent": number(given, "parent", 0),
    }
    call.world.store.put(NAME, Document(kind, str(term_id), account.id, call.now, term))
    return JSONResponse(_show(call, account, kind, term), 201)


def _one(call: Call) -> Response:
    account, kind = reader(call), _kind(call)
    return JSONResponse(picked(call, _show(call, account, kind, _term(call, account, kind))))


def _update(call: Call) -> Response:
    account, given, kind = _editor(call), params(call), _kind(call)
    term = dict(_term(call, account, kind))
    term |= {name: string(given, name) for name in ("name", "description") if name in given}
    if "slug" in given:
        term["slug"] = slugify(string(given, "slug"))
    term["parent"] = number(given, "parent", term["parent"])
    call.world.store.put(NAME, Document(kind, str(term["id"]), account.id, call.now, term))
    return JSONResponse(_show(call, account, kind, term))


def _delete(call: Call) -> Response:
    account, kind = _editor(call), _kind(call)
    term = _term(call, account, kind)
    if not truthy(params(call).get("force", "")):
        message = "Terms do not support trashing. Set 'force=true' to delete."
        raise refuse(501, "rest_trash_not_supported", message)
    shown = _show(call, account, kind, term)
    call.world.store.delete(NAME, kind, str(term["id"]))
    return JSONResponse({"deleted": True, "previous": shown})


for _name in KINDS:
    routes.on("GET", f"{BASE}/{_name}")(_index)
    routes.on("POST", f"{BASE}/{_name}")(_create)
    routes.on("GET", f"{BASE}/{_name}/{{id}}")(_one)
    routes.on("POST PUT PATCH", f"{BASE}/{_name}/{{id}}")(unless_overridden(_delete)(_update))
    routes.on("DELETE", f"{BASE}/{_name}/{{id}}")(_delete)


def _editor(call: Call) -> Account:
    return writer(call, "rest_cannot_create", "Sorry, you are not allowed to create terms in this taxonomy.")


def _terms(call: Call, account: Account | None, kind: str) -> list[dict[str, Any]]:
    """A site's terms by name; for the public those of all sites."""
    kept = [
        dict(document.body) for document in call.world.store.find(NAME, kind, account=account.id if account else None)
    ]
    if kind == "categories":
        kept.append(_UNCATEGORIZED)
    return sorted(kept, key=lambda term: str(term["name"]))


def _term(call: Call, account: Account | None, kind: str) -> dict[str, Any]:
    for term in _terms(call, account, kind):
        if str(term["id"]) == call.params["id"]:
            return term
    raise refuse(404, "rest_term_invalid", "Term does not exist.")


def terms_of(call: Call, account: Account | None, kind: str, ids: list[int]) -> list[dict[str, Any]]:
    """The categories or tags with these ids, as a list shows them."""
    return [_show(call, account, kind, term) for term in _terms(call, account, kind) if term["id"] in ids]


def _show(call: Call, account: Account | None, kind: str, term: dict[str, Any]) -> dict[str, Any]:
    used = sum(
        term["id"] in document.body[kind] and document.body["status"] == "publish"
        for document in call.world.store.find(NAME, "post", account=account.id if account else None)
    )
    shown = {
        "id": term["id"],
        "count": used,
        "description": term["description"],
        "link": call.url(f"/{NAME}{BASE}/posts?{kind}={term['id']}"),
        "name": term["name"],
        "slug": term["slug"],
        "taxonomy": KINDS[kind],
        "meta": [],
    }
    return {**shown, "parent": term["parent"]} if kind == "categories" else shown
