"""WeChat's own word that a submission is decided: the event PUBLISHJOBFINISH, checked and read without any call.

The platform posts XML to the address that is entered in the console, in plain mode with `signature`, `timestamp` and
`nonce` in the query. The same signature comes with a GET when the address is entered; its answer is `echostr`.
A `Job` that comes out of here is what `freepublish/get` would say, so `jobs.verdict` settles each publication of it.
How far a letter may be believed in plain and in safe mode stands in `hearing`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from rongmei.channels.base import WrongSignature
from rongmei.channels.links import is_web_address
from rongmei.channels.platforms.wechat.jobs import Job, places
from rongmei.channels.values import number_or_none
from rongmei.errors import BadInput

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MAX_BYTES = 64 * 1024
"""An event of eight articles with long addresses is a tenth of it."""
MAX_AGE = timedelta(minutes=10)
"""How old a signed request may be; ours, against one that is caught and sent again. WeChat repeats after seconds."""
_MAX_TEXT = 2000
_WHERE = "微信公众号的回调"


class UnreadableEvent(BadInput):
    """The body is not the XML that WeChat sends."""


def check_signature(
    token: str, *, signature: str, timestamp: str, nonce: str, now: datetime, encrypted: str = ""
) -> None:
    """Check who sent a request to the callback address: `sha1(sort(token, timestamp, nonce))`.

    Args:
        token: the one entered in the console beside the address, not an access token.
        signature, timestamp, nonce: from the query, as they came; the signature is `msg_signature` in safe mode.
        now: the present moment, aware.
        encrypted: what safe mode signs beside the others, see `sealing`.

    Raises:
        WrongSignature: it was not WeChat, or too long ago.
    """
    if not token:
        raise WrongSignature("没有配置回调的 Token", where=_WHERE, mend="在账号连接里填上与公众号后台相同的 Token")
    parts = sorted((token, timestamp, nonce, encrypted))
    made = hashlib.sha1("".join(parts).encode()).hexdigest()  # noqa: S324 - the platform's
    if not hmac.compare_digest(made.encode(), signature.encode()):
        raise WrongSignature("签名不对", where=_WHERE, mend="核对公众号后台与账号连接里的 Token 是否相同")
    seconds = number_or_none(timestamp) if timestamp.isascii() and timestamp.isdecimal() else None
    signed_at = datetime.fromtimestamp(seconds, UTC) if seconds is not None and seconds < 2**33 else None
    if signed_at is None or abs(now - signed_at) > MAX_AGE:
        raise WrongSignature("请求的时间不对", where=_WHERE, mend="核对服务器的时钟")


def read_event(body: bytes) -> Job | None:
    """The submission that an event tells of; None for every other message, of which nothing is wanted.

    Raises:
        UnreadableEvent: the body is no XML, has a document type or entities, is too long, or names no submission.
    """
    root = _parsed(body)
    if _text(root, "MsgType") != "event" or _text(root, "Event") != "PUBLISHJOBFINISH":
        return None
    info = root.find("PublishEventInfo")
    publish_id = _text(info, "publish_id") if info is not None else ""
    status = number_or_none(_text(info, "publish_status")) if info is not None else None
    if info is None or not publish_id or status is None:
        raise UnreadableEvent("发布结果里没有 publish_id 或 publish_status", where=_WHERE)
    return Job(publish_id, status, _text(info, "article_id"), _urls(info), _failed(info))


def envelope_of(body: bytes) -> str:
    """What stands encrypted in a letter of safe mode; "" where nothing does.

    Raises:
        UnreadableEvent: as `read_event`.
    """
    return (_parsed(body).findtext("Encrypt") or "").strip()


def _parsed(body: bytes) -> Element:
    if len(body) > MAX_BYTES:
        raise UnreadableEvent(f"内容超过 {MAX_BYTES // 1024} KB", where=_WHERE)
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise UnreadableEvent("内容不是微信发来的 XML", where=_WHERE) from None
    return root


def _text(element: Element, path: str) -> str:
    """The text at a path, without the white space around it; "" where there is none or it is too long."""
    text = (element.findtext(path) or "").strip()
    return text if len(text) <= _MAX_TEXT else ""


def _urls(info: Element) -> dict[int, str]:
    """Addresses by place; what is no http(s) address is left out."""
    urls = {}
    for position, item in enumerate(info.findall("article_detail/item"), start=1):
        url = _text(item, "article_url")
        if is_web_address(url):
            urls[number_or_none(_text(item, "idx")) or position] = url
    return urls


def _failed(info: Element) -> tuple[int, ...]:
    """Places of refused articles: `<fail_idx>1</fail_idx><fail_idx>3</fail_idx>`, or several in one element."""
    said = " ".join(text for element in info.findall("fail_idx") for text in element.itertext())
    return tuple(sorted(places(re.findall(r"(?<!\d)\d{1,2}(?!\d)", said))))
