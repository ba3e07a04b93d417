"""Signed calls to Bilibili, and what its error codes mean for a publication."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rongmei.channels.base import Line
from rongmei.channels.client import Answer
from rongmei.channels.platforms.bilibili.signing import signed
from rongmei.channels.values import number_or_none, text_of
from rongmei.clock import at_local, local_date
from rongmei.errors import ChannelError, CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

CLOCK_IS_WRONG = 4003
NO_SUCH_ARCHIVE = 123004
DELETED = 123005
SAME_TITLE = 123015
IN_WORK = 123028
STALE_UPLOAD = 127022

_BAD_CREDENTIAL = {
    4001, 4002, 122000, 122001, 122002, 122007, 122008, 123001, 123037,
    127000, 127001, 127002, 127003, 127004, 127005, 127006, 127007, 127008, 127010, 127011, 127023, 127304, 127305,
}  # fmt: skip
_WAITS = {
    123026: timedelta(seconds=30),
    IN_WORK: timedelta(seconds=10),
    127306: timedelta(minutes=1),
    SAME_TITLE: timedelta(minutes=10),
    STALE_UPLOAD: timedelta(0),
    123023: timedelta(minutes=10),
    123044: timedelta(minutes=10),
}
_DAY_QUOTA = {123029, 123036, 127009}
# The platform failed or saw the same request before: it may have acted.
_UNCLEAR = {4004, 4010, 4011, 122009, 122010, 123002, 123039}
_A_PERSON_MUST = {
    123042: "平台要求在创作中心二次确认，请人工投稿",
    123050: "平台要求图片验证，请在创作中心人工投稿",
    123051: "平台要求图片验证，请在创作中心人工投稿",
    123024: "请去掉敏感信息后重新送审",
    123052: "内容不符合社区规范，请修改后重新送审",
    123009: "请在连接的 tid 里填一个有效的分区号",
}


@dataclass(frozen=True)
class Reply:
    """What the platform said; `code` is 0 for a success and None where the answer cannot be understood."""

    code: int | None
    said: str
    status: int
    data: Mapping[str, Any] = field(default_factory=dict)
    items: Sequence[Any] = ()


class Calls:
    """Makes signed calls for any account.

    Args:
        nonce: gives a string that was never given before.
    """

    def __init__(self, nonce: Callable[[], str] = lambda: secrets.token_hex(16)) -> None:
        self._nonce = nonce

    def send(
        self,
        line: Line,
        method: str,
        path: str,
        *,
        publishes: bool = False,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> Reply:
        """One call and its reply, whatever the code.

        Raises:
            TryLater, OutcomeUnknown, CredentialRefused: as `Client.call`.
        """
        payload = b"" if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = signed(
            payload,
            client_id=line.credential.require("client_id"),
            client_secret=line.credential.require("client_secret"),
            access_token=line.credential.require("access_token"),
            nonce=self._nonce(),
            at=line.clock(),
        )
        if files is None:
            # Exactly this: with a charset behind it the platform answers 4007.
            headers["Content-Type"] = "application/json"
        answer = line.client.call(
            method, path, publishes=publishes, params=params, data=payload or None, files=files, headers=headers
        )
        return read(line, answer)

    def ask(self, line: Line, method: str, path: str, what: str, **request: Any) -> Mapping[str, Any]:
        """A call that publishes nothing; its `data`.

        Raises:
            TryLater, Refused, CredentialRefused: by the platform's code.
        """
        reply = self.send(line, method, path, **request)
        if reply.code != 0:
            raise error(line, what, reply)
        return reply.data


def read(line: Line, answer: Answer) -> Reply:
    """The reply in `{"code", "message", "data"}`."""
    document = answer.data if isinstance(answer.data, dict) else {}
    code = number_or_none(document.get("code"))
    data = document.get("data")
    said = line.client.clean(text_of(document.get("message")))
    return Reply(
        code, said, answer.status, data if isinstance(data, dict) else {}, data if isinstance(data, list) else ()
    )


def error(line: Line, what: str, reply: Reply, *, publishes: bool = False) -> ChannelError:
    """The typed error of a reply that is no success; codes that are not documented prove nothing."""
    code = reply.code
    if code is None or code == 0:
        return _without_code(line, what, reply, publishes=publishes)
    message = f"{line.account} {what}：平台拒绝（{code} {reply.said}）"
    if code in _BAD_CREDENTIAL:
        return CredentialRefused(
            f"{message}，请核对连接里的 client_id、client_secret 和应用权限，或请账号重新授权 access_token"
        )
    if code == CLOCK_IS_WRONG:
        return TryLater(f"{message}：这台机器的时钟与平台相差超过 10 分钟，请系统管理员校准时间（NTP）")
    if code in _DAY_QUOTA:
        now = line.clock()
        # Five minutes more for clocks that disagree about midnight.
        tomorrow = at_local(local_date(now) + timedelta(days=1), "00:05")
        return QuotaGone(f"{message}，今天的次数用完了", now=now, resets_at=tomorrow)
    if code in _WAITS:
        return TryLater(message, retry_after=_WAITS[code])
    if code in _UNCLEAR or not _documented(code):
        return OutcomeUnknown(f"{message}，不知道平台有没有收下") if publishes else TryLater(message)
    hint = _A_PERSON_MUST.get(code)
    return Refused(f"{message}；{hint}" if hint else message)


def _without_code(line: Line, what: str, reply: Reply, *, publishes: bool) -> ChannelError:
    message = f"{line.account} {what}：看不懂平台的回答（HTTP {reply.status}）"
    if reply.status in (401, 403):
        return CredentialRefused(f"{message}，请核对连接里的地址和 access_token")
    return OutcomeUnknown(message) if publishes else TryLater(message)


def _documented(code: int) -> bool:
    return code // 1000 in (4, 122, 123, 127)


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects in a list of the platform's; empty for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def wanted(data: Mapping[str, Any], key: str, line: Line, what: str) -> str:
    """A text that the answer has to have.

    Raises:
        TryLater: it has none.
    """
    value = text_of(data.get(key))
    if not value:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 {key}")
    return value
