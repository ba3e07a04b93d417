"""Douyin's webhooks: ``create_video`` to an app's callback address, which must first have passed ``verify_webhook``.

Nothing is sent unless the account or the limits name a ``callback_url``. The platform checks an address when it is
entered in its console; here that is done before the first event to it, and no event goes where the check failed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
from typing import Any

from sandbox.audience import uniform
from sandbox.hooks import Event, deliver, in_background, is_address
from sandbox.platforms.douyin.base import DouyinLimits
from sandbox.seed import Account
from sandbox.store import Document, Store
from sandbox.wire import Call


def announce(call: Call, account: Account, item: Document) -> None:
    """Tell the app's callback address of a new item, once this call is committed."""
    store = call.world.store
    url = account.credentials.get("callback_url") or call.world.limits(DouyinLimits).callback_url
    if not is_address(url):
        return
    key = account.credentials.get("client_key", "")
    secret = account.credentials.get("client_secret", "")
    content = {
        "share_id": "",
        "item_id": item.id,
        "video_id": item.body["video_id"],
        "has_default_hashtag": False,
    }
    open_id = account.credentials.get("open_id", "")
    news = _event(
        url, secret, {"event": "create_video", "from_user_id": open_id, "to_user_id": "", "content": content}, key
    )
    known = store.meta(_checked(key, url)) is not None
    store.after_commit(lambda: in_background(lambda: _send(store, news, key=key, secret=secret, known=known)))


def _send(store: Store, news: Event, *, key: str, secret: str, known: bool) -> None:
    if not known:
        challenge = int(uniform("douyin-challenge", key, news.url) * 1_000_000)
        question = {"event": "verify_webhook", "content": {"challenge": challenge}}
        if not _echoed(deliver(_event(news.url, secret, question, key)), challenge):
            return
        # The sandbox may have been stopped meanwhile.
        with contextlib.suppress(sqlite3.ProgrammingError):
            store.set_meta(_checked(key, news.url), "1")
    deliver(news)


def _echoed(answer: bytes | None, challenge: int) -> bool:
    try:
        found = json.loads(answer or b"")
    except ValueError:
        return False
    return isinstance(found, dict) and found.get("challenge") == challenge


def _checked(key: str, url: str) -> str:
    return f"douyin:webhook:{key}:{url}"


def _event(url: str, secret: str, message: dict[str, Any], key: str) -> Event:
    body = json.dumps({**message, "client_key": key}, ensure_ascii=False).encode()
    signature = hashlib.sha1(secret.encode() + body).hexdigest()  # noqa: S324 - the platform signs so
    message_id = hashlib.sha256(url.encode() + body).hexdigest()[:32]
    return Event(url, body, {"X-Douyin-Signature": signature, "Msg-Id": message_id})
