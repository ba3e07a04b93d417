"""HTTP to a platform: timeouts always, bounded answers, no redirects, and errors that say whether anything happened.

Tokens travel in addresses on some platforms (WeChat, Weibo), so nothing of a request or of an exception of the HTTP
library is ever put into a message, and urllib3's own log lines lose their query strings.
"""

from __future__ import annotations

import base64
import html
import json
import logging
import re
import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NameResolutionError, NewConnectionError

from rongmei.channels.bodies import PIECE, Body, Pieces
from rongmei.errors import ChannelError, CredentialRefused, OutcomeUnknown, TryLater

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
ANSWER_SECONDS = 90.0
MAX_ANSWER_BYTES = 8 * 1024 * 1024
_CHUNK = 64 * 1024
_MAX_TEXT = 160

_QUERY = re.compile(r"\?[^\s\"']*")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class _WithoutQueries(logging.Filter):
    """Takes the query string off every address that urllib3 logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_QUERY.sub("?…", str(arg)) if _has_query(arg) else arg for arg in record.args)
        record.msg = _QUERY.sub("?…", str(record.msg)) if _has_query(record.msg) else record.msg
        return True


def _has_query(value: object) -> bool:
    return not isinstance(value, int | float | None) and "?" in str(value)


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_WithoutQueries())


@dataclass(frozen=True)
class Answer:
    """A platform's answer: HTTP status, headers, the whole body, and the body as JSON if it is some.

    The status is below 500, unless the caller said that it understands a higher one.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    data: Any


@dataclass(frozen=True)
class _Failure:
    """What went wrong, and whether the platform may have acted on the request."""

    what: str
    reached: bool
    mendable: bool = False
    retry_after: timedelta | None = None


class Client:
    """The calls of one account. Not to be shared between threads.

    Args:
        base_url: http(s); every call goes below it and nowhere else.
        account: `outlet/channel`, for messages.
        secrets: strings that must never show up in a message.
    """

    def __init__(
        self, base_url: str, account: str, *, secrets: Iterable[str] = (), session: requests.Session | None = None
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.account = account
        self._secrets = {secret for secret in secrets if len(secret) >= 6}
        self._shapes: tuple[int, tuple[str, ...]] = (0, ())
        self.session = session or requests.Session()
        # No .netrc and no proxy of the environment: credentials go where the connection says, and nowhere else.
        self.session.trust_env = False
        self.session.headers["User-Agent"] = "rongmei"
        if not _is_web_address(self.base_url):
            raise CredentialRefused(f"账号 {account} 的接口地址不是 http(s) 网址，请改连接里的地址")

    def beside(self, base_url: str) -> Client:
        """A client for another address of the same platform (an upload host), with the same secrets and limits.

        The caller must have made sure that the address may be trusted with what goes there.
        """
        return Client(base_url, self.account, secrets=self._secrets, session=self.session)

    def hide(self, secret: str) -> None:
        """Never show this string in a message (a token that was just issued)."""
        if len(secret) >= 6:
            self._secrets.add(secret)

    def clean(self, text: object) -> str:
        """What a platform said, fit for a message: one short line without secrets."""
        said = " ".join(_UNSEEN.sub(" ", self._hidden(str(text))).split())
        return said if len(said) <= _MAX_TEXT else said[:_MAX_TEXT] + "…"

    def _hidden(self, said: str) -> str:
        """The text without any secret, also as it stands in an address, a header or a page: platforms repeat them."""
        if self._shapes[0] != len(self._secrets):
            shapes = {shape for secret in self._secrets for shape in _shapes(secret)}
            self._shapes = len(self._secrets), tuple(sorted(shapes, key=lambda shape: (-len(shape), shape)))
        lower = said.lower()
        # Nearly nothing repeats a secret, and a pattern of a private key takes longer to make than a call.
        found = [shape for shape in self._shapes[1] if shape.lower() in lower]
        return re.sub("|".join(map(re.escape, found)), "***", said, flags=re.IGNORECASE) if found else said

    def call(
        self,
        method: str,
        path: str,
        *,
        publishes: bool = False,
        understands: Collection[int] = (),
        params: Mapping[str, Any] | None = None,
        json_body: Any = None,
        data: Mapping[str, Any] | bytes | Body | None = None,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Answer:
        """One request, sent once.

        Args:
            publishes: the call puts something before the public (or takes it away), so a missing answer leaves its
                outcome unknown. Any other call may simply be made again.
            understands: statuses from 500 on with which this platform says clearly that it did nothing.
            json_body: sent as UTF-8 without escapes (WeChat refuses escapes with 40033).
            data: a form, or a body as it is; a `Body` is read while it is sent and brings its Content-Type.

        Raises:
            TryLater: nothing public happened.
            OutcomeUnknown: `publishes`, and no clear answer came.
            CredentialRefused: the address of the connection cannot be right.
        """
        sent_headers: dict[str, str] = dict(headers or {})
        body: Mapping[str, Any] | bytes | Body | None = data
        if isinstance(data, Body) and data.content_type:
            sent_headers.setdefault("Content-Type", data.content_type)
        if json_body is not None:
            body = json.dumps(json_body, ensure_ascii=False).encode()
            sent_headers["Content-Type"] = "application/json; charset=utf-8"
        if publishes:
            # A pooled connection that the platform has closed meanwhile would fail after the bytes left.
            self.session.close()
        request = requests.Request(
            method,
            self.base_url + path,
            params=dict(params or {}),
            data=body,
            files=dict(files) if files else None,
            headers=sent_headers,
            auth=auth,
        )
        outcome = self._exchange(request)
        failure = _unclear(outcome, publishes, understands) if isinstance(outcome, Answer) else outcome
        if isinstance(outcome, Answer) and failure is None:
            return outcome
        # Raised here, outside any except block: an exception of the HTTP library knows the address with its token.
        raise self._error(failure or _Failure("没有回答", reached=True), path, publishes)

    def _exchange(self, request: requests.Request) -> Answer | _Failure:
        try:
            prepared = self.session.prepare_request(request)
            if isinstance(prepared.body, bytes) and len(prepared.body) > PIECE:
                # In one piece it would have to be through in CONNECT_SECONDS; its length stands in the headers already.
                prepared.body = Pieces(prepared.body)  # type: ignore[assignment] # it may be anything iterable
            with self.session.send(
                prepared, timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, stream=True
            ) as response:
                return _read(response)
        except requests.exceptions.RequestException as error:
            return _diagnose(error)
        except UnicodeError:
            return _Failure("地址或密钥里有不能用的字符", reached=False, mendable=True)

    def _error(self, failure: _Failure, path: str, publishes: bool) -> ChannelError:
        message = f"{self.account} 调用 {path.partition('?')[0]}：{failure.what}"
        if failure.mendable:
            return CredentialRefused(f"{message}，请核对连接里的地址")
        if publishes and failure.reached:
            return OutcomeUnknown(f"{message}，不知道平台有没有收下")
        return TryLater(message, retry_after=failure.retry_after)


def _shapes(secret: str) -> set[str]:
    """A secret as it is, and as addresses, JSON, pages and Basic authorisation write it."""
    raw = secret.encode("utf-8", "replace")
    made = {secret, quote(raw), quote(raw, safe=""), quote_plus(raw), html.escape(secret), json.dumps(secret)[1:-1]}
    # The three ways in which Base64 writes what begins somewhere in a longer text: `user:password`.
    inside = (base64.b64encode(b"\0" * lead + raw)[4 if lead else 0 : -4].decode() for lead in range(3))
    return made | {text for text in inside if len(text) >= 8}


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _read(response: requests.Response) -> Answer | _Failure:
    """The whole answer, unless it is too long or too slow."""
    started = time.monotonic()
    parts: list[bytes] = []
    size = 0
    for part in response.iter_content(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            return _Failure("平台的回答太长", reached=True)
        if time.monotonic() - started > ANSWER_SECONDS:
            return _Failure("平台的回答太慢", reached=True)
    body = b"".join(parts)
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        data = None
    return Answer(response.status_code, CaseInsensitiveDict(response.headers), body, data)


def _unclear(answer: Answer, publishes: bool, understands: Collection[int]) -> _Failure | None:
    """The failure that an answer amounts to by its HTTP status alone."""
    if answer.status in understands:
        return None
    if answer.status >= 500 or answer.status == 408:
        return _Failure(f"平台出错（HTTP {answer.status}）", reached=True)
    if answer.status == 429:
        return _Failure("平台说请求太频繁（HTTP 429）", reached=False, retry_after=_retry_after(answer.headers))
    if 300 <= answer.status < 400:
        return _Failure("平台要求转到别的地址", reached=publishes, mendable=not publishes)
    return None


def _diagnose(error: requests.exceptions.RequestException) -> _Failure:
    """Whether the request can have reached the platform; where that is not certain, it can."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return _Failure("连接超时", reached=False)
    if isinstance(
        error,
        requests.exceptions.InvalidURL
        | requests.exceptions.InvalidSchema
        | requests.exceptions.MissingSchema
        | requests.exceptions.InvalidHeader,
    ):
        return _Failure("地址或密钥的写法不对", reached=False, mendable=True)
    if isinstance(error, requests.exceptions.ReadTimeout):
        return _Failure("等不到平台的回答", reached=True)
    if isinstance(error, requests.exceptions.ConnectionError) and _never_connected(error):
        return _Failure("连不上平台", reached=False)
    return _Failure("连接中途断开", reached=True)


def _never_connected(error: requests.exceptions.ConnectionError) -> bool:
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, NewConnectionError | NameResolutionError | ConnectTimeoutError):
        return True
    # A certificate is looked at before the first byte of a request.
    return isinstance(error, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """`Retry-After` in seconds, at most a day; dates in it are not understood."""
    value = headers.get("Retry-After", "")
    return timedelta(seconds=min(int(value), 86_400)) if value.isdecimal() and value.isascii() else None
