"""What Douyin calls us with: its signature, the check of our address, and that a video was created.

Source: the webhook code of a public Go client and of a public publishing tool (protocol notes, section 4.5); Douyin's
overview of its webhooks adds that an address has 5 s to answer and that a message is sent three times at most.

The body is signed from end to end, but it says no more than that an item exists, which has yet to pass the review. So
`create_video` only brings the reading forward. A body has no time, so it could be sent again for ever, and `Msg-Id` is
not signed: what was heard is remembered beside the publication instead. (A secret in front of a body under SHA-1 lets a
stranger lengthen the body: the padding that this needs is no UTF-8, and such a body is not read.)
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from rongmei.channels.base import Credential, Heard, Letter, Pending, WrongSignature
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import BadInput

HEARS = frozenset({"application/json"})
MAX_BODY_BYTES = 64 * 1024
_KIND = "application/json"
_MAX_ID = 100
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


def hear(letter: Letter, credential: Credential) -> Heard:
    """The answer to a letter and what it says of posts.

    Raises:
        WrongSignature, BadInput, CredentialRefused: as `Hearing.hear`.
    """
    secret = credential.require("client_secret")
    if not verify_webhook(letter.body, letter.headers.get("x-douyin-signature", ""), secret):
        raise WrongSignature("签名不对", where=_WHERE, mend="核对应用的 client_secret 与账号连接里的是否相同")
    event = read_webhook(letter.body)
    if isinstance(event, Challenge):
        return Heard(json.dumps({"challenge": event.value}), _KIND)
    if event is None:
        return Heard("{}", _KIND)
    news = Pending(f"抖音通知：作品 {event.item_id} 已创建")
    return Heard("{}", _KIND, told={event.item_id: news})


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
        parsed = json.loads(body.decode("utf-8"))
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
    if not 0 < len(item_id) <= _MAX_ID or not open_id:
        raise BadInput("没有 item_id 或 from_user_id", where=_WHERE)
    return VideoCreated(open_id, item_id, text_of(content.get("video_id")), text_of(content.get("share_id")))
