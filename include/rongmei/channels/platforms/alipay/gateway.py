"""Calls through Alipay's gateway, and what its codes mean for a publication."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from rongmei.channels.base import Line
from rongmei.channels.platforms.alipay.envelope import opened
from rongmei.channels.platforms.alipay.signing import is_signed, private_key, public_key, sign
from rongmei.channels.values import text_of
from rongmei.clock import at_local, local, local_date
from rongmei.errors import ChannelError, CredentialRefused, OutcomeUnknown, QuotaGone, Refused, TryLater

PATH = "/gateway.do"
SUCCESS = "10000"
_UNAVAILABLE = "20000"
_NOT_AUTHORISED = {"20001", "40006"}
_TOO_OFTEN = "40005"
_DOCUMENTED = {"40001", "40002", "40003", "40004"}
_SENT_TOO_OFTEN = "PUB.MSG_BATCH_SD_OVER"
_BAD_CREDENTIAL = {
    "app-cert-expired",
    "invalid-auth-relations",
    "isv.app-not-exist",
    "isv.forbidden-api",
    "isv.invalid-app-auth-token",
    "isv.invalid-app-id",
    "isv.invalid-signature",
    "isv.invalid-signature-type",
    "isv.missing-signature-config",
    "isv.not-online-app",
    "isv.not-support-app-auth",
    "not-online-app",
}
_CLOCK_IS_WRONG = "isv.invalid-timestamp"
_MEND = "请核对连接里的 app_id、private_key、alipay_public_key 和应用在支付宝开放平台的权限"


@dataclass(frozen=True)
class Reply:
    """What the gateway said.

    Attributes:
        trusted: it carries Alipay's signature.
        code: "10000" for a success, "" where the answer cannot be understood.
        said: code, sub-code and wording, short and without secrets.
    """

    trusted: bool
    code: str
    sub_code: str
    said: str
    node: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """It is a success, for certain."""
        return self.trusted and self.code == SUCCESS


def send(
    line: Line,
    method: str,
    *,
    publishes: bool = False,
    content: Mapping[str, Any] | None = None,
    fields: Mapping[str, str] | None = None,
    files: Mapping[str, tuple[str, bytes, str]] | None = None,
) -> Reply:
    """One call and its reply, whatever the code.

    Args:
        content: becomes `biz_content`.
        fields: in place of `biz_content` where a method takes parameters of its own.
        files: are not signed.

    Raises:
        TryLater, OutcomeUnknown: as `Client.call`.
        CredentialRefused: a key of the connection is none.
    """
    key = private_key(line.credential.require("private_key"))
    trust = public_key(line.credential.require("alipay_public_key"))
    common = {
        "app_id": line.credential.require("app_id"),
        "method": method,
        "format": "json",
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": f"{local(line.clock()):%Y-%m-%d %H:%M:%S}",
        "version": "1.0",
    }
    if token := line.credential.fields.get("app_auth_token", "").strip():
        common["app_auth_token"] = token
    own = dict(fields or {})
    if content is not None:
        own["biz_content"] = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    common["sign"] = sign({**common, **own}, key)
    answer = line.client.call("POST", PATH, publishes=publishes, params=common, data=own, files=files)
    envelope = opened(answer.body, method)
    if envelope is None:
        return Reply(trusted=False, code="", sub_code="", said=f"HTTP {answer.status}")
    code, sub_code = (text_of(envelope.node.get(name)) for name in ("code", "sub_code"))
    wording = text_of(envelope.node.get("sub_msg")) or text_of(envelope.node.get("msg"))
    return Reply(
        trusted=is_signed(envelope.text, envelope.sign, trust),
        code=code,
        sub_code=sub_code,
        said=line.client.clean(" ".join(part for part in (code, sub_code, wording) if part)),
        node=envelope.node,
    )


def ask(line: Line, method: str, what: str, **request: Any) -> Mapping[str, Any]:
    """A call that publishes nothing; what it answers.

    Raises:
        TryLater, Refused, CredentialRefused: by the gateway's code.
    """
    reply = send(line, method, **request)
    if not reply.ok:
        raise error(line, what, reply)
    return reply.node


def publish(line: Line, method: str, what: str, content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The call that publishes, takes back or edits; what it answers.

    Raises:
        TryLater, Refused, CredentialRefused: by the gateway's code; nothing happened.
        OutcomeUnknown: no answer, or none with Alipay's signature, or the gateway failed.
    """
    reply = send(line, method, publishes=True, content=content)
    if not reply.ok:
        raise error(line, what, reply, publishes=True)
    return reply.node


def error(line: Line, what: str, reply: Reply, *, publishes: bool = False) -> ChannelError:
    """The typed error of a reply that is no success; what is not signed or not documented proves nothing."""
    message = f"{line.account} {what}：支付宝拒绝（{reply.said}）"
    if not reply.trusted:
        return _untrusted(line, what, reply, publishes=publishes)
    if _is_unclear(reply):
        return OutcomeUnknown(f"{message}，不知道有没有收下") if publishes else TryLater(message)
    if reply.sub_code in _BAD_CREDENTIAL or reply.code in _NOT_AUTHORISED:
        return CredentialRefused(f"{message}，{_MEND}")
    if reply.sub_code == _CLOCK_IS_WRONG:
        return TryLater(f"{message}：请系统管理员校准这台机器的时钟（NTP）")
    if reply.sub_code == _SENT_TOO_OFTEN:
        now = line.clock()
        # Five minutes more for clocks that disagree about midnight.
        tomorrow = at_local(local_date(now) + timedelta(days=1), "00:05")
        return QuotaGone(f"{message}，群发次数用完了", now=now, resets_at=tomorrow)
    if reply.code == _TOO_OFTEN:
        return TryLater(message, retry_after=timedelta(minutes=1))
    return Refused(message)


def _untrusted(line: Line, what: str, reply: Reply, *, publishes: bool) -> ChannelError:
    message = f"{line.account} {what}：回答没有支付宝的有效签名（{reply.said}）"
    if publishes:
        return OutcomeUnknown(f"{message}，不知道有没有收下")
    if reply.sub_code in _BAD_CREDENTIAL:
        # The gateway cannot sign for an application it does not know. Believing this costs a pause and no more.
        return CredentialRefused(f"{message}，{_MEND}")
    return TryLater(f"{message}，若一再如此，请核对连接里的 alipay_public_key（要“支付宝公钥”，不是“应用公钥”）")


def _is_unclear(reply: Reply) -> bool:
    """The gateway or the service behind it failed, or says something that is nowhere written down."""
    if reply.code == _UNAVAILABLE or reply.sub_code.startswith("isp.") or reply.sub_code.endswith("SYSTEM_ERROR"):
        return True
    return reply.code not in _DOCUMENTED | _NOT_AUTHORISED | {_TOO_OFTEN}
