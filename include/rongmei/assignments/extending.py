"""Gives an outlet more time to answer: once, as much as the campaign allows, without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rongmei.access import prolong
from rongmei.assignments.answers import MAX_NAME, MAX_REASON
from rongmei.assignments.handles import ANSWER, subject
from rongmei.clock import spoken
from rongmei.config import Plan
from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Assignment, AssignmentEvent, Ledger, log
from rongmei.text.normalise import clean_line

EXTENDED = "extended_hours"
"""In the detail of an assignment's remark: how many hours it was given."""


@dataclass(frozen=True)
class MoreTime:
    """Until when an outlet may answer now."""

    assignment_id: int
    outlet: str
    answer_by: datetime


def extend(
    ledger: Ledger, plan: Plan, assignment_id: int, *, hours: int, by: str, reason: str, now: datetime
) -> MoreTime:
    """Move the end of the time to answer; the time to file after a yes stays as long, and links stay good until then.

    Args:
        by: who asks, in words for the log.
        reason: required.

    Raises:
        BadInput: no such assignment; it waits for no answer any more; no reason; too many hours; asked for before.
    """
    with ledger.begin() as session:
        found = session.get(Assignment, assignment_id)
        if found is None:
            raise BadInput("没有这条任务", where=f"任务 #{assignment_id}", mend="核对派单邮件里的任务编号")
        give_time(session, plan, found, hours=hours, by=by, reason=reason, now=now)
        return MoreTime(found.id, found.outlet, found.answer_by)


def hours_left(session: Session, plan: Plan, offer: Assignment) -> int:
    """How many hours more the outlet may still ask for; 0 when it has, or the campaign gives none."""
    details = session.scalars(select(AssignmentEvent.detail).where(AssignmentEvent.thing_id == offer.id))
    return 0 if any(EXTENDED in detail for detail in details) else plan.campaign.assignment.extra_hours


def give_time(
    session: Session, plan: Plan, offer: Assignment, *, hours: int, by: str, reason: str, now: datetime
) -> None:
    """As `extend`, inside a transaction.

    Raises:
        BadInput: see `extend`.
        WrongState: somebody answered, or asked for more time, in the same moment.
    """
    where = f"任务 #{offer.id}"
    reason, by = clean_line(reason, MAX_REASON), clean_line(by, MAX_NAME)
    if not by:
        raise BadInput("没有写明是谁申请", where=where, mend="写上姓名或用户名")
    if not reason:
        raise BadInput("申请延时没有写理由", where=where, mend="写明为什么需要更多时间")
    if offer.state != "offered" or offer.answer_by < now:
        raise BadInput("任务已不在等答复，不能延时", where=where, mend="有疑问请联系制片人")
    most = hours_left(session, plan, offer)
    if not most:
        mend = "请在截止前答复，实在不行请联系制片人"
        raise BadInput("不能再延时：这个活动不许延时，或已经延过一次", where=where, mend=mend)
    if not 1 <= hours <= most:
        raise BadInput(f"延时 {hours} 小时不在 1–{most} 小时之间", where=where, mend=f"写 1 到 {most} 的整数")
    _move(session, offer, timedelta(hours=hours))
    why = f"申请延时 {hours} 小时，答复截止改为 {spoken(offer.answer_by)}：{reason}"
    log(session, offer, by=by, why=why, now=now, detail={EXTENDED: hours})
    prolong(session, ANSWER, subject(offer), until=offer.answer_by)


def _move(session: Session, offer: Assignment, more: timedelta) -> None:
    """Two who ask at once move it once: the end that was seen is part of the condition."""
    seen = offer.answer_by
    still = (Assignment.id == offer.id, Assignment.state == "offered", Assignment.answer_by == seen)
    moved = session.execute(
        update(Assignment)
        .where(*still)
        .values(answer_by=seen + more, deadline_at=offer.deadline_at + more)
        .returning(Assignment.id)
        .execution_options(synchronize_session=False)
    ).all()
    session.refresh(offer)
    if not moved:
        raise WrongState(f"任务 #{offer.id} 刚刚有人答复或延过时")
