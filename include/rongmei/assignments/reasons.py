"""Why a task went where it went, why not elsewhere, and why nowhere, in Chinese."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from rongmei.assignments.case import Case, Hands, Plan, Trip, halves_taken
from rongmei.assignments.model import HALVES, ROTA_JOINT, Task, Term, load_cost, trip_term, worth

ALTERNATIVES_SHOWN = 2


@dataclass(frozen=True)
class Alternative:
    """An outlet that could have been in charge.

    Attributes:
        points: of the pairing alone, without what the day's work and trips would cost.
        why: why it was not chosen, in Chinese.
    """

    outlet: str
    points: float
    why: str


def terms_of(case: Case, plan: Plan) -> dict[int, dict[str, Term]]:
    """Every reason for and against the outlet in charge, by pitch id; together they are what the plan is worth to it.

    What several tasks share is said at the first of them: the cost of a trip, the lighter load.
    """
    given: Counter[str] = Counter()
    trips: dict[Trip, Task] = {}
    every = {}
    for task in case.tasks:
        if (hands := plan.get(task.pitch_id)) is None:
            continue
        terms = dict(case.lead[task.pitch_id, hands.lead])
        if case.joint_rota(hands):
            terms["joint"] = Term(ROTA_JOINT, "轮值媒体牵头联合报道")
        terms.update(_load(case, hands.lead, given[hands.lead]))
        terms.update(_travel(case, task, hands, trips))
        given[hands.lead] += 1
        every[task.pitch_id] = terms
    return every


def _load(case: Case, outlet: str, nth: int) -> dict[str, Term]:
    room = case.rooms[outlet]
    cost = load_cost(room, nth)
    in_hand = room.halves_used / HALVES + nth
    return {"load": Term(-cost, f"当日已有 {in_hand:g} 条，日产能 {room.capacity_per_day} 条")} if cost else {}


def _travel(case: Case, task: Task, hands: Hands, trips: dict[Trip, Task]) -> dict[str, Term]:
    """The trip's cost at the first task that needs it; at the others, that it serves them too."""
    place = case.places.get(task.pitch_id)
    if place is None:
        return {}
    trip = hands.lead, place.id
    if trip in case.there:
        return {"travel": Term(0.0, f"当天本来就在{place.regions[0]}采访，顺路")}
    if trip not in case.trips:
        return {}
    if trip in trips:
        return {"travel": Term(0.0, f"与“{trips[trip].title}”同一地点，一趟采回")}
    trips[trip] = task
    return {"travel": trip_term(case.rooms[hands.lead], place)}


def alternatives(case: Case, plan: Plan, task: Task) -> tuple[Alternative, ...]:
    """The outlets with the most points for the task beside the one in charge, and what stood against each."""
    chosen = plan[task.pitch_id].lead
    taken = halves_taken(plan)
    points = {
        outlet: worth(case.lead[task.pitch_id, outlet].values())
        for outlet in case.rooms
        if (task.pitch_id, outlet) in case.lead
    }
    others = sorted((outlet for outlet in points if outlet != chosen), key=lambda outlet: (-points[outlet], outlet))
    return tuple(
        Alternative(
            outlet,
            points[outlet],
            _why_not(
                short_by=points[chosen] - points[outlet],
                halves_free=case.rooms[outlet].halves_free,
                halves_left=case.rooms[outlet].halves_free - taken[outlet],
            ),
        )
        for outlet in others[:ALTERNATIVES_SHOWN]
    )


def _why_not(*, short_by: float, halves_free: int, halves_left: int) -> str:
    if halves_free < HALVES:
        return "当日产能已满"
    if short_by > 0:
        return f"少 {short_by:g} 分"
    if halves_left < HALVES:
        return "当日产能给了更需要它的选题"
    return "算上当日负荷、路程和协同，总分不如现在"


def why_nobody(case: Case, task: Task) -> str:
    """Why no outlet has the task: how many were kept from it by what."""
    if not case.rooms:
        return "集群里没有媒体"
    bars = Counter(bar.kind for outlet in case.rooms if (bar := case.bars.get((task.pitch_id, outlet))))
    allowed = [room for room in case.rooms.values() if (task.pitch_id, room.id) in case.lead]
    full = sum(room.halves_free < HALVES for room in allowed)
    if full < len(allowed):
        return "各媒体当日产能不够分，按总分最优没有轮到这条"
    parts = _counted(
        (bars["declined"], "已推辞或超时未答"),
        (bars["recusal"], "应当回避"),
        (bars["apart"], "已承担对立的选题"),
        (full, "当日产能已满"),
    )
    return f"{len(case.rooms)} 家媒体中，" + "，".join(parts)


def _counted(*counts: tuple[int, str]) -> Iterable[str]:
    return (f"{count} 家{what}" for count, what in counts if count)
