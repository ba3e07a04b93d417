"""Offers accepted pitches to outlets, round by round, and hands to a person what no outlet takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.assignments.answers import expire_overdue
from rongmei.assignments.gather import HOLDING_STATES, newsrooms, tasks, unassigned
from rongmei.assignments.model import Term
from rongmei.assignments.optimise import Choice, Solution, optimise
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Pitch, PitchEvent, get_edition, lock_edition, log

DESK = "rongmei"
"""Who is named in the event log when no person acted."""


@dataclass(frozen=True)
class AssignSummary:
    """What one call of `assign` did.

    Attributes:
        offered: offers made by this call; 0 when everything had been offered before.
        round: number of the round of these offers in the edition; 0 when there are none.
        escalated: ids of all pitches of the edition that wait for a person.
        status, objective, bound, gap: the optimiser's, see `Solution`.
    """

    offered: int
    round: int
    escalated: tuple[int, ...]
    status: str
    objective: float
    bound: float
    gap: float


@dataclass(frozen=True)
class ReassignSummary:
    """What one call of `reassign` did.

    Attributes:
        offered: offers made by this call.
        escalated: ids of all pitches of the edition that wait for a person.
        expired: offers whose time to answer had passed and that this call closed.
        round: number of the round of these offers in the edition; 0 when there are none.
    """

    offered: int
    escalated: tuple[int, ...]
    expired: int
    round: int


def assign(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> AssignSummary:
    """Offer every accepted pitch that was never offered to the outlet that suits it best.

    Run again it leaves offers alone, and tries anew only what nobody could take.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        solution, number = _offer(session, plan, edition, unassigned(session, edition, offered_before=False), now)
        return AssignSummary(
            offered=len(solution.choices),
            round=number,
            escalated=escalated(session, edition),
            status=solution.status,
            objective=solution.objective,
            bound=solution.bound,
            gap=solution.gap,
        )


def reassign(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> ReassignSummary:
    """Offer what was declined, or not answered in time, to the next best outlets; the rest stays as it is.

    An offer that expired counts as a no. A pitch offered `max_rounds` times goes to a person.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        expired = expire_overdue(session, edition, now=now)
        open_again = []
        for pitch in unassigned(session, edition, offered_before=True):
            offers = _offer_count(session, pitch)
            if offers < plan.campaign.assignment.max_rounds:
                open_again.append(pitch)
            else:
                _escalate(session, pitch, f"已派 {offers} 轮，没有媒体接", offers, now)
        solution, number = _offer(session, plan, edition, open_again, now)
        return ReassignSummary(len(solution.choices), escalated(session, edition), expired, number)


def hand_out(ledger: Ledger, plan: Plan, key: str, pitch_id: int, outlet_id: str, *, by: str, now: datetime) -> int:
    """A person offers an accepted pitch that nobody holds to an outlet of their choice; the assignment's id.

    Calling it again while that outlet holds the pitch changes nothing.

    Raises:
        BadInput: no such edition, pitch or outlet; the pitch is held elsewhere; the outlet already said no to it.
    """
    plan.cluster.outlet(outlet_id)
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        pitch = session.get(Pitch, pitch_id)
        where = f"选题 #{pitch_id}"
        if pitch is None or pitch.edition_id != edition.id or pitch.state != "accepted":
            raise BadInput("不是本期已采用的选题", where=where, mend="核对编号和期次")
        offers = session.scalars(select(Assignment).where(Assignment.pitch_id == pitch_id)).all()
        holder = next((offer for offer in offers if offer.state in HOLDING_STATES), None)
        if holder and holder.outlet == outlet_id:
            return holder.id
        if holder:
            raise BadInput(f"已派给 {holder.outlet}", where=where, mend="等对方推辞或超时后再派")
        if any(offer.outlet == outlet_id for offer in offers):
            raise BadInput(f"{outlet_id} 已推辞过或超时未答", where=where, mend="换一家媒体")
        reasons = {"desk": {"points": 0.0, "why": f"{by} 指定"}, "total": 0.0}
        offer = _new_offer(plan, edition, pitch_id, outlet_id, _next_round(session, edition), now)
        _record(session, offer, reasons, by=by, why="人工指定", now=now)
        return offer.id


def escalated(session: Session, edition: Edition) -> tuple[int, ...]:
    """Ids of the accepted pitches that wait for a person: handed up, and held by no outlet since."""
    handed_up = select(PitchEvent.thing_id, PitchEvent.detail).join(Pitch, Pitch.id == PitchEvent.thing_id)
    of_edition = handed_up.where(Pitch.edition_id == edition.id, Pitch.state == "accepted")
    held = set(
        session.scalars(
            select(Assignment.pitch_id).where(Assignment.edition_id == edition.id, Assignment.state.in_(HOLDING_STATES))
        )
    )
    rows = session.execute(of_edition).tuples()
    return tuple(sorted({pitch_id for pitch_id, detail in rows if detail.get("escalated")} - held))


def _offer(
    session: Session, plan: Plan, edition: Edition, pitches: Collection[Pitch], now: datetime
) -> tuple[Solution, int]:
    """Solve for these pitches with everything else fixed, and write the offers; the solution and its round."""
    rooms = newsrooms(session, plan, edition)
    solution = optimise(tasks(session, plan, pitches), rooms, partners=plan.campaign.assignment.partners)
    number = _next_round(session, edition) if solution.choices else 0
    names = {room.id: room.name for room in rooms}
    for choice in solution.choices:
        offer = _new_offer(plan, edition, choice.pitch_id, choice.outlet, number, now)
        offer.partners = sorted(choice.partners)
        _record(session, offer, _reasons(choice, names), by=DESK, why=f"第 {number} 轮派单", now=now)
    by_id = {pitch.id: pitch for pitch in pitches}
    for pitch_id, why in solution.escalated.items():
        _escalate(session, by_id[pitch_id], why, _offer_count(session, by_id[pitch_id]), now)
    return solution, number


def _new_offer(plan: Plan, edition: Edition, pitch_id: int, outlet: str, number: int, now: datetime) -> Assignment:
    """The offer; its deadline supposes the last possible answer and moves forward when the outlet accepts earlier."""
    answer_by = now + timedelta(hours=plan.campaign.assignment.answer_hours)
    return Assignment(
        edition_id=edition.id,
        pitch_id=pitch_id,
        outlet=outlet,
        round=number,
        state="offered",
        partners=[],
        answer_by=answer_by,
        deadline_at=answer_by + timedelta(hours=plan.campaign.production.deadline_hours),
        offered_at=now,
    )


def _record(session: Session, offer: Assignment, reasons: dict[str, Any], *, by: str, why: str, now: datetime) -> None:
    offer.reasons = reasons
    session.add(offer)
    session.flush()
    log(session, offer, by=by, why=why, now=now)


def _reasons(choice: Choice, names: Mapping[str, str]) -> dict[str, Any]:
    """What the newsroom reads: {term: {points, why}}, the total, the partners' terms and the next best outlets."""
    return {
        **_terms(choice.terms),
        "total": round(choice.points, 2),
        "partners": {outlet: _terms(terms) for outlet, terms in choice.partners.items()},
        "alternatives": [
            {"outlet": outlet, "name": names[outlet], "points": round(points, 2)}
            for outlet, points in choice.alternatives
        ],
    }


def _terms(terms: Mapping[str, Term]) -> dict[str, Any]:
    return {name: {"points": round(term.points, 2), "why": term.why} for name, term in terms.items()}


def _next_round(session: Session, edition: Edition) -> int:
    """Rounds are counted over the whole edition, so that an outlet gets at most one mail a round."""
    last = session.scalar(select(func.max(Assignment.round)).where(Assignment.edition_id == edition.id))
    return (last or 0) + 1


def _offer_count(session: Session, pitch: Pitch) -> int:
    return session.scalar(select(func.count()).where(Assignment.pitch_id == pitch.id)) or 0


def _escalate(session: Session, pitch: Pitch, why: str, offers: int, now: datetime) -> None:
    """Say in the pitch's log that a person must find an outlet; once for each number of offers made."""
    remarks = session.scalars(select(PitchEvent.detail).where(PitchEvent.thing_id == pitch.id))
    if any(detail.get("escalated") and detail.get("offers") == offers for detail in remarks):
        return
    log(session, pitch, by=DESK, why=f"需要人工派单：{why}", now=now, detail={"escalated": True, "offers": offers})
