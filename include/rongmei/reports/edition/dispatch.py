"""Builds the report of an edition, keeps it, and mails it to each of its readers once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from rongmei.errors import BadInput, TryLater
from rongmei.ledger import Ledger, get_edition
from rongmei.mail import Transport, deliver, queue
from rongmei.reports.archive import rebuild
from rongmei.reports.edition.gathering import gather, report_mails
from rongmei.reports.keeping import Made, addressed, keep, mails_queued, make, stored

if TYPE_CHECKING:
    from rongmei.config import Plan
    from rongmei.reports.edition.context import EditionReport
    from rongmei.settings import Settings

KIND = "edition"


@dataclass(frozen=True)
class BuildSummary:
    """Outcome of `build`: `folder` holds report.html, report.txt, report.pdf, figures.xlsx and the charts.

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

    Before the first mail is queued a second run replaces the report; afterwards it changes nothing.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition_id = get_edition(session, key).id
        standing = stored(session, report_key(key))
        if standing is not None and mails_queued(session, report_mails(key)):
            return BuildSummary(key, standing.subject, standing.folder, frozen=True)
    report = gather(ledger, plan, key, now=now)
    folder = settings.reports / key.replace("/", "_")
    made = _make(report, plan)
    with ledger.begin() as session:
        row = stored(session, report_key(key))
        if row is not None and mails_queued(session, report_mails(key)):
            # Another process mailed the report while this one was drawing.
            return BuildSummary(key, row.subject, row.folder, frozen=True)
        keep(session, made, key=report_key(key), kind=KIND, folder=folder, now=now, edition_id=edition_id)
    rebuild(ledger, settings)
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
        row = stored(session, report_key(key))
        if row is None:
            raise BadInput("报告还没有生成", where=f"期次 {key}", mend="先运行生成报告这一步")
        for mail_key, person in zip(keys, people, strict=True):
            mail = addressed(row.message, f"{person.name} <{person.email}>")
            queue(session, key=mail_key, recipient=person.email, message=mail, edition_id=edition_id, now=clock())
    done = deliver(ledger, transport, keys=keys, clock=clock)
    if done.pending:
        raise TryLater(f"期次 {key} 的报告有 {done.pending} 封邮件还没发出，已留在发件箱，稍后再发")
    return EmailSummary(done.sent, done.pending, done.failed, done.unknown)


def report_key(key: str) -> str:
    """The report's name in the ledger."""
    return f"{KIND}:{key}"


def _make(report: EditionReport, plan: Plan) -> Made:
    # Heavy libraries: a task process that does not build a report never loads them.
    from rongmei.reports.edition import book, drawing, pages, printed

    # Drawing leaves the interpreter to others most of the time.
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="charts") as pool:
        drawing_on = pool.submit(drawing.draw, report)
        figures = book.write(report)
        drawn = drawing_on.result()
    return make(
        pages.subject(report),
        pages.render_text(report),
        partial(pages.render_html, report),
        name=f"{report.campaign} {report.day}",
        reply_to=plan.campaign.reporting.reply_to,
        charts=drawn,
        chart_names=drawing.NAMES,
        figures=figures,
        paper=printed.write(report, drawn),
    )
