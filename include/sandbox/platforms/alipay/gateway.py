"""Alipay's gateway: the common parameters of a call, its signature, and which interface answers it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any

from starlette.responses import PlainTextResponse, Response

from sandbox import pages
from sandbox.clock import SHANGHAI
from sandbox.platforms.alipay.base import (
    DETAILS,
    GATEWAY,
    MESSAGES,
    NAME,
    SOURCE,
    AlipayLimits,
    answer,
    error,
    failure,
    invalid,
    refuse,
    routes,
    strange,
    unknown_app,
)
from sandbox.platforms.alipay.rsa import is_signed
from sandbox.seed import Account
from sandbox.wire import Call, Refusal, parse_json

_COMMON = frozenset(
    {
        "app_id", "method", "format", "charset", "sign_type", "sign", "timestamp", "version", "biz_content",
        "app_auth_token", "auth_token", "notify_url", "return_url", "alipay_sdk",
    }
)  # fmt: skip

Fields = dict[str, Any]
Interface = Callable[[Call, Account, Fields], Fields]


def interface(method: str, *, plain: bool = False) -> Callable[[Interface], Interface]:
    """Register an interface; it sees only calls that an app has signed, and answers what its response holds.

    ``plain``: its parameters may stand beside the common ones, as those of interfaces that take a file do.
    """

    def register(handler: Interface) -> Interface:
        @functools.wraps(handler)
        def run(call: Call) -> Response:
            account = _check(call)
            return answer(call, **handler(call, account, _fields(call, plain=plain)))

        routes.on("GET POST", f"{GATEWAY}/{method}")(run)
        return handler

    return register


def identify(call: Call) -> Account | None:
    return call.world.account_by(NAME, "app_id", call.value("app_id") or "")


def text_of(call: Call, fields: Fields, name: str) -> str:
    """A parameter that has to be there, as text."""
    found = optional(call, fields, name)
    if not found.strip():
        raise invalid(call, name)
    return found


def optional(call: Call, fields: Fields, name: str) -> str:
    """A parameter as text, "" where it is missing."""
    value = fields.get(name)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise invalid(call, name)
    return str(value)


def refuse_on_order(call: Call, code: str | None, message: str | None) -> Response:
    """A fault's error: by a detail code (``isv.…``), by the gateway's number, or the gateway's own trouble."""
    if code in MESSAGES:
        detail = next((name for name, (number, _) in DETAILS.items() if number == code), "isp.unknow-error")
        return failure(call, code, detail, message or DETAILS[detail][1])
    return error(call, code or "isp.unknow-error", message)


def expired(call: Call) -> Response:
    return error(call, "aop.app-auth-token-time-out")


def unrouted(call: Call, methods: frozenset[str] | None) -> Response:
    if methods is not None:
        return PlainTextResponse("Method Not Allowed", 405)
    if call.path.rstrip("/") == GATEWAY:
        return strange("isv.missing-method")
    if call.path.startswith(f"{GATEWAY}/"):
        return strange("isv.invalid-method")
    return pages.render("missing.html", status=404, reason="没有找到这个页面", source=SOURCE)


def _check(call: Call) -> Account:
    """The app's account, once the common parameters and the signature are right."""
    if not call.value("app_id"):
        raise Refusal(strange("isv.missing-app-id"))
    account = identify(call)
    if account is None:
        raise Refusal(unknown_app(call))
    for name, detail in (
        ("sign_type", "isv.missing-signature-type"),
        ("sign", "isv.missing-signature"),
        ("timestamp", "isv.missing-timestamp"),
        ("version", "isv.missing-version"),
    ):
        if not call.value(name):
            raise refuse(call, detail)
    _check_values(call)
    signature = call.value("sign") or ""
    if not is_signed(account.credentials["private_key"], signed_text(call), signature):
        raise refuse(call, "isv.invalid-signature")
    return account


def _check_values(call: Call) -> None:
    if call.value("sign_type") != "RSA2":
        raise refuse(call, "isv.invalid-signature-type")
    if (call.value("format") or "json").lower() != "json":
        raise refuse(call, "isv.invalid-format")
    if (call.value("charset") or "").lower().replace("-", "") != "utf8":
        raise refuse(call, "isv.invalid-charset")
    if call.value("version") != "1.0":
        raise refuse(call, "isv.invalid-parameter")
    skew = call.world.limits(AlipayLimits).clock_skew_seconds
    try:
        stamp = datetime.strptime(call.value("timestamp") or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI)
    except ValueError as cause:
        raise refuse(call, "isv.invalid-timestamp") from cause
    if abs(call.clock - stamp.timestamp()) > skew:
        raise refuse(call, "isv.invalid-timestamp")


def signed_text(call: Call) -> str:
    """What a client signs: all parameters of query and form but ``sign`` and the empty ones, sorted by name."""
    given = {**call.query, **call.form}
    return "&".join(f"{name}={given[name]}" for name in sorted(given) if name != "sign" and given[name] != "")


def _fields(call: Call, *, plain: bool) -> Fields:
    given: Fields = {}
    if plain:
        given = {name: value for name, value in {**call.query, **call.form}.items() if name not in _COMMON}
    text = call.value("biz_content")
    if not text:
        return given
    try:
        document = parse_json(text)
    except ValueError as cause:
        raise refuse(call, "isv.invalid-parameter") from cause
    if not isinstance(document, dict):
        raise refuse(call, "isv.invalid-parameter")
    return {**given, **document}
