"""Reminds outlets, once, of offers whose time to answer is nearly over.

A reminder is a remark in the assignment's log, written together with the mail into the outbox. It decides nothing: an
offer nobody answers expires as before.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rongmei.access import Links
from rongmei.assignments.notices import BY, Letter, Line, lines, write
from rongmei.clock import spoken
from rongmei.config import Plan
from rongmei.ledger import Assignment, AssignmentEvent, Edition, Ledger, Mail, lock_edition, log
from rongmei.mail import DeliverySummary, Transport, deliver, message, queue, sender_address

REMINDED = "reminder"
"""In the detail of an assignment's remark."""
MAILS = "answer:"
"""What the keys of these mails begin with."""
OFFERS = "assignment:"
"""What the keys of the offers' mails begin with; those that a run left in the outbox are sent along."""


@dataclass(frozen=True)
class NudgeSummary:
    """How the reminders stand.

    Attributes:
        queued: mails this call put into the outbox.
        reminded: tasks they speak of.
        sent, pending, failed, unknown: mails, those about new offers that still lay in the outbox included.
    """

    queued: int = 0
    reminded: int = 0
    sent: int = 0
    pending: int = 0
    failed: int = 0
    unknown: int = 0


def nudge_due(ledger: Ledger, plan: Plan, *, rehearsal: bool, now: datetime) -> bool:
    """Whether `nudge` would have anything to do; it needs a mail server then."""
    with ledger.read() as session:
        return bool(_undelivered(session, plan, rehearsal=rehearsal)) or bool(
            _due(session, plan, rehearsal=rehearsal, now=now)
        )


def nudge(
    ledger: Ledger,
    plan: Plan,
    *,
    rehearsal: bool,
    transport: Transport,
    clock: Callable[[], datetime],
    links: Links | None = None,
) -> NudgeSummary:
    """Remind for every open edition of the campaign, real ones or rehearsals; send what lies in the outbox.

    Raises:
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    now = clock()
    with ledger.read() as session:
        editions = sorted(_due(session, plan, rehearsal=rehearsal, now=now))
    queued = reminded = 0
    for key in editions:
        with ledger.begin() as session:
            edition = lock_edition(session, key)
            due = _due(session, plan, rehearsal=rehearsal, now=now).get(key, [])
            offered = lines(session, plan, edition, ("offered",), links=links, now=now)
            mails, tasks = _tell(session, plan, edition, [one for one in offered if one.assignment.id in due], now)
            queued, reminded = queued + mails, reminded + tasks
    with ledger.read() as session:
        keys = _undelivered(session, plan, rehearsal=rehearsal)
    done = deliver(ledger, transport, keys=keys, clock=clock) if keys else DeliverySummary()
    return NudgeSummary(queued, reminded, done.sent, done.pending, done.failed, done.unknown)


def _due(session: Session, plan: Plan, *, rehearsal: bool, now: datetime) -> dict[str, list[int]]:
    """Edition key → ids of its offers that are to be reminded of now."""
    before = plan.campaign.assignment.remind_before
    if before is None:
        return {}
    found = (
        select(Edition.key, Assignment.id)
        .join(Edition, Edition.id == Assignment.edition_id)
        .where(Edition.campaign == plan.campaign.id, Edition.rehearsal == rehearsal)
        .where(Assignment.state == "offered", Assignment.answer_by > now, Assignment.answer_by <= now + before)
        .order_by(Assignment.id)
    )
    ending = session.execute(found).tuples().all()
    remarks = select(AssignmentEvent.thing_id, AssignmentEvent.detail)
    remarks = remarks.where(AssignmentEvent.thing_id.in_([assignment_id for _, assignment_id in ending]))
    reminded = {thing_id for thing_id, detail in session.execute(remarks).tuples() if detail.get(REMINDED)}
    due: defaultdict[str, list[int]] = defaultdict(list)
    for key, assignment_id in ending:
        if assignment_id not in reminded:
            due[key].append(assignment_id)
    return dict(due)


def _tell(session: Session, plan: Plan, edition: Edition, due: Iterable[Line], now: datetime) -> tuple[int, int]:
    """Mails and tasks."""
    known = {outlet.id: outlet for outlet in plan.cluster.outlets}
    by_outlet: defaultdict[str, list[Line]] = defaultdict(list)
    for line in due:
        by_outlet[line.assignment.outlet].append(line)
    queued = reminded = 0
    for outlet_id, mine in by_outlet.items():
        if (outlet := known.get(outlet_id)) is None:
            continue
        subject, html, text = write(plan, edition, outlet, Letter(lead=mine), again=True)
        mail = message(subject, html, text, sender=sender_address(), to=outlet.contact_email)
        named = ",".join(str(line.assignment.id) for line in mine)
        key = f"{MAILS}{edition.key}:{outlet_id}:{hashlib.sha256(named.encode()).hexdigest()[:16]}"
        queued += queue(session, key=key, recipient=outlet.contact_email, message=mail, edition_id=edition.id, now=now)
        for line in mine:
            why = f"提醒答复，截止 {spoken(line.assignment.answer_by)}"
            log(session, line.assignment, by=BY, why=why, now=now, detail={REMINDED: True})
            reminded += 1
    return queued, reminded


def _undelivered(session: Session, plan: Plan, *, rehearsal: bool) -> list[str]:
    """Keys of what lies in the outbox about the campaign's assignments."""
    ours = or_(Mail.key.startswith(MAILS), Mail.key.startswith(OFFERS))
    found = (
        select(Mail.key)
        .join(Edition, Edition.id == Mail.edition_id)
        .where(Edition.campaign == plan.campaign.id, Edition.rehearsal == rehearsal)
        .where(Mail.state.in_(("pending", "sending")), ours)
        .order_by(Mail.id)
    )
    return list(session.scalars(found))
