"""What all WordPress interfaces share: application passwords, error envelopes, parameters and paging."""

from __future__ import annotations

import base64
import binascii
import functools
import html
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from sandbox import pages
from sandbox.clock import SHANGHAI, shanghai, utc
from sandbox.seed import Account
from sandbox.wire import Call, Handler, Refusal, Routes, parse_json

NAME = "wordpress"
BASE = "/wp-json/wp/v2"
routes = Routes()
ItemT = TypeVar("ItemT")
_ARRAY = re.compile(r"(\w+)\[\d*\]")
_TAG = re.compile(r"<[^>]*>")


class WordPressLimits(BaseModel):
    """What a seed may set under ``wordpress.limits``.

    ``trash``: false is a site with ``EMPTY_TRASH_DAYS`` 0, where a post can only be deleted for good.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    site_title: str = "融媒彩排站"
    media_max_bytes: int = 32 * 1024 * 1024
    trash: bool = True


def error(status: int, code: str, message: str, **data: Any) -> Response:
    return JSONResponse({"code": code, "message": message, "data": {"status": status, **data}}, status)


def refuse(status: int, code: str, message: str, **data: Any) -> Refusal:
    return Refusal(error(status, code, message, **data))


def invalid_param(name: str, why: str) -> Refusal:
    return refuse(400, "rest_invalid_param", f"Invalid parameter(s): {name}", params={name: why}, details={})


_STATUSES = {
    "rest_cannot_create": 401,
    "rest_forbidden": 403,
    "rest_post_invalid_id": 404,
    "too_many_requests": 429,
}


def refuse_on_order(_call: Call, code: str | None, message: str | None) -> Response:
    """An ordered fault: a number is an HTTP status, a word is WordPress's error code."""
    if code is not None and code.isdigit():
        return error(int(code), "rest_error", message or "The request failed.")
    status = _STATUSES.get(code or "", 400)
    return error(status, code or "rest_invalid_param", message or "The request was refused.")


def unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None and not call.path.startswith("/wp-json"):
        return pages.render("missing.html", status=404, reason="没有找到这个页面", source="自有网站")
    return error(404, "rest_no_route", "No route was found matching the URL and request method.")


def _basic(call: Call) -> tuple[str, str] | None:
    scheme, _, value = call.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return user, password


def identify(call: Call) -> Account | None:
    """The site whose application password was given, with or without its spaces."""
    given = _basic(call)
    account = call.world.account_by(NAME, "username", given[0]) if given else None
    if given is None or account is None:
        return None
    right = account.credentials["password"].replace(" ", "")
    return account if given[1].replace(" ", "") == right else None


def reader(call: Call) -> Account | None:
    """Who reads: a site, or None for the public. Wrong credentials are refused, not taken for the public."""
    given = _basic(call)
    if given is None:
        return None
    account = identify(call)
    if account is None:
        if call.world.account_by(NAME, "username", given[0]) is None:
            raise refuse(401, "invalid_username", "Unknown username. Check again or try your email address.")
        raise refuse(401, "incorrect_password", "The provided password is an invalid application password.")
    return account


def writer(call: Call, code: str, message: str) -> Account:
    """The site that writes; the public is refused with this error."""
    account = reader(call)
    if account is None:
        raise refuse(401, code, message)
    return account


def params(call: Call) -> dict[str, Any]:
    """Query, form and JSON parameters of a call in one mapping, the body winning; PHP's ``name[]`` are lists."""
    given: dict[str, Any] = {**call.query, **call.form, **_arrays(call)}
    kind = call.headers.get("content-type", "").partition(";")[0].strip().lower()
    if call.body and kind == "application/json":
        try:
            document = parse_json(call.body)
        except ValueError as cause:
            raise refuse(400, "rest_invalid_json", "Invalid JSON body passed.") from cause
        if not isinstance(document, dict):
            raise refuse(400, "rest_invalid_json", "Invalid JSON body passed.")
        given |= document
    return given


def _arrays(call: Call) -> dict[str, list[str]]:
    """The parameters that were given as ``name[]=…`` or ``name[0]=…``."""
    lists: dict[str, list[str]] = {}
    for name, value in call.pairs:
        match = _ARRAY.fullmatch(name)
        if match:
            lists.setdefault(match[1], []).append(value)
    return lists


def locate(call: Call) -> str:
    """A site without pretty addresses is asked for ``/?rest_route=/wp/v2/posts``."""
    asked = call.query.get("rest_route", "")
    return f"/wp-json{asked}" if asked.startswith("/") and call.path in ("/", "/index.php") else call.path


def unless_overridden(delete: Handler) -> Callable[[Handler], Handler]:
    """Let a POST be a deletion if it says so: not every proxy lets DELETE through, so clients hide it in a POST."""

    def decorate(update: Handler) -> Handler:
        @functools.wraps(update)
        def chosen(call: Call) -> Response:
            meant = call.query.get("_method") or call.headers.get("x-http-method-override", "")
            return (delete if call.method == "POST" and meant.upper() == "DELETE" else update)(call)

        return chosen

    return decorate


def number(given: Mapping[str, Any], name: str, default: int, *, low: int = 0, high: int | None = None) -> int:
    """A whole-number parameter within bounds; 400 rest_invalid_param otherwise."""
    value = given.get(name, default)
    try:
        parsed = int(value)
    except (TypeError, ValueError) as cause:
        raise invalid_param(name, f"{name} is not of type integer.") from cause
    if parsed < low or (high is not None and parsed > high):
        raise invalid_param(name, f"{name} must be between {low} (inclusive) and {high} (inclusive)")
    return parsed


def id_list(given: Mapping[str, Any], name: str) -> list[int]:
    """A list of ids, as an array or comma-separated."""
    value = given.get(name, ())
    parts = value.split(",") if isinstance(value, str) else value if isinstance(value, list | tuple) else [value]
    try:
        return [int(part) for part in parts if str(part).strip()]
    except (TypeError, ValueError) as cause:
        raise invalid_param(name, f"{name}[0] is not of type integer.") from cause


def text_list(given: Mapping[str, Any], name: str) -> list[str]:
    """A list of words, as an array or comma-separated."""
    value = given.get(name, ())
    parts = value if isinstance(value, list | tuple) else str(value).split(",")
    return [word for part in parts if (word := str(part).strip())]


def string(given: Mapping[str, Any], name: str, default: str = "") -> str:
    """A parameter that has to be a string; 400 rest_invalid_param otherwise."""
    value = given.get(name, default)
    if not isinstance(value, str):
        raise invalid_param(name, f"{name} is not of type string.")
    return value


def slugify(text: str) -> str:
    """A slug as WordPress makes it: lower case, hyphens, other scripts percent-encoded."""
    words = re.sub(r"[^\w\s%-]", "", html.unescape(_TAG.sub("", text)).lower())
    return quote(re.sub(r"[\s-]+", "-", words).strip("-"), safe="-%").lower()[:200]


def plain(markup: str) -> str:
    """The words of a text."""
    return html.unescape(_TAG.sub("", markup)).strip()


def truthy(value: object) -> bool:
    return str(value).lower() in ("1", "true")


def parse_date(given: Mapping[str, Any], name: str, *, zone_is_utc: bool = False) -> float | None:
    """An ISO 8601 moment as epoch seconds; naive ones are site time, or UTC for the ``_gmt`` fields."""
    value = given.get(name)
    if value in (None, ""):
        return None
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError as cause:
        raise invalid_param(name, "Invalid date.") from cause
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC if zone_is_utc else SHANGHAI)
    return moment.timestamp()


def local_date(at: float) -> str:
    return shanghai(at).strftime("%Y-%m-%dT%H:%M:%S")


def gmt_date(at: float) -> str:
    return utc(at).strftime("%Y-%m-%dT%H:%M:%S")


def listing(call: Call, items: list[ItemT], show: Callable[[ItemT], dict[str, Any]]) -> Response:
    """One page of a list, with the headers that tell how many there are."""
    given = params(call)
    per_page = number(given, "per_page", 10, low=1, high=100)
    page = number(given, "page", 1, low=1)
    start = number(given, "offset", (page - 1) * per_page)
    pages_total = math.ceil(len(items) / per_page)
    if page > max(pages_total, 1) and "offset" not in given:
        raise refuse(
            400,
            "rest_post_invalid_page_number",
            "The page number requested is larger than the number of pages available.",
        )
    shown = [picked(call, show(item)) for item in items[start : start + per_page]]
    headers = {"X-WP-Total": str(len(items)), "X-WP-TotalPages": str(pages_total)}
    links = [
        f'<{_page_url(call, number_)}>; rel="{relation}"'
        for relation, number_ in (("prev", page - 1), ("next", page + 1))
        if 1 <= number_ <= pages_total
    ]
    if links:
        headers["Link"] = ", ".join(links)
    return JSONResponse(shown, headers=headers)


def picked(call: Call, shown: dict[str, Any]) -> dict[str, Any]:
    """Only the top-level fields that ``_fields`` asks for."""
    wanted = call.query.get("_fields")
    if not wanted:
        return shown
    names = {name.strip().partition(".")[0] for name in wanted.split(",")}
    return {name: value for name, value in shown.items() if name in names}


def _page_url(call: Call, page: int) -> str:
    return call.url(f"/{NAME}{call.path}?{urlencode({**call.query, 'page': page})}")
