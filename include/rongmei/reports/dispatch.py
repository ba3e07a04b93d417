"""Builds the report of an edition, keeps it, and mails it to each of its readers once.

A report may be built again and again until the first mail of it stands in the outbox. From then on it is frozen: a mail
that waits for its server would otherwise say something else than the report on file, and one that has gone out is a
record.
"""

from __future__ import annotations

import os
import tempfile
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Ledger, Mail, Report, get_edition
from rongmei.mail import Transport, deliver, message, queue, sender_address
from rongmei.mail.compose import WIRE, address
from rongmei.reports.gathering import gather, report_mails

if TYPE_CHECKING:
    from rongmei.config import Plan
    from rongmei.reports.charts import Chart
    from rongmei.reports.context import EditionReport
    from rongmei.reports.render import Picture
    from rongmei.settings import Settings

KIND = "edition"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class BuildSummary:
    """Outcome of `build`: `folder` holds report.html, report.txt, figures.xlsx and the charts.

    Attributes:
        frozen: the report stood already and its mails are queued, so it was left alone.
        tasks: how many things wait for somebody to act.
    """

    key: str
    subject: str
    folder: str
    frozen: bool
    charts: int = 0
    tasks: int = 0


@dataclass(frozen=True)
class EmailSummary:
    """How the mails of a report stand."""

    sent: int
    pending: int
    failed: int
    unknown: int


def build(ledger: Ledger, plan: Plan, key: str, *, settings: Settings, now: datetime) -> BuildSummary:
    """Gather, draw and render the report of the edition, write its files, and store it in the ledger.

    Each file is replaced in one step, so that a reader never sees half of one. Before the first mail is queued a second
    run replaces the report; afterwards it changes nothing.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition_id = get_edition(session, key).id
        standing = _stored(session, edition_id)
        if standing is not None and _mails_queued(session, key):
            return BuildSummary(key, standing.subject, standing.folder, frozen=True)
    report = gather(ledger, plan, key, now=now)
    folder = settings.reports / key.replace("/", "_")
    made = _make(report, plan)
    with ledger.begin() as session:
        row = _stored(session, edition_id)
        if row is not None and _mails_queued(session, key):
            # Another process mailed the report while this one was drawing.
            return BuildSummary(key, row.subject, row.folder, frozen=True)
        _write(folder, made.files)
        if row is None:
            row = Report(edition_id=edition_id, kind=KIND)
            session.add(row)
        row.subject, row.html, row.text = made.subject, made.html, made.text
        row.message, row.folder, row.built_at = made.message, str(folder), now
    return BuildSummary(key, made.subject, str(folder), frozen=False, charts=made.charts, tasks=len(report.tasks))


def email(ledger: Ledger, plan: Plan, key: str, *, transport: Transport, clock: Callable[[], datetime]) -> EmailSummary:
    """Mail the stored report to every recipient of the campaign, each once.

    Raises:
        BadInput: there is no such edition, no built report, or a recipient nobody knows.
        TryLater: some mails could not go out yet; they are kept, and calling again sends only those.
        CredentialRefused: the mail server takes nothing from us; the mails are kept.
    """
    people = [plan.cluster.person(person_id) for person_id in plan.campaign.reporting.recipients]
    keys = [f"{report_mails(key)}{person.id}" for person in people]
    with ledger.begin() as session:
        edition_id = get_edition(session, key).id
        row = _stored(session, edition_id)
        if row is None:
            raise BadInput("报告还没有生成", where=f"期次 {key}", mend="先运行生成报告这一步")
        for mail_key, person in zip(keys, people, strict=True):
            mail = _addressed(row.message, f"{person.name} <{person.email}>")
            queue(session, key=mail_key, recipient=person.email, message=mail, edition_id=edition_id, now=clock())
    done = deliver(ledger, transport, keys=keys, clock=clock)
    if done.pending:
        raise TryLater(f"期次 {key} 的报告有 {done.pending} 封邮件还没发出，已留在发件箱，稍后再发")
    return EmailSummary(done.sent, done.pending, done.failed, done.unknown)


@dataclass(frozen=True)
class _Made:
    subject: str
    html: str
    text: str
    message: bytes
    files: dict[str, bytes | None]
    charts: int


def _make(report: EditionReport, plan: Plan) -> _Made:
    # Heavy libraries: a task process that does not build a report never loads them.
    from rongmei.reports import charts, render, workbook

    drawn = charts.draw(report)
    subject, text = render.subject(report), render.render_text(report)
    page = render.render_html(report, [_picture(chart, _data_address(chart.png)) for chart in drawn])
    figures = workbook.write(report)
    mail = message(
        subject,
        render.render_html(report, [_picture(chart, f"cid:{chart.name}") for chart in drawn]),
        text,
        sender=sender_address(),
        to=sender_address(),
        reply_to=plan.campaign.reporting.reply_to,
        inline=[(chart.name, chart.png) for chart in drawn],
        attachments=[(f"{report.campaign} {report.day} 数据.xlsx", XLSX, figures)],
    )
    # A chart of an earlier build that has no numbers any more goes.
    files: dict[str, bytes | None] = {f"{name}.png": None for name in charts.NAMES}
    files |= {f"{chart.name}.png": chart.png for chart in drawn}
    files |= {"report.html": page.encode(), "report.txt": text.encode(), "figures.xlsx": figures}
    return _Made(subject, page, text, mail.as_bytes(policy=WIRE), files, len(drawn))


def _picture(chart: Chart, src: str) -> Picture:
    from rongmei.reports import render

    return render.Picture(chart.name, chart.title, src, chart.alt, chart.width, chart.height)


def _data_address(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _write(folder: Path, files: dict[str, bytes | None]) -> None:
    """Replace each file in one step; None removes it."""
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


def _stored(session: Session, edition_id: int) -> Report | None:
    return session.scalar(select(Report).where(Report.edition_id == edition_id, Report.kind == KIND))


def _mails_queued(session: Session, key: str) -> bool:
    mails = select(Mail.id).where(Mail.key.startswith(report_mails(key), autoescape=True)).limit(1)
    return session.scalar(mails) is not None


def _addressed(stored: bytes, to: str) -> EmailMessage:
    """The stored message with its own recipient."""
    mail = message_from_bytes(stored, policy=WIRE)
    del mail["To"]
    mail["To"] = address(to, "收件人")
    return mail
