"""Calls to Kuaishou: who is calling, and what `result` means.

Every answer is `{"result": 1, …}` or `{"result": code, "error": "…", "error_msg": "…"}`. Codes: protocol notes, section
5; the content codes exist in an older and a newer form (120001 and 100120001), both are understood.
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

OK = 1
NO_FILM = frozenset({120001, 100120001})
NOT_UPLOADED = frozenset({120002, 100120002})
NOT_PUBLISHED = frozenset({120003, 100120003})
BAD_PARAMETER = frozenset({100200100, 100400, 100100400})

BUSY = frozenset({100200500})
EXPIRED = 100200108
_BAD_CREDENTIAL = frozenset({*range(100200101, 100200108), EXPIRED, *range(100200109, 100200116)})
_TOO_OFTEN = {100100402}


class RefusedByCode(Refused):
    """A refusal with the platform's code, for callers that know more about it."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class Api:
    """Calls in the name of an account, its token renewed when the platform lets it expire."""

    def __init__(self) -> None:
        self._renewals = Renewals()

    def ask(self, line: Line, path: str, what: str, *, method: str = "GET", **request: Any) -> dict[str, Any]:
        """The answer to a call that publishes nothing.

        Raises:
            TryLater, Refused, CredentialRefused: by the platform's error code.
        """
        answer = self.call(line, method, path, **request)
        if code_of(answer) != OK:
            refuse(line, what, answer, publishes=False)
        return object_of(answer)

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
        app_id = line.credential.require("app_id")

        def once(token: str) -> Answer:
            query = {"app_id": app_id, "access_token": token, **(params or {})}
            return line.client.call(method, path, publishes=publishes, params=query, **request)

        token = self._renewals.token(line)
        answer = once(token)
        if code_of(answer) == EXPIRED and self._renewals.renew(line, token, _renewed):
            return once(self._renewals.token(line))
        return answer


def code_of(answer: Answer) -> int | None:
    """`result`; None where the answer has none and so says nothing."""
    return number_or_none(object_of(answer).get("result"))


def object_of(answer: Answer) -> dict[str, Any]:
    """The answer as a JSON object; empty where it is none."""
    return answer.data if isinstance(answer.data, dict) else {}


def told_by(line: Line, answer: Answer) -> str:
    """Code and words of an answer, one short line without secrets."""
    code = code_of(answer)
    said = dict.fromkeys(text_of(object_of(answer).get(name)) for name in ("error", "error_msg"))
    return line.client.clean(" ".join([f"HTTP {answer.status}" if code is None else str(code), *filter(None, said)]))


def refuse(line: Line, what: str, answer: Answer, *, publishes: bool) -> NoReturn:
    """The typed error of an answer that is no success."""
    code, message = code_of(answer), f"{line.account} {what}：平台拒绝（{told_by(line, answer)}）"
    if code in _BAD_CREDENTIAL or (code is None and answer.status in (401, 403)):
        raise CredentialRefused(f"{message}，请核对连接里的 app_id 和 access_token、授权范围，或请账号主人重新授权")
    if code in _TOO_OFTEN:
        raise TryLater(f"{message}，太频繁或次数用完", retry_after=timedelta(minutes=15))
    if code is None or code in BUSY:
        raise OutcomeUnknown(message) if publishes else TryLater(message)
    raise RefusedByCode(message, code)


def _renewed(line: Line, refresh_token: str) -> Tokens:
    """`/oauth2/refresh_token`."""
    what = "更新 access_token"
    query = {
        "app_id": line.credential.require("app_id"),
        "app_secret": line.credential.require("app_secret"),
        "refresh_token": refresh_token,
        "grant_type": "refresh_token",
    }
    answer = line.client.call("GET", "/oauth2/refresh_token", params=query)
    said = object_of(answer)
    access, refresh = text_of(said.get("access_token")), text_of(said.get("refresh_token"))
    line.client.hide(access)
    line.client.hide(refresh)
    if code_of(answer) != OK:
        refuse(line, what, answer, publishes=False)
    if not access:
        raise TryLater(f"{line.account} {what}：平台的回答里没有它")
    return Tokens(access, refresh)
