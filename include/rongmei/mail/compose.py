"""Builds one e-mail: Chinese headers, a text and an HTML side, pictures inside it, files beside it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses
from typing import cast

from rongmei.errors import BadInput

DEFAULT_SENDER = "融媒 <rongmei@localhost.localdomain>"
MAX_SUBJECT = 200
MAX_NAME = 80
WIRE = SMTP.clone(cte_type="7bit")
"""How the house writes mail: CRLF, and nothing above ASCII on the wire, which every server takes."""

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,180}[A-Za-z0-9])?")
_CID = re.compile(r"[A-Za-z0-9._-]{1,60}")


def sender_address() -> str:
    """The From address of this installation (`RONGMEI_MAIL_FROM`), e.g. `融媒 <desk@example.com>`."""
    return os.environ.get("RONGMEI_MAIL_FROM") or DEFAULT_SENDER


def message(
    subject: str,
    html: str,
    text: str,
    *,
    sender: str,
    to: str,
    reply_to: str | None = None,
    inline: Sequence[tuple[str, bytes]] = (),
    attachments: Sequence[tuple[str, str, bytes]] = (),
) -> EmailMessage:
    """A message ready for the outbox; the same arguments give the same bytes.

    Args:
        subject: one line; line breaks and control characters become spaces, so no header can be smuggled in.
        html: a whole HTML document; it shows a picture of `inline` by `src="cid:<cid>"`.
        text: the same said in plain text.
        sender: `name <address>` or an address, like `to` and `reply_to`.
        inline: PNG pictures, (cid, bytes).
        attachments: files, (name, MIME type, bytes).

    Raises:
        BadInput: an address is no address.
    """
    mail = EmailMessage(policy=WIRE)
    mail["From"] = address(sender, "发件人")
    mail["To"] = address(to, "收件人")
    if reply_to:
        mail["Reply-To"] = address(reply_to, "回复地址")
    mail["Subject"] = one_line(subject, MAX_SUBJECT)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(_clean(text))
    mail.add_alternative(_clean(html), subtype="html")
    page = cast("list[EmailMessage]", mail.get_payload())[1]
    for cid, png in inline:
        if not _CID.fullmatch(cid):
            raise BadInput(f"内嵌图片的编号“{one_line(cid, 60)}”不能用", mend="只用字母、数字、点、横线")
        page.add_related(png, "image", "png", cid=f"<{cid}>", disposition="inline", filename=f"{cid}.png")
    for name, mime, content in attachments:
        maintype, _, subtype = mime.partition("/")
        mail.add_attachment(content, maintype, subtype or "octet-stream", filename=one_line(name, 120))
    _name_boundaries(mail, (subject, html, text, *(png for _, png in inline), *(c for _, _, c in attachments)))
    return mail


def one_line(text: str, limit: int) -> str:
    """`text` on one line without control characters, at most `limit` characters: safe in a header."""
    flat = "".join(char if char.isprintable() else " " for char in text)
    flat = " ".join(flat.encode("utf-8", "replace").decode("utf-8").split())
    return flat if len(flat) <= limit else flat[: limit - 1] + "…"


def address(text: str, role: str) -> Address:
    """`name <local@domain>` as a header value.

    Args:
        role: who it is, in Chinese, for the error.

    Raises:
        BadInput: it is not exactly one plain ASCII address on one line.
    """
    found = getaddresses([text]) if len(text.splitlines()) == 1 else []
    name, bare = found[0] if len(found) == 1 else ("", "")
    if not _ADDRESS.fullmatch(bare) or ".." in bare:
        where = f"{role}“{one_line(text, 80)}”"
        raise BadInput("不是一个邮箱地址", where=where, mend="写成 name@example.com 或 姓名 <name@example.com>")
    local, _, domain = bare.rpartition("@")
    return Address(one_line(name, MAX_NAME), local, domain)


def _clean(text: str) -> str:
    """Lone surrogates, which no encoding can carry, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _name_boundaries(mail: EmailMessage, parts: Iterable[str | bytes]) -> None:
    """Boundaries from the content instead of from chance: building again gives the same bytes."""
    digest = hashlib.sha256()
    for part in parts:
        raw = part if isinstance(part, bytes) else part.encode("utf-8", "replace")
        digest.update(len(raw).to_bytes(8) + raw)
    for number, multipart in enumerate(part for part in mail.walk() if part.is_multipart()):
        multipart.set_boundary(f"==rongmei-{digest.hexdigest()[:32]}-{number}==")
