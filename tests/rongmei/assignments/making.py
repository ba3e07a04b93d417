"""Small rounds of handing out for tests, and every way there is to hand one out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations, product

from hypothesis import strategies as st

from rongmei.assignments.model import (
    HALVES,
    Newsroom,
    Task,
    at_home,
    lead_terms,
    load_cost,
    mean_usage,
    partner_terms,
    recusal,
    spot,
    worth,
)
from rongmei.config import AssignmentWeights

PLACES = ("石龙", "虎门", "东城")
BEATS = ("体育", "民生", "服装")
CHANNELS = ("douyin", "bilibili")
WORDS = ("甲公司", "乙公司")
Way = tuple[str, tuple[str, ...]]
"""The outlet in charge and those that support it."""
Round = tuple[list[Task], list[Newsroom], int, AssignmentWeights]


def room(room_id: str, **values) -> Newsroom:
    base = {"kind": "town", "size": 10, "regions": ("无名",), "beats": ("民生",), "capacity_per_day": 2}
    return Newsroom(id=room_id, name=room_id.upper(), **{**base, **values})


def task(pitch_id: int, **values) -> Task:
    return Task(**{"pitch_id": pitch_id, "title": f"选题{pitch_id}", **values})


@st.composite
def rounds(draw, *, outlets: int = 3, tasks: int = 3, bendable: bool = True) -> Round:
    """A round of few outlets and tasks; without `bendable` only capacity and a no can keep a task from anybody."""
    ids = [f"o{n}" for n in range(draw(st.integers(1, outlets)))]
    some = st.frozensets(st.sampled_from(ids), max_size=2)
    rooms = [
        room(
            one,
            kind="city" if n == 2 else "town",
            size=draw(st.integers(2, 20)),
            regions=(PLACES[n],),
            beats=(draw(st.sampled_from(BEATS)),),
            capacity_per_day=draw(st.integers(1, 2)),
            halves_used=draw(st.integers(0, 2)),
            recent=draw(st.integers(0, 6)) / 2,
            on_duty=n == 0,
            channels=draw(st.frozensets(st.sampled_from(CHANNELS))),
            avoids=draw(st.sampled_from(((), (), (WORDS[n % 2],)))) if bendable else (),
        )
        for n, one in enumerate(ids)
    ]
    numbers = range(1, draw(st.integers(1, tasks)) + 1)
    made = [
        task(
            n,
            place=draw(st.sampled_from((None, *PLACES))),
            text=draw(st.sampled_from(("", "", *WORDS))),
            subjects=tuple(draw(st.lists(st.sampled_from(BEATS), max_size=2, unique=True))),
            pitchers=draw(some),
            from_board=draw(st.booleans()),
            barred=draw(st.one_of(st.just(frozenset()), some)),
            channels=tuple(draw(st.lists(st.sampled_from(CHANNELS), max_size=2, unique=True))),
            apart=draw(st.frozensets(st.integers(0, 3), max_size=1)) - {n} if bendable else frozenset(),
        )
        for n in numbers
    ]
    held = [task(0, place=PLACES[0], holder=draw(st.sampled_from(ids)))] if draw(st.booleans()) else []
    weights = draw(st.sampled_from((AssignmentWeights(), AssignmentWeights(rota_joint=0, load=0, travel=60))))
    return [*made, *held], rooms, draw(st.integers(0, 2)), weights


def ways(one: Task, rooms: Sequence[Newsroom], partners: int, weights: AssignmentWeights, held) -> Iterator[Way | None]:
    """Everybody who may do the task, alone and with every set of partners; None for a person."""
    yield None
    fit = [room for room in rooms if _may(one, room, held)]
    helpers = [
        room
        for room in fit
        if (terms := partner_terms(weights, room, one)) and (worth(terms.values()) > 0 or "channel" in terms)
    ]
    for lead in fit:
        others = [room.id for room in helpers if room is not lead]
        for size in range(min(partners, len(others)) + 1):
            yield from ((lead.id, chosen) for chosen in combinations(others, size))


def _may(one: Task, room: Newsroom, held: Iterable[Task]) -> bool:
    if room.id in one.barred or recusal(room, one):
        return False
    return not any(room.id in other.hands and _apart(one, other) for other in held)


def _apart(one: Task, other: Task) -> bool:
    return one.pitch_id in other.apart or other.pitch_id in one.apart


def worth_of(made: Round, plan: Sequence[Way | None]) -> float | None:
    """What a way of handing out is worth, worked out from the rules alone; None when it breaks a limit."""
    tasks, rooms, _, weights = made
    by_id, mean = {room.id: room for room in rooms}, mean_usage(rooms)
    new = [one for one in tasks if not one.holder]
    trips = {(one.holder, place.id) for one in tasks if one.holder and (place := spot(one, rooms))}
    total, halves, leads = 0.0, dict.fromkeys(by_id, 0), dict.fromkeys(by_id, 0)
    for (one, way), (other, its) in combinations(zip(new, plan, strict=True), 2):
        if way and its and _apart(one, other) and {way[0], *way[1]} & {its[0], *its[1]}:
            return None
    for one, way in zip(new, plan, strict=True):
        if way is None:
            total -= weights.escalation
            continue
        lead, helpers = by_id[way[0]], [by_id[helper] for helper in way[1]]
        total += worth(lead_terms(weights, lead, one, mean).values())
        total += sum(worth(partner_terms(weights, helper, one).values()) for helper in helpers)
        if one.joint and helpers and lead.on_duty:
            total += weights.rota_joint
        has = lead.channels.union(*(helper.channels for helper in helpers))
        total -= weights.channel_missed * len(set(one.channels) - has)
        place = spot(one, rooms)
        if place and not at_home(lead, place) and (lead.id, place.id) not in trips:
            trips.add((lead.id, place.id))
            total -= weights.travel
        total -= load_cost(weights, lead, leads[lead.id])
        leads[lead.id] += 1
        halves[lead.id] += HALVES
        for helper in helpers:
            halves[helper.id] += 1
    return total if all(halves[one] <= by_id[one].halves_free for one in by_id) else None


def best_worth(made: Round) -> float:
    """The most that any way of handing out is worth."""
    tasks, rooms, partners, weights = made
    held = [one for one in tasks if one.holder]
    every = [list(ways(one, rooms, partners, weights, held)) for one in tasks if not one.holder]
    return max(value for plan in product(*every) if (value := worth_of(made, plan)) is not None)
