"""Delivers to an HTTP endpoint: one PUT or POST with the publication's fingerprint as idempotency key.

Connection: base_url is the endpoint. Fields, all optional: `method` (`POST`, the default, sends to the endpoint itself
with the name in `Content-Disposition`; `PUT` sends to `endpoint/name`); `username` and `password` (Basic) or `token`
(Bearer); `readback` (`head` or `get`): the receiver answers for `endpoint/name` whether it has the file, so that an
outcome that stayed unclear settles itself. `Idempotency-Key` follows the IETF draft of that name, `Content-Digest`
RFC 9530; receivers that know neither ignore them.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from types import TracebackType
from typing import NoReturn, Self

from rongmei.channels.base import Credential, Line
from rongmei.channels.client import Answer
from rongmei.channels.links import is_web_address
from rongmei.delivery.goods import Goods, Presence, Receipt, safe
from rongmei.errors import CredentialRefused, OutcomeUnknown, Refused

_METHODS = {"POST", "PUT"}
_READBACKS = {"", "HEAD", "GET"}
_NO_ENTRY = {401, 403, 407}
_NO_ENDPOINT = {404, 405, 410}
# Somebody may be working on the same delivery, or have done it: "conflict" is what the draft answers to that.
_UNCLEAR = {409, 425}
_DIGEST = re.compile(r"sha-256=:([A-Za-z0-9+/=]+):")


class HttpTarget:
    """See the module."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._method = method_of(line.credential)
        self._readback = readback_of(line.credential)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """The line keeps its client."""

    def lay(self, goods: Goods) -> NoReturn:
        """An endpoint takes one document; what belongs to it comes in the same ZIP."""
        raise Refused(f"{self._line.account} 交付：接口一次只收一个文件，{goods.name} 要打包在一起")

    def deliver(self, goods: Goods, *, key: str) -> Receipt:
        """See `Target`."""
        path = f"/{goods.name}" if self._method == "PUT" else ""
        digest = base64.b64encode(bytes.fromhex(goods.sha256)).decode()
        headers = {
            "Idempotency-Key": key,
            "Content-Digest": f"sha-256=:{digest}:",
            "Content-Disposition": f'attachment; filename="{goods.name}"',
            "Content-Type": goods.body.content_type,
        }
        answer = self._call(self._method, path, headers, publishes=True, goods=goods)
        if not 200 <= answer.status < 300:
            self._refuse(answer)
        url = answer.headers.get("Location", "")
        return Receipt(
            goods.name,
            self._line.client.base_url + path,
            goods.size,
            goods.sha256,
            self._line.clock(),
            answer.status,
            url if is_web_address(url) else None,
        )

    def look(self, name: str, size: int | None = None, sha256: str | None = None) -> Presence:
        """See `Target`; without the field `readback` nobody knows."""
        if not self._readback:
            return "unknown"
        # A compressed answer would have another length.
        answer = self._call(self._readback, f"/{safe(name)}", {"Accept-Encoding": "identity"})
        if answer.status in _NO_ENTRY:
            self._refuse(answer)
        if answer.status in {404, 410}:
            return "absent"
        if answer.status != 200:
            return "unknown"
        if size is None and sha256 is None:
            return "there"
        if self._readback == "GET":
            return "there" if hashlib.sha256(answer.body).hexdigest() == sha256 else "different"
        return _judge(answer.headers, size, sha256)

    def _call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        publishes: bool = False,
        goods: Goods | None = None,
    ) -> Answer:
        fields = self._line.credential.fields
        sent = dict(headers)
        auth = None
        if fields.get("token"):
            sent["Authorization"] = f"Bearer {fields['token']}"
        elif fields.get("username"):
            auth = (fields["username"], self._line.credential.require("password"))
        body = goods.body if goods else None
        return self._line.client.call(method, path, publishes=publishes, data=body, headers=sent, auth=auth)

    def _refuse(self, answer: Answer) -> NoReturn:
        said = self._line.client.clean(answer.body[:400].decode("utf-8", "replace"))
        message = f"{self._line.account} 交付：对方拒绝（HTTP {answer.status} {said}）"
        if answer.status in _NO_ENTRY:
            raise CredentialRefused(f"{message}，请核对连接里的用户名、密码或 token")
        if answer.status in _NO_ENDPOINT:
            raise CredentialRefused(f"{message}，请核对连接里的地址和 method")
        if answer.status in _UNCLEAR or answer.status < 200:
            raise OutcomeUnknown(f"{message}，对方可能已经收下")
        raise Refused(message)


def method_of(credential: Credential) -> str:
    """`PUT` or `POST`.

    Raises:
        CredentialRefused: the connection asks for something else.
    """
    method = (credential.fields.get("method") or "POST").upper()
    if method not in _METHODS:
        raise CredentialRefused("账号连接里的 method 只能是 PUT 或 POST")
    return method


def readback_of(credential: Credential) -> str:
    """`HEAD` or `GET`; "" when the receiver cannot be asked.

    Raises:
        CredentialRefused: the connection asks for something else.
    """
    readback = credential.fields.get("readback", "").upper()
    if readback not in _READBACKS:
        raise CredentialRefused("账号连接里的 readback 只能是 head 或 get")
    return readback


def _judge(headers: Mapping[str, str], size: int | None, sha256: str | None) -> Presence:
    """By the headers alone: a hash says it all, a length that fits is taken for enough."""
    digest = _DIGEST.search(headers.get("Content-Digest", ""))
    if digest and sha256 is not None:
        return "there" if _hex(digest[1]) == sha256 else "different"
    length = headers.get("Content-Length", "")
    if size is None or not (length.isascii() and length.isdecimal()):
        return "unknown"
    return "there" if int(length) == size else "different"


def _hex(encoded: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).hex()
    except binascii.Error:
        return ""
