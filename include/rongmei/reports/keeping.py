"""Keeps a report: its files, its row in the ledger, and the rule that what has been mailed does not change.

A report may be built again and again until the first mail of it stands in the outbox. From then on it is frozen: a mail
that waits for its server would otherwise say something else than the report on file, and one that has gone out is a
record.
"""

from __future__ import annotations

import os
import tempfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.ledger import Mail, Report
from rongmei.mail import message, sender_address
from rongmei.mail.compose import WIRE, address

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rongmei.reports.charts import Chart
    from rongmei.reports.render import Picture

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
PAGE, PLAIN, FIGURES, PAPER = "report.html", "report.txt", "figures.xlsx", "report.pdf"


@dataclass(frozen=True)
class Made:
    """A report in every form it is kept and sent in.

    Attributes:
        html: the page with its charts inside it.
        message: the mail, still without its recipient.
        files: by name; None takes a file of an earlier build away.
    """

    subject: str
    html: str
    text: str
    message: bytes
    files: Mapping[str, bytes | None] = field(repr=False)
    charts: int = 0


def make(
    subject: str,
    text: str,
    page: Callable[[Sequence[Picture]], str],
    *,
    name: str,
    reply_to: str | None,
    charts: Sequence[Chart] = (),
    chart_names: Sequence[str] = (),
    figures: bytes | None = None,
    paper: bytes | None = None,
    more: Sequence[tuple[str, Path]] = (),
) -> Made:
    """Put a report together.

    Args:
        page: renders the page for pictures at the addresses that a mail or a file has for them.
        name: what the attachments are called, without ending.
        chart_names: every chart that this kind of report may have: files of those not drawn this time go.
        more: further workbooks to attach, (name, file).
    """
    from rongmei.reports.render import Picture

    html = page([Picture.of(chart, f"data:image/png;base64,{b64encode(chart.png).decode()}") for chart in charts])
    attachments = [
        (f"{name}.{ending}", mime, content)
        for ending, mime, content in (("xlsx", XLSX, figures), ("pdf", PDF, paper))
        if content is not None
    ]
    attachments += [(attached, XLSX, file.read_bytes()) for attached, file in more]
    mail = message(
        subject,
        page([Picture.of(chart, f"cid:{chart.name}") for chart in charts]),
        text,
        sender=sender_address(),
        to=sender_address(),
        reply_to=reply_to,
        inline=[(chart.name, chart.png) for chart in charts],
        attachments=attachments,
    )
    files: dict[str, bytes | None] = {f"{one}.png": None for one in chart_names}
    files |= {f"{chart.name}.png": chart.png for chart in charts}
    files |= {PAGE: html.encode(), PLAIN: text.encode(), FIGURES: figures, PAPER: paper}
    return Made(subject, html, text, mail.as_bytes(policy=WIRE), files, len(charts))


def keep(
    session: Session,
    made: Made,
    *,
    key: str,
    kind: str,
    folder: Path,
    now: datetime,
    edition_id: int | None = None,
    days: tuple[date, date] | None = None,
) -> None:
    """Write the files, each in one step, and the row of the report `key`, in place of those of an earlier build."""
    write_files(folder, made.files)
    row = stored(session, key)
    if row is None:
        row = Report(key=key, edition_id=edition_id, kind=kind)
        session.add(row)
    row.first_day, row.last_day = days or (None, None)
    row.subject, row.html, row.text = made.subject[:300], made.html, made.text
    row.message, row.folder, row.built_at = made.message, str(folder), now


def stored(session: Session, key: str) -> Report | None:
    """The report of that key, or None."""
    return session.scalar(select(Report).where(Report.key == key))


def mails_queued(session: Session, prefix: str) -> bool:
    """Whether a mail whose key begins with `prefix` stands in the outbox, whatever became of it."""
    mails = select(Mail.id).where(Mail.key.startswith(prefix, autoescape=True)).limit(1)
    return session.scalar(mails) is not None


def addressed(stored_message: bytes, to: str) -> EmailMessage:
    """The stored message with its own recipient, `name <address>`."""
    mail = message_from_bytes(stored_message, policy=WIRE)
    del mail["To"]
    mail["To"] = address(to, "收件人")
    return mail


def write_files(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Replace each file in one step, so that a reader never sees half of one; None removes it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        if content is None:
            (folder / name).unlink(missing_ok=True)
            continue
        handle, temporary = tempfile.mkstemp(dir=folder, prefix=f".{name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(temporary).chmod(0o644)
            Path(temporary).replace(folder / name)
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
