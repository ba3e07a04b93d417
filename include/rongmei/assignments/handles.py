"""The links by which an outlet answers an offer: one that is good at a time for each assignment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.access import Links, revoke_all
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Ledger, Link

ANSWER = "answer"
_KIND = "assignment:"


def subject(offer: Assignment) -> str:
    """What the link of an assignment names."""
    return f"{_KIND}{offer.id}"


def subject_id(named: str) -> int | None:
    """The assignment that a link names; None when it names something else."""
    number = named.removeprefix(_KIND)
    sound = named.startswith(_KIND) and number.isascii() and number.isdecimal() and len(number) < 10
    return int(number) if sound else None


def answer_link(
    session: Session, links: Links, offer: Assignment, *, by: str, now: datetime, anew: bool = False
) -> str:
    """The address by which an open offer is answered until its time is over; the same one until it is taken back.

    Args:
        by: who hands it out.
        anew: take back what was handed out before, and give another one.
    """
    about = subject(offer)
    mine = select(Link).where(Link.purpose == ANSWER, Link.subject == about).order_by(Link.issued_at, Link.id)
    given = session.scalars(mine).all()
    good = [link for link in given if link.revoked_at is None and link.used_at is None]
    if good and not anew:
        return links.again(ANSWER, good[-1].id)
    revoke_all(session, ANSWER, about, now=now)
    return links.give(
        session,
        ANSWER,
        about,
        outlet=offer.outlet,
        by=by,
        now=now,
        expires_at=offer.answer_by,
        link_id=links.sealer.link_id(ANSWER, about, offer.outlet, str(len(given))),
    )


def new_link(ledger: Ledger, links: Links, assignment_id: int, *, by: str, now: datetime) -> str:
    """A fresh link for an outlet that lost its mail, or gave its link away; those before are void.

    Raises:
        BadInput: there is no such assignment, or it waits for no answer.
    """
    where = f"任务 #{assignment_id}"
    with ledger.begin() as session:
        offer = session.get(Assignment, assignment_id)
        if offer is None:
            raise BadInput("没有这条任务", where=where, mend="用 rongmei assignments list 期次 核对编号")
        if offer.state != "offered" or offer.answer_by <= now:
            raise BadInput("任务不在等答复，没有可用的链接", where=where, mend="用 rongmei assignments list 看它的状态")
        return answer_link(session, links, offer, by=by, now=now, anew=True)
