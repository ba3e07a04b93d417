"""Offers accepted pitches to outlets, round by round, and hands to a person what no outlet takes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.assignments.answers import expire_overdue
from rongmei.assignments.byhand import ordered_for, place
from rongmei.assignments.entries import as_json, new_offer, next_round, record
from rongmei.assignments.gather import HOLDING_STATES, dropped, newsrooms, remarks, tasks, unassigned
from rongmei.assignments.optimise import Choice, Solution, optimise
from rongmei.config import Plan
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
        proof: in Chinese, how far these offers are proved to be the best.
        problems: in Chinese, the limits in the way of what was not offered, those passed, and channels not covered.
    """

    offered: int
    round: int
    escalated: tuple[int, ...]
    status: str
    objective: float
    bound: float
    gap: float
    proof: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class ReassignSummary:
    """What one call of `reassign` did.

    Attributes:
        offered: offers made by this call.
        escalated: ids of all pitches of the edition that wait for a person.
        expired: offers whose time to answer had passed and that this call closed.
        round: number of the round of these offers in the edition; 0 when there are none.
        proof, problems: as in `AssignSummary`.
    """

    offered: int
    escalated: tuple[int, ...]
    expired: int
    round: int
    proof: str
    problems: tuple[str, ...]


def assign(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> AssignSummary:
    """Offer every accepted pitch that was never offered to the outlet that suits it best.

    Run again it leaves offers alone, and tries anew only what nobody could take.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        get_edition(session, key)
        edition = lock_edition(session, key)
        fresh, number = unassigned(session, edition, offered_before=False), next_round(session, edition)
        named, strange = _by_directive(session, plan, edition, fresh, number, now)
        rest = [pitch for pitch in fresh if pitch.id not in named]
        solution = _offer(session, plan, edition, rest, number, now)
        return AssignSummary(
            offered=len(named) + len(solution.choices),
            round=number if named or solution.choices else 0,
            escalated=escalated(session, edition),
            status=solution.status,
            objective=solution.objective,
            bound=solution.bound,
            gap=solution.gap,
            proof=solution.proof,
            problems=(*strange, *solution.problems),
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
        number = next_round(session, edition)
        solution = _offer(session, plan, edition, open_again, number, now)
        return ReassignSummary(
            offered=len(solution.choices),
            escalated=escalated(session, edition),
            expired=expired,
            round=number if solution.choices else 0,
            proof=solution.proof,
            problems=solution.problems,
        )


def declined(ledger: Ledger, key: str) -> bool:
    """Whether something was declined, or not answered in time, that `reassign` has not dealt with yet.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        back = unassigned(session, edition, offered_before=True)
        if not back:
            return False
        handed_up = {(pitch_id, detail.get("offers")) for pitch_id, detail in remarks(session, edition)}
        return any((pitch.id, _offer_count(session, pitch)) not in handed_up for pitch in back)


def escalated(session: Session, edition: Edition) -> tuple[int, ...]:
    """Ids of the accepted pitches that wait for a person: handed up, held by no outlet since and not dropped."""
    held = set(
        session.scalars(
            select(Assignment.pitch_id).where(Assignment.edition_id == edition.id, Assignment.state.in_(HOLDING_STATES))
        )
    )
    handed_up = {pitch_id for pitch_id, detail in remarks(session, edition) if detail.get("escalated")}
    return tuple(sorted(handed_up - held - dropped(session, edition)))


def _by_directive(
    session: Session, plan: Plan, edition: Edition, pitches: Collection[Pitch], number: int, now: datetime
) -> tuple[set[int], list[str]]:
    """Offer what the desk ordered of an outlet to that outlet; the ids of those pitches.

    An outlet that the cluster does not have leaves the pitch to the optimiser; that is said in Chinese.
    """
    named, outlets = ordered_for(session, pitches), {outlet.id for outlet in plan.cluster.outlets}
    said = {"by": DESK, "what": "指令：由你们承担", "why": "按指令派单"}
    done, strange = set(), []
    for pitch in pitches:
        wanted = named.get(pitch.id)
        if wanted in outlets:
            place(session, plan, edition, pitch, wanted, **said, number=number, now=now)
            done.add(pitch.id)
        elif wanted is not None:
            strange.append(f"选题 #{pitch.id}：指令指定的媒体“{wanted}”不在集群里，按最优分工派单")
    return done, strange


def _offer(
    session: Session, plan: Plan, edition: Edition, pitches: Collection[Pitch], number: int, now: datetime
) -> Solution:
    """Solve for these pitches with everything else fixed, and write the offers of the round."""
    rooms = newsrooms(session, plan, edition)
    rules = plan.campaign.assignment
    every = tasks(session, plan, edition, pitches)
    solution = optimise(every, rooms, partners=rules.partners, weights=rules.weights)
    names = {room.id: room.name for room in rooms}
    for choice in solution.choices:
        offer = new_offer(plan, edition, choice.pitch_id, choice.outlet, number, now)
        offer.partners = sorted(choice.partners)
        record(session, offer, _reasons(choice, names), by=DESK, why=f"第 {number} 轮派单", now=now)
    by_id = {pitch.id: pitch for pitch in pitches}
    for pitch_id, why in solution.escalated.items():
        ways = (one.words for one in solution.relaxations if pitch_id in one.pitches)
        _escalate(session, by_id[pitch_id], "；".join((why, *ways)), _offer_count(session, by_id[pitch_id]), now)
    return solution


def _reasons(choice: Choice, names: Mapping[str, str]) -> dict[str, Any]:
    """What the newsroom reads: {term: {points, why}}, the total, and lists of what else was weighed."""
    return {
        **as_json(choice.terms),
        "total": choice.points,
        "partners": {outlet: as_json(terms) for outlet, terms in choice.partners.items()},
        "alternatives": [
            {"outlet": other.outlet, "name": names[other.outlet], "points": other.points, "why": other.why}
            for other in choice.alternatives
        ],
        "recused": [{"outlet": one, "name": names[one], "why": why} for one, why in choice.recused.items()],
        "missed": list(choice.missed),
    }


def _offer_count(session: Session, pitch: Pitch) -> int:
    return session.scalar(select(func.count()).where(Assignment.pitch_id == pitch.id)) or 0


def _escalate(session: Session, pitch: Pitch, why: str, offers: int, now: datetime) -> None:
    """Say in the pitch's log that a person must find an outlet; once for each number of offers made."""
    remarks = session.scalars(select(PitchEvent.detail).where(PitchEvent.thing_id == pitch.id))
    if any(detail.get("escalated") and detail.get("offers") == offers for detail in remarks):
        return
    log(session, pitch, by=DESK, why=f"需要人工派单：{why}", now=now, detail={"escalated": True, "offers": offers})
