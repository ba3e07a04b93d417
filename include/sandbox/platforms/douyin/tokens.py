"""Douyin's OAuth: user tokens by code and by refresh, renewing the refresh token, the app's client_token, userinfo."""

from __future__ import annotations

import hashlib
from typing import Any

from starlette.responses import Response

from sandbox.platforms.douyin.base import (
    NAME,
    DouyinLimits,
    app_of,
    check_user,
    error,
    find_token,
    granted,
    issue,
    json_object,
    routes,
    scopes_of,
    token_of,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Refusal


@routes.on("GET POST", "/oauth/access_token")
def access_token(call: Call) -> Response:
    asked = _fields(call)
    account = _app(call, asked, secret=True)
    _grant(call, asked, "authorization_code")
    user = call.world.account(NAME, asked.get("code", "").removeprefix("code-"))
    if user is None or user.credentials.get("client_key") != account.credentials.get("client_key"):
        raise _no(call, 10002, "code 无效")
    seconds = call.world.limits(DouyinLimits).refresh_token_seconds
    refresh = issue(call, _fresh(call, user, "rft."), user, "refresh", seconds)
    return _tokens(call, user, _fresh(call, user, "act."), refresh)


@routes.on("GET POST", "/oauth/refresh_token")
def refresh_token(call: Call) -> Response:
    asked = _fields(call)
    account = _app(call, asked)
    _grant(call, asked, "refresh_token")
    refresh = _valid_refresh(call, asked, account)
    user = call.world.account(NAME, refresh.account)
    if user is None:
        raise _no(call, 10002, "refresh_token 无效")
    return _tokens(call, user, _fresh(call, user, "act."), refresh)


@routes.on("GET POST", "/oauth/renew_refresh_token")
def renew_refresh_token(call: Call) -> Response:
    asked = _fields(call)
    limits = call.world.limits(DouyinLimits)
    old = _valid_refresh(call, asked, _app(call, asked))
    if old.body["renewals"] >= limits.refresh_renewals:
        raise _no(call, 10020)
    user = call.world.account(NAME, old.account)
    if user is None:
        raise _no(call, 10002, "refresh_token 无效")
    fresh = issue(call, _fresh(call, user, "rft."), user, "refresh", limits.refresh_token_seconds)
    _replace(call, fresh, renewals=old.body["renewals"] + 1)
    _replace(call, old, expires_at=call.now)
    return granted(call, refresh_token=fresh.id, expires_in=limits.refresh_token_seconds)


@routes.on("GET POST", "/oauth/client_token")
def client_token(call: Call) -> Response:
    asked = _fields(call)
    account = _app(call, asked, secret=True)
    _grant(call, asked, "client_credential")
    limits = call.world.limits(DouyinLimits)
    # The newest of the older ones lives on a little; the ones before it end now, so that two stay at most.
    ends = call.now + limits.client_token_overlap_seconds
    for known in call.world.store.find(NAME, "token"):
        if known.body["kind"] == "client" and known.body["app"] == account.credentials["client_key"]:
            _replace(call, known, expires_at=min(known.body["expires_at"], ends))
            ends = call.now
    token = issue(call, _fresh(call, account, "clt."), account, "client", limits.client_token_seconds)
    return granted(call, access_token=token.id, expires_in=limits.client_token_seconds)


@routes.on("GET POST", "/oauth/userinfo")
def userinfo(call: Call) -> Response:
    asked = _fields(call)
    known = find_token(call, token_of(call) or asked.get("access_token", ""))
    account = call.world.account(NAME, known.account) if known and known.body["kind"] == "user" else None
    if known is None or account is None:
        raise _no(call, 2190002)
    if call.now >= known.body["expires_at"]:
        raise _no(call, 2190008)
    check_user(call, account, asked.get("open_id"))
    return granted(
        call,
        open_id=account.credentials["open_id"],
        union_id=hashlib.sha256(f"douyin-union:{account.id}".encode()).hexdigest()[:36],
        nickname=account.name,
        avatar="",
    )


def _fields(call: Call) -> dict[str, str]:
    """The parameters, wherever they stand: form, JSON body or query."""
    fields: dict[str, Any] = {**call.query, **call.form}
    if call.body and not call.form:
        document = json_object(call.body)
        if document is None:
            raise _no(call, 10002)
        fields |= document
    return {name: str(value) for name, value in fields.items()}


def _app(call: Call, asked: dict[str, str], *, secret: bool = False) -> Account:
    if not asked.get("client_key"):
        raise _no(call, 10002, "缺少 client_key 参数")
    account = app_of(call.world, asked["client_key"])
    if account is None:
        raise _no(call, 10003)
    if secret and asked.get("client_secret") != account.credentials.get("client_secret"):
        raise _no(call, 10013)
    return account


def _grant(call: Call, asked: dict[str, str], wanted: str) -> None:
    if asked.get("grant_type") != wanted:
        raise _no(call, 10002, f"grant_type 应为 {wanted}")


def _valid_refresh(call: Call, asked: dict[str, str], app: Account) -> Document:
    refresh = _refresh_token(call, asked.get("refresh_token", ""))
    if refresh is None or refresh.body["app"] != app.credentials.get("client_key"):
        raise _no(call, 10002, "refresh_token 无效")
    if call.now >= refresh.body["expires_at"]:
        raise _no(call, 10010)
    return refresh


def _refresh_token(call: Call, token: str) -> Document | None:
    """A known refresh token. The seed's begin to count when they are first used."""
    known = call.world.store.get(NAME, "refresh", token) if token else None
    account = call.world.account_by(NAME, "refresh_token", token) if token and known is None else None
    if account is None:
        return known
    return issue(call, token, account, "refresh", call.world.limits(DouyinLimits).refresh_token_seconds)


def _tokens(call: Call, user: Account, token: str, refresh: Document) -> Response:
    limits = call.world.limits(DouyinLimits)
    issue(call, token, user, "user", limits.access_token_seconds)
    return granted(
        call,
        access_token=token,
        expires_in=limits.access_token_seconds,
        refresh_token=refresh.id,
        refresh_expires_in=int(refresh.body["expires_at"] - call.now),
        open_id=user.credentials["open_id"],
        scope=",".join(scopes_of(user)),
    )


def _fresh(call: Call, account: Account, prefix: str) -> str:
    """A token nobody has had yet; predictable, which a sandbox may be."""
    number = call.world.store.count_up("douyin:token")
    seed = f"{account.credentials.get('client_secret', '')}:{account.id}:{number}"
    return prefix + hashlib.sha256(seed.encode()).hexdigest()[:40]


def _replace(call: Call, document: Document, **changes: Any) -> None:
    body = {**document.body, **changes}
    call.world.store.put(NAME, Document(document.kind, document.id, document.account, document.created_at, body))


def _no(call: Call, code: int, description: str | None = None) -> Refusal:
    return Refusal(error(call, code, description))
