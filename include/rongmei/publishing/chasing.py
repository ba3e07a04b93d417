"""Reminds by mail of packages that somebody was to publish and has not reported: at most three times each."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import Slip
from rongmei.clock import aware, spoken
from rongmei.config import CHANNEL_NAMES, Outlet
from rongmei.ledger import Edition, Ledger, Mail, Publication, StoryVersion, get_edition
from rongmei.mail import Transport, deliver, message, queue, sender_address
from rongmei.publishing.handoff import FOLDER, HANDED_AT, REMINDERS

if TYPE_CHECKING:
    from rongmei.config import Plan

MOST_REMINDERS = 3

_templates = Environment(
    loader=PackageLoader("rongmei.publishing"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["spoken"] = spoken


@dataclass(frozen=True)
class ChaseSummary:
    """How the reminders stand, in mails.

    Attributes:
        queued: mails this call put into the outbox.
        reminded: publications they speak of.
    """

    queued: int = 0
    reminded: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0


@dataclass(frozen=True)
class Waiting:
    """One package that nobody has reported as published yet.

    Attributes:
        slip: the commands that report what became of it.
        number: which reminder this is, from 1.
    """

    publication_id: int
    slip: Slip
    title: str
    channel: str
    folder: str
    handed_at: datetime
    number: int


def chase(ledger: Ledger, plan: Plan, key: str, *, transport: Transport, clock: Callable[[], datetime]) -> ChaseSummary:
    """Mail each outlet what it was to publish by hand and has not reported for `chase_hours`, and again after as long.

    One mail an outlet and call; a reminder that is in the outbox is never put there again.

    Raises:
        BadInput: there is no such edition.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    now = clock()
    queued = reminded = 0
    with ledger.begin() as session:
        edition = get_edition(session, key)
        for outlet_id, rows in sorted(_due(session, plan, edition, now).items()):
            lines = [_line(publication, key, title) for publication, title in rows]
            queued += _remind(session, plan, edition, plan.cluster.outlet(outlet_id), lines, now)
            for (publication, _), line in zip(rows, lines, strict=True):
                publication.progress = {**publication.progress, REMINDERS: line.number}
            reminded += len(lines)
        session.flush()
        keys = _undelivered(session, key)
    if not keys:
        return ChaseSummary()
    done = deliver(ledger, transport, keys=keys, clock=clock)
    return ChaseSummary(queued, reminded, done.sent, done.pending, done.failed, done.unknown)


def awaiting_editions(ledger: Ledger, *, rehearsal: bool) -> tuple[tuple[str, str], ...]:
    """(campaign, edition key) of every edition that has packages nobody has reported as published."""
    with ledger.read() as session:
        rows = session.execute(
            select(Edition.campaign, Edition.key)
            .join(Publication, Publication.edition_id == Edition.id)
            .where(Edition.rehearsal == rehearsal, Publication.state == "awaiting_operator")
            .distinct()
            .order_by(Edition.key)
        ).all()
    return tuple((campaign, key) for campaign, key in rows)


def mail_key(key: str, outlet: str, lines: Sequence[Waiting]) -> str:
    """The name of a reminder in the outbox: the same publications with the same numbers make the same one."""
    said = " ".join(sorted(f"{line.publication_id}.{line.number}" for line in lines))
    return f"{_mail_prefix(key)}{outlet}:{hashlib.sha256(said.encode()).hexdigest()[:16]}"


def write(plan: Plan, edition: Edition, outlet: Outlet, lines: Sequence[Waiting]) -> tuple[str, str, str]:
    """Subject, HTML and text of the reminder to one outlet."""
    context = {
        "campaign": plan.campaign,
        "day": edition.day,
        "outlet": outlet,
        "lines": lines,
        "last": MOST_REMINDERS,
    }
    subject = f"待人工发布：{plan.campaign.name} {edition.day:%m-%d}，{len(lines)} 条还没有登记网址"
    html = _templates.get_template("chase.html").render(context, subject=subject)
    return subject, html, _templates.get_template("chase.txt").render(context)


def _due(session: Session, plan: Plan, edition: Edition, now: datetime) -> dict[str, list[tuple[Publication, str]]]:
    """Packages to remind of, with their stories' titles, by outlet; locked, so that nobody else reminds of them."""
    rows = session.execute(
        select(Publication, StoryVersion.title)
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .where(Publication.edition_id == edition.id, Publication.state == "awaiting_operator")
        .order_by(Publication.id)
        .with_for_update(of=Publication, key_share=True)
    ).tuples()
    known = {outlet.id for outlet in plan.cluster.outlets}
    pause = timedelta(hours=plan.campaign.publishing.chase_hours)
    due: dict[str, list[tuple[Publication, str]]] = defaultdict(list)
    for publication, title in rows:
        sent = _reminders(publication)
        if (
            sent < MOST_REMINDERS
            and publication.outlet in known
            and now >= _handed_at(publication) + pause * (sent + 1)
        ):
            due[publication.outlet].append((publication, title))
    return due


def _remind(
    session: Session, plan: Plan, edition: Edition, outlet: Outlet, lines: Sequence[Waiting], now: datetime
) -> bool:
    """Queue the mail to one outlet; False if it is in the outbox already."""
    subject, html, text = write(plan, edition, outlet, lines)
    return queue(
        session,
        key=mail_key(edition.key, outlet.id, lines),
        recipient=outlet.contact_email,
        message=message(subject, html, text, sender=sender_address(), to=outlet.contact_email),
        edition_id=edition.id,
        now=now,
    )


def _undelivered(session: Session, key: str) -> list[str]:
    """Reminders of the edition that still lie in the outbox, those of earlier calls included."""
    return list(
        session.scalars(
            select(Mail.key)
            .where(Mail.key.startswith(_mail_prefix(key), autoescape=True), Mail.state.in_(("pending", "sending")))
            .order_by(Mail.id)
        )
    )


def _mail_prefix(key: str) -> str:
    return f"handoff:{key}:"


def _line(publication: Publication, key: str, title: str) -> Waiting:
    return Waiting(
        publication_id=publication.id,
        slip=Slip(publication.id, key),
        title=title,
        channel=CHANNEL_NAMES.get(publication.channel, publication.channel),
        folder=str(publication.progress.get(FOLDER, "")),
        handed_at=_handed_at(publication),
        number=_reminders(publication) + 1,
    )


def _reminders(publication: Publication) -> int:
    return int(publication.progress.get(REMINDERS) or 0)


def _handed_at(publication: Publication) -> datetime:
    return aware(datetime.fromisoformat(publication.progress[HANDED_AT]))
