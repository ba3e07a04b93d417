"""WeChat access tokens: ``token`` (the newest wins), ``stable_token``, and the address lists clients try them on."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import JSONResponse, Response

from sandbox.platforms.wechat.base import (
    NAME,
    WeChatLimits,
    done,
    quota_name,
    read_json,
    refuse,
    routes,
    spend_quota,
    with_token,
)
from sandbox.seed import Account
from sandbox.store import Document
from sandbox.wire import Call

_REFRESH_AHEAD_SECONDS = 300
_FORCED_PER_DAY = 20
_FORCED_APART_SECONDS = 30
_CLEARS_PER_MONTH = 10


@routes.on("GET", "/cgi-bin/token")
def token(call: Call) -> Response:
    account = _login(call, call.query.get("grant_type"), call.query.get("appid"), call.query.get("secret"))
    spend_quota(call, account)
    _supersede(call, account, "plain", at=call.now + call.world.limits(WeChatLimits).token_overlap_seconds)
    return _answer(call, _issue(call, account, "plain"))


@routes.on("POST", "/cgi-bin/stable_token")
def stable_token(call: Call) -> Response:
    body = read_json(call)
    account = _login(call, body.get("grant_type"), body.get("appid"), body.get("secret"))
    spend_quota(call, account, limit=500_000)
    current = _current(call, account, "stable")
    if body.get("force_refresh"):
        _spend_forced(call, account)
        _supersede(call, account, "stable", at=call.now)
    elif current and current.body["expires_at"] - call.now > _REFRESH_AHEAD_SECONDS:
        return _answer(call, current)
    return _answer(call, _issue(call, account, "stable"))


@routes.on("POST", "/cgi-bin/clear_quota")
@with_token
def clear_quota(call: Call, account: Account) -> Response:
    if read_json(call).get("appid") != account.credentials["appid"]:
        raise refuse(40013)
    month = quota_name(account, "clear_quota", call.now)[:-3]
    if call.world.store.count_up(month) > _CLEARS_PER_MONTH:
        raise refuse(48006)
    # Interface names begin with a slash; the count of these clearings does not, and stays.
    call.world.store.clear_counters(f"quota:{NAME}:{account.id}:/")
    return done()


@routes.on("GET", "/cgi-bin/getcallbackip")
@routes.on("GET", "/cgi-bin/get_api_domain_ip")
@with_token
def addresses(_call: Call, _account: Account) -> Response:
    """The servers that call, and that are called."""
    return JSONResponse({"ip_list": ["127.0.0.1"]})


def _login(call: Call, grant_type: object, appid: object, secret: object) -> Account:
    if grant_type != "client_credential":
        raise refuse(40002)
    if not appid:
        raise refuse(41002)
    if not secret:
        raise refuse(41004)
    account = call.world.account_by(NAME, "appid", str(appid))
    if account is None:
        raise refuse(40013)
    if account.credentials["secret"] != secret:
        raise refuse(40125)
    return account


def _spend_forced(call: Call, account: Account) -> None:
    store = call.world.store
    key = f"wechat:forced:{account.id}"
    last = float(store.meta(key) or "-inf")
    if call.now - last < _FORCED_APART_SECONDS:
        raise refuse(45011)
    spend_quota(call, account, interface="/cgi-bin/stable_token#force_refresh", limit=_FORCED_PER_DAY)
    store.set_meta(key, repr(call.now))


def _current(call: Call, account: Account, kind: str) -> Document | None:
    """The newest token of a kind that still counts."""
    for known in call.world.store.find(NAME, "token", account=account.id):
        if known.body["kind"] == kind and known.body["superseded_at"] is None:
            return known if known.body["expires_at"] > call.now else None
    return None


def _supersede(call: Call, account: Account, kind: str, *, at: float) -> None:
    known = _current(call, account, kind)
    if known:
        body = {**known.body, "superseded_at": at}
        call.world.store.put(NAME, Document("token", known.id, account.id, known.created_at, body))


def _issue(call: Call, account: Account, kind: str) -> Document:
    """A fresh token of WeChat's length; predictable, which a sandbox may be."""
    number = call.world.store.count_up("wechat:token")
    seed = hashlib.sha512(f"{account.credentials['secret']}:{kind}:{number}".encode()).digest()
    value = f"{60 + number % 40}_" + base64.urlsafe_b64encode(seed + seed[:35]).decode().rstrip("=")
    body = {
        "kind": kind,
        "expires_at": call.now + call.world.limits(WeChatLimits).token_seconds,
        "superseded_at": None,
    }
    document = Document("token", value, account.id, call.now, body)
    call.world.store.put(NAME, document)
    return document


def _answer(call: Call, known: Document) -> Response:
    return JSONResponse({"access_token": known.id, "expires_in": int(known.body["expires_at"] - call.now)})
