"""Bilibili's OAuth: access tokens for a code, single-use refresh tokens, and whose a token is."""

from __future__ import annotations

import hashlib

from starlette.responses import Response

from sandbox.platforms.bilibili.base import NAME, BilibiliLimits, answer, refuse, routes
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

SCOPES = ("ARC_BASE", "ARC_DATA", "USER_INFO", "USER_DATA")


@routes.on("POST", "/x/account-oauth2/v1/token")
def token(call: Call) -> Response:
    account = _app(call, "authorization_code")
    code = call.value("code") or ""
    owner = call.world.account(NAME, code.removeprefix("code-"))
    if owner is None or not code.startswith("code-"):
        raise refuse(122002)
    if owner.credentials["client_id"] != account.credentials["client_id"]:
        raise refuse(122008)
    return _issue(call, owner)


@routes.on("POST", "/x/account-oauth2/v1/refresh_token")
def refresh_token(call: Call) -> Response:
    account = _app(call, "refresh_token")
    known = call.world.store.get(NAME, "refresh", call.value("refresh_token") or "")
    owner = call.world.account(NAME, known.account) if known else None
    if known is None or owner is None:
        raise refuse(122007)
    if owner.credentials["client_id"] != account.credentials["client_id"]:
        raise refuse(122008)
    call.world.store.delete(NAME, "refresh", known.id)
    return _issue(call, owner)


def owner_of(call: Call, token: str) -> Account | None:
    """The account that gave this access token, expired or not."""
    account = call.world.account_by(NAME, "access_token", token)
    if account is not None:
        return account
    known = call.world.store.get(NAME, "token", token)
    return call.world.account(NAME, known.account) if known else None


def is_valid(call: Call, token: str) -> bool:
    """Whether a token that ``owner_of`` knows still counts; a derived one is issued by its first use."""
    known = call.world.store.get(NAME, "token", token)
    if known is None:
        _keep(call, token, owner_of(call, token))
        return True
    return call.now < known.created_at + call.world.limits(BilibiliLimits).token_seconds


def _keep(call: Call, token: str, owner: Account | None) -> None:
    if owner is not None:
        call.world.store.put(NAME, Document("token", token, owner.id, call.now, {}))


def _app(call: Call, grant_type: str) -> Account:
    """The app that asks, as one of its accounts."""
    account = call.world.account_by(NAME, "client_id", call.value("client_id") or "")
    if account is None:
        raise refuse(122000)
    if call.value("client_secret") != account.credentials["client_secret"]:
        raise refuse(122001)
    if call.value("grant_type") != grant_type:
        raise refuse(4000)
    return account


def _issue(call: Call, owner: Account) -> Response:
    """A fresh pair; predictable, which a sandbox may be."""
    number = call.world.store.count_up("bilibili:token")
    seed = f"{owner.credentials['client_secret']}:{number}"
    access = hashlib.sha256(f"access:{seed}".encode()).hexdigest()[:32]
    refresh = hashlib.sha256(f"refresh:{seed}".encode()).hexdigest()[:32]
    _keep(call, access, owner)
    call.world.store.put(NAME, Document("refresh", refresh, owner.id, call.now, {}))
    # An epoch second, not a duration, as the open platform's pages have it.
    expires = int(call.now) + call.world.limits(BilibiliLimits).token_seconds
    data = {"access_token": access, "refresh_token": refresh, "expires_in": expires, "scopes": list(SCOPES)}
    return answer(data)
