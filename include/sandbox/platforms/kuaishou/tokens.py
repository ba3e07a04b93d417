"""Kuaishou's OAuth: user tokens by code and by refresh, and what a user shows of himself."""

from __future__ import annotations

import hashlib

from starlette.responses import Response

from sandbox.platforms.kuaishou.base import (
    BAD_CLIENT,
    BAD_CODE,
    BAD_GRANT,
    DENIED,
    MISSING,
    NAME,
    REFRESH_EXPIRED,
    KuaishouLimits,
    app_of,
    done,
    find_token,
    issue,
    refuse,
    routes,
    scopes_of,
    with_user,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call


@routes.on("GET", "/oauth2/access_token")
def access_token(call: Call) -> Response:
    app = _app(call, "authorization_code")
    user = call.world.account(NAME, (call.query.get("code") or "").removeprefix("code-"))
    if user is None or user.credentials.get("app_id") != app.credentials.get("app_id"):
        raise refuse(BAD_CODE)
    return _tokens(call, user)


@routes.on("GET", "/oauth2/refresh_token")
def refresh_token(call: Call) -> Response:
    app = _app(call, "refresh_token")
    if not call.query.get("refresh_token"):
        raise refuse(MISSING)
    refresh = find_token(call, "refresh", call.query["refresh_token"])
    user = call.world.account(NAME, refresh.account) if refresh else None
    if refresh is None or user is None or user.credentials.get("app_id") != app.credentials.get("app_id"):
        raise refuse(DENIED)
    if call.now >= refresh.body["expires_at"]:
        raise refuse(REFRESH_EXPIRED)
    return _tokens(call, user)


@routes.on("GET", "/openapi/user_info")
@with_user("user_info")
def user_info(_call: Call, account: Account) -> Response:
    shown = {
        "name": account.name,
        "sex": "",
        "fan": account.followers,
        "follow": 0,
        "head": "",
        "bigHead": "",
        "city": "东莞市",
    }
    return done(user_info=shown)


def _app(call: Call, grant_type: str) -> Account:
    """The app that asks for a token, its secret checked."""
    asked = call.query
    if not asked.get("app_id") or not asked.get("app_secret") or not asked.get("grant_type"):
        raise refuse(MISSING)
    if asked["grant_type"] != grant_type:
        raise refuse(BAD_GRANT)
    app = app_of(call.world, asked["app_id"])
    if app is None or app.credentials.get("app_secret") != asked["app_secret"]:
        raise refuse(BAD_CLIENT)
    return app


def _tokens(call: Call, user: Account) -> Response:
    limits = call.world.limits(KuaishouLimits)
    access, refresh = _fresh(call, user, "access"), _fresh(call, user, "refresh")
    return done(
        access_token=access.id,
        expires_in=limits.access_token_seconds,
        refresh_token=refresh.id,
        refresh_token_expires_in=limits.refresh_token_seconds,
        open_id=user.credentials["open_id"],
        scopes=list(scopes_of(user)),
    )


def _fresh(call: Call, user: Account, kind: str) -> Document:
    """A token nobody has had yet; predictable, which a sandbox may be."""
    prefix = {"access": "ChFvYXV0aC5hY2Nlc3NUb2tlbh", "refresh": "ChJvYXV0aC5yZWZyZXNoVG9rZW"}[kind]
    number = call.world.store.count_up("kuaishou:token")
    seed = f"{user.credentials.get('app_secret', '')}:{user.id}:{kind}:{number}"
    return issue(call, kind, prefix + hashlib.sha256(seed.encode()).hexdigest(), user)
