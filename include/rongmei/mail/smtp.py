"""Hands a message to an SMTP server and says precisely what became of it.

smtplib's `sendmail` does not tell a connection lost before the text was sent (harmless) from one lost after it (the
message may be on its way), so the dialogue of RFC 5321 section 3.3 is led here step by step.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from ipaddress import ip_address
from typing import Literal, cast, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from rongmei.errors import BadInput, ChannelError, CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.mail.compose import WIRE, address, one_line
from rongmei.mail.transport import NotConnected

Tls = Literal["none", "starttls", "ssl"]
DEFAULT_PORTS: dict[Tls, int] = {"none": 25, "starttls": 587, "ssl": 465}
SHUTTING_DOWN = 421
GO_AHEAD = 354
TOO_LARGE = 552
_LINE_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass(frozen=True)
class SmtpTransport:
    """A mail server; one connection a message.

    Attributes:
        tls: "none", "starttls" (demanded, not merely tried) or "ssl" (TLS from the first byte).
        timeout: seconds for connecting and for each answer.
    """

    host: str
    port: int
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: Tls = "starttls"
    timeout: float = 30.0

    @classmethod
    def from_url(cls, url: str, *, timeout: float = 30.0) -> SmtpTransport:
        """From `smtp://[user:password@]host[:port]` or `smtps://…`; `?tls=none|starttls|ssl` overrides.

        Without an override `smtp://` demands STARTTLS when it carries a password to another machine, so that no
        password crosses a network in the clear by accident.

        Raises:
            BadInput: the address cannot be used. It is not quoted, since it may hold a password.
        """
        mend = "写成 smtp://用户:密码@主机:端口；密码里的特殊字符用 %XX"
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise BadInput("邮件服务器地址不对", where="RONGMEI_SMTP", mend=mend) from None
        if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
            raise BadInput("邮件服务器地址不对", where="RONGMEI_SMTP", mend=mend)
        secret_travels = bool(parts.password) and not _is_this_machine(parts.hostname)
        usual: Tls = "ssl" if parts.scheme == "smtps" else "starttls" if secret_travels else "none"
        wanted = parse_qs(parts.query).get("tls", [usual])[-1]
        if wanted not in get_args(Tls):
            raise BadInput("tls 只能是 none、starttls、ssl 之一", where="RONGMEI_SMTP", mend="改成其中一个")
        tls = cast("Tls", wanted)
        return cls(
            host=parts.hostname,
            port=port or DEFAULT_PORTS[tls],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            tls=tls,
            timeout=timeout,
        )

    def send(self, message: EmailMessage, recipient: str) -> None:
        """Hand `message` over for `recipient`; see `Transport.send` for the errors."""
        sender = address(str(message["From"]), "发件人").addr_spec
        to = address(recipient, "收件人").addr_spec
        body = _wire_form(message)
        with self._session() as server:
            with self._before_the_text():
                _sender_taken(server.mail(sender, [f"size={len(body)}"] if server.has_extn("size") else []), sender)
                _taken(server.rcpt(to), f"收件人 {to} ")
                _taken(server.docmd("DATA"), "正文", success=GO_AHEAD)
            _hand_over(server, body)

    @contextmanager
    def _session(self) -> Iterator[smtplib.SMTP]:
        """A connection that has said hello and logged in; saying goodbye may fail, the message is settled by then."""
        with self._before_the_text():
            server = self._connect()
        try:
            with self._before_the_text():
                server.ehlo_or_helo_if_needed()
                if self.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                    server.ehlo()
                if self.user:
                    self._log_in(server)
            yield server
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()
            server.close()

    def _connect(self) -> smtplib.SMTP:
        if self.tls == "ssl":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=context)
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout)

    def _log_in(self, server: smtplib.SMTP) -> None:
        try:
            server.login(self.user or "", self.password or "")
        except smtplib.SMTPAuthenticationError as error:
            # The server's words are left out: some repeat what was sent to them.
            if error.smtp_code < 500:
                raise TryLater(f"邮件服务器 {self._name} 暂时不能登录（{error.smtp_code}）") from None
            raise CredentialRefused(f"邮件服务器 {self._name} 不接受用户名或密码（{error.smtp_code}）") from None
        except smtplib.SMTPServerDisconnected:
            raise
        except smtplib.SMTPException:
            raise CredentialRefused(f"邮件服务器 {self._name} 没有可用的登录方式，核对加密方式和用户名") from None

    @contextmanager
    def _before_the_text(self) -> Iterator[None]:
        """Whatever breaks in here breaks before the server could have taken anything."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise CredentialRefused(f"邮件服务器 {self._name} 的证书不可信：{error.verify_message}") from error
        except smtplib.SMTPNotSupportedError as error:
            raise CredentialRefused(f"邮件服务器 {self._name} 不支持 STARTTLS，改用 tls=ssl 或 tls=none") from error
        except smtplib.SMTPResponseException as error:
            words = _words(error.smtp_error)
            raise NotConnected(f"邮件服务器 {self._name} 不接待：{error.smtp_code} {words}") from error
        except (OSError, smtplib.SMTPException) as error:
            reason = one_line(str(error) or type(error).__name__, 200)
            raise NotConnected(f"连不上邮件服务器 {self._name}：{reason}") from error

    @property
    def _name(self) -> str:
        return f"{self.host}:{self.port}"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wire_form(message: EmailMessage) -> bytes:
    """The message as it stands between DATA and the closing dot, which is included (RFC 5321 section 4.5.2)."""
    raw = message.as_bytes(policy=WIRE)
    raw = re.sub(rb"\r?\n", b"\r\n", raw)
    return _LINE_DOT.sub(b"..", raw.removesuffix(b"\r\n")) + b"\r\n.\r\n"


def _hand_over(server: smtplib.SMTP, body: bytes) -> None:
    """Send the text and read the verdict; without a clear one nobody knows.

    Raises:
        OutcomeUnknown, TryLater, Refused.
    """
    try:
        server.send(body)
        answer = server.getreply()
    except (OSError, smtplib.SMTPException) as error:
        reason = one_line(str(error) or type(error).__name__, 200)
        raise OutcomeUnknown(f"正文发出后连接断了，不知道邮件服务器收没收下：{reason}") from error
    _taken(answer, "正文")


def _sender_taken(answer: tuple[int, bytes], sender: str) -> None:
    """A sender the server does not want fails every message alike, so it is the connection that needs mending."""
    code, words = answer
    if code >= 500 and code != TOO_LARGE:
        raise CredentialRefused(f"邮件服务器不让用发件地址 {sender}：{code} {_words(words)}。核对发件地址和登录账号")
    _taken(answer, "发件人")


def _taken(answer: tuple[int, bytes], what: str, *, success: int = 250) -> None:
    """Turn a reply into the error it stands for; 251 (will forward) is a success too."""
    code, words = answer
    if code == success or (success == 250 and 250 <= code < 300):
        return
    said = f"邮件服务器没有收下{what}：{code} {_words(words)}"
    raise _verdict(code)(said)


def _verdict(code: int) -> type[ChannelError]:
    if code == SHUTTING_DOWN:
        return NotConnected
    if 400 <= code < 500:
        return TryLater
    if 500 <= code < 600:
        return Refused
    return OutcomeUnknown


def _words(raw: bytes | str) -> str:
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    return one_line(text, 200)
