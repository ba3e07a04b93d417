"""What Weibo's answers mean: error codes, statuses, their addresses and times."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from rongmei.channels.base import Accepted, Line
from rongmei.channels.client import Answer
from rongmei.channels.links import MARK, shows_mark
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

NO_SUCH_STATUS = 20101

# Weibo may have acted: 20019 says the same text is there, 20032 done but slow, the others are faults of its own.
_UNCLEAR = {10001, 10002, 10003, 10009, 10010, 10011, 20019, 20032}
_BAD_CREDENTIAL = {
    10005, 10006, 10013, 10014, 20003, 21301, 21314, 21315, 21316, 21317, 21319, 21321, 21327, 21332, 21335, 21337,
}  # fmt: skip
_LIMITS = {10004, 10022, 10023, 10024, 20016, 20022}
_BASE62 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_URL = re.compile(r"https?://\S+")
_MARKED = re.compile(rf"\b{MARK}=rm[0-9a-f]{{18}}")


def code_of(answer: Answer) -> int | None:
    """The error code, None for a success; it comes as a string or a number."""
    if not isinstance(answer.data, dict) or "error_code" not in answer.data:
        return None
    return number_or_none(answer.data["error_code"]) or 10001


def said(line: Line, answer: Answer) -> str:
    """What Weibo answered, fit for a message: `20101 Target weibo does not exist`."""
    error = answer.data.get("error", "") if isinstance(answer.data, dict) else ""
    return line.client.clean(f"{code_of(answer) or f'HTTP {answer.status}'} {error}")


def refuse(line: Line, what: str, answer: Answer, *, publishes: bool) -> NoReturn:
    """The typed error of an answer that is no success."""
    code = code_of(answer)
    message = f"{line.account} {what}：平台拒绝（{said(line, answer)}）"
    if code in _BAD_CREDENTIAL or (code is None and answer.status in (401, 403)):
        raise CredentialRefused(f"{message}，请核对连接里的 access_token 和 uid，或重新授权")
    if code in _LIMITS:
        raise TryLater(f"{message}，次数用完了", retry_after=timedelta(hours=1))
    if code is None or code in _UNCLEAR:
        raise OutcomeUnknown(message) if publishes else TryLater(message)
    raise Refused(message)


def accepted(line: Line, status: Mapping[str, Any]) -> Accepted | None:
    """A status object as a post; None where it has no id."""
    external_id = id_of(status)
    return Accepted(external_id, _address(line, external_id), live=True) if external_id else None


def id_of(status: Mapping[str, Any]) -> str:
    """The status's id, "" where it has none."""
    return text_of(status.get("idstr")) or text_of(status.get("id"))


def _address(line: Line, external_id: str) -> str:
    """Where readers see the status: weibo.com with the id in base 62; elsewhere (the sandbox) below `pages_url`."""
    uid = line.credential.require("uid")
    host = urlsplit(line.client.base_url).hostname or ""
    if host == "weibo.com" or host.endswith(".weibo.com"):
        return f"https://weibo.com/{uid}/{base62(external_id)}"
    pages = line.credential.fields.get("pages_url") or line.client.base_url
    return f"{pages}/u/{uid}/{external_id}"


def base62(number: str) -> str:
    """A status id as weibo.com's addresses write it: groups of seven digits from the right, four signs each."""
    if not is_id(number):
        return number
    groups: list[str] = []
    for end in range(len(number), 0, -7):
        group, signs = int(number[max(0, end - 7) : end]), ""
        while group:
            group, digit = divmod(group, 62)
            signs = _BASE62[digit] + signs
        groups.insert(0, signs.rjust(4, "0") if end > 7 else signs)
    return "".join(groups)


def is_id(text: str) -> bool:
    """Whether it can be a status's id; a person who settled a publication may have known only its address."""
    return text.isascii() and text.isdecimal()


def is_ours(status: Mapping[str, Any], fingerprint: str, words: str, horizon: datetime) -> bool:
    """Whether a status is the publication's: by its mark, or by the same words where Weibo shortened the link."""
    text = text_of(status.get("text"))
    if shows_mark(html.unescape(text), fingerprint):
        return True
    if _MARKED.search(text):
        return False  # The same words with another publication's mark.
    created = created_at(status)
    return bool(words) and created is not None and created >= horizon and words_of(text) == words


def words_of(text: str) -> str:
    """A text as it is compared: without links and white space, entities resolved."""
    return "".join(_URL.sub("", html.unescape(text)).split())


def created_at(status: Mapping[str, Any]) -> datetime | None:
    """`Wed Oct 24 23:49:17 +0800 2012` as an aware datetime."""
    parts = text_of(status.get("created_at")).split()
    if len(parts) != 6:
        return None
    _, month, day, clock, zone, year = parts
    try:
        moment = parsedate_to_datetime(f"{day} {month} {year} {clock} {zone}")
    except ValueError:
        return None
    # "-0000" is a time whose zone nobody knows.
    return moment if moment.tzinfo is not None else None
