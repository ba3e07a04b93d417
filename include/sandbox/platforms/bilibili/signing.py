"""Bilibili's request signature: six ``x-bili-`` headers under HMAC-SHA256, and who is calling."""

from __future__ import annotations

import functools
import hashlib
import hmac
from collections.abc import Callable

from starlette.responses import Response

from sandbox.platforms.bilibili.base import NAME, UPLOAD_PREFIX, BilibiliLimits, refuse
from sandbox.platforms.bilibili.tokens import is_valid, owner_of
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call, Handler
from sandbox.world import World

SIGNED_HEADERS = (
    "x-bili-accesskeyid",
    "x-bili-content-md5",
    "x-bili-signature-method",
    "x-bili-signature-nonce",
    "x-bili-signature-version",
    "x-bili-timestamp",
)

AccountHandler = Callable[[Call, Account], Response]


def signed(handler: AccountHandler) -> Handler:
    """Let a handler see only calls that are signed, fresh and made for an account."""

    @functools.wraps(handler)
    def checked(call: Call) -> Response:
        _check_form(call)
        app = _check_signature(call)
        _spend_nonce(call)
        return handler(call, _token_owner(call, app))

    return checked


def identify(call: Call) -> Account | None:
    """The account behind the access token, the upload token or the client id."""
    access, upload = call.headers.get("access-token"), call.query.get("upload_token")
    if access:
        return owner_of(call, access)
    if upload and call.path.startswith(UPLOAD_PREFIX):
        known = call.world.store.get(NAME, "upload", upload)
        return call.world.account(NAME, known.account) if known else None
    return call.world.account_by(NAME, "client_id", call.value("client_id") or "")


def _check_form(call: Call) -> None:
    accepted = {part.partition(";")[0].strip() for part in call.headers.get("accept", "").lower().split(",")}
    if "application/json" not in accepted:
        raise refuse(4009)
    if _kind(call) not in ("application/json", "multipart/form-data"):
        raise refuse(4007)
    if any(not call.headers.get(name) for name in (*SIGNED_HEADERS, "authorization")):
        raise refuse(4000)
    if call.headers["x-bili-signature-method"] != "HMAC-SHA256":
        raise refuse(4005)
    if call.headers["x-bili-signature-version"] != "2.0":
        raise refuse(4006)


def _check_signature(call: Call) -> Account:
    """The app that signed, as one of its accounts."""
    app = call.world.account_by(NAME, "client_id", call.headers["x-bili-accesskeyid"])
    if app is None:
        raise refuse(4001)
    try:
        skew = abs(call.clock - int(call.headers["x-bili-timestamp"]))
    except ValueError as cause:
        raise refuse(4000) from cause
    if skew > call.world.limits(BilibiliLimits).clock_skew_seconds:
        raise refuse(4003)
    # A multipart body is not hashed: the client signs as if there were none.
    body = b"" if _kind(call) == "multipart/form-data" else call.body
    if call.headers["x-bili-content-md5"].lower() != hashlib.md5(body, usedforsecurity=False).hexdigest():
        raise refuse(4008)
    text = "\n".join(f"{name}:{call.headers[name]}" for name in SIGNED_HEADERS)
    secret = app.credentials["client_secret"].encode()
    expected = hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), call.headers["authorization"].encode()):
        raise refuse(4002)
    return app


def _spend_nonce(call: Call) -> None:
    """Note the nonce for as long as its timestamp can be fresh; 4004 if it was used before."""
    store, skew = call.world.store, call.world.limits(BilibiliLimits).clock_skew_seconds
    spoken = f"{call.headers['x-bili-accesskeyid']}:{call.headers['x-bili-signature-nonce']}"
    key = hashlib.sha256(spoken.encode()).hexdigest()
    if store.get(NAME, "nonce", key) is not None:
        raise refuse(4004)
    store.put(NAME, Document("nonce", key, "", call.now, {}, due_at=call.now + 2 * skew + 1))


def forget_nonces(world: World, now: float) -> None:
    """Drop the nonces that can no longer be replayed."""
    for nonce in world.store.due(NAME, "nonce", now):
        world.store.delete(NAME, "nonce", nonce.id)


def _token_owner(call: Call, app: Account) -> Account:
    token = call.headers.get("access-token")
    if not token:
        raise refuse(127000)
    owner = owner_of(call, token)
    if owner is None or not is_valid(call, token):
        raise refuse(127001)
    if owner.credentials["client_id"] != app.credentials["client_id"]:
        raise refuse(127004)
    return owner


def _kind(call: Call) -> str:
    return call.headers.get("content-type", "").partition(";")[0].strip().lower()
