"""What all WeChat interfaces share: limits, the error envelope, reading JSON, and who is calling."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.audience import uniform
from sandbox.clock import shanghai_day
from sandbox.seed import Account
from sandbox.wire import Call, Handler, Refusal, Routes, parse_json

NAME = "wechat"
routes = Routes()

MESSAGES = {
    -1: "system error",
    40001: "invalid credential, access_token is invalid or not latest",
    40002: "invalid grant_type",
    40004: "invalid media type",
    40005: "invalid file type",
    40006: "invalid meida size",
    40007: "invalid media_id",
    40009: "invalid image size",
    40010: "invalid voice size",
    40011: "invalid video size",
    40012: "invalid thumb size",
    40013: "invalid appid",
    40014: "invalid access_token",
    40033: "invalid charset. please check your request, if include \\uxxxx will create fail!",
    40035: "invalid parameter",
    40060: "invalid article idx",
    40066: "invalid url",
    40125: "invalid appsecret",
    40137: "invalid image format",
    41001: "access_token missing",
    41002: "appid missing",
    41004: "appsecret missing",
    41005: "media data missing",
    41006: "media_id missing",
    42001: "access_token expired",
    43001: "require GET method",
    43002: "require POST method",
    44001: "empty media data",
    44002: "empty post data",
    44003: "empty news data",
    44004: "empty content",
    45002: "content size out of limit",
    45003: "title size out of limit",
    45004: "description size out of limit",
    45005: "url size out of limit",
    45008: "article size out of limit",
    45009: "reach max api daily quota limit",
    45011: "api minute-quota reach limit, must slower, retry next minute",
    45065: "clientmsgid exist",
    45110: "author size out of limit",
    47001: "data format error",
    48001: "api unauthorized",
    48006: "forbid to clear quota because of reaching the limit",
    53502: "invalid publish_id",
    53600: "invalid article_id",
    61500: "date format error",
    61501: "date range error",
    87014: "risky content",
}


class WeChatLimits(BaseModel):
    """What a seed may set under ``wechat.limits``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_seconds: int = 7200
    token_overlap_seconds: int = 0
    title_max: int = 32
    author_max: int = 16
    digest_max: int = 128
    content_max_characters: int = 20_000
    content_max_bytes: int = 1024 * 1024
    source_url_max_bytes: int = 1024
    articles_max: int = 8
    newspic_images_max: int = 20
    uploadimg_max_bytes: int = 1024 * 1024
    image_max_bytes: int = 10 * 1024 * 1024
    thumb_max_bytes: int = 64 * 1024
    voice_max_bytes: int = 2 * 1024 * 1024
    video_max_bytes: int = 10 * 1024 * 1024
    media_seconds: float = 3 * 86_400
    publish_polls: int = Field(default=1, ge=0)
    publish_seconds: float = Field(default=3.0, ge=0)
    # Calls per account, interface and Shanghai day; "default" is for interfaces not named.
    quotas: Mapping[str, int] = Field(default_factory=lambda: {"default": 50_000})


def error(code: int, message: str | None = None) -> Response:
    """The error envelope, with the request id that WeChat hangs on its messages."""
    text = message or MESSAGES.get(code, "unknown error")
    rid = f"{int(uniform(code, text) * 16**8):08x}-{int(uniform(text) * 16**8):08x}"
    return JSONResponse({"errcode": code, "errmsg": f"{text} rid: {rid}"})


def refuse(code: int, message: str | None = None) -> Refusal:
    return Refusal(error(code, message))


def done(**more: Any) -> Response:
    """The success of a call that does something."""
    return JSONResponse({"errcode": 0, "errmsg": "ok", **more})


def unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is None:
        return error(40066) if call.path.startswith(("/cgi-bin", "/datacube")) else PlainTextResponse("", 404)
    return error(43001 if "GET" in methods else 43002)


def identify(call: Call) -> Account | None:
    """The account behind the token, the appid in the query, or the appid in a token request's JSON."""
    token = call.query.get("access_token")
    if token:
        known = call.world.store.get(NAME, "token", token)
        return call.world.account(NAME, known.account) if known else None
    appid = call.query.get("appid") or ""
    if not appid and call.path == "/cgi-bin/stable_token":
        try:
            appid = str(parse_json(call.body).get("appid", ""))
        except (ValueError, AttributeError):
            return None
    return call.world.account_by(NAME, "appid", appid)


_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u[0-9a-fA-F]{4}")


def read_json(call: Call) -> dict[str, Any]:
    """The JSON body, whatever its Content-Type says. Escaped characters are refused as the real one does."""
    if not call.body:
        raise refuse(44002)
    if _ESCAPE.search(call.body):
        raise refuse(40033)
    try:
        document = parse_json(call.body)
    except ValueError as cause:
        raise refuse(47001) from cause
    if not isinstance(document, dict):
        raise refuse(47001)
    return document


def integer(document: Mapping[str, Any], name: str, default: int) -> int:
    """A whole number that may come as a string."""
    try:
        return int(document.get(name, default))
    except (TypeError, ValueError, OverflowError) as cause:
        raise refuse(40035) from cause


def page_of(document: Mapping[str, Any], items: list[Any]) -> list[Any]:
    """The slice that offset and count (1–20) ask for."""
    offset, count = integer(document, "offset", 0), integer(document, "count", 20)
    if offset < 0 or not 1 <= count <= 20:
        raise refuse(40035)
    return items[offset : offset + count]


def spend_quota(call: Call, account: Account, *, interface: str | None = None, limit: int | None = None) -> None:
    """Count this call against the interface's daily quota; 45009 beyond it."""
    path = interface or call.path.rstrip("/")
    quotas = call.world.limits(WeChatLimits).quotas
    allowed = limit if limit is not None else quotas.get(path, quotas.get("default"))
    used = call.world.store.count_up(quota_name(account, path, call.now))
    if allowed is not None and used > allowed:
        raise refuse(45009)


def quota_name(account: Account, path: str, now: float) -> str:
    return f"quota:{NAME}:{account.id}:{path}:{shanghai_day(now)}"


AccountHandler = Callable[[Call, Account], Response]


def with_token(handler: AccountHandler) -> Handler:
    """Let a handler see only calls with a valid access token, within the quota."""

    @functools.wraps(handler)
    def checked(call: Call) -> Response:
        account = _token_owner(call)
        spend_quota(call, account)
        return handler(call, account)

    return checked


def _token_owner(call: Call) -> Account:
    token = call.query.get("access_token")
    if not token:
        raise refuse(41001)
    known = call.world.store.get(NAME, "token", token)
    account = call.world.account(NAME, known.account) if known else None
    if known is None or account is None:
        raise refuse(40014)
    superseded = known.body.get("superseded_at")
    if superseded is not None and call.now >= superseded:
        raise refuse(40001)
    if call.now >= known.body["expires_at"]:
        raise refuse(42001)
    return account
