"""Hands tasks out the way a desk does it by hand: one after the other, each to the best outlet that still has room.

The optimiser begins its search here, falls back on it when time is up, and is measured against it.
"""

from __future__ import annotations

from collections import Counter, defaultdict

from rongmei.assignments.case import Case, Hands, Plan, Trip
from rongmei.assignments.model import HALVES, Newsroom, Task, load_cost, worth


def greedy(case: Case) -> Plan:
    """A plan that keeps every limit; the tasks choose in the order of their ids."""
    desk = _Desk(case)
    for task in case.tasks:
        desk.place(task)
    return desk.plan


class _Desk:
    """What has been handed out so far."""

    def __init__(self, case: Case) -> None:
        self.plan: dict[int, Hands] = {}
        self._case = case
        self._missed = case.weights.channel_missed
        self._free = {room.id: room.halves_free for room in case.rooms.values()}
        self._given: Counter[str] = Counter()
        self._trips: set[Trip] = set()
        self._rivals: defaultdict[int, set[int]] = defaultdict(set)
        for one, other in case.rivals:
            self._rivals[one].add(other)
            self._rivals[other].add(one)

    def place(self, task: Task) -> None:
        """Give the task to the outlet that gains most by it now, with its best partners."""
        taken = self._other_side(task)
        able = [
            room
            for room in self._case.rooms.values()
            if (task.pitch_id, room.id) in self._case.lead and self._free[room.id] >= HALVES and room.id not in taken
        ]
        if not able:
            return
        # `max` keeps the first of equals, and the outlets are sorted.
        lead = max(able, key=lambda room: self._gain(task, room))
        self._free[lead.id] -= HALVES
        self._given[lead.id] += 1
        if trip := self._case.trip(task.pitch_id, lead.id):
            self._trips.add(trip)
        partners = self._partners(task, lead, taken)
        for outlet in partners:
            self._free[outlet] -= 1
        self.plan[task.pitch_id] = Hands(lead.id, frozenset(partners))

    def _other_side(self, task: Task) -> set[str]:
        """Outlets that work on a task which must be kept apart from this one."""
        against = (self.plan[other] for other in self._rivals[task.pitch_id] if other in self.plan)
        return {outlet for hands in against for outlet in (hands.lead, *hands.partners)}

    def _gain(self, task: Task, room: Newsroom) -> float:
        gain = worth(self._case.lead[task.pitch_id, room.id].values()) - load_cost(
            self._case.weights, room, self._given[room.id]
        )
        trip = self._case.trip(task.pitch_id, room.id)
        if trip and trip not in self._trips:
            gain -= self._case.weights.travel
        return gain

    def _partners(self, task: Task, lead: Newsroom, taken: set[str]) -> list[str]:
        """Whoever covers a channel still missing, then whoever is worth most."""
        chosen: list[str] = []
        while len(chosen) < self._case.partners:
            missing = self._case.missed(task, (lead.id, *chosen))
            gains = {
                room.id: worth(self._case.partner[task.pitch_id, room.id].values())
                + self._missed * len(room.channels & set(missing))
                for room in self._case.rooms.values()
                if (task.pitch_id, room.id) in self._case.partner
                and self._free[room.id]
                and room.id not in {lead.id, *chosen, *taken}
            }
            best = max(gains, key=lambda outlet: gains[outlet], default=None)
            if best is None or gains[best] <= 0:
                break
            chosen.append(best)
        return chosen
