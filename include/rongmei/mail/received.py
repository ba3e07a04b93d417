"""Reads one mail that arrived: who, what, its text and its files, bounded, whatever its sender's program made of it."""

from __future__ import annotations

import codecs
import hashlib
import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header
from email.message import EmailMessage
from email.utils import getaddresses, parsedate_to_datetime

import nh3

from rongmei.text.normalise import clean_line, clean_text

MAX_PARTS = 100
MAX_ATTACHMENTS = 20
MAX_ATTACHMENT_BYTES = 20 * 1024 * 1024
MAX_TEXT_CHARS = 100_000
MAX_SUBJECT, MAX_NAME = 300, 120
# Programs of the region say gb2312 and write GBK; gb18030 reads all three (GB 18030-2022 is a superset).
_CHARSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz-gb-2312": "hz",
    "unicode-1-1-utf-7": "utf-7",
    "us-ascii": "utf-8",
}
# What the standard parser of headers raises on headers that are none; its callers cannot know.
_BROKEN = (ValueError, LookupError, AttributeError, TypeError, MessageError)
_ADDRESS = re.compile(r"[^\s@<>\"',;:]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,180}[A-Za-z0-9])?")
_LINE_ENDS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]{0,200}>", re.IGNORECASE)
_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_VERDICT = re.compile(r"\bdmarc\s*=\s*(\w+)", re.IGNORECASE)


@dataclass(frozen=True)
class Attachment:
    """A file of a mail; its content is as hostile as anything from outside, its type only what the sender claims.

    Attributes:
        name: last part of a path, at most 120 characters; "附件 n" where the sender gave none.
        mime: as claimed, lower case.
        inline: shown inside the text (a picture), not beside it.
    """

    name: str
    mime: str
    content: bytes
    inline: bool = False


@dataclass(frozen=True)
class Received:
    """A mail as it was found.

    Attributes:
        uid: its number in the mailbox, for the mailbox only.
        message_id: `<…@…>`; where the mail has none, a digest of its content in the same form.
        sender: the bare address of From in lower case; "" when there is not exactly one.
        sender_name: as written, possibly "".
        subject: one line.
        sent_at: of the Date header, aware UTC; None when it is none.
        text: the plain text, or the words of the HTML where there is only that.
        html: the HTML as it came (hostile), or "".
        attachments: files, at most twenty of at most 20 MB.
        problems: what was left out, in Chinese.
        automatic: an automatic answer, a bounce or a mailing list: nobody wrote this to us.
        authentic: what the receiving server found about the sender's domain (DMARC, RFC 8601): True, False, or None
            when it does not say or is not trusted to.
    """

    uid: int
    message_id: str
    sender: str
    sender_name: str
    subject: str
    sent_at: datetime | None
    text: str
    html: str = ""
    attachments: tuple[Attachment, ...] = ()
    problems: tuple[str, ...] = ()
    automatic: bool = False
    authentic: bool | None = None


def parse_mail(raw: bytes, *, uid: int = 0, authserv: str | None = None) -> Received:
    """The mail in `raw`; what cannot be read is left out and named in `problems`, nothing is raised.

    Args:
        authserv: name of the house's own receiving server as it signs `Authentication-Results` (RFC 8601 section 2.5);
            results under any other name may be forged and are not looked at.
    """
    try:
        mail = message_from_bytes(raw, policy=policy.default)
        headers = _Headers(mail)
        parts = _Parts(mail)
    except RecursionError:
        digest = _digest(raw)
        return Received(uid, digest, "", "", "", None, "", problems=("邮件的结构嵌套太深，没有读",))
    sender, name = headers.sender()
    return Received(
        uid=uid,
        message_id=headers.message_id() or _digest(raw),
        sender=sender,
        sender_name=name,
        subject=clean_line(headers.words("Subject"), MAX_SUBJECT),
        sent_at=headers.date(),
        text=parts.text(),
        html=parts.html,
        attachments=tuple(parts.attachments),
        problems=tuple(parts.problems),
        automatic=headers.automatic(),
        authentic=headers.authentic(authserv),
    )


def _digest(raw: bytes) -> str:
    return f"<{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id>"


class _Headers:
    """The headers of a mail, read from their raw text: the standard structured parser stumbles over real ones."""

    def __init__(self, mail: EmailMessage) -> None:
        self._raw: dict[str, list[str]] = {}
        for name, value in mail.raw_items():
            self._raw.setdefault(name.lower(), []).append(str(value)[:20_000])

    def first(self, name: str) -> str:
        """The first header of that name as it stands, or ""."""
        return next(iter(self._raw.get(name.lower(), ())), "")

    def words(self, name: str) -> str:
        """The header for a reader: encoded words (RFC 2047) and bare GBK or UTF-8 bytes decoded."""
        return decoded_words(self.first(name))

    def sender(self) -> tuple[str, str]:
        """Address and name of From; an empty address when there is not exactly one usable."""
        if len(self._raw.get("from", ())) != 1:
            return "", ""
        found = [(name, bare) for name, bare in getaddresses([_bare_text(self.first("from"))]) if name or bare]
        if len(found) != 1 or not _ADDRESS.fullmatch(found[0][1]):
            return "", ""
        return found[0][1].lower(), clean_line(decoded_words(found[0][0]), MAX_NAME)

    def message_id(self) -> str | None:
        """The Message-ID, or None when it is none."""
        found = _MESSAGE_ID.search(self.first("Message-ID"))
        return found[0] if found else None

    def date(self) -> datetime | None:
        """The Date header; without a zone it counts as UTC (RFC 5322 section 3.3: "-0000")."""
        try:
            date = parsedate_to_datetime(self.first("Date"))
            return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
        except (*_BROKEN, OverflowError):
            return None

    def automatic(self) -> bool:
        """Whether a machine sent it (RFC 3834 section 5, RFC 2369, bounces with an empty return path)."""
        auto = self.first("Auto-Submitted").strip().lower()
        bulk = self.first("Precedence").strip().lower() in {"bulk", "list", "junk", "auto_reply"}
        bounced = self.first("Return-Path").strip() == "<>"
        return bool(auto and auto != "no") or bulk or bounced or "list-id" in self._raw

    def authentic(self, authserv: str | None) -> bool | None:
        """The verdict on the sender's domain by the server named `authserv`, which adds its result on top."""
        if not authserv:
            return None
        for result in self._raw.get("authentication-results", ()):
            name, _, rest = result.strip().partition(";")
            if name.split()[:1] == [authserv]:
                verdict = _VERDICT.search(rest)
                return None if verdict is None or verdict[1].lower() == "none" else verdict[1].lower() == "pass"
        return None


class _Parts:
    """The text and the files of a mail."""

    def __init__(self, mail: EmailMessage) -> None:
        self.html = ""
        self.attachments: list[Attachment] = []
        self.problems: list[str] = []
        self._plain = ""
        for number, part in enumerate(_leaves(mail)):
            if number >= MAX_PARTS:
                self.problems.append(f"邮件的部分超过 {MAX_PARTS} 个，其余没有读")
                break
            self._take(part)

    def text(self) -> str:
        """The plain text; from the HTML where the mail has no other."""
        if self._plain.strip() or not self.html:
            return self._plain
        return html.unescape(nh3.clean(_LINE_ENDS.sub("\n", self.html), tags=set()))[:MAX_TEXT_CHARS]

    def _take(self, part: EmailMessage) -> None:
        mime = part.get_content_type()
        name, disposition = _file_name(part), _disposition(part)
        payload = part.get_payload(decode=True)
        content = payload if isinstance(payload, bytes) else b""
        if mime in ("text/plain", "text/html") and not name and disposition != "attachment":
            self._take_text(mime, decoded(content, _charset(part)))
        elif content:
            self._take_file(name, mime, content, inline=disposition == "inline" or bool(part.get("Content-ID")))

    def _take_text(self, mime: str, text: str) -> None:
        if len(text) > MAX_TEXT_CHARS:
            self.problems.append(f"正文超过 {MAX_TEXT_CHARS} 字，后面的没有读")
        if mime == "text/plain":
            self._plain = f"{self._plain}\n{text}".strip("\n")[:MAX_TEXT_CHARS]
        else:
            self.html = f"{self.html}\n{text}".strip("\n")[:MAX_TEXT_CHARS]

    def _take_file(self, name: str, mime: str, content: bytes, *, inline: bool) -> None:
        name = name or f"附件 {len(self.attachments) + 1}"
        if len(content) > MAX_ATTACHMENT_BYTES:
            self.problems.append(f"附件“{name}”超过 {MAX_ATTACHMENT_BYTES // 2**20} MB，没有读")
        elif len(self.attachments) >= MAX_ATTACHMENTS:
            self.problems.append(f"附件超过 {MAX_ATTACHMENTS} 个，“{name}”没有读")
        else:
            self.attachments.append(Attachment(name, mime, content, inline))


def _leaves(mail: EmailMessage) -> Iterator[EmailMessage]:
    """Parts that hold something themselves. A mail that was forwarded as a file stays closed."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        if part.get_content_type() == "message/rfc822":
            continue
        inner = part.get_payload() if part.is_multipart() else None
        if isinstance(inner, list):
            waiting += reversed([one for one in inner if isinstance(one, EmailMessage)])
        else:
            yield part


def _disposition(part: EmailMessage) -> str:
    try:
        return (part.get_content_disposition() or "").lower()
    except _BROKEN:
        return ""


def _file_name(part: EmailMessage) -> str:
    """The file's own name without a path, or ""."""
    try:
        name = part.get_filename() or ""
    except _BROKEN:
        return "附件"
    last = re.split(r"[/\\]", decoded_words(str(name)))[-1]
    return clean_line(last, MAX_NAME).strip(". ")


def _charset(part: EmailMessage) -> str | None:
    try:
        return part.get_content_charset()
    except _BROKEN:
        return None


# ── characters ───────────────────────────────────────────────────────────────────────────────────────────────────


def decoded(content: bytes, charset: str | None) -> str:
    """Text from bytes by the charset that the mail names; by what they look like where it names none or lies."""
    named = _CHARSETS.get((charset or "").lower(), charset or "utf-8")
    for encoding in (named, "utf-8", "gb18030"):
        try:
            codec = codecs.lookup(encoding)
            return codec.decode(content)[0].replace("\r\n", "\n") if codec.name != "base64" else ""
        except (LookupError, ValueError, AssertionError, TypeError):
            continue
    return content.decode("utf-8", "replace").replace("\r\n", "\n")


def decoded_words(raw: str) -> str:
    """A header for a reader: RFC 2047 words by their charsets, bare bytes above ASCII as UTF-8 or GBK."""
    text = " ".join(_bare_text(raw).split())
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except _BROKEN:
        return text
    return "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)


def _piece(piece: bytes, charset: str | None) -> str:
    # decode_header returns what stood between encoded words as raw-unicode-escape.
    return decoded(piece, charset) if charset else piece.decode("raw-unicode-escape", "replace")


def _bare_text(raw: str) -> str:
    """A header whose bytes above ASCII were kept as surrogates by the parser, as text."""
    try:
        raw.encode("utf-8")
    except UnicodeEncodeError:
        return decoded(raw.encode("utf-8", "surrogateescape"), None)
    return raw


def plain_lines(text: str, limit: int) -> str:
    """A mail's text for keeping: clean, without the quoted mails below it ("> …" and what follows a divider)."""
    kept: list[str] = []
    for line in text[:MAX_TEXT_CHARS].split("\n"):
        if _QUOTE_BEGINS.match(line.strip()):
            break
        if not line.lstrip().startswith(">"):
            kept.append(line)
    return clean_text("\n".join(kept), limit)


_QUOTE_BEGINS = re.compile(
    r"-{2,}\s*(?:原始邮件|Original(?: Message)?|转发邮件信息|Forwarded message)\s*-{2,}|_{20,}$|"
    r"(?:在|于|On)\s.{4,120}(?:写道|wrote)\s*[:：]$",
    re.IGNORECASE,
)
