"""Calls to the Official Account interfaces: access tokens, the error envelope, and what each error code means.

WeChat answers HTTP 200 whatever happens; the error is `errcode` in the JSON, and a success may have none.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn

from rongmei.channels.base import Line
from rongmei.channels.pictures import Upload
from rongmei.channels.values import number_or_none, text_of
from rongmei.clock import at_local, local_date
from rongmei.errors import CredentialRefused, QuotaGone, Refused, TryLater

BUSY = -1
NO_SUCH_MEDIA = 40007
UNAUTHORISED = 48001
BAD_PUBLISH_ID = 53502
BAD_ARTICLE_ID = 53600

_RENEW_SECONDS = 300
_STALE_TOKEN = {40001, 40014, 42001}
_BAD_CREDENTIAL = {40001, 40013, 40014, 40125, 40164, 41002, 41004, 42001, UNAUTHORISED, 48004, 50002}
_DAY_QUOTA = 45009
_MINUTE_QUOTA = 45011
_TOO_OFTEN = 53501


@dataclass(frozen=True)
class _Token:
    value: str
    renew_at: float


class TokenCache:
    """Access tokens of this process by account; `stable_token` gives every process the same one.

    Args:
        seconds: a clock that only moves forward.
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._tokens: dict[tuple[str, str], _Token] = {}

    def get(self, line: Line) -> str:
        """The token of the account, fetched if there is none that will last."""
        key = (line.client.base_url, line.credential.require("appid"))
        with self._lock:
            known = self._tokens.get(key)
        if known is None or known.renew_at <= self._seconds():
            known = self._fetch(line)
            with self._lock:
                self._tokens[key] = known
        line.client.hide(known.value)
        return known.value

    def drop(self, line: Line, value: str) -> None:
        """Forget a token that the platform no longer takes."""
        key = (line.client.base_url, line.credential.require("appid"))
        with self._lock:
            known = self._tokens.get(key)
            if known is not None and known.value == value:
                del self._tokens[key]

    def _fetch(self, line: Line) -> _Token:
        answer = line.client.call(
            "POST",
            "/cgi-bin/stable_token",
            json_body={
                "grant_type": "client_credential",
                "appid": line.credential.require("appid"),
                "secret": line.credential.require("secret"),
                "force_refresh": False,
            },
        )
        data = object_of(answer.data, line, "取 access_token")
        if code := code_of(data):
            refuse(line, "取 access_token", code, data)
        token = text_of(data.get("access_token"))
        if not token:
            raise TryLater(f"{line.account} 取 access_token：平台的回答里没有它")
        return _Token(token, self._seconds() + (number_or_none(data.get("expires_in")) or 0) - _RENEW_SECONDS)


class Calls:
    """Calls that carry the account's access token; threads may share one instance."""

    def __init__(self, tokens: TokenCache) -> None:
        self._tokens = tokens

    def ask(self, line: Line, path: str, what: str, **request: Any) -> dict[str, Any]:
        """A call that publishes nothing; its JSON object.

        Raises:
            TryLater, Refused, CredentialRefused: by the platform's error code.
        """
        data = object_of(self.post(line, path, **request), line, what)
        if code := code_of(data):
            refuse(line, what, code, data)
        return data

    def post(self, line: Line, path: str, *, publishes: bool = False, **request: Any) -> Any:
        """One call; a second one with a new token if the first was refused for its token, so nothing happened."""
        token = self._tokens.get(line)
        separator = "&" if "?" in path else "?"
        data = line.client.call("POST", f"{path}{separator}access_token={token}", publishes=publishes, **request).data
        if not isinstance(data, dict) or code_of(data) not in _STALE_TOKEN:
            return data
        self._tokens.drop(line, token)
        token = self._tokens.get(line)
        return line.client.call("POST", f"{path}{separator}access_token={token}", publishes=publishes, **request).data

    def upload(self, line: Line, path: str, file: Upload, key: str, what: str) -> str:
        """Send a picture; the value of `key` in the answer."""
        line.take("upload")
        data = self.ask(line, path, what, files={"media": (file.filename, file.data, file.mime)})
        return wanted(data, key, line, what)


def code_of(data: Mapping[str, Any]) -> int:
    """`errcode`, 0 where there is none; one that is no number counts as -1."""
    try:
        return int(data.get("errcode", 0))
    except (TypeError, ValueError, OverflowError):
        return BUSY


def object_of(data: Any, line: Line, what: str) -> dict[str, Any]:
    """The answer's JSON object.

    Raises:
        TryLater: it is none.
    """
    if not isinstance(data, dict):
        raise TryLater(f"{line.account} {what}：看不懂平台的回答")
    return data


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing for anything else."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def wanted(data: Mapping[str, Any], key: str, line: Line, what: str) -> str:
    """A value that has to be there, as text.

    Raises:
        TryLater: it is not.
    """
    value = text_of(data.get(key))
    if not value:
        raise TryLater(f"{line.account} {what}：平台的回答里没有 {key}")
    return value


def said(line: Line, data: Mapping[str, Any]) -> str:
    """What the platform answered, fit for a message: `40007 invalid media_id rid: …`."""
    return line.client.clean(f"{code_of(data)} {data.get('errmsg', '')}")


def refuse(line: Line, what: str, code: int, data: Mapping[str, Any]) -> NoReturn:
    """The typed error of an error code; the platform did nothing."""
    message = f"{line.account} {what}：平台拒绝（{said(line, data)}）"
    if code in _BAD_CREDENTIAL:
        raise CredentialRefused(f"{message}，请核对连接里的 AppID、AppSecret、IP 白名单和接口权限")
    if code == _DAY_QUOTA:
        now = line.clock()
        # Daily quotas begin anew at midnight in Shanghai; five minutes more for clocks that disagree.
        resets_at = at_local(local_date(now) + timedelta(days=1), "00:05")
        raise QuotaGone(f"{message}，今天的次数用完了", now=now, resets_at=resets_at)
    if code == _MINUTE_QUOTA:
        raise TryLater(message, retry_after=timedelta(minutes=1))
    if code == _TOO_OFTEN:
        raise TryLater(message, retry_after=timedelta(minutes=30))
    if code == BUSY:
        raise TryLater(message)
    raise Refused(message)
