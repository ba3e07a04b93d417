"""Takes the outlets' answers and closes offers nobody answered; silence is never a yes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.clock import spoken
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, get_edition, move, try_move
from rongmei.text.normalise import clean_line

MAX_REASON = 200
MAX_NAME = 64
NOT_WITHDRAWN = ("accepted", "filed", "done")


@dataclass(frozen=True)
class AnswerSummary:
    """Where an assignment stands after an answer."""

    assignment_id: int
    outlet: str
    state: str


def answer(
    ledger: Ledger, assignment_id: int, *, accept: bool, by: str, reason: str = "", now: datetime
) -> AnswerSummary:
    """Record an outlet's yes or no; the same answer twice changes nothing.

    From a yes the outlet has the campaign's `deadline_hours` to file.

    Args:
        by: who answers, in words for the log.
        reason: required for a no.

    Raises:
        BadInput: no such assignment; a no without a reason; the time to answer has passed (the offer is then closed);
            the opposite was answered before.
    """
    where = f"任务 #{assignment_id}"
    reason, by = clean_line(reason, MAX_REASON), clean_line(by, MAX_NAME)
    if not accept and not reason:
        raise BadInput("推辞没有写理由", where=where, mend="用 --reason 写明为什么不能接")
    if not by:
        raise BadInput("没有写明是谁答复", where=where, mend="写上姓名或用户名")
    with ledger.begin() as session:
        found = session.get(Assignment, assignment_id)
        if found is None:
            raise BadInput("没有这条任务", where=where, mend="核对派单邮件里的任务编号")
        if found.state == "offered" and found.answer_by < now:
            _expire(session, found, now=now)
        elif found.state == "offered":
            settle(session, found, accept=accept, by=by, reason=reason, now=now)
        summary = AnswerSummary(found.id, found.outlet, found.state)
    # Outside the transaction: a late answer must not undo the closing of its offer.
    _check(summary, accept=accept, answer_by=found.answer_by, where=where)
    return summary


def waiting(ledger: Ledger, key: str, *, now: datetime) -> int:
    """How many offers of the edition may still be answered; those whose time has passed are closed as expired.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        offered = (Assignment.edition_id == edition.id, Assignment.state == "offered")
        overdue = session.scalar(select(func.count()).where(*offered, Assignment.answer_by < now))
        open_offers = session.scalar(select(func.count()).where(*offered, Assignment.answer_by >= now))
    if overdue:
        with ledger.begin() as session:
            expire_overdue(session, get_edition(session, key), now=now)
    return open_offers or 0


def expire_overdue(session: Session, edition: Edition, *, now: datetime) -> int:
    """Close the edition's offers whose time to answer has passed; how many there were."""
    overdue = (
        select(Assignment)
        .where(Assignment.edition_id == edition.id, Assignment.state == "offered", Assignment.answer_by < now)
        .order_by(Assignment.id)
    )
    return sum(_expire(session, offer, now=now) for offer in session.scalars(overdue).all())


def _expire(session: Session, offer: Assignment, *, now: datetime) -> bool:
    why = f"到 {spoken(offer.answer_by)} 没有答复，视为不接"
    return try_move(session, offer, "offered", "expired", by="rongmei", why=why, now=now)


def settle(session: Session, offer: Assignment, *, accept: bool, by: str, reason: str, now: datetime) -> None:
    """Move an open offer to what was answered; the words are clean already.

    Raises:
        WrongState: it is open no longer.
    """
    if not accept:
        move(session, offer, "offered", "declined", by=by, why=reason, now=now, answered_at=now)
        return
    # The offer's deadline supposed an answer at the last moment.
    time_to_file = offer.deadline_at - offer.answer_by
    deadline = now + time_to_file
    why = reason or "接受任务"
    move(session, offer, "offered", "accepted", by=by, why=why, now=now, answered_at=now, deadline_at=deadline)


def _check(summary: AnswerSummary, *, accept: bool, answer_by: datetime, where: str) -> None:
    """Say so when the assignment does not stand where the answer wanted it."""
    if summary.state == "expired":
        mend = "请联系制片人改派" if accept else "不用再答复，任务已另行安排"
        raise BadInput(f"答复时限（{spoken(answer_by)}）已过，任务已收回", where=where, mend=mend)
    wanted = NOT_WITHDRAWN if accept else ("declined",)
    if summary.state not in wanted:
        said = "接受" if summary.state in NOT_WITHDRAWN else "推辞"
        raise BadInput(f"已经答复过“{said}”，不能再改", where=where, mend="要更改请联系制片人")
