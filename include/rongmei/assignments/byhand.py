"""Lets a person place a pitch with an outlet of their choice; the machine only says what that passes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.assignments.case import kept_apart
from rongmei.assignments.entries import as_json, new_offer, next_round, record
from rongmei.assignments.gather import HOLDING_STATES, newsrooms, tasks
from rongmei.assignments.model import HALVES, Newsroom, Task, lead_terms, mean_usage, partner_terms, recusal, worth
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, PitchEvent, get_edition, lock_edition

ASSIGN_TO = "assign_to"
"""In the detail of the event by which a pitch was accepted: the outlet that is to have it, by the desk's directive."""


@dataclass(frozen=True)
class HandedOut:
    """What a person placed.

    Attributes:
        passed: in Chinese, the limits that the optimiser keeps and this choice does not; none when it was so already.
    """

    assignment_id: int
    outlet: str
    passed: tuple[str, ...]


def hand_out(
    ledger: Ledger,
    plan: Plan,
    key: str,
    pitch_id: int,
    outlet_id: str,
    *,
    by: str,
    now: datetime,
    partners: Collection[str] = (),
) -> HandedOut:
    """Offer an accepted pitch that nobody holds to an outlet, before the optimiser does or after it gave up.

    The optimiser leaves it there. Calling it again while that outlet holds the pitch changes nothing.

    Args:
        by: who decided, in words for the log.
        partners: outlets that are to support it.

    Raises:
        BadInput: no such edition, pitch or outlet; the pitch is held elsewhere; the outlet already said no to it; an
            outlet supports itself.
    """
    for one in (outlet_id, *partners):
        plan.cluster.outlet(one)
    where = f"选题 #{pitch_id}"
    if outlet_id in partners:
        raise BadInput(f"{outlet_id} 不能协同自己", where=where, mend="协同写别的媒体")
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        pitch = session.get(Pitch, pitch_id)
        if pitch is None or pitch.edition_id != edition.id or pitch.state != "accepted":
            raise BadInput("不是本期已采用的选题", where=where, mend="核对编号和期次")
        if holding := standing(session, pitch, outlet_id, where):
            return HandedOut(holding.id, outlet_id, ())
        said = {"by": by, "what": f"{by} 指定", "why": "人工指定"}
        number = next_round(session, edition)
        offer, passed = place(session, plan, edition, pitch, outlet_id, set(partners), **said, number=number, now=now)
        return HandedOut(offer.id, outlet_id, passed)


def standing(session: Session, pitch: Pitch, outlet_id: str, where: str) -> Assignment | None:
    """The outlet's own offer, if it holds the pitch; refuses what another one holds, or this one said no to."""
    offers = session.scalars(select(Assignment).where(Assignment.pitch_id == pitch.id)).all()
    holder = next((offer for offer in offers if offer.state in HOLDING_STATES), None)
    if holder and holder.outlet != outlet_id:
        raise BadInput(f"已派给 {holder.outlet}", where=where, mend="等对方推辞或超时后再派")
    if not holder and any(offer.outlet == outlet_id for offer in offers):
        raise BadInput(f"{outlet_id} 已推辞过或超时未答", where=where, mend="换一家媒体")
    return holder


def ordered_for(session: Session, pitches: Collection[Pitch]) -> dict[int, str]:
    """Pitch id → the outlet that the desk named when it accepted the pitch (指令); most pitches name none."""
    found = (
        select(PitchEvent.thing_id, PitchEvent.detail)
        .where(PitchEvent.thing_id.in_([pitch.id for pitch in pitches]), PitchEvent.to_state == "accepted")
        .order_by(PitchEvent.id)
    )
    rows = session.execute(found).tuples()
    return {pitch_id: str(detail[ASSIGN_TO]) for pitch_id, detail in rows if detail.get(ASSIGN_TO)}


def place(
    session: Session,
    plan: Plan,
    edition: Edition,
    pitch: Pitch,
    outlet_id: str,
    partners: Collection[str] = (),
    *,
    by: str,
    what: str,
    why: str,
    number: int,
    now: datetime,
) -> tuple[Assignment, tuple[str, ...]]:
    """Offer a pitch that nobody holds to an outlet, whatever limits that passes; the offer, and those limits.

    Args:
        by: who decided, in words for the log.
        what: what that was, in words for the outlet.
        why: the same for the log.
        number: the round.
    """
    rooms = {room.id: room for room in newsrooms(session, plan, edition)}
    every = tasks(session, plan, edition, [pitch])
    task = next(one for one in every if one.pitch_id == pitch.id)
    held = [one for one in every if one.holder]
    passed = (
        *limits_passed(rooms[outlet_id], task, held, HALVES),
        *(words for one in partners for words in limits_passed(rooms[one], task, held, 1)),
    )
    weights = plan.campaign.assignment.weights
    terms = lead_terms(weights, rooms[outlet_id], task, mean_usage(list(rooms.values())))
    reasons = {
        "desk": {"points": 0.0, "why": what},
        **as_json(terms),
        "total": worth(terms.values()),
        "partners": {one: as_json(partner_terms(weights, rooms[one], task)) for one in partners},
        "passed": list(passed),
    }
    offer = new_offer(plan, edition, pitch.id, outlet_id, number, now)
    offer.partners = sorted(partners)
    record(session, offer, reasons, by=by, why="；".join([why, *passed]), now=now)
    return offer, passed


def limits_passed(room: Newsroom, task: Task, held: Collection[Task], halves: int) -> Iterator[str]:
    """The limits that the outlet's work on the task passes, in Chinese."""
    if why := recusal(room, task):
        yield f"{room.name}{why}，本应回避"
    for other in held:
        if room.id in other.hands and kept_apart(task, other):
            yield f"{room.name}已承担与它对立的选题 #{other.pitch_id}"
    if room.halves_free < halves:
        in_hand = room.halves_used / HALVES
        yield f"{room.name}当日已有 {in_hand:g} 条，日产能 {room.capacity_per_day} 条，再接就超了"
