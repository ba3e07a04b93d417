"""Hands tasks out the way a desk does it by hand: one after the other, each to the best outlet that still has room.

The optimiser begins its search here, falls back on it when time is up, and is measured against it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

from rongmei.assignments.case import Case, Hands, Plan, Trip, score
from rongmei.assignments.model import HALVES, Newsroom, Task, load_cost, worth


def greedy(case: Case) -> Plan:
    """A plan that keeps every limit; the tasks choose in the order of their ids.

    Each takes an outlet and its partners at once, or all take an outlet before any takes partners: whichever is better.
    """
    at_once, leads_first = _Desk(case), _Desk(case)
    for task in case.tasks:
        at_once.place(task, case.partners)
        leads_first.place(task, 0)
    for task in case.tasks:
        leads_first.support(task)
    return max(at_once.plan, leads_first.plan, key=lambda plan: score(case, plan))


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

    def place(self, task: Task, partners: int) -> None:
        """Give the task to the outlet, with so many of its best partners, that gains most by it now."""
        taken = self._other_side(task)
        ways = [
            self._way(task, room, partners, taken)
            for room in self._case.rooms.values()
            if (task.pitch_id, room.id) in self._case.lead and self._free[room.id] >= HALVES and room.id not in taken
        ]
        if not ways:
            return
        # `max` keeps the first of equals, and the outlets are sorted.
        _, hands = max(ways, key=lambda way: way[0])
        self._free[hands.lead] -= HALVES
        self._given[hands.lead] += 1
        if trip := self._case.trip(task.pitch_id, hands.lead):
            self._trips.add(trip)
        self._keep(task, hands)

    def support(self, task: Task) -> None:
        """Give the outlet in charge its best partners."""
        if hands := self.plan.get(task.pitch_id):
            partners = self._partners(task, hands.lead, self._case.partners, self._other_side(task))
            self._keep(task, Hands(hands.lead, frozenset(partners)))

    def _keep(self, task: Task, hands: Hands) -> None:
        for outlet in hands.partners:
            self._free[outlet] -= 1
        self.plan[task.pitch_id] = hands

    def _other_side(self, task: Task) -> set[str]:
        """Outlets that work on a task which must be kept apart from this one."""
        against = (self.plan[other] for other in self._rivals[task.pitch_id] if other in self.plan)
        return {outlet for hands in against for outlet in (hands.lead, *hands.partners)}

    def _way(self, task: Task, room: Newsroom, partners: int, taken: Collection[str]) -> tuple[float, Hands]:
        """What is gained with this outlet in charge, and so many partners."""
        hands = Hands(room.id, frozenset(self._partners(task, room.id, partners, taken)))
        gain = worth(self._case.lead[task.pitch_id, room.id].values())
        gain += sum(worth(self._case.partner[task.pitch_id, outlet].values()) for outlet in sorted(hands.partners))
        gain += self._case.weights.rota_joint * self._case.joint_rota(task, hands)
        gain -= load_cost(self._case.weights, room, self._given[room.id])
        # What partners that come later may cover is not held against anybody.
        if partners == self._case.partners:
            gain -= self._missed * len(self._case.missed(task, (room.id, *hands.partners)))
        trip = self._case.trip(task.pitch_id, room.id)
        return gain - self._case.weights.travel * (trip is not None and trip not in self._trips), hands

    def _partners(self, task: Task, lead: str, most: int, taken: Collection[str]) -> list[str]:
        """Whoever covers a channel still missing, then whoever is worth most."""
        chosen: list[str] = []
        while len(chosen) < most:
            missing = set(self._case.missed(task, (lead, *chosen)))
            gains = {
                outlet: worth(self._case.partner[task.pitch_id, outlet].values())
                + self._missed * len(room.channels & missing)
                for outlet, room in self._case.rooms.items()
                if (task.pitch_id, outlet) in self._case.partner
                and self._free[outlet]
                and outlet not in {lead, *chosen, *taken}
            }
            best = max(gains, key=lambda outlet: gains[outlet], default=None)
            if best is None or gains[best] <= 0:
                break
            chosen.append(best)
        return chosen
