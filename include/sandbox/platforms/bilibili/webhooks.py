"""Bilibili's events (Webhooks): an opened or returned archive is posted to the app's callback, signed.

A callback is asked once whether it is one (``verify_webhooks``: it has to send the number back as ``{"data": …}``) and
gets nothing before it has shown that.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sandbox import hooks
from sandbox.audience import uniform
from sandbox.clock import shanghai
from sandbox.platforms.bilibili.base import BilibiliLimits
from sandbox.seed import Account
from sandbox.world import World


def openid_of(account: Account) -> str:
    """How the app knows an account."""
    return hashlib.sha256(f"openid:{account.credentials['client_id']}:{account.id}".encode()).hexdigest()[:32]


def announce(world: World, account: Account, event: str, content: Mapping[str, Any], at: float) -> None:
    """Tell the account's callback, if there is one, once what happened is committed; returns at once."""
    url = account.credentials.get("callback_url") or world.limits(BilibiliLimits).callback_url
    if hooks.is_address(url):
        whole = {"openid": openid_of(account), "client_id": account.credentials["client_id"], **content}
        tell = functools.partial(_tell, world, account, url, event, whole, at)
        world.store.after_commit(lambda: hooks.in_background(tell))


def signature(secret: str, body: bytes) -> str:
    """The header ``x-bilibili-signature``: SHA-1 over the app's secret and the body, as Bilibili has it."""
    return hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()


def _tell(world: World, account: Account, url: str, event: str, content: Mapping[str, Any], at: float) -> None:
    if _is_verified(world, account, url, at):
        hooks.deliver(_event(account, url, event, content, at))


def _is_verified(world: World, account: Account, url: str, at: float) -> bool:
    key = f"bilibili:webhook:{account.credentials['client_id']}:{url}"
    if world.store.meta(key):
        return True
    number = int(uniform("webhook", key) * 2**31)
    echo = hooks.deliver(_event(account, url, "verify_webhooks", {"data": number}, at))
    try:
        said = json.loads(echo or b"null")
    except (ValueError, RecursionError):
        return False
    if not isinstance(said, dict) or said.get("data") != number:
        return False
    world.store.set_meta(key, "verified")
    return True


def _event(account: Account, url: str, event: str, content: Mapping[str, Any], at: float) -> hooks.Event:
    document = {"event": event, "content": content, "timestamp": shanghai(at).strftime("%Y-%m-%d %H:%M:%S")}
    body = json.dumps(document, ensure_ascii=False).encode()
    signed = signature(account.credentials["client_secret"], body)
    return hooks.Event(url, body, {"x-bilibili-signature": signed})
