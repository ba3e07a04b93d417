"""Calls to Douyin: who is calling, the two places where an answer carries its error code, and what the codes mean.

Every answer is `{"data": {…, "error_code", "description"}, "extra": {"logid", "error_code", "sub_error_code", …}}` with
HTTP 200. Codes: protocol notes, section 4.6; those of the 211… series and 2190004, 2190007 are from clients of others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NoReturn

from rongmei.channels.base import Line
from rongmei.channels.client import Answer
from rongmei.channels.renewals import Renewals, Tokens
from rongmei.channels.values import number_or_none, text_of
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused, TryLater

VIDEO = "/api/douyin/v1/video"

NO_SUCH_UPLOAD = frozenset({2190007})
BAD_PARAMETER = frozenset({28001007, 2100005, 10002})

_BUSY = {28001005, 28001006, 2100004, 10001}
_STALE = {28001003, 28001008, 2190002, 2190008, 10008}
_BAD_CREDENTIAL = _STALE | {
    28001012, 28001014, 28001015, 28001016, 28001018, 28001019,
    2100007, 2100009, 2190004, 10003, 10007, 10010, 10013, 10014,
}  # fmt: skip
_QUOTA_GONE = {28003017, 2190001, 2114007, 2118110}
_TOO_OFTEN = {28003018, 10020}
_UNREADABLE = 2100004

QUOTA_PAUSE = timedelta(hours=1)
"""Nobody states reliably when a day's quota comes back (midnight or eight o'clock), so it is tried every hour."""


class RefusedByCode(Refused):
    """A refusal with the platform's code, for callers that know more about it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """Calls in the name of an account, its token renewed when the platform lets it expire."""

    def __init__(self) -> None:
        self._renewals = Renewals()

    def ask(self, line: Line, path: str, what: str, *, method: str = "POST", **request: Any) -> dict[str, Any]:
        """The `data` of a call that publishes nothing.

        Raises:
            TryLater, Refused, CredentialRefused: by the platform's error code.
        """
        answer = self.call(line, method, path, **request)
        if code_of(answer) != 0:
            refuse(line, what, answer, publishes=False)
        return data_of(answer)

    def call(
        self,
        line: Line,
        method: str,
        path: str,
        *,
        publishes: bool = False,
        params: Mapping[str, Any] | None = None,
        **request: Any,
    ) -> Answer:
        """One call; a second one with a new token if the first was refused for its token, so nothing happened."""
        query = {"open_id": line.credential.require("open_id"), **(params or {})}

        def once(token: str) -> Answer:
            headers = {"access-token": token}
            return line.client.call(method, path, publishes=publishes, params=query, headers=headers, **request)

        token = self._renewals.token(line)
        answer = once(token)
        if code_of(answer) in _STALE and self._renewals.renew(line, token, _renewed):
            return once(self._renewals.token(line))
        return answer


def code_of(answer: Answer) -> int | None:
    """The first error code that is not 0; 0 for a success; None where the answer has none and so says nothing."""
    if not isinstance(answer.data, dict):
        return None
    places = (answer.data.get("data"), answer.data.get("extra"), answer.data)
    said = [
        place[name]
        for place in places
        if isinstance(place, dict)
        for name in ("error_code", "err_no")
        if place.get(name) is not None
    ]
    codes = [_UNREADABLE if (number := number_or_none(code)) is None else number for code in said]
    return next((code for code in codes if code), 0) if codes else None


def data_of(answer: Answer) -> dict[str, Any]:
    """The answer's `data`; empty where there is none."""
    data = answer.data.get("data") if isinstance(answer.data, dict) else None
    return data if isinstance(data, dict) else {}


def said_by(line: Line, answer: Answer) -> str:
    """What an answer says of its outcome, one short line without secrets."""
    extra = answer.data.get("extra") if isinstance(answer.data, dict) else None
    extra = extra if isinstance(extra, dict) else {}
    words = [data_of(answer).get("description"), extra.get("description"), extra.get("sub_description")]
    told = dict.fromkeys(text for word in words if (text := text_of(word)))
    if logid := text_of(extra.get("logid")):
        told[f"logid {logid}"] = None
    return line.client.clean(" ".join(told))


def refuse(line: Line, what: str, answer: Answer, *, publishes: bool) -> NoReturn:
    """The typed error of an answer that is no success."""
    code = code_of(answer)
    told = f"{f'HTTP {answer.status}' if code is None else code} {said_by(line, answer)}".strip()
    message = f"{line.account} {what}：平台拒绝（{told}）"
    if code in _BAD_CREDENTIAL or (code is None and answer.status in (401, 403)):
        raise CredentialRefused(f"{message}，请核对连接里的 open_id 和 access_token、应用的能力，或请账号主人重新授权")
    if code in _QUOTA_GONE:
        raise TryLater(f"{message}，次数用完了", retry_after=QUOTA_PAUSE)
    if code in _TOO_OFTEN:
        raise TryLater(f"{message}，太频繁", retry_after=timedelta(minutes=1))
    if code is None or code in _BUSY:
        raise OutcomeUnknown(message) if publishes else TryLater(message)
    raise RefusedByCode(message, code)


def _renewed(line: Line, refresh_token: str) -> Tokens:
    """`/oauth/refresh_token/`."""
    what = "更新 access_token"
    form = {
        "client_key": line.credential.require("client_key"),
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
    }
    answer = line.client.call("POST", "/oauth/refresh_token/", data=form)
    data = data_of(answer)
    line.client.hide(text_of(data.get("access_token")))
    line.client.hide(text_of(data.get("refresh_token")))
    if code_of(answer) != 0:
        try_again = code_of(answer) in {None, *_BUSY, *_QUOTA_GONE, *_TOO_OFTEN} and answer.status not in (401, 403)
        message = f"{line.account} {what}：平台拒绝（{code_of(answer)} {said_by(line, answer)}）"
        raise TryLater(message) if try_again else CredentialRefused(f"{message}，请账号主人重新授权")
    access = text_of(data.get("access_token"))
    if not access:
        raise TryLater(f"{line.account} {what}：平台的回答里没有它")
    return Tokens(access, text_of(data.get("refresh_token")))
