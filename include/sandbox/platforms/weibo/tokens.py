"""Weibo's OAuth: a token for a code, and what is known of a token."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from sandbox.platforms.weibo.base import NAME, TOKEN_SECONDS, WeiboLimits, issued_at, oauth_error, routes, with_token
from sandbox.seed import Account
from sandbox.wire import Call


@routes.on("POST", "/oauth2/access_token")
def access_token(call: Call) -> Response:
    limits = call.world.limits(WeiboLimits)
    if (call.value("client_id"), call.value("client_secret")) != (limits.app_key, limits.app_secret):
        raise oauth_error(21324)
    if call.value("grant_type") != "authorization_code":
        raise oauth_error(21328)
    account = call.world.account(NAME, (call.value("code") or "").removeprefix("code-"))
    if account is None:
        raise oauth_error(21325)
    call.world.store.set_meta(f"weibo:issued:{account.id}", repr(call.now))
    return JSONResponse(
        {
            "access_token": account.credentials["access_token"],
            "remind_in": str(TOKEN_SECONDS),
            "expires_in": TOKEN_SECONDS,
            "uid": account.credentials["uid"],
            "isRealName": "true",
        }
    )


@routes.on("POST", "/oauth2/get_token_info")
@with_token
def get_token_info(call: Call, account: Account) -> Response:
    issued = issued_at(call.world, account, call.now)
    return JSONResponse(
        {
            "uid": int(account.credentials["uid"]),
            "appkey": account.credentials.get("app_key", call.world.limits(WeiboLimits).app_key),
            "scope": None,
            "create_at": int(issued),
            "expire_in": int(issued + TOKEN_SECONDS - call.now),
        }
    )
