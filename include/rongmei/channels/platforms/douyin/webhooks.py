"""What Douyin calls us with: its signature, the check of our address, and that a video was created.

Source: the webhook code of a public Go client and of a public publishing tool (protocol notes, section 4.5). The header
`Msg-Id` names a message, so that one that comes twice can be told.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import BadInput

MAX_BODY_BYTES = 64 * 1024
_WHERE = "抖音回调"


@dataclass(frozen=True)
class Challenge:
    """Douyin checks our address; answer HTTP 200 `{"challenge": value}`."""

    value: int


@dataclass(frozen=True)
class VideoCreated:
    """A video was created for an account, by this interface or by a share from the app.

    Attributes:
        open_id: whose video it is.
        share_id: of a share that was handed to a person; "" otherwise.
    """

    open_id: str
    item_id: str
    video_id: str = ""
    share_id: str = ""


def verify_webhook(body: bytes, signature: str, secret: str) -> bool:
    """Whether `X-Douyin-Signature` fits the body: SHA-1, in hexadecimal, of the app's client_secret and the body."""
    if not secret:
        return False
    wanted = hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode())


def read_webhook(body: bytes) -> Challenge | VideoCreated | None:
    """The event in a body whose signature was verified; None for one that is of no use here.

    Raises:
        BadInput: it is no event.
    """
    event = _object(body[:MAX_BODY_BYTES])
    content = event.get("content")
    if isinstance(content, str):
        content = _object(content.encode())
    if not isinstance(content, dict):
        content = {}
    match event.get("event"):
        case "verify_webhook":
            return _challenge(content)
        case "create_video":
            return _created(event, content)
    return None


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise BadInput("不是一个 JSON 对象", where=_WHERE)
    return parsed


def _challenge(content: dict[str, Any]) -> Challenge:
    value = number_or_none(content.get("challenge"))
    if value is None:
        raise BadInput("没有 challenge", where=_WHERE)
    return Challenge(value)


def _created(event: dict[str, Any], content: dict[str, Any]) -> VideoCreated:
    item_id, open_id = text_of(content.get("item_id")), text_of(event.get("from_user_id"))
    if not item_id or not open_id:
        raise BadInput("没有 item_id 或 from_user_id", where=_WHERE)
    return VideoCreated(open_id, item_id, text_of(content.get("video_id")), text_of(content.get("share_id")))
