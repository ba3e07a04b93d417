"""What all Douyin interfaces share: limits, the two envelopes, codes in two series, tokens, and who is calling."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from sandbox.clock import shanghai, shanghai_day
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Handler, Refusal, Routes, parse_json
from sandbox.world import World

NAME = "douyin"
V1 = "/api/douyin/v1"
MIB = 1024 * 1024
SCOPES = (
    "user_info",
    "video.create",
    "video.list",
    "video.data",
    "video.delete",
    "data.external.item",
    "item.comment",
    "hotsearch",
)
routes = Routes()

MESSAGES = {
    10002: "参数错误",
    10003: "client_key 不存在",
    10008: "access_token 过期",
    10010: "refresh_token 过期",
    10013: "client_key 或者 client_secret 报错",
    10020: "refresh_token 刷新次数已达上限",
    28001003: "access_token无效",
    28001005: "系统繁忙,此时请开发者稍候再试",
    28001006: "网络调用错误,请重试",
    28001007: "参数不合法",
    28001008: "access_token过期,请刷新或重新授权",
    28001012: "用户未授权该OpenAPI",
    28001014: "应用未授权任何能力",
    28001015: "请求参数 access_token 和 open_id 不匹配",
    28001016: "当前应用已被封禁或下线",
    28001017: "未知URI",
    28001018: "应用未获得该能力",
    28001019: "当前能力已被封禁或下线",
    28001052: "获取平台能力存在异常风险,请稍后再试",
    28001056: "该能力API已下线,不再支持调用",
    28003017: "quota 已用完",
    28003018: "请求频率过高",
    2100004: "系统繁忙,此时请开发者稍候再试",
    2100005: "参数不合法",
    2100007: "无权限操作",
    2100009: "用户被禁封使用该操作",
    2114006: "视频时长不能超过15分钟",
    2190001: "quota 已用完",
    2190002: "access_token无效",
    2190005: "视频文件太大了",
    2190008: "access_token过期,请刷新或重新授权",
}
# What the interfaces that are not below /api/douyin/v1 say instead.
_OLD_SERIES = {
    28001003: 2190002,
    28001005: 2100004,
    28001007: 2100005,
    28001008: 2190008,
    28001018: 2100007,
    28003017: 2190001,
}


class DouyinLimits(BaseModel):
    """What a seed may set under ``douyin.limits``; an account's own ``scopes`` (comma-separated), ``callback_url`` win.

    Tokens' lifetimes, ``images_max``, ``text_max`` and ``topics_max`` are third-party statements; ``page_max``,
    ``ids_max`` and everything that sets a pace are the sandbox's own; the rest is documented by the platform.

    ``quotas`` are calls per user, interface and Shanghai day, ``default`` for interfaces not named. A text with one of
    the ``risk_words`` is refused at once (28001052), one of ``forbidden_words`` by the review (video_status 2).
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    access_token_seconds: int = 15 * 86_400
    refresh_token_seconds: int = 30 * 86_400
    refresh_renewals: int = 5
    client_token_seconds: int = 7200
    client_token_overlap_seconds: int = 300
    app_scopes: tuple[str, ...] = SCOPES
    direct_max_bytes: int = 128 * MIB
    part_min_bytes: int = 5 * MIB
    upload_seconds: int = 7200
    video_max_bytes: int = 4096 * MIB
    video_max_seconds: float = 900
    video_id_once: bool = True
    image_max_bytes: int = 100 * MIB
    images_max: int = 12
    text_max: int = 1000
    topics_max: int = 5
    page_max: int = 20
    ids_max: int = 100
    review_seconds: float = Field(default=3.0, ge=0)
    min_interval_seconds: float = 0
    quotas: Mapping[str, int] = Field(default_factory=lambda: {"default": 50_000})
    forbidden_words: tuple[str, ...] = ()
    risk_words: tuple[str, ...] = ()
    callback_url: str = ""


# --- the envelopes --------------------------------------------------------------------------------------------------


def error(call: Call, code: int, description: str | None = None) -> Response:
    """An error in the envelope of the interface that was called; HTTP 200 always."""
    text = description or MESSAGES.get(code, "系统错误")
    if call.path.startswith("/oauth"):
        data = {"captcha": "", "desc_url": "", "description": text, "error_code": code, "log_id": _logid(call)}
        return JSONResponse({"data": data, "message": "error"})
    return JSONResponse({"data": {"error_code": code, "description": text}, "extra": _extra(call, code, text)})


def refuse(call: Call, code: int, description: str | None = None) -> Refusal:
    """A refusal by a code of the new series, which is said in the series of the interface that was called."""
    return Refusal(error(call, code if call.path.startswith(V1) else _OLD_SERIES.get(code, code), description))


def expired(call: Call) -> Response:
    """How this interface says that a token has expired."""
    if "refresh_token" in call.path:
        return error(call, 10010)
    return error(call, 10008) if call.path.startswith("/oauth") else refuse(call, 28001008).response


def done(call: Call, **data: Any) -> Response:
    """Success of an interface proper."""
    return JSONResponse({"data": {**data, "error_code": 0, "description": ""}, "extra": _extra(call, 0, "")})


def granted(call: Call, **data: Any) -> Response:
    """Success of an OAuth interface."""
    body = {**data, "captcha": "", "desc_url": "", "description": "", "error_code": 0, "log_id": _logid(call)}
    return JSONResponse({"data": body, "message": "success"})


def _extra(call: Call, code: int, description: str) -> dict[str, Any]:
    return {
        "error_code": code,
        "description": description,
        "sub_error_code": 0,
        "sub_description": "",
        "logid": _logid(call),
        "now": int(call.clock * 1000),
    }


def _logid(call: Call) -> str:
    tail = hashlib.sha256(f"{call.method}{call.path}{call.now!r}".encode()).hexdigest()[:20].upper()
    return f"{shanghai(call.now):%Y%m%d%H%M%S}{tail}"


# --- reading a request ----------------------------------------------------------------------------------------------


def json_object(body: bytes) -> dict[str, Any] | None:
    """A body that is a JSON object in UTF-8, or None."""
    try:
        document = parse_json(body)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None


def read_json(call: Call) -> dict[str, Any]:
    """The JSON body, whatever its Content-Type says."""
    document = json_object(call.body)
    if document is None:
        raise refuse(call, 28001007, "请求体不是合法的 JSON 对象")
    return document


def text_of(call: Call, document: Mapping[str, Any], name: str) -> str:
    """A string that may be missing."""
    value = document.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise refuse(call, 28001007, f"{name} 应为字符串")
    return value


def texts_of(call: Call, document: Mapping[str, Any], name: str) -> list[str]:
    """A list of strings that may be missing."""
    value = document.get(name)
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise refuse(call, 28001007, f"{name} 应为字符串数组")
    return value


def whole(call: Call, name: str, default: int | None = None) -> int:
    """A whole number in the query; without a default it must be there."""
    value = call.query.get(name)
    if not value and default is not None:
        return default
    try:
        return int(value or "")
    except ValueError as cause:
        raise refuse(call, 28001007, f"{name} 应为整数") from cause


# --- who is calling -------------------------------------------------------------------------------------------------


def app_of(world: World, client_key: str) -> Account | None:
    """The first account that speaks through an app; several may share one."""
    accounts = world.seed.platform(NAME).accounts.values()
    return next((account for account in accounts if account.credentials.get("client_key") == client_key), None)


def token_of(call: Call) -> str:
    """The token of a request: header ``access-token``, or query (as older documents say).

    The official SDK asks for userinfo with a header ``access_token``.
    """
    return call.headers.get("access-token") or call.headers.get("access_token") or call.query.get("access_token") or ""


def find_token(call: Call, token: str) -> Document | None:
    """A known access token. The seed's begin to count when they are first used."""
    known = call.world.store.get(NAME, "token", token) if token else None
    account = call.world.account_by(NAME, "access_token", token) if token and known is None else None
    if account is None:
        return known
    return issue(call, token, account, "user", call.world.limits(DouyinLimits).access_token_seconds)


def issue(call: Call, token: str, account: Account, kind: str, seconds: float) -> Document:
    """Make a token valid from now on. ``kind``: "user", "client" or "refresh"."""
    app = account.credentials.get("client_key", "")
    body = {"kind": kind, "app": app, "expires_at": call.now + seconds, "renewals": 0}
    document = Document("refresh" if kind == "refresh" else "token", token, account.id, call.now, body)
    call.world.store.put(NAME, document)
    return document


def identify(call: Call) -> Account | None:
    """The account behind the access token, else behind the client_key of an OAuth request."""
    known = find_token(call, token_of(call) or call.form.get("access_token", ""))
    if known is not None:
        return call.world.account(NAME, known.account)
    key = call.value("client_key")
    if key is None and call.path.startswith("/oauth"):
        key = str((json_object(call.body) or {}).get("client_key", ""))
    return app_of(call.world, key) if key else None


def valid_token(call: Call, token: str, kind: str) -> Document:
    """A token of a kind that counts now; 28001003 for none, an unknown one or another kind, 28001008 for an old one."""
    known = find_token(call, token)
    if known is None or known.body["kind"] != kind:
        raise refuse(call, 28001003)
    if call.now >= known.body["expires_at"]:
        raise refuse(call, 28001008)
    return known


AccountHandler = Callable[[Call, Account], Response]


def with_user(scope: str) -> Callable[[AccountHandler], Handler]:
    """Let a handler see only calls with a user's valid token, his own open_id, the scope, and quota left."""

    def decorate(handler: AccountHandler) -> Handler:
        @functools.wraps(handler)
        def checked(call: Call) -> Response:
            known = valid_token(call, token_of(call), "user")
            account = call.world.account(NAME, known.account)
            if account is None:
                raise refuse(call, 28001003)
            check_user(call, account, call.query.get("open_id"))
            check_scope(call, account, scope)
            spend_quota(call, account)
            return handler(call, account)

        return checked

    return decorate


def with_client(scope: str) -> Callable[[Handler], Handler]:
    """Let a handler see only calls with an app's client_token, the scope, and quota left."""

    def decorate(handler: Handler) -> Handler:
        @functools.wraps(handler)
        def checked(call: Call) -> Response:
            account = call.world.account(NAME, valid_token(call, token_of(call), "client").account)
            if account is None:
                raise refuse(call, 28001003)
            if scope not in call.world.limits(DouyinLimits).app_scopes:
                raise refuse(call, 28001018)
            spend_quota(call, account)
            return handler(call)

        return checked

    return decorate


def check_user(call: Call, account: Account, open_id: str | None) -> None:
    if not open_id:
        raise refuse(call, 28001007, "缺少参数 open_id")
    if open_id != account.credentials.get("open_id"):
        raise refuse(call, 28001015)


def check_scope(call: Call, account: Account, scope: str) -> None:
    """28001018 where the app does not have the capability, 28001012 where the user did not grant it."""
    if scope not in call.world.limits(DouyinLimits).app_scopes:
        raise refuse(call, 28001018)
    if scope not in scopes_of(account):
        raise refuse(call, 28001012)


def scopes_of(account: Account) -> tuple[str, ...]:
    """What the user granted: the account's own ``scopes``, else everything."""
    listed = account.credentials.get("scopes")
    return SCOPES if listed is None else tuple(part.strip() for part in listed.split(","))


def spend_quota(call: Call, account: Account) -> None:
    """Count this call against the interface's daily quota; 28003017 beyond it."""
    path = call.path.rstrip("/")
    quotas = {name.rstrip("/"): most for name, most in call.world.limits(DouyinLimits).quotas.items()}
    allowed = quotas.get(path, quotas.get("default"))
    used = call.world.store.count_up(f"quota:{NAME}:{account.id}:{path}:{shanghai_day(call.now)}")
    if allowed is not None and used > allowed:
        raise refuse(call, 28003017)
