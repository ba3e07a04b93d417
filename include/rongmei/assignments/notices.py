"""Tells each outlet by mail, once a round, what it is offered and how to answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.assignments.explain import in_words, terms_in
from rongmei.assignments.gather import HOLDING_STATES
from rongmei.clock import spoken
from rongmei.config import Outlet, Plan
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, get_edition
from rongmei.mail import Transport, deliver, message, queue, sender_address

_templates = Environment(
    loader=PackageLoader("rongmei.assignments"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_templates.filters["spoken"] = spoken


@dataclass(frozen=True)
class NotifySummary:
    """How the offer mails of the edition's open offers stand.

    Attributes:
        queued: mails this call put into the outbox.
    """

    queued: int
    sent: int
    pending: int
    failed: int
    unknown: int


@dataclass(frozen=True)
class Line:
    """One task in a mail."""

    assignment: Assignment
    pitch: Pitch
    column: str
    outlet: str
    partners: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass
class _Letter:
    lead: list[Line] = field(default_factory=list)
    support: list[Line] = field(default_factory=list)


def notify(
    ledger: Ledger, plan: Plan, key: str, *, transport: Transport, clock: Callable[[], datetime]
) -> NotifySummary:
    """Mail every outlet the offers it has not answered and the tasks it is to support; one mail an outlet and round.

    Raises:
        BadInput: there is no such edition.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    with ledger.begin() as session:
        edition = get_edition(session, key)
        letters = _letters(session, plan, edition)
        queued = 0
        for (outlet_id, number), letter in sorted(letters.items()):
            outlet = plan.cluster.outlet(outlet_id)
            subject, html, text = write(plan, edition, outlet, letter.lead, letter.support)
            mail = message(subject, html, text, sender=sender_address(), to=outlet.contact_email)
            queued += queue(
                session,
                key=mail_key(key, outlet_id, number),
                recipient=outlet.contact_email,
                message=mail,
                edition_id=edition.id,
                now=clock(),
            )
    keys = [mail_key(key, outlet_id, number) for outlet_id, number in sorted(letters)]
    done = deliver(ledger, transport, keys=keys, clock=clock)
    return NotifySummary(queued, done.sent, done.pending, done.failed, done.unknown)


def mail_key(key: str, outlet_id: str, number: int) -> str:
    """The name of the mail in the outbox."""
    return f"assignment:{key}:{outlet_id}:{number}"


def write(
    plan: Plan, edition: Edition, outlet: Outlet, lead: Sequence[Line], support: Sequence[Line]
) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail to one outlet.

    Args:
        lead: what the outlet is offered.
        support: what it is to support another outlet in.
    """
    answer_by = min((line.assignment.answer_by for line in lead), default=None)
    context = {
        "campaign": plan.campaign,
        "day": edition.day,
        "outlet": outlet,
        "note": str(edition.options.get("note") or ""),
        "lead": lead,
        "support": support,
        "answer_by": answer_by,
        "deadline_hours": plan.campaign.production.deadline_hours,
    }
    head = f"派单：{plan.campaign.name} {edition.day:%m-%d}"
    if answer_by:
        subject = f"{head}，{len(lead)} 条任务请在 {spoken(answer_by)} 前答复"
    else:
        subject = f"{head}，请协同 {len(support)} 条任务"
    html = _templates.get_template("offer.html").render(context, subject=subject)
    return subject, html, _templates.get_template("offer.txt").render(context)


def _letters(session: Session, plan: Plan, edition: Edition) -> dict[tuple[str, int], _Letter]:
    """What goes to whom: (outlet id, round) → tasks. Answered offers are still told to those who support them."""
    letters: defaultdict[tuple[str, int], _Letter] = defaultdict(_Letter)
    names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
    columns = {column.id: column.name for column in plan.campaign.columns}
    rows = session.execute(
        select(Assignment, Pitch)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .where(Assignment.edition_id == edition.id, Assignment.state.in_(HOLDING_STATES))
        .order_by(Assignment.id)
    ).tuples()
    for assignment, pitch in rows:
        line = _line(assignment, pitch, names, columns)
        if assignment.state == "offered" and assignment.outlet in names:
            letters[assignment.outlet, assignment.round].lead.append(line)
        for partner in assignment.partners:
            if partner in names:
                letters[partner, assignment.round].support.append(line)
    return letters


def _line(assignment: Assignment, pitch: Pitch, names: Mapping[str, str], columns: Mapping[str, str]) -> Line:
    return Line(
        assignment=assignment,
        pitch=pitch,
        column=columns.get(pitch.column or "", ""),
        outlet=names.get(assignment.outlet, assignment.outlet),
        partners=tuple(names.get(partner, partner) for partner in assignment.partners),
        reasons=tuple(in_words(term) for term in terms_in(assignment.reasons)),
    )
