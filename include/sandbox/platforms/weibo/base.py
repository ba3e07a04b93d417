"""What all Weibo interfaces share: limits, errors, tokens and who is calling."""

from __future__ import annotations

import functools
from collections.abc import Callable

from pydantic import BaseModel, ConfigDict
from starlette.responses import JSONResponse, Response

from sandbox.seed import Account
from sandbox.wire import Call, Handler, Refusal, Routes
from sandbox.world import World

NAME = "weibo"
SOURCE = "微博"
routes = Routes()

MESSAGES = {
    10001: "System error",
    10006: "Source paramter (appkey) is missing",
    10008: "Param error, see doc for more info",
    10009: "Too many pending tasks, system is busy",
    10013: "Invalid weibo user",
    10014: "Insufficient app permissions",
    10020: "Request api not found",
    10021: "HTTP method is not suported for this request",
    10022: "IP requests out of rate limit",
    10023: "User requests out of rate limit",
    20001: "IDs is null",
    20003: "User does not exists",
    20005: "Unsupported image type, only suport JPG, GIF, PNG",
    20006: "Image size too large",
    20008: "Content is null",
    20009: "IDs is too many",
    20012: "Text too long, please input text less than 140 characters!",
    20016: "Out of limit",
    20017: "Repeat content",
    20018: "Contain illegal website",
    20019: "Repeat conetnt",
    20020: "Contain advertising",
    20021: "Content is illegal",
    20101: "Target weibo does not exist",
    20102: "Not your own weibo",
    20109: "Weibo id is null",
    21314: "Token used",
    21315: "Token expired",
    21316: "Token revoked",
    21317: "Token rejected",
    21324: "invalid_client",
    21325: "invalid_grant",
    21328: "unsupported_grant_type",
    21332: "invalid_access_token",
}
_FORBIDDEN = {10006, 10014, 10022, 10023, 20016, 21314, 21315, 21316, 21317, 21332}

TOKEN_SECONDS = 157_679_999


class WeiboLimits(BaseModel):
    """What a seed may set under ``weibo.limits``. An account's own app_key, safe_domains … win (comma-separated)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    app_key: str = "2045436852"
    app_secret: str = "8b1f4f2c9d0e47a6b35c61d2e7f80a94"  # noqa: S105 - a sandbox has no secrets
    safe_domains: tuple[str, ...] = ("localhost", "127.0.0.1")
    status_max: int = 140
    picture_max_bytes: int = 5 * 1024 * 1024
    require_rip: bool = True
    posts_per_hour: int = 30
    min_interval_seconds: float = 0
    calls_per_hour: int = 5000
    forbidden_words: tuple[str, ...] = ()


def error(call: Call, code: int, message: str | None = None) -> Response:
    """The error body; the text is Weibo's own, misspellings included."""
    path = call.path if call.path.startswith("/oauth2") else call.path.removeprefix("/2")
    body = {"request": path, "error_code": code, "error": message or MESSAGES.get(code, "System error")}
    return JSONResponse(body, 403 if code in _FORBIDDEN else 400)


def refuse(call: Call, code: int, message: str | None = None) -> Refusal:
    return Refusal(error(call, code, message))


def oauth_error(code: int) -> Refusal:
    name = MESSAGES[code]
    body = {"error": name, "error_code": code, "request": "/oauth2/access_token", "error_description": name}
    return Refusal(JSONResponse(body, 400))


def missing(call: Call, name: str) -> Refusal:
    return refuse(call, 10016, f"Miss required parameter ({name}) , see doc for more info")


def invalid(call: Call, name: str, expected: str, got: str) -> Refusal:
    return refuse(
        call,
        10017,
        f"Parameter ({name})'s value invalid, expect ({expected}) , but get ({got}) , see doc for more info",
    )


# --- who is calling -------------------------------------------------------------------------------------------------


def _token_of(call: Call) -> str | None:
    bearer = call.headers.get("authorization", "")
    scheme, _, token = bearer.partition(" ")
    return call.value("access_token") or (token if scheme.lower() in ("oauth2", "bearer") else None)


def identify(call: Call) -> Account | None:
    token = _token_of(call)
    return call.world.account_by(NAME, "access_token", token) if token else None


def issued_at(world: World, account: Account, now: float) -> float:
    """When an account's token was issued: at its first use or at its authorisation."""
    key = f"weibo:issued:{account.id}"
    known = world.store.meta(key)
    if known is None:
        world.store.set_meta(key, repr(now))
    return float(known) if known is not None else now


def with_token(handler: Callable[[Call, Account], Response]) -> Handler:
    """Let a handler see only calls with a valid token, within the hourly limit."""

    @functools.wraps(handler)
    def checked(call: Call) -> Response:
        if not _token_of(call):
            raise refuse(call, 10006)
        account = identify(call)
        if account is None:
            raise refuse(call, 21332)
        if call.now >= issued_at(call.world, account, call.now) + TOKEN_SECONDS:
            raise refuse(call, 21315)
        limits = call.world.limits(WeiboLimits)
        hour = int(call.now // 3600)
        if call.world.store.count_up(f"quota:{NAME}:{account.id}:{hour}") > limits.calls_per_hour:
            raise refuse(call, 10023)
        return handler(call, account)

    return checked
