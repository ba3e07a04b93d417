"""What all Kuaishou interfaces share: limits, the envelope and its codes, tokens, and who is calling."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Handler, Refusal, Routes
from sandbox.world import World

NAME = "kuaishou"
MIB = 1024 * 1024
SCOPES = ("user_info", "user_video_publish", "user_video_info", "user_video_delete")
routes = Routes()

OK = 1
MISSING, BAD_CLIENT, DENIED, BAD_GRANT, BAD_CODE, BAD_SCOPE = (
    100200100,
    100200101,
    100200102,
    100200104,
    100200105,
    100200106,
)
EXPIRED, REFRESH_EXPIRED, BROKEN = 100200108, 100200113, 100200500
NO_FILM, NOT_UPLOADED, NOT_PUBLISHED, BAD_PARAMETER, TOO_OFTEN = 100120001, 100120002, 100120003, 100100400, 100100402

# The OAuth name of an error, and what the platform's table says of the code.
MESSAGES = {
    MISSING: ("invalid_request", "请求缺少参数或参数类型错误"),
    BAD_CLIENT: ("invalid_client", "无效的client，无效的 app 或 developer"),
    DENIED: ("access_denied", "请求被拒绝，可能是无效的 token 等"),
    100200103: ("unsupported_response_type", "请求的 responseType 错误"),
    BAD_GRANT: ("unsupported_grant_type", "请求的 grantType 不支持"),
    BAD_CODE: ("invalid_grant", "请求的 code 错误"),
    BAD_SCOPE: ("invalid_scope", "请求的 scope 错误"),
    100200107: ("invalid_openid", "无效的 openid"),
    EXPIRED: ("expired_token", "access_token过期"),
    100200109: ("access_denied", "用户取消该 app 授权"),
    100200110: ("access_denied", "用户授权过期"),
    100200111: ("access_denied", "用户未授权过"),
    100200112: ("access_denied", "bundleToken不合法"),
    REFRESH_EXPIRED: ("expired_token", "refresh_token过期"),
    BROKEN: ("server_error", "服务内部错误"),
    NO_FILM: ("photo_not_found", "视频不存在"),
    NOT_UPLOADED: ("photo_not_uploaded", "视频未上传成功"),
    NOT_PUBLISHED: ("photo_publish_failed", "视频发布失败"),
    BAD_PARAMETER: ("invalid_request", "参数错误"),
    TOO_OFTEN: ("rate_limited", "请求频率过高"),
}


class KuaishouLimits(BaseModel):
    """What a seed may set under ``kuaishou.limits``. An account's own ``scopes`` (comma-separated) win.

    Tokens' lifetimes, ``caption_max``, ``topics_max`` and ``video_max_seconds`` are third-party statements, the 10 MB
    of a request and of a cover are documented, the rest is the sandbox's own. A caption with one of
    ``forbidden_words`` is taken and then refused by the review.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_token_seconds: int = 48 * 3600
    refresh_token_seconds: int = 180 * 86_400
    upload_seconds: int = 86_400
    direct_max_bytes: int = 10 * MIB
    fragment_max_bytes: int = 10 * MIB
    video_max_bytes: int = 4096 * MIB
    video_max_seconds: float = 1800
    upload_token_once: bool = True
    cover_max_bytes: int = 10 * MIB
    caption_max: int = 1000
    topics_max: int = 4
    page_default: int = 20
    page_max: int = 200
    review_seconds: float = Field(default=3.0, ge=0)
    min_interval_seconds: float = 0
    posts_per_day: int = 100
    forbidden_words: tuple[str, ...] = ()


def error(code: int, message: str | None = None) -> Response:
    """The error body; HTTP 200 always."""
    name, text = MESSAGES.get(code, ("server_error", "服务内部错误"))
    return JSONResponse({"result": code, "error": name, "error_msg": message or text})


def refuse(code: int, message: str | None = None) -> Refusal:
    return Refusal(error(code, message))


def done(**more: Any) -> Response:
    """Success."""
    return JSONResponse({"result": OK, **more})


def whole(call: Call, name: str, default: int | None = None) -> int:
    """A whole number of 0 or more in the query; without a default it must be there."""
    value = call.query.get(name)
    if not value and default is not None:
        return default
    try:
        number = int(value or "")
    except ValueError as cause:
        raise refuse(BAD_PARAMETER, f"{name} 应为整数") from cause
    if number < 0:
        raise refuse(BAD_PARAMETER, f"{name} 不能小于 0")
    return number


# --- who is calling -------------------------------------------------------------------------------------------------


def app_of(world: World, app_id: str) -> Account | None:
    """The first account that speaks through an app; several may share one."""
    accounts = world.seed.platform(NAME).accounts.values()
    return next((account for account in accounts if account.credentials.get("app_id") == app_id), None)


def find_token(call: Call, kind: str, token: str) -> Document | None:
    """A known "access" or "refresh" token. The seed's begin to count when they are first used."""
    known = call.world.store.get(NAME, kind, token) if token else None
    account = call.world.account_by(NAME, f"{kind}_token", token) if token and known is None else None
    return known if account is None else issue(call, kind, token, account)


def issue(call: Call, kind: str, token: str, account: Account) -> Document:
    """Make an "access" or "refresh" token valid from now on."""
    limits = call.world.limits(KuaishouLimits)
    seconds = limits.access_token_seconds if kind == "access" else limits.refresh_token_seconds
    document = Document(kind, token, account.id, call.now, {"expires_at": call.now + seconds})
    call.world.store.put(NAME, document)
    return document


def identify(call: Call) -> Account | None:
    """The account behind the access token, the upload token, or the app_id."""
    known = find_token(call, "access", call.query.get("access_token", ""))
    if known is None:
        known = call.world.store.get(NAME, "upload", call.query.get("upload_token", ""))
    if known is not None:
        return call.world.account(NAME, known.account)
    app_id = call.query.get("app_id")
    return app_of(call.world, app_id) if app_id else None


AccountHandler = Callable[[Call, Account], Response]


def with_user(scope: str) -> Callable[[AccountHandler], Handler]:
    """Let a handler see only calls with a user's valid token for this app, and the scope."""

    def decorate(handler: AccountHandler) -> Handler:
        @functools.wraps(handler)
        def checked(call: Call) -> Response:
            account = _token_owner(call)
            if scope not in scopes_of(account):
                raise refuse(BAD_SCOPE)
            return handler(call, account)

        return checked

    return decorate


def scopes_of(account: Account) -> tuple[str, ...]:
    """What the user granted: the account's own ``scopes``, else everything."""
    listed = account.credentials.get("scopes")
    return SCOPES if listed is None else tuple(part.strip() for part in listed.split(","))


def _token_owner(call: Call) -> Account:
    app_id, token = call.query.get("app_id"), call.query.get("access_token")
    if not app_id or not token:
        raise refuse(MISSING)
    if app_of(call.world, app_id) is None:
        raise refuse(BAD_CLIENT)
    known = find_token(call, "access", token)
    account = call.world.account(NAME, known.account) if known else None
    if known is None or account is None or account.credentials.get("app_id") != app_id:
        raise refuse(DENIED)
    if call.now >= known.body["expires_at"]:
        raise refuse(EXPIRED)
    return account
