"""Tells each outlet by mail, once a round, what it is offered and how to answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.access import Links
from rongmei.assignments.explain import in_words, terms_in
from rongmei.assignments.gather import HOLDING_STATES
from rongmei.assignments.handles import answer_link
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
BY = "rongmei"
"""Who hands out the links in mails."""
ORDERED = "ordered"
"""In the reasons of an assignment: the desk placed it, and nobody is asked whether they take it."""


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
    """One task in a mail.

    Attributes:
        link: where it is answered; None where there are no links, or nothing is to be answered.
    """

    assignment: Assignment
    pitch: Pitch
    column: str
    outlet: str
    partners: tuple[str, ...]
    reasons: tuple[str, ...]
    link: str | None = None


@dataclass
class Letter:
    """What one mail tells an outlet.

    Attributes:
        lead: what it is offered.
        orders: what the desk placed with it.
        support: what it is to support another outlet in.
    """

    lead: list[Line] = field(default_factory=list)
    orders: list[Line] = field(default_factory=list)
    support: list[Line] = field(default_factory=list)


def notify(
    ledger: Ledger,
    plan: Plan,
    key: str,
    *,
    transport: Transport,
    clock: Callable[[], datetime],
    links: Links | None = None,
) -> NotifySummary:
    """Mail every outlet the offers it has not answered, what the desk placed with it and what it is to support.

    One mail an outlet and round.

    Args:
        links: with them each offer is answered by a link; without, the mail says how else.

    Raises:
        BadInput: there is no such edition.
        CredentialRefused: the mail server takes nothing from us; the mails stay in the outbox.
    """
    with ledger.begin() as session:
        queued, keys = queue_letters(session, plan, get_edition(session, key), links=links, now=clock())
    done = deliver(ledger, transport, keys=keys, clock=clock)
    return NotifySummary(queued, done.sent, done.pending, done.failed, done.unknown)


def queue_letters(
    session: Session, plan: Plan, edition: Edition, *, links: Links | None, now: datetime
) -> tuple[int, list[str]]:
    """Put the mails that are not there yet into the outbox; how many, and the keys of all that there are to be."""
    letters = sorted(_letters(session, plan, edition, links, now).items())
    queued = 0
    for (outlet_id, number), letter in letters:
        outlet = plan.cluster.outlet(outlet_id)
        subject, html, text = write(plan, edition, outlet, letter)
        mail = message(subject, html, text, sender=sender_address(), to=outlet.contact_email)
        queued += queue(
            session,
            key=mail_key(edition.key, outlet_id, number),
            recipient=outlet.contact_email,
            message=mail,
            edition_id=edition.id,
            now=now,
        )
    return queued, [mail_key(edition.key, outlet_id, number) for (outlet_id, number), _ in letters]


def mail_key(key: str, outlet_id: str, number: int) -> str:
    """The name of the mail in the outbox."""
    return f"assignment:{key}:{outlet_id}:{number}"


def write(plan: Plan, edition: Edition, outlet: Outlet, letter: Letter, *, again: bool = False) -> tuple[str, str, str]:
    """Subject, HTML and text of the mail to one outlet.

    Args:
        again: it reminds of offers that were mailed before.
    """
    answer_by = min((line.assignment.answer_by for line in letter.lead), default=None)
    head = f"{plan.campaign.name} {edition.day:%m-%d}"
    if answer_by and again:
        subject = f"提醒：{head}，{len(letter.lead)} 条任务还没有答复，{spoken(answer_by)} 截止"
    elif answer_by:
        subject = f"派单：{head}，{len(letter.lead)} 条任务请在 {spoken(answer_by)} 前答复"
    elif letter.orders:
        subject = f"指派：{head}，{len(letter.orders)} 条任务由你们承担"
    else:
        subject = f"派单：{head}，请协同 {len(letter.support)} 条任务"
    context = {
        "subject": subject,
        "campaign": plan.campaign,
        "day": edition.day,
        "outlet": outlet,
        "note": str(edition.options.get("note") or ""),
        "again": again,
        "lead": letter.lead,
        "orders": letter.orders,
        "support": letter.support,
        "answer_by": answer_by,
        "choices": "接受、推辞或延时" if plan.campaign.assignment.extra_hours else "接受或推辞",
        "deadline_hours": plan.campaign.production.deadline_hours,
    }
    html = _templates.get_template("offer.html").render(context)
    return subject, html, _templates.get_template("offer.txt").render(context)


def _letters(
    session: Session, plan: Plan, edition: Edition, links: Links | None, now: datetime
) -> dict[tuple[str, int], Letter]:
    """What goes to whom: (outlet id, round) → tasks. Answered offers are still told to those who support them."""
    letters: defaultdict[tuple[str, int], Letter] = defaultdict(Letter)
    names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
    for line in lines(session, plan, edition, HOLDING_STATES, links=links, now=now):
        assignment = line.assignment
        if assignment.outlet in names:
            if assignment.state == "offered":
                letters[assignment.outlet, assignment.round].lead.append(line)
            elif assignment.reasons.get(ORDERED):
                letters[assignment.outlet, assignment.round].orders.append(line)
        for partner in assignment.partners:
            if partner in names:
                letters[partner, assignment.round].support.append(line)
    return letters


def lines(
    session: Session, plan: Plan, edition: Edition, states: Collection[str], *, links: Links | None, now: datetime
) -> list[Line]:
    """The edition's tasks in these states as mails tell of them, by id."""
    names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
    columns = {column.id: column.name for column in plan.campaign.columns}
    rows = session.execute(
        select(Assignment, Pitch)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .where(Assignment.edition_id == edition.id, Assignment.state.in_(states))
        .order_by(Assignment.id)
    ).tuples()
    return [
        Line(
            assignment=assignment,
            pitch=pitch,
            column=columns.get(pitch.column or "", ""),
            outlet=names.get(assignment.outlet, assignment.outlet),
            partners=tuple(names.get(partner, partner) for partner in assignment.partners),
            reasons=tuple(in_words(term) for term in terms_in(assignment.reasons)),
            link=(
                answer_link(session, links, assignment, by=BY, now=now)
                if links and assignment.state == "offered" and assignment.outlet in names
                else None
            ),
        )
        for assignment, pitch in rows
    ]
