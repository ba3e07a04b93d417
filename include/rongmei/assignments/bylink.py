"""Takes answers by link: what a link shows, and what a person does with it, each at most once.

Showing changes nothing, however often mail scanners look. An answer uses the link up in the transaction that moves the
assignment; asking for more time leaves it good, since the outlet still has to answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.access import BadLink, Sealer, SpentLink, find, look, spend
from rongmei.assignments.answers import MAX_NAME, MAX_REASON, NOT_WITHDRAWN, settle
from rongmei.assignments.explain import in_words, terms_in
from rongmei.assignments.extending import give_time, hours_left
from rongmei.assignments.handles import ANSWER, subject_id
from rongmei.clock import spoken
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent, Edition, Ledger, Link, Pitch
from rongmei.text.normalise import clean_line

Reply = Literal["accept", "decline", "extend"]


@dataclass(frozen=True)
class Ticket:
    """Where a link leads.

    Attributes:
        campaign: id of the campaign, by whose plan it is read.
        rehearsal: the edition lives in the sandbox's time.
    """

    link_id: str
    assignment_id: int
    campaign: str
    rehearsal: bool


@dataclass(frozen=True)
class Offer:
    """What the page of a link shows.

    Attributes:
        closed: why nothing can be answered any more, in Chinese; empty while it can.
        extra_hours: how many hours more the outlet may ask for; 0 for none.
        note: what the producer wrote to all outlets of the edition.
    """

    assignment_id: int
    campaign: str
    day: str
    rehearsal: bool
    outlet: str
    title: str
    summary: str
    column: str
    place: str
    note: str
    partners: tuple[str, ...]
    reasons: tuple[str, ...]
    answer_by: datetime
    deadline_at: datetime
    deadline_hours: int
    extra_hours: int
    closed: str


@dataclass(frozen=True)
class Replied:
    """What came of an answer.

    Attributes:
        told: in Chinese, for whom answered.
    """

    assignment_id: int
    outlet: str
    state: str
    told: str


def ticket(ledger: Ledger, sealer: Sealer, token: str) -> Ticket:
    """Where a token leads, whatever became of it.

    Raises:
        BadLink: it is none of ours, or leads nowhere.
    """
    with ledger.read() as session:
        link = find(session, sealer, ANSWER, token)
        offer, edition = _behind(session, link)
        return Ticket(link.id, offer.id, edition.campaign, edition.rehearsal)


def offer_by_link(ledger: Ledger, plan: Plan, sealer: Sealer, token: str, *, now: datetime) -> Offer:
    """What the page shows; looking changes nothing.

    Args:
        now: the edition's, see `Ticket.rehearsal`.

    Raises:
        BadLink: it is none of ours.
    """
    with ledger.read() as session:
        link = find(session, sealer, ANSWER, token)
        offer, edition = _behind(session, link)
        pitch = session.get_one(Pitch, offer.pitch_id)
        names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
        columns = {column.id: column.name for column in plan.campaign.columns}
        return Offer(
            assignment_id=offer.id,
            campaign=plan.campaign.name,
            day=edition.day.isoformat(),
            rehearsal=edition.rehearsal,
            outlet=names.get(offer.outlet, offer.outlet),
            title=pitch.title,
            summary=pitch.summary or "",
            column=columns.get(pitch.column or "", ""),
            place=pitch.place or "",
            note=str(edition.options.get("note") or ""),
            partners=tuple(names.get(partner, partner) for partner in offer.partners),
            reasons=tuple(in_words(term) for term in terms_in(offer.reasons)),
            answer_by=offer.answer_by,
            deadline_at=offer.deadline_at,
            deadline_hours=plan.campaign.production.deadline_hours,
            extra_hours=hours_left(session, plan, offer),
            closed=_closed(session, link, offer, now),
        )


def answer_by_link(
    ledger: Ledger,
    plan: Plan,
    sealer: Sealer,
    token: str,
    reply: Reply,
    *,
    name: str = "",
    reason: str = "",
    hours: int = 0,
    now: datetime,
) -> Replied:
    """Do what a person chose on the page.

    Args:
        name: who answers, as they call themselves; the log names the outlet in any case.
        reason: required unless the reply is accept.
        hours: with extend, how many more.

    Raises:
        BadLink: it is none of ours.
        SpentLink: expired, used, taken back, or the assignment waits for no answer any more.
        BadInput: what was filled in cannot be taken; nothing has changed, and the link is good.
        WrongState: somebody answered in the same moment; nothing has changed.
    """
    reason = clean_line(reason, MAX_REASON)
    with ledger.begin() as session:
        link = find(session, sealer, ANSWER, token)
        offer, _ = _behind(session, link)
        if closed := _closed(session, link, offer, now):
            raise SpentLink(closed)
        look(session, sealer, ANSWER, token, now=now)
        outlet = plan.cluster.outlet(offer.outlet).name
        by = _signed(name, outlet)
        if reply == "extend":
            give_time(session, plan, offer, hours=hours, by=by, reason=reason, now=now)
            told = f"已延时 {hours} 小时。请在 {spoken(offer.answer_by)} 前用原来的链接答复"
        else:
            if reply == "decline" and not reason:
                raise BadInput("推辞请写明理由", mend="写一句为什么不能接")
            # First the assignment, as everybody who touches both: two who wait for each other would wait for ever.
            settle(session, offer, accept=reply == "accept", by=by, reason=reason, now=now)
            spend(session, link, now=now)
            told = _told(offer, reason)
        return Replied(offer.id, offer.outlet, offer.state, told)


def _behind(session: Session, link: Link) -> tuple[Assignment, Edition]:
    """The assignment of a link; a link that was given to another outlet than the assignment's opens nothing."""
    number = subject_id(link.subject)
    offer = session.get(Assignment, number) if number is not None else None
    if offer is None or link.outlet != offer.outlet:
        raise BadLink("链接不对", mend="从邮件里复制完整的链接，或向制片人要新的")
    return offer, session.get_one(Edition, offer.edition_id)


def _closed(session: Session, link: Link, offer: Assignment, now: datetime) -> str:
    """Why nothing can be answered any more; what was answered comes before what became of the link."""
    if offer.state in NOT_WITHDRAWN:
        return f"{_when(offer)}已接受这项任务，交稿截止 {spoken(offer.deadline_at)}。要更改请联系制片人"
    if offer.state == "declined":
        reason = session.scalar(
            select(AssignmentEvent.why).where(
                AssignmentEvent.thing_id == offer.id, AssignmentEvent.to_state == "declined"
            )
        )
        return f"{_when(offer)}已推辞这项任务（{reason}），任务另行安排。要更改请联系制片人"
    if offer.state == "expired":
        return "任务已经收回，另行安排给别的媒体，不用再答复。有疑问请联系制片人"
    if link.revoked_at is not None:
        return "这个链接已经作废，请用最近一封邮件里的链接，或向制片人要新的"
    if link.used_at is not None or now >= min(link.expires_at, offer.answer_by):
        return f"答复到 {spoken(offer.answer_by)} 截止，已经过时，任务会改派给别的媒体。有疑问请联系制片人"
    return ""


def _when(offer: Assignment) -> str:
    return f"{spoken(offer.answered_at)} " if offer.answered_at else ""


def _signed(name: str, outlet: str) -> str:
    """Who answered, in words for the log: anybody can write any name, so the outlet and the way stand beside it."""
    name = clean_line(name, MAX_NAME // 2)
    return clean_line(f"{outlet}（{name}，邮件链接）" if name else f"{outlet}（邮件链接）", MAX_NAME)


def _told(offer: Assignment, reason: str) -> str:
    if offer.state == "accepted":
        return f"已接受任务 #{offer.id}，请在 {spoken(offer.deadline_at)} 前交稿"
    return f"已推辞任务 #{offer.id}（{reason}），任务会另行安排"
