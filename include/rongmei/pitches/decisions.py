"""Writes down what the pitch meeting decided, once, with the name of who decided.

Accepted pitches go on to assignment. What was on the list and not chosen is held, and returns in the next edition;
what returned and was not chosen again is declined. What never made the list is declined as 未入围, what the desk vetoed
with the desk's name and reason. `outcomes` tells the outlets.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Pitch, lock_edition, move
from rongmei.pitches.held import came_back
from rongmei.pitches.marks import VETOED, read_marks
from rongmei.pitches.standing import DECIDED, in_state, is_decided
from rongmei.text.normalise import clean_text

MAX_NOTE = 500


@dataclass(frozen=True)
class DecisionSummary:
    """Where the edition's pitches stand after the meeting; the same however often it is recorded.

    What was ordered from above is not counted.
    """

    accepted: int
    held: int
    declined: int


def most_accepted(plan: Plan, edition: Edition) -> int:
    """How many pitches the meeting may accept: the run's own number, else the campaign's."""
    wanted = edition.options.get("stories")
    return int(wanted) if wanted else plan.campaign.pitching.accept_at_most


def record_decisions(
    ledger: Ledger, plan: Plan, key: str, *, accepted: Collection[int], by: str, note: str = "", now: datetime
) -> DecisionSummary:
    """Accept the named pitches of the list, hold or decline the rest; recording the same again changes nothing.

    Args:
        accepted: ids of shortlisted pitches; none is a decision too.
        by: id of a member of the campaign's `meeting`.
        note: why, written beside every decision.

    Raises:
        BadInput: no such edition; `by` is not of the meeting; a pitch is not on the list; too many; another decision
            has been recorded already.
    """
    if by not in plan.campaign.pitching.meeting:
        members = "、".join(plan.campaign.pitching.meeting)
        raise BadInput(f"{by} 不是选题会成员", where=plan.campaign.name, mend=f"由 {members} 中的一人决定")
    wanted = set(accepted)
    note = clean_text(note, MAX_NOTE)
    with ledger.begin() as session:
        edition = lock_edition(session, key)
        if is_decided(session, edition):
            _same_as_before(session, edition, wanted)
            return _stand(session, edition)
        _check(session, plan, edition, wanted)
        _decide(session, edition, wanted, by, note, now)
        return _stand(session, edition)


def close_without_meeting(ledger: Ledger, key: str, *, now: datetime) -> int:
    """Decline what the desk vetoed when that was all there was, so that nobody met; how many.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        edition = lock_edition(session, key)
        left = in_state(session, edition, "submitted", "shortlisted")
        if is_decided(session, edition) or any(pitch.desk_mark != VETOED for pitch in left):
            return 0
        _decline_vetoed(session, left, now)
        return len(left)


def _decline_vetoed(session: Session, vetoed: Collection[Pitch], now: datetime) -> None:
    """In the name of who vetoed them, with the reason that was given."""
    marks = read_marks(session, [pitch.id for pitch in vetoed])
    for pitch in vetoed:
        mark = marks[pitch.id]
        move(session, pitch, "submitted", "declined", by=mark.by, why=f"编辑部否决：{mark.why}", now=now)


def _check(session: Session, plan: Plan, edition: Edition, wanted: set[int]) -> None:
    listed = {pitch.id for pitch in in_state(session, edition, "shortlisted")}
    if vetoed := [pitch for pitch in in_state(session, edition, "submitted") if pitch.id in wanted and pitch.desk_mark]:
        named = "、".join(f"#{pitch.id}" for pitch in vetoed)
        raise BadInput(f"{named} 已被编辑部否决", where=edition.key, mend="清除选题会任务，按现在的名单重新选择")
    if strange := sorted(wanted - listed):
        named = "、".join(f"#{pitch_id}" for pitch_id in strange)
        raise BadInput(f"{named} 不在入围名单里", where=edition.key, mend="从选题会页面列出的选题里选")
    limit = most_accepted(plan, edition)
    if len(wanted) > limit:
        raise BadInput(
            f"选了 {len(wanted)} 条，最多 {limit} 条", where=edition.key, mend="减少几条，或调大本期采用条数"
        )


def _same_as_before(session: Session, edition: Edition, wanted: set[int]) -> None:
    before = {pitch.id for pitch in in_state(session, edition, "accepted")}
    if before != wanted:
        named = "、".join(f"#{pitch_id}" for pitch_id in sorted(before)) or "一条也没有"
        raise BadInput(f"选题会已有决定，采用的是：{named}", where=edition.key, mend="不能再改；要加选题请放到下一期")


def _decide(session: Session, edition: Edition, wanted: set[int], by: str, note: str, now: datetime) -> None:
    words = f"：{note}" if note else ""
    back = came_back(session, edition)
    for pitch in in_state(session, edition, "shortlisted"):
        if pitch.id in wanted:
            move(session, pitch, "shortlisted", "accepted", by=by, why=f"选题会采用{words}", now=now)
        elif pitch.id in back:
            move(session, pitch, "shortlisted", "declined", by=by, why=f"缓议后仍未采用{words}", now=now)
        else:
            move(session, pitch, "shortlisted", "held", by=by, why=f"缓议，下一期再上会{words}", now=now)
    left = in_state(session, edition, "submitted")
    _decline_vetoed(session, [pitch for pitch in left if pitch.desk_mark == VETOED], now)
    for pitch in left:
        if pitch.desk_mark != VETOED:
            move(session, pitch, "submitted", "declined", by=by, why="未入围", now=now)


def _stand(session: Session, edition: Edition) -> DecisionSummary:
    counts = {state: len(in_state(session, edition, state)) for state in DECIDED}
    return DecisionSummary(counts["accepted"], counts["held"], counts["declined"])
