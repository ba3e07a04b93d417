"""Why a task went where it went, why not elsewhere, and why nowhere, in Chinese."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from rongmei.assignments.case import Case, Hands, Plan, Trip, halves_taken
from rongmei.assignments.model import HALVES, Task, Term, joint_term, load_cost, rounded, travel_term, worth

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
    """Every reason for and against the outlet in charge, by pitch id.

    What several tasks share is said at the first of them: the cost of a trip, the lighter load.
    """
    given: Counter[str] = Counter()
    trips: dict[Trip, Task] = {}
    every = {}
    for task in case.tasks:
        if (hands := plan.get(task.pitch_id)) is None:
            continue
        terms = dict(case.lead[task.pitch_id, hands.lead])
        if case.joint_rota(task, hands):
            terms["joint"] = joint_term(case.weights)
        terms.update(_load(case, hands.lead, given[hands.lead]))
        terms.update(_travel(case, task, hands, trips))
        given[hands.lead] += 1
        every[task.pitch_id] = terms
    return every


def _load(case: Case, outlet: str, nth: int) -> dict[str, Term]:
    room = case.rooms[outlet]
    cost = load_cost(case.weights, room, nth)
    in_hand = room.halves_used / HALVES + nth
    return {"load": Term(-cost, f"当日已有 {in_hand:g} 条，日产能 {room.capacity_per_day} 条")} if cost else {}


def _travel(case: Case, task: Task, hands: Hands, trips: dict[Trip, Task]) -> dict[str, Term]:
    """The trip's cost at the first task that needs it; at the others, that it serves them too."""
    place = case.places.get(task.pitch_id)
    if place is None:
        return {}
    trip = hands.lead, place.id
    if trip in case.there and hands.lead != place.id:
        return {"travel": Term(0.0, f"当天本来就在{place.regions[0]}采访，顺路")}
    if trip not in case.trips:
        return {}
    if trip in trips:
        return {"travel": Term(0.0, f"与“{trips[trip].title}”同一地点，一趟采回")}
    trips[trip] = task
    return {"travel": travel_term(case.weights, place)}


class Weighing:
    """What it would change to put another outlet in charge of one task, everything else staying as it is."""

    def __init__(self, case: Case, plan: Plan) -> None:
        self._case, self._plan = case, plan
        self._taken = halves_taken(plan)
        self._given = Counter(hands.lead for hands in plan.values())
        self._trips = Counter(
            trip
            for task in case.tasks
            if (hands := plan.get(task.pitch_id)) and (trip := case.trip(task.pitch_id, hands.lead))
        )
        self._sides: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in case.rivals:
            self._sides[one].add(other)
            self._sides[other].add(one)

    def alternatives(self, task: Task) -> tuple[Alternative, ...]:
        """The outlets with the most points for the task beside the one in charge, and what stood against each."""
        chosen = self._plan[task.pitch_id].lead
        points = {
            outlet: worth(self._case.lead[task.pitch_id, outlet].values())
            for outlet in self._case.rooms
            if outlet != chosen and (task.pitch_id, outlet) in self._case.lead
        }
        best = sorted(points, key=lambda outlet: (-points[outlet], outlet))[:ALTERNATIVES_SHOWN]
        return tuple(Alternative(outlet, points[outlet], self._why_not(task, outlet)) for outlet in best)

    def _why_not(self, task: Task, outlet: str) -> str:
        room, hands = self._case.rooms[outlet], self._plan[task.pitch_id]
        if room.halves_free < HALVES:
            return "当日产能已满"
        if room.halves_free - self._taken[outlet] + (outlet in hands.partners) < HALVES:
            return "当日产能给了更需要它的选题"
        if opposite := self._opposite(task, outlet):
            return f"这次承担了与它对立的选题 #{opposite}"
        loss = rounded(self._value(task, hands) - self._value(task, self._instead(task, outlet)))
        if loss > 0:
            return f"换成它总分少 {loss:g} 分"
        return f"换成它总分多 {-loss:g} 分，限时内没有算到" if loss < 0 else "与它同分，由固定的抽签决定"

    def _instead(self, task: Task, outlet: str) -> Hands:
        """The same with the outlet in charge; where it was a partner, the two change parts if they can."""
        hands = self._plan[task.pitch_id]
        if outlet not in hands.partners:
            return Hands(outlet, hands.partners)
        in_return = {hands.lead} if (task.pitch_id, hands.lead) in self._case.partner else set[str]()
        return Hands(outlet, hands.partners - {outlet} | in_return)

    def _opposite(self, task: Task, outlet: str) -> int | None:
        """A task of the other side that the outlet works on."""
        for other in sorted(self._sides[task.pitch_id]):
            if (hands := self._plan.get(other)) and outlet in (hands.lead, *hands.partners):
                return other
        return None

    def _value(self, task: Task, hands: Hands) -> float:
        """What the task adds to the plan's worth when these do it."""
        case, weights = self._case, self._case.weights
        now_in_charge = self._plan[task.pitch_id].lead == hands.lead
        trip = case.trip(task.pitch_id, hands.lead)
        return (
            worth(case.lead[task.pitch_id, hands.lead].values())
            + sum(worth(case.partner[task.pitch_id, outlet].values()) for outlet in hands.partners)
            + weights.rota_joint * case.joint_rota(task, hands)
            - weights.channel_missed * len(case.missed(task, (hands.lead, *hands.partners)))
            - load_cost(weights, case.rooms[hands.lead], self._given[hands.lead] - now_in_charge)
            - weights.travel * (trip is not None and self._trips[trip] == now_in_charge)
        )


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
