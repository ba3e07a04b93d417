"""Which WordPress posts a list asks for, and in which order."""

from __future__ import annotations

from typing import Any

from sandbox.platforms.wordpress.base import id_list, invalid_param, parse_date, slugify, text_list, truthy
from sandbox.seed import Account
from sandbox.store import Document

STATUSES = ("publish", "future", "draft", "pending", "private")
# Every site has one user, who wrote everything.
AUTHOR = 1
_BY_FIELD = ("date", "id", "modified", "slug", "title")
_ORDER_BY = ("author", "date", "id", "include", "modified", "parent", "relevance", "slug", "include_slugs", "title")


def chosen(documents: list[Document], account: Account | None, given: dict[str, Any]) -> list[Document]:
    """The posts a list shows, all pages of them. Refuses what WordPress refuses."""
    asked = _statuses(account, given)
    return _ordered([d for d in documents if d.body["status"] in asked and _matches(d, given)], given)


def _statuses(account: Account | None, given: dict[str, Any]) -> set[str]:
    asked = set(text_list(given, "status")) or {"publish"}
    if not asked <= {*STATUSES, "trash", "any"}:
        raise invalid_param("status", f"status[0] is not one of {', '.join(STATUSES)}, trash, any.")
    if account is None and asked != {"publish"}:
        raise invalid_param("status", "Status is forbidden.")
    return set(STATUSES) if "any" in asked else asked


def _matches(document: Document, given: dict[str, Any]) -> bool:
    body = document.body
    search = str(given.get("search", "")).lower()
    slugs = [slugify(slug) for slug in text_list(given, "slug")]
    return (
        (not search or search in f"{body['title']} {body['content']} {body['excerpt']}".lower())
        and (not slugs or body["slug"] in slugs)
        and ("sticky" not in given or body["sticky"] == truthy(given["sticky"]))
        and _among([body["id"]], given, "include", "exclude")
        and _among([AUTHOR], given, "author", "author_exclude")
        and all(_among(body[name], given, name, f"{name}_exclude") for name in ("categories", "tags"))
        and _in_time(body, given)
    )


def _among(ids: list[int], given: dict[str, Any], wanted: str, unwanted: str) -> bool:
    """Whether these ids meet the ones a list wants and miss those it does not."""
    asked = id_list(given, wanted)
    return (not asked or bool(set(asked) & set(ids))) and not set(id_list(given, unwanted)) & set(ids)


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
    if by == "relevance" and not given.get("search"):
        raise invalid_param("orderby", "You need to define a search term to order by relevance.")
    if by == "include" and given.get("include"):
        ids = id_list(given, "include")
        return sorted(found, key=lambda document: ids.index(document.body["id"]))
    if by == "include_slugs" and given.get("slug"):
        slugs = [slugify(slug) for slug in text_list(given, "slug")]
        return sorted(found, key=lambda document: slugs.index(document.body["slug"]))
    field = by if by in _BY_FIELD else "date"
    return sorted(found, key=lambda document: (document.body[field], document.body["id"]), reverse=order == "desc")
