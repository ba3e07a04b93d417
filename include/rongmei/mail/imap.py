"""Reads an IMAP mailbox: what is new, bounded, oldest first; nothing is ever deleted, moved or answered.

The protocol is IMAP4rev1 (RFC 3501) over TLS. A mail that was dealt with is marked on the server, with `\\Seen` or with
a keyword of our own, so that two readers of one mailbox do not take each other's mail and people may read it meanwhile.
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Literal, Protocol, Self, cast, get_args
from urllib.parse import parse_qs, unquote, urlsplit

from rongmei.errors import BadInput, CredentialRefused, TryLater
from rongmei.mail.compose import one_line
from rongmei.mail.received import Received, parse_mail
from rongmei.mail.transport import NotConnected

Tls = Literal["none", "starttls", "ssl"]
DEFAULT_PORTS: dict[Tls, int] = {"none": 143, "starttls": 143, "ssl": 993}
SEEN = "\\Seen"
MOST_MESSAGES = 50
MAX_MESSAGE_BYTES = 30 * 1024 * 1024
MAX_HEADER_BYTES = 64 * 1024
LOOK_BACK = timedelta(days=30)
"""Older mail is never new, however it is marked: a mailbox that is read for the first time may hold years."""
_KEYWORD = re.compile(r"[A-Za-z0-9_$-]{1,40}")
_SIZE = re.compile(rb"RFC822\.SIZE (\d{1,18})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Mailbox(Protocol):
    """Where mail arrives."""

    def messages(self) -> Iterator[Received]:
        """Mails that were not marked as done, oldest first, a bounded number of them.

        Raises:
            TryLater: the server is away or busy; `NotConnected` when it is not there.
            CredentialRefused: it does not let us in until a person mends the connection.
            BadInput: there is no such folder.
        """

    def done(self, received: Received) -> None:
        """Mark a mail that `messages` gave, so that it does not come again. Raises as `messages`."""


@dataclass
class ImapMailbox:
    """A folder of an IMAP account. A context manager: the connection is made by the first call and closed at the end.

    Attributes:
        tls: "ssl" (TLS from the first byte), "starttls" (demanded, not merely tried) or "none".
        folder: its name in ASCII, INBOX by default.
        flag: what marks a mail as done: `\\Seen`, or a keyword of our own such as `RongmeiPitches`. A server that keeps
            no keywords is refused, since every mail would come again for ever.
        authserv: see `parse_mail`.
        since: mail that arrived before this day is left alone, usually `now - LOOK_BACK`; None looks at all.
        most: mails given by one call of `messages`.
        timeout: seconds for connecting and for each answer.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    tls: Tls = "ssl"
    folder: str = "INBOX"
    flag: str = SEEN
    authserv: str | None = None
    since: datetime | None = None
    most: int = MOST_MESSAGES
    timeout: float = 30.0
    _server: imaplib.IMAP4 | None = field(default=None, init=False, repr=False)

    @classmethod
    def from_url(cls, url: str, *, where: str, flag: str | None = None, since: datetime | None = None) -> ImapMailbox:
        """From `imaps://user:password@host[:port]/folder?flag=…&authserv=…&tls=ssl|starttls|none`.

        `imap://` demands STARTTLS except on this machine. Special characters of user and password are written %XX.

        Args:
            where: name of the setting that holds the address, for messages.
            flag: overrides the address.

        Raises:
            BadInput: the address cannot be used. It is not quoted, since it holds a password.
        """
        mend = "写成 imaps://用户:密码@主机/INBOX；用户名里的 @ 写成 %40"
        try:
            parts = urlsplit(url)
            port = parts.port
            options = parse_qs(parts.query)
        except ValueError:
            raise BadInput("收件邮箱地址不对", where=where, mend=mend) from None
        if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username or parts.password is None:
            raise BadInput("收件邮箱地址不对", where=where, mend=mend)
        usual = "ssl" if parts.scheme == "imaps" else "none" if _is_this_machine(parts.hostname) else "starttls"
        tls = options.get("tls", [usual])[-1]
        if tls not in get_args(Tls):
            raise BadInput("tls 只能是 none、starttls、ssl 之一", where=where, mend="改成其中一个")
        mark = flag or options.get("flag", [SEEN])[-1]
        if mark != SEEN and not _KEYWORD.fullmatch(mark):
            raise BadInput("flag 只能用字母、数字、_、$、-", where=where, mend="例如 flag=RongmeiPitches")
        folder = unquote(parts.path.strip("/")) or "INBOX"
        if not folder.isascii() or not folder.isprintable() or '"' in folder or "\\" in folder or len(folder) > 200:
            raise BadInput("文件夹名只能用英文", where=where, mend="在邮箱里建一个英文名的文件夹，或用 INBOX")
        return cls(
            host=parts.hostname,
            port=port or DEFAULT_PORTS[cast("Tls", tls)],
            user=unquote(parts.username),
            password=unquote(parts.password),
            tls=cast("Tls", tls),
            folder=folder,
            flag=mark,
            authserv=options.get("authserv", [None])[-1],
            since=since,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Say goodbye. IMAP's CLOSE is not used: it would delete what others have marked for deletion."""
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, imaplib.IMAP4.error):
                server.logout()

    def messages(self) -> Iterator[Received]:
        """See `Mailbox.messages`. A mail over 30 MB comes with its headers only and says so in `problems`."""
        for uid in self._new()[: self.most]:
            size = self._size(uid)
            if size is None:
                continue  # somebody moved it away since
            part, limit = ("", MAX_MESSAGE_BYTES) if size <= MAX_MESSAGE_BYTES else ("HEADER", MAX_HEADER_BYTES)
            raw = self._fetch(uid, f"(BODY.PEEK[{part}]<0.{limit}>)")
            if raw is None:
                continue
            received = parse_mail(raw, uid=uid, authserv=self.authserv)
            if part:
                problem = f"整封邮件有 {size / 2**20:.0f} MB，超过 {MAX_MESSAGE_BYTES // 2**20} MB，没有读正文和附件"
                received = replace(received, problems=(*received.problems, problem))
            yield received

    def done(self, received: Received) -> None:
        """See `Mailbox.done`. Marking is repeatable; the mail stays where it is."""
        self._ask("STORE", str(received.uid), "+FLAGS", f"({self.flag})")

    # ── the dialogue ─────────────────────────────────────────────────────────────────────────────────────────────

    def _new(self) -> list[int]:
        """Numbers of the mails that carry no mark of ours, oldest first."""
        wanted = ["UNSEEN"] if self.flag == SEEN else ["UNKEYWORD", self.flag]
        since = self.since
        if since is not None:
            wanted += ["SINCE", _imap_day(since)]
        found = self._ask("SEARCH", None, *wanted)
        words = b" ".join(line for line in found if isinstance(line, bytes)).split()
        return sorted({int(word) for word in words if word.isdigit() and len(word) <= 10})

    def _size(self, uid: int) -> int | None:
        for line in self._ask("FETCH", str(uid), "(RFC822.SIZE)"):
            found = _SIZE.search(line[0] if isinstance(line, tuple) else line or b"")
            if found:
                return int(found[1])
        return None

    def _fetch(self, uid: int, what: str) -> bytes | None:
        answer = self._ask("FETCH", str(uid), what)
        return next((line[1] for line in answer if isinstance(line, tuple) and len(line) > 1), None)

    def _ask(self, command: str, *words: str | None) -> Sequence[Any]:
        """One UID command and its data; a connection that broke is TryLater."""
        try:
            server = self._connected()
            status, data = server.uid(command, *cast("tuple[str, ...]", words))
        except imaplib.IMAP4.abort as error:
            raise self._away(error) from error
        except imaplib.IMAP4.error as error:
            raise TryLater(f"收件邮箱 {self.name} 没有完成 {command}：{_words(error)}") from error
        except OSError as error:
            raise self._away(error) from error
        if status != "OK":
            raise TryLater(f"收件邮箱 {self.name} 没有完成 {command}：{_words(data)}")
        return data or ()

    def _connected(self) -> imaplib.IMAP4:
        if self._server is None:
            server = self._open()
            try:
                self._log_in(server)
                self._select(server)
            except BaseException:
                with suppress(OSError, imaplib.IMAP4.error):
                    server.shutdown()
                raise
            self._server = server
        return self._server

    def _open(self) -> imaplib.IMAP4:
        context = ssl.create_default_context()
        try:
            if self.tls == "ssl":
                return imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=self.timeout)
            server = imaplib.IMAP4(self.host, self.port, timeout=self.timeout)
            if self.tls == "starttls":
                server.starttls(ssl_context=context)
        except ssl.SSLCertVerificationError as error:
            raise CredentialRefused(f"收件邮箱 {self.name} 的证书不可信：{error.verify_message}") from error
        except imaplib.IMAP4.abort as error:
            raise self._away(error) from error
        except imaplib.IMAP4.error as error:
            raise CredentialRefused(f"收件邮箱 {self.name} 不支持 STARTTLS，改用 imaps:// 或 tls=ssl") from error
        except OSError as error:
            raise self._away(error) from error
        return server

    def _log_in(self, server: imaplib.IMAP4) -> None:
        try:
            server.login(self.user, self.password)
        except imaplib.IMAP4.abort as error:
            raise self._away(error) from None
        except imaplib.IMAP4.error:
            # The server's words are left out: some repeat what was sent to them.
            raise CredentialRefused(
                f"收件邮箱 {self.name} 不接受用户名或密码；网易、腾讯的邮箱要用网页里开通 IMAP 时给的授权码"
            ) from None
        if "ID" in server.capabilities:
            # NetEase refuses SELECT ("Unsafe Login") to clients that do not say who they are (RFC 2971).
            with suppress(imaplib.IMAP4.error):
                server.xatom("ID", '("name" "rongmei" "version" "1")')

    def _select(self, server: imaplib.IMAP4) -> None:
        status, data = server.select(f'"{self.folder}"')
        if status != "OK":
            why = f"打不开文件夹“{self.folder}”：{_words(data)}"
            raise BadInput(why, where=f"收件邮箱 {self.name}", mend="核对文件夹名，并在邮箱设置里允许 IMAP")
        kept = b" ".join(item for item in server.response("PERMANENTFLAGS")[1] or () if isinstance(item, bytes))
        if self.flag != SEEN and kept and b"\\*" not in kept and self.flag.encode() not in kept:
            why = "邮箱不能保存自定义标记"
            raise BadInput(
                why, where=f"收件邮箱 {self.name}", mend="地址里去掉 flag=…，改用“已读”作标记，并专用一个邮箱"
            )

    def _away(self, error: BaseException) -> NotConnected:
        self._server = None
        reason = "超时" if isinstance(error, TimeoutError | socket.timeout) else _words(error)
        return NotConnected(f"连不上收件邮箱 {self.name}：{reason}")

    @property
    def name(self) -> str:
        """The server, for messages."""
        return f"{self.host}:{self.port}"


def _imap_day(moment: datetime) -> str:
    """`06-Jun-2026`: IMAP's dates are English whatever the locale (RFC 3501 section 9, date-text)."""
    return f"{moment.day:02d}-{_MONTHS[moment.month - 1]}-{moment.year}"


def _words(said: Any) -> str:
    if isinstance(said, list | tuple):
        said = b" ".join(item for item in said if isinstance(item, bytes)).decode("utf-8", "replace")
    return one_line(str(said) or type(said).__name__, 200)


def _is_this_machine(host: str) -> bool:
    return host in {"localhost", "127.0.0.1", "::1"}
