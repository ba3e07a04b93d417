"""Writes a round of handing out as a mixed-integer programme and reads plans back from its values.

Variables (binary unless said otherwise), for task p, outlet o, place s:

    x[p,o]  o is in charge of p
    y[p,o]  o supports p                      (only where there is a reason worth the effort, or a channel to cover)
    e[p]    p is left to a person
    u[o,k]  o takes a (k+1)-th new task       (the rising load cost puts them in order)
    t[o,s]  o sends a crew to s               (0 ≤ t ≤ 1; its cost keeps it at the greatest x that needs it)
    m[p,c]  nobody covers channel c for p     (0 ≤ m ≤ 1, likewise)
    j[p,o]  o is on duty and leads the joint task p with a partner  (0 ≤ j ≤ 1; its gain keeps it at the least)

maximise   Σ lead·x + Σ partner·y + rota_joint·Σ j − Σ load·u − travel·Σ t − channel_missed·Σ m − escalation·Σ e
subject to Σ_o x[p,o] + e[p] = 1                                 each task has one outlet, or a person
           x[p,o] + y[p,o] + e[p] ≤ 1                            nobody supports itself, or nobody in charge
           Σ_o y[p,o] + partners·e[p] ≤ partners                 so many partners
           Σ_{o on c} (x[p,o] + y[p,o]) + m[p,c] + e[p] ≥ 1      somebody has an account on a channel wanted
           j[p,o] ≤ x[p,o],  j[p,o] ≤ Σ_o' y[p,o']
           x[p,o] ≤ t[o,s(p)]                                    one trip serves all tasks of a place
           Σ of x, y of p and of q at o ≤ 1                      for tasks p, q that must be kept apart
           2·Σ_p x[p,o] + Σ_p y[p,o] ≤ free half tasks of o      capacity of the day
           Σ_p x[p,o] − Σ_k u[o,k] = 0                           counts the new tasks of o

Escalation makes every instance feasible. Tasks that outlets hold already are no variables: their work is out of the
free half tasks, their trips cost nothing more, and what must be kept apart from them is barred.

Equals are told apart by lots: each x and y gains a tiny, fixed amount drawn from the task's position and the outlet's
id. All lots together weigh less than half a hundredth of a point, the unit that points are kept to, so they never
outweigh a reason; and no outlet is favoured by its name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

from rongmei.assignments.case import Case, Hands, Pair, Plan, Trip
from rongmei.assignments.model import (
    HALVES,
    Newsroom,
    Task,
    load_cost,
    worth,
)
from rongmei.assignments.programme import Programme, Values

ALL_LOTS = 4e-3


@dataclass(frozen=True)
class Formulation:
    """The programme of a case and what its columns mean."""

    case: Case
    programme: Programme
    lead: dict[Pair, int] = field(default_factory=dict)
    partner: dict[Pair, int] = field(default_factory=dict)
    person: dict[int, int] = field(default_factory=dict)
    nth: dict[tuple[str, int], int] = field(default_factory=dict)
    trip: dict[Trip, int] = field(default_factory=dict)
    missed: dict[tuple[int, str], int] = field(default_factory=dict)
    joint: dict[Pair, int] = field(default_factory=dict)

    @property
    def last_resorts(self) -> list[int]:
        """Columns that keep the programme feasible however few others are left."""
        return [*self.person.values(), *self.missed.values()]

    def plan(self, values: Values) -> Plan:
        """The plan that values of the columns stand for."""
        supports: dict[int, set[str]] = {}
        for (pitch_id, outlet), index in self.partner.items():
            if values[index] > 0.5:
                supports.setdefault(pitch_id, set()).add(outlet)
        return {
            pitch_id: Hands(outlet, frozenset(supports.get(pitch_id, ())))
            for (pitch_id, outlet), index in self.lead.items()
            if values[index] > 0.5
        }

    def values(self, plan: Plan) -> list[float]:
        """Values of the columns that stand for a plan; the plan must keep the limits."""
        values = [0.0] * len(self.programme.gains)
        given: dict[str, int] = {}
        for task in self.case.tasks:
            hands = plan.get(task.pitch_id)
            if hands is None:
                values[self.person[task.pitch_id]] = 1.0
                continue
            nth = given.get(hands.lead, 0)
            given[hands.lead] = nth + 1
            for index in self._ones(task, hands, nth):
                values[index] = 1.0
        return values

    def _ones(self, task: Task, hands: Hands, nth: int) -> Iterable[int]:
        yield self.lead[task.pitch_id, hands.lead]
        yield from (self.partner[task.pitch_id, outlet] for outlet in hands.partners)
        yield self.nth[hands.lead, nth]
        if trip := self.case.trip(task.pitch_id, hands.lead):
            yield self.trip[trip]
        everybody = (hands.lead, *hands.partners)
        yield from (self.missed[task.pitch_id, channel] for channel in self.case.missed(task, everybody))
        if self.case.joint_rota(task, hands):
            yield self.joint[task.pitch_id, hands.lead]


def formulate(case: Case) -> Formulation:
    """The programme of a case."""
    made = Formulation(case, Programme())
    _columns(made)
    for task in case.tasks:
        _task_rows(made, task)
    for room in case.rooms.values():
        _room_rows(made, room)
    for one, other in case.rivals:
        for outlet in case.rooms:
            made.programme.at_most(1.0, ((index, 1.0) for p in (one, other) for index in _work(made, p, outlet)))
    return made


def _columns(made: Formulation) -> None:
    case, column = made.case, made.programme.column
    positions = {task.pitch_id: position for position, task in enumerate(case.tasks)}
    lot = _Lots(positions, ALL_LOTS / max(1, len(case.tasks) * (1 + case.partners)))
    for pair, terms in case.lead.items():
        if case.rooms[pair[1]].halves_free >= HALVES:
            made.lead[pair] = column(worth(terms.values()) + lot.of(pair))
    for pair, terms in case.partner.items():
        if case.rooms[pair[1]].halves_free:
            made.partner[pair] = column(worth(terms.values()) + lot.of(pair))
    for task in case.tasks:
        made.person[task.pitch_id] = column(-case.weights.escalation)
        for channel in task.channels:
            made.missed[task.pitch_id, channel] = column(-case.weights.channel_missed, whole=False)
    for room in case.rooms.values():
        for nth in range(min(room.halves_free // HALVES, len(case.tasks))):
            made.nth[room.id, nth] = column(-load_cost(case.weights, room, nth))
    for trip in sorted({trip for pair in made.lead if (trip := case.trip(*pair))}):
        made.trip[trip] = column(-case.weights.travel, whole=False)


@dataclass(frozen=True)
class _Lots:
    positions: Mapping[int, int]
    greatest: float

    def of(self, pair: Pair) -> float:
        pitch_id, outlet = pair
        return self.greatest * crc32(f"{self.positions[pitch_id]}/{outlet}".encode()) / 2**32


def _task_rows(made: Formulation, task: Task) -> None:
    case, programme = made.case, made.programme
    person = made.person[task.pitch_id]
    leads = {outlet: i for outlet in case.rooms if (i := made.lead.get((task.pitch_id, outlet))) is not None}
    supports = {outlet: i for outlet in case.rooms if (i := made.partner.get((task.pitch_id, outlet))) is not None}
    programme.row(1.0, 1.0, [*((index, 1.0) for index in leads.values()), (person, 1.0)])
    if supports:
        entries = [*((index, 1.0) for index in supports.values()), (person, float(case.partners))]
        programme.at_most(float(case.partners), entries)
    for outlet in supports:
        both = [supports[outlet], person, *([leads[outlet]] if outlet in leads else [])]
        programme.at_most(1.0, ((index, 1.0) for index in both))
    for channel in task.channels:
        able = [i for columns in (leads, supports) for o, i in columns.items() if channel in case.rooms[o].channels]
        entries = [(index, -1.0) for index in (*able, person, made.missed[task.pitch_id, channel])]
        programme.at_most(-1.0, entries)
    for outlet, index in leads.items():
        if trip := case.trip(task.pitch_id, outlet):
            programme.at_most(0.0, [(index, 1.0), (made.trip[trip], -1.0)])
        if task.joint and supports and case.rooms[outlet].on_duty:
            joint = made.joint[task.pitch_id, outlet] = programme.column(case.weights.rota_joint, whole=False)
            programme.at_most(0.0, [(joint, 1.0), (index, -1.0)])
            programme.at_most(0.0, [(joint, 1.0), *((support, -1.0) for support in supports.values())])


def _room_rows(made: Formulation, room: Newsroom) -> None:
    programme = made.programme
    leads = [index for (_, outlet), index in made.lead.items() if outlet == room.id]
    supports = [index for (_, outlet), index in made.partner.items() if outlet == room.id]
    taken = [*((index, float(HALVES)) for index in leads), *((index, 1.0) for index in supports)]
    programme.at_most(float(room.halves_free), taken)
    counted = [index for (outlet, _), index in made.nth.items() if outlet == room.id]
    programme.row(0.0, 0.0, [*((index, 1.0) for index in leads), *((index, -1.0) for index in counted)])


def _work(made: Formulation, pitch_id: int, outlet: str) -> list[int]:
    pair = pitch_id, outlet
    return [columns[pair] for columns in (made.lead, made.partner) if pair in columns]
