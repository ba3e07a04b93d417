"""Which limits keep tasks from being handed out, and how little of them would have to give way: an elastic programme.

What the plan hands out stays. For the tasks it leaves to a person, every limit that the newsroom can bend may be bent
at a price, and the cheapest way to place them all is looked for:

| limit | 中文 | price |
|---|---|---|
| capacity | 日产能 | `over` for each task beyond the outlet's day |
| apart | 对立选题分开 | 4 × `over` for each pair that shares an outlet |
| recusal | 回避 | 20 × `over` for an outlet that should keep out |

A no of an outlet cannot be bent. Among equally small relaxations the one worth most points is taken: the points count
as their mean over the tasks, and `over` is more than that can differ by. Nothing is bent by the machine: what is found
here is told to the desk, which hands out by hand or changes the limit.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from rongmei.assignments.case import Case, Pair, Plan, halves_taken, kept_apart
from rongmei.assignments.model import HALVES, Newsroom, Task, lead_terms, mean_usage, spoken_channels, worth
from rongmei.assignments.programme import Programme, Values

TOGETHER = 4
INVOLVED = 20
TIME_LIMIT_SECONDS = 1.0

Limit = Literal["capacity", "apart", "recusal", "channel", "declined"]


@dataclass(frozen=True)
class Relaxation:
    """One limit that stands in the way, or was passed.

    Attributes:
        limit: which; `declined` when nothing can be bent.
        outlet: whose limit it is, "" for a limit of the task.
        pitches: ids of the pitches it concerns; none for work that was handed out beyond an outlet's day before.
        amount: by how much: tasks a day for capacity, pairs for apart, outlets for recusal, channels for channel.
        words: the same in Chinese, with what would help.
    """

    limit: Limit
    outlet: str
    pitches: tuple[int, ...]
    amount: int
    words: str


def relaxations(case: Case, plan: Plan) -> tuple[Relaxation, ...]:
    """The limits that were passed, those that stand in the way of tasks left to a person, and channels not covered."""
    left = [task for task in case.tasks if task.pitch_id not in plan]
    return (*_overworked(case), *_in_the_way(case, plan, left), *_uncovered(case, plan))


# ── passed already ───────────────────────────────────────────────────────────────────────────────────────────────


def _overworked(case: Case) -> Iterable[Relaxation]:
    """Outlets that hold more than their day already, by a person's choice or because their capacity was lowered."""
    for room in case.rooms.values():
        over = _tasks(room.halves_used) - room.capacity_per_day
        if over > 0:
            words = f"{room.name}手上的任务已超出日产能 {room.capacity_per_day} 条，多 {over} 条；本次不再给它派"
            yield Relaxation("capacity", room.id, (), over, words)


# ── in the way ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Elastic:
    """The elastic programme of the tasks left, and what its columns mean."""

    programme: Programme
    lead: dict[Pair, int] = field(default_factory=dict)
    over: dict[str, int] = field(default_factory=dict)
    both: dict[tuple[int, int, str], int] = field(default_factory=dict)

    def placed(self, values: Values) -> dict[int, str]:
        """Pitch id → the outlet that would take it."""
        return {pitch_id: outlet for (pitch_id, outlet), index in self.lead.items() if values[index] > 0.5}

    def start(self, free: Mapping[str, int]) -> list[float]:
        """Values that keep every row: each task where it is worth most, whatever that bends."""
        gains = self.programme.gains
        best: dict[int, str] = {}
        for pitch_id, outlet in self.lead:
            if pitch_id not in best or gains[self.lead[pitch_id, outlet]] > gains[self.lead[pitch_id, best[pitch_id]]]:
                best[pitch_id] = outlet
        values = [0.0] * len(gains)
        for pair in best.items():
            values[self.lead[pair]] = 1.0
        for outlet, wanted in Counter(best.values()).items():
            values[self.over[outlet]] = float(max(0, wanted - free[outlet]))
        for (one, other, outlet), index in self.both.items():
            values[index] = float(best[one] == best[other] == outlet)
        return values


def _in_the_way(case: Case, plan: Plan, left: Sequence[Task]) -> Iterable[Relaxation]:
    placed = _place(case, plan, [task for task in left if _could_take(case, task)])
    yield from _capacity(case, plan, placed)
    for task in left:
        outlet = placed.get(task.pitch_id)
        if outlet is None:
            yield Relaxation("declined", "", (task.pitch_id,), 0, _hopeless(case, task))
            continue
        name = case.rooms[outlet].name
        if (bar := case.bars.get((task.pitch_id, outlet))) and bar.kind == "recusal":
            words = f"选题 #{task.pitch_id}：{name}{bar.why}；没有别家可派，由领导批准才能给它"
            yield Relaxation("recusal", outlet, (task.pitch_id,), 1, words)
        for other in _opposites(case, plan, placed, task, outlet):
            words = f"选题 #{task.pitch_id} 与 #{other} 应分给两家；没有别家可派，由制片批准才能都给{name}"
            yield Relaxation("apart", outlet, (task.pitch_id, other), 1, words)


def _place(case: Case, plan: Plan, left: Sequence[Task]) -> dict[int, str]:
    """Where each task would go if as little as possible gave way."""
    if not left:
        return {}
    taken = halves_taken(plan)
    free = {outlet: (room.halves_free - taken[outlet]) // HALVES for outlet, room in case.rooms.items()}
    made = _elastic(case, plan, left, free)
    start = made.start(free)
    outcome = made.programme.solve(TIME_LIMIT_SECONDS, start=start)
    return made.placed(np.array(start) if outcome.values is None else outcome.values)


def _could_take(case: Case, task: Task) -> list[Newsroom]:
    """The outlets that have not said no to it."""
    bars = {outlet: case.bars.get((task.pitch_id, outlet)) for outlet in case.rooms}
    return [case.rooms[outlet] for outlet, bar in bars.items() if bar is None or bar.kind != "declined"]


def _elastic(case: Case, plan: Plan, left: Sequence[Task], free: Mapping[str, int]) -> _Elastic:
    """The programme.

    Args:
        free: whole tasks that each outlet could still take.
    """
    made, over = _Elastic(Programme()), case.weights.channel_missed
    mean = mean_usage(tuple(case.rooms.values()))
    wanted: defaultdict[str, list[int]] = defaultdict(list)
    for task in left:
        mine = []
        for room in _could_take(case, task):
            gain = worth(lead_terms(case.weights, room, task, mean).values()) / len(left)
            index = made.programme.column(gain - over * _bent(case, plan, task, room))
            made.lead[task.pitch_id, room.id] = index
            wanted[room.id].append(index)
            mine.append((index, 1.0))
        made.programme.row(1.0, 1.0, mine)
    for outlet, columns in wanted.items():
        made.over[outlet] = made.programme.column(-over, high=float(len(left)))
        made.programme.at_most(float(free[outlet]), [*((i, 1.0) for i in columns), (made.over[outlet], -1.0)])
    for one, other in case.rivals:
        for outlet in case.rooms:
            if (one, outlet) in made.lead and (other, outlet) in made.lead:
                both = made.both[one, other, outlet] = made.programme.column(-over * TOGETHER, whole=False)
                pair = made.lead[one, outlet], made.lead[other, outlet]
                made.programme.at_most(1.0, [*((index, 1.0) for index in pair), (both, -1.0)])
    return made


def _bent(case: Case, plan: Plan, task: Task, room: Newsroom) -> int:
    """What the pairing bends beside capacity, in tasks beyond a day; more work for who has too much already too."""
    bar = case.bars.get((task.pitch_id, room.id))
    involved = INVOLVED if bar and bar.kind == "recusal" else 0
    overworked = max(0, _tasks(room.halves_used) - room.capacity_per_day)
    return involved + overworked + TOGETHER * len(_against(case, plan, task, room.id))


def _against(case: Case, plan: Plan, task: Task, outlet: str) -> list[int]:
    """Pitches to be kept apart from the task that the outlet works on already, held or by the plan."""
    held = [other.pitch_id for other in case.held if outlet in other.hands and kept_apart(task, other)]
    sides = (one if task.pitch_id == other else other for one, other in case.rivals if task.pitch_id in (one, other))
    return held + [side for side in sides if side in plan and outlet in (plan[side].lead, *plan[side].partners)]


def _opposites(case: Case, plan: Plan, placed: Mapping[int, str], task: Task, outlet: str) -> list[int]:
    """Pitches that the task would share its outlet with against the rule, each pair once."""
    mine = (other for one, other in case.rivals if one == task.pitch_id)
    return _against(case, plan, task, outlet) + [other for other in mine if placed.get(other) == outlet]


def _capacity(case: Case, plan: Plan, placed: Mapping[int, str]) -> Iterable[Relaxation]:
    more: defaultdict[str, list[int]] = defaultdict(list)
    for pitch_id, outlet in sorted(placed.items()):
        more[outlet].append(pitch_id)
    taken = halves_taken(plan)
    for outlet, pitches in sorted(more.items()):
        room = case.rooms[outlet]
        wanted = _tasks(room.halves_used + taken[outlet] + HALVES * len(pitches))
        over = wanted - room.capacity_per_day
        if over > 0:
            words = (
                f"选题 {_numbered(pitches)}：{room.name}的日产能由 {room.capacity_per_day} 条放宽到 {wanted} 条"
                f"（多 {over} 条）就能派出"
            )
            yield Relaxation("capacity", outlet, tuple(pitches), over, words)


def _hopeless(case: Case, task: Task) -> str:
    if not case.rooms:
        return f"选题 #{task.pitch_id}：集群里没有媒体，先在集群文件里加上"
    return f"选题 #{task.pitch_id}：{len(case.rooms)} 家都已推辞或超时未答，放宽限制也没有用；请与媒体商量或撤下选题"


# ── channels ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _uncovered(case: Case, plan: Plan) -> Iterable[Relaxation]:
    """Channels that a task goes without, and what would bring them in."""
    taken = halves_taken(plan)
    busy = {outlet: room.halves_used + taken[outlet] for outlet, room in case.rooms.items()}
    for task in case.tasks:
        hands = plan.get(task.pitch_id)
        missed = case.missed(task, (hands.lead, *hands.partners)) if hands else ()
        if missed and hands:
            hints = [_who_has(case, task, channel, busy, len(hands.partners)) for channel in missed]
            words = (
                f"选题 #{task.pitch_id} 想发{spoken_channels(missed)}，承担和协同的媒体都没有账号：{'；'.join(hints)}"
            )
            yield Relaxation("channel", "", (task.pitch_id,), len(missed), words)


def _who_has(case: Case, task: Task, channel: str, busy: Mapping[str, int], partners: int) -> str:
    """What would cover the channel: an account, a word with who declined, one more partner, or more capacity."""
    label = spoken_channels([channel])
    owners = [room for room in case.rooms.values() if channel in room.channels]
    if not owners:
        return f"集群里没有{label}账号，先开账号或去掉这个渠道"
    allowed = [room for room in owners if (task.pitch_id, room.id) not in case.bars]
    if not allowed:
        return f"有{label}账号的 {len(owners)} 家都已推辞或应当回避"
    free = [room for room in allowed if busy[room.id] < HALVES * room.capacity_per_day]
    if free:
        return f"协同由 {case.partners} 家放宽到 {partners + 1} 家，就能请{free[0].name}代发{label}"
    least = min(allowed, key=lambda room: (busy[room.id] - HALVES * room.capacity_per_day, room.id))
    return f"有{label}账号的都排满了，{least.name}今天多接 1 条就能代发"


def _numbered(pitches: Iterable[int]) -> str:
    return "、".join(f"#{pitch_id}" for pitch_id in pitches)


def _tasks(halves: int) -> int:
    """Half tasks as whole tasks, rounded up."""
    return math.ceil(halves / HALVES)
