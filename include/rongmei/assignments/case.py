"""One round of handing out, made ready: which pairings are allowed, what each is worth, and what a whole plan is worth.

Greedy, optimiser and relaxation all work on the same `Case`, so that none of them knows other rules than the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from rongmei.assignments.model import (
    HALVES,
    Newsroom,
    Task,
    Term,
    at_home,
    lead_terms,
    load_cost,
    mean_usage,
    partner_terms,
    recusal,
    rounded,
    spot,
    worth,
)
from rongmei.config import AssignmentWeights

Pair = tuple[int, str]
"""Pitch id and outlet id."""
Trip = tuple[str, str]
"""The outlet that goes, and the outlet at whose place it is."""


class Hands(NamedTuple):
    """Who does a task."""

    lead: str
    partners: frozenset[str] = frozenset()


Plan = Mapping[int, Hands]
"""Pitch id → who does it; what is not in it is left to a person."""


@dataclass(frozen=True)
class Bar:
    """Why an outlet may not have a task at all.

    Attributes:
        kind: it said no before; it must keep out; another side's pitch is its.
        why: in Chinese.
    """

    kind: Literal["declined", "recusal", "apart"]
    why: str


@dataclass(frozen=True)
class Case:
    """Tasks to hand out among outlets; everything sorted, so that the order of the input does not matter.

    Attributes:
        tasks: those to hand out, by id.
        held: those that outlets hold already, by id.
        rooms: the outlets by id.
        partners: most outlets that may support one task.
        weights: what each reason weighs.
        lead, partner: terms of the pairings that are allowed; room for the work is another question.
        bars: pairings that are not allowed, and why.
        places: pitch id → at whose place it happens.
        there: trips that are made anyway, for a task held already.
        trips: every other trip, home left out.
        rivals: pairs of tasks to hand out that must not share an outlet.
    """

    tasks: tuple[Task, ...]
    held: tuple[Task, ...]
    rooms: Mapping[str, Newsroom]
    partners: int
    weights: AssignmentWeights
    lead: Mapping[Pair, Mapping[str, Term]]
    partner: Mapping[Pair, Mapping[str, Term]]
    bars: Mapping[Pair, Bar]
    places: Mapping[int, Newsroom]
    there: Collection[Trip]
    trips: Collection[Trip]
    rivals: Sequence[tuple[int, int]]

    def trip(self, pitch_id: int, outlet: str) -> Trip | None:
        """The trip that the outlet in charge must make for this task; None at home or when it is there anyway."""
        place = self.places.get(pitch_id)
        trip = (outlet, place.id) if place else None
        return trip if trip in self.trips else None

    def missed(self, task: Task, hands: Iterable[str]) -> tuple[str, ...]:
        """The channels the task wants and none of these outlets has an account on."""
        covered = set[str]().union(*(self.rooms[outlet].channels for outlet in hands))
        return tuple(channel for channel in task.channels if channel not in covered)

    def joint_rota(self, task: Task, hands: Hands) -> bool:
        """Whether the outlet on duty leads joint coverage."""
        return task.joint and bool(hands.partners) and self.rooms[hands.lead].on_duty


def make_case(
    tasks: Iterable[Task], rooms: Iterable[Newsroom], partners: int, weights: AssignmentWeights | None = None
) -> Case:
    """Work out pairings, places and trips.

    Args:
        tasks: to hand out, and those held already.
        partners: most outlets that may support one task; 0 for none.
        weights: what each reason weighs; None for the usual.
    """
    weights = weights or AssignmentWeights()
    in_order = sorted(tasks, key=lambda task: task.pitch_id)
    sorted_rooms = sorted(rooms, key=lambda room: room.id)
    new = tuple(task for task in in_order if task.holder is None)
    held = tuple(task for task in in_order if task.holder is not None)
    places = {task.pitch_id: place for task in in_order if (place := spot(task, sorted_rooms))}
    bars = _bars(new, held, sorted_rooms)
    mean = mean_usage(sorted_rooms)
    lead, partner = {}, {}
    for task in new:
        for room in sorted_rooms:
            pair = task.pitch_id, room.id
            if pair in bars:
                continue
            lead[pair] = lead_terms(weights, room, task, mean)
            support = partner_terms(weights, room, task) if partners else {}
            if worth(support.values()) > 0 or "channel" in support:
                partner[pair] = support
    there = {(str(task.holder), places[task.pitch_id].id) for task in held if task.pitch_id in places}
    ids = {task.pitch_id for task in new}
    rivals = {tuple(sorted((task.pitch_id, other))) for task in new for other in task.apart & ids - {task.pitch_id}}
    return Case(
        tasks=new,
        held=held,
        rooms={room.id: room for room in sorted_rooms},
        partners=partners,
        weights=weights,
        lead=lead,
        partner=partner,
        bars=bars,
        places=places,
        there=there,
        trips=_trips(sorted_rooms, {place.id: place for place in places.values()}.values(), there),
        rivals=sorted((one, other) for one, other in rivals),
    )


def _trips(rooms: Iterable[Newsroom], places: Iterable[Newsroom], there: Collection[Trip]) -> frozenset[Trip]:
    away = {(room.id, place.id) for place in places for room in rooms if not at_home(room, place)}
    return frozenset(away.difference(there))


def _bars(tasks: Iterable[Task], held: Sequence[Task], rooms: Iterable[Newsroom]) -> dict[Pair, Bar]:
    bars = {}
    for task in tasks:
        for room in rooms:
            if bar := _bar(task, room, held):
                bars[task.pitch_id, room.id] = bar
    return bars


def _bar(task: Task, room: Newsroom, held: Iterable[Task]) -> Bar | None:
    if room.id in task.barred:
        return Bar("declined", "已推辞或超时未答")
    if why := recusal(room, task):
        return Bar("recusal", f"{why}，应当回避")
    for other in held:
        if room.id in other.hands and kept_apart(task, other):
            return Bar("apart", f"已承担与它对立的选题 #{other.pitch_id}")
    return None


def kept_apart(task: Task, other: Task) -> bool:
    """Whether the two must not share an outlet; it is enough when one of them says so."""
    return other.pitch_id in task.apart or task.pitch_id in other.apart


def score(case: Case, plan: Plan) -> float:
    """What a plan is worth; it must keep the limits."""
    weights = case.weights
    given: Counter[str] = Counter()
    trips: set[Trip] = set()
    total = 0.0
    for task in case.tasks:
        hands = plan.get(task.pitch_id)
        if hands is None:
            total -= weights.escalation
            continue
        total += worth(case.lead[task.pitch_id, hands.lead].values())
        total += sum(worth(case.partner[task.pitch_id, outlet].values()) for outlet in hands.partners)
        total += weights.rota_joint * case.joint_rota(task, hands)
        total -= weights.channel_missed * len(case.missed(task, (hands.lead, *hands.partners)))
        given[hands.lead] += 1
        if trip := case.trip(task.pitch_id, hands.lead):
            trips.add(trip)
    loads = sum(load_cost(weights, room, nth) for room in case.rooms.values() for nth in range(given[room.id]))
    return rounded(total - loads - weights.travel * len(trips))


def halves_taken(plan: Plan) -> Counter[str]:
    """Half tasks that the plan gives to each outlet."""
    taken: Counter[str] = Counter()
    for hands in plan.values():
        taken[hands.lead] += HALVES
        taken.update(hands.partners)
    return taken
