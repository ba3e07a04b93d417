"""What Bilibili calls us with: the check of our address, and that an archive was opened (过审) or returned (退回).

Source: protocol notes, section 6.3: the events `verify_webhooks`, `video_open`, `video_fail` with
`{"event", "content": {"openid", "client_id", "resource_id", "state", "state_desc"}, "timestamp"}`, and the header
`x-bilibili-signature`, SHA-1 over the app's secret and the body. Not verified against the live platform: how
`timestamp` is written (read here as `2026-06-05 18:00:00` in Shanghai, or as seconds or milliseconds since 1970), and
what `state_desc` says of an archive that was returned.

The body is signed from end to end, so `video_open` is the platform's own verdict. (A secret in front of a body under
SHA-1 lets a stranger lengthen the body: the padding that this needs is no UTF-8, and such a body is not read.)
`video_fail` only brings the reading forward: what the editor has to mend stands in `reject_reason` of `archive/view`
and nowhere in the event.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from rongmei.channels.base import Accepted, Credential, Heard, Letter, Pending, WrongSignature
from rongmei.channels.values import number_or_none, text_of
from rongmei.clock import SHANGHAI
from rongmei.errors import BadInput

HEARS = frozenset({"application/json"})
MAX_AGE = timedelta(minutes=10)
"""As far as a call's own timestamp may be off (4003); an event is sent three times at most, 5 s apart."""
OFFICIAL = "https://member.bilibili.com"
OPEN = 0
_KIND = "application/json"
_RESOURCE = re.compile(r"BV[0-9A-Za-z]{10}")
_PAGES = {OFFICIAL: "https://www.bilibili.com"}
_MAX_ECHO = 200
_WHERE = "哔哩哔哩的回调"


@dataclass(frozen=True)
class Challenge:
    """Bilibili checks our address; answer HTTP 200 `{"data": value}`."""

    value: int | str


@dataclass(frozen=True)
class Decided:
    """The review of an archive is over.

    Attributes:
        at: when the platform says so, aware UTC; None where it cannot be read.
    """

    event: str
    resource_id: str
    state: int | None
    at: datetime | None


def verify_webhook(body: bytes, signature: str, secret: str) -> bool:
    """Whether `x-bilibili-signature` fits the body: SHA-1, in hexadecimal, of the app's secret and the body."""
    if not secret:
        return False
    wanted = hashlib.sha1(secret.encode() + body, usedforsecurity=False).hexdigest()
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode())


def read_webhook(body: bytes) -> Challenge | Decided | None:
    """The event in a body whose signature was verified; None for one that is of no use here.

    Raises:
        BadInput: it is no event.
    """
    event = _object(body)
    content = event.get("content")
    name, content = event.get("event"), content if isinstance(content, dict) else {}
    if name == "verify_webhooks":
        return _challenge(content.get("data"))
    if name not in ("video_open", "video_fail"):
        return None
    resource_id = text_of(content.get("resource_id"))
    if not _RESOURCE.fullmatch(resource_id):
        raise BadInput("没有稿件号 resource_id", where=_WHERE)
    return Decided(name, resource_id, number_or_none(content.get("state")), _moment(event.get("timestamp")))


def hear(letter: Letter, credential: Credential, now: datetime) -> Heard:
    """The answer to a letter and what it says of posts.

    Raises:
        WrongSignature, BadInput, CredentialRefused: as `Hearing.hear`.
    """
    secret = credential.require("client_secret")
    if not verify_webhook(letter.body, letter.headers.get("x-bilibili-signature", ""), secret):
        raise WrongSignature("签名不对", where=_WHERE, mend="核对应用的 client_secret 与账号连接里的是否相同")
    event = read_webhook(letter.body)
    if isinstance(event, Challenge):
        return Heard(json.dumps({"data": event.value}), _KIND)
    if event is None:
        return Heard("{}", _KIND)
    if event.at is not None and abs(now - event.at) > MAX_AGE:
        raise WrongSignature("请求的时间不对", where=_WHERE, mend="核对服务器的时钟")
    return Heard("{}", _KIND, told={event.resource_id: _said(event, credential)})


def _said(event: Decided, credential: Credential) -> Accepted | Pending:
    if event.event == "video_open" and event.state == OPEN and event.at is not None:
        # The event names no address; a stand-in shows its archives below its own one.
        pages = _PAGES.get(credential.base_url, credential.base_url)
        return Accepted(event.resource_id, f"{pages}/video/{event.resource_id}", live=True)
    return Pending(f"哔哩哔哩通知：稿件 {event.resource_id} {event.event}，状态 {event.state}")


def _object(body: bytes) -> dict[str, Any]:
    try:
        parsed = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise BadInput("不是一个 JSON 对象", where=_WHERE)
    return parsed


def _challenge(value: Any) -> Challenge:
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > _MAX_ECHO:
        raise BadInput("没有要回应的 data", where=_WHERE)
    return Challenge(value)


def _moment(value: Any) -> datetime | None:
    number = number_or_none(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000 if number > 10**11 else number, UTC)
        return datetime.strptime(text_of(value), "%Y-%m-%d %H:%M:%S").replace(tzinfo=SHANGHAI).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
