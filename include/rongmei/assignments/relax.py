"""Which limits keep tasks from being handed out, and how little of them would have to give way: an elastic programme.

What the plan hands out stays. For the tasks it leaves to a person, every limit that the newsroom can bend may be bent
at a price, and the cheapest way to place them all is looked for:

| limit | 中文 | price |
|---|---|---|
| capacity | 日产能 | `OVER` for each half task beyond the outlet's day |
| apart | 对立选题分开 | `TOGETHER` for each pair that shares an outlet |
| recusal | 回避 | `INVOLVED` for an outlet that should keep out |

A no of an outlet cannot be bent. Among equally small relaxations the one worth most points is taken. Nothing is bent
by the machine: what is found here is told to the desk, which hands out by hand or changes the limit.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rongmei.assignments.case import Case, Pair, Plan, halves_taken
from rongmei.assignments.model import HALVES, Newsroom, Task, lead_terms, mean_usage, spoken_channels, worth
from rongmei.assignments.programme import Programme, Values

OVER = 1_000.0
"""More than points can make up, which count as their mean over the tasks: they decide between equal relaxations."""
TOGETHER = 4 * OVER
INVOLVED = 20 * OVER
TIME_LIMIT_SECONDS = 5.0

Limit = Literal["capacity", "apart", "recusal", "channel", "declined"]


@dataclass(frozen=True)
class Relaxation:
    """One limit that stands in the way, or was passed.

    Attributes:
        limit: which; `declined` when nothing can be bent.
        outlet: whose limit it is, "" for a limit of the task.
        pitches: ids of the pitches it concerns; none for work that a person handed out beyond an outlet's day.
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
    return (*_overworked(case), *_elastic(case, plan, left), *_uncovered(case, plan))


# ── passed already ───────────────────────────────────────────────────────────────────────────────────────────────


def _overworked(case: Case) -> Iterable[Relaxation]:
    """Outlets that hold more than their day already, by a person's choice or because their capacity was lowered."""
    for room in case.rooms.values():
        over = _tasks(room.halves_used - HALVES * room.capacity_per_day)
        if over > 0:
            words = f"{room.name}手上的任务已超出日产能 {room.capacity_per_day} 条，多 {over} 条；本次不再给它派"
            yield Relaxation("capacity", room.id, (), over, words)


# ── in the way ───────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Elastic:
    """The elastic programme: who would be in charge, and how far each outlet would go beyond its day."""

    programme: Programme
    lead: dict[Pair, int]
    over: dict[str, int]


def _elastic(case: Case, plan: Plan, left: Sequence[Task]) -> Iterable[Relaxation]:
    made = _elastic_programme(case, plan, [task for task in left if _could_take(case, task)])
    outcome = made.programme.solve(TIME_LIMIT_SECONDS) if made.lead else None
    placed = _placed(made, outcome.values) if outcome and outcome.values is not None else {}
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


def _could_take(case: Case, task: Task) -> list[Newsroom]:
    """The outlets that have not said no to it."""
    bars = {outlet: case.bars.get((task.pitch_id, outlet)) for outlet in case.rooms}
    return [case.rooms[outlet] for outlet, bar in bars.items() if bar is None or bar.kind != "declined"]


def _elastic_programme(case: Case, plan: Plan, left: Sequence[Task]) -> _Elastic:
    made = _Elastic(Programme(), {}, {})
    mean = mean_usage(tuple(case.rooms.values()))
    for task in left:
        for room in _could_take(case, task):
            gain = worth(lead_terms(room, task, mean).values()) / len(left) - _price(case, plan, task, room)
            made.lead[task.pitch_id, room.id] = made.programme.column(gain)
        chosen = ((index, 1.0) for (pitch_id, _), index in made.lead.items() if pitch_id == task.pitch_id)
        made.programme.row(1.0, 1.0, chosen)
    taken = halves_taken(plan)
    for room in case.rooms.values():
        wanted = [index for (_, outlet), index in made.lead.items() if outlet == room.id]
        if wanted:
            over = made.over[room.id] = made.programme.column(-OVER, high=float(HALVES * len(left)))
            free = room.halves_free - taken[room.id]
            made.programme.at_most(float(free), [*((index, float(HALVES)) for index in wanted), (over, -1.0)])
    for one, other in case.rivals:
        for outlet in case.rooms:
            if (one, outlet) in made.lead and (other, outlet) in made.lead:
                both = made.programme.column(-TOGETHER, whole=False)
                pair = made.lead[one, outlet], made.lead[other, outlet]
                made.programme.at_most(1.0, [*((index, 1.0) for index in pair), (both, -1.0)])
    return made


def _price(case: Case, plan: Plan, task: Task, room: Newsroom) -> float:
    """What the pairing bends beside capacity."""
    bar = case.bars.get((task.pitch_id, room.id))
    involved = INVOLVED if bar and bar.kind == "recusal" else 0.0
    return involved + TOGETHER * len(_against(case, plan, task, room.id))


def _against(case: Case, plan: Plan, task: Task, outlet: str) -> list[int]:
    """Pitches to be kept apart from the task that the outlet works on already, held or by the plan."""
    held = [other.pitch_id for other in case.held if outlet in other.hands and _kept_apart(task, other)]
    sides = (one if task.pitch_id == other else other for one, other in case.rivals if task.pitch_id in (one, other))
    return held + [side for side in sides if side in plan and outlet in (plan[side].lead, *plan[side].partners)]


def _kept_apart(task: Task, other: Task) -> bool:
    return other.pitch_id in task.apart or task.pitch_id in other.apart


def _placed(made: _Elastic, values: Values) -> dict[int, str]:
    return {pitch_id: outlet for (pitch_id, outlet), index in made.lead.items() if values[index] > 0.5}


def _opposites(case: Case, plan: Plan, placed: Mapping[int, str], task: Task, outlet: str) -> list[int]:
    """Pitches that the task would share its outlet with against the rule, each pair once."""
    together = [
        other for one, other in case.rivals if one == task.pitch_id and other in placed and placed[other] == outlet
    ]
    return _against(case, plan, task, outlet) + together


def _capacity(case: Case, plan: Plan, placed: Mapping[int, str]) -> Iterable[Relaxation]:
    more: defaultdict[str, list[int]] = defaultdict(list)
    for pitch_id, outlet in sorted(placed.items()):
        more[outlet].append(pitch_id)
    taken = halves_taken(plan)
    for outlet, pitches in sorted(more.items()):
        room = case.rooms[outlet]
        used = room.halves_used + taken[outlet] + HALVES * len(pitches)
        over = _tasks(used - max(HALVES * room.capacity_per_day, room.halves_used))
        if over > 0:
            capacity = _tasks(used)
            words = (
                f"选题 {_numbered(pitches)}：{room.name}今天多接 {over} 条就能派出"
                f"（日产能由 {room.capacity_per_day} 条放宽到 {capacity} 条）"
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
    for task in case.tasks:
        hands = plan.get(task.pitch_id)
        missed = case.missed(task, (hands.lead, *hands.partners)) if hands else ()
        if not missed or hands is None:
            continue
        busy = {outlet: room.halves_used + taken[outlet] for outlet, room in case.rooms.items()}
        hints = [_who_has(case, task, channel, busy, len(hands.partners)) for channel in missed]
        words = f"选题 #{task.pitch_id} 想发{spoken_channels(missed)}，承担和协同的媒体都没有账号；" + "；".join(hints)
        yield Relaxation("channel", "", (task.pitch_id,), len(missed), words)


def _who_has(case: Case, task: Task, channel: str, busy: Mapping[str, int], partners: int) -> str:
    """What would cover the channel: one more partner, more capacity, an account, or a word with who declined."""
    label = spoken_channels([channel])
    owners = [room for room in case.rooms.values() if channel in room.channels]
    if not owners:
        return f"集群里没有{label}账号，先开账号或去掉这个渠道"
    allowed = [room for room in owners if (task.pitch_id, room.id) not in case.bars]
    if not allowed:
        return f"有{label}账号的 {len(owners)} 家都已推辞或应当回避"
    free = [room for room in allowed if busy[room.id] < HALVES * room.capacity_per_day]
    if free:
        return f"协同由 {case.partners} 家放宽到 {partners + 1} 家，请{free[0].name}代发{label}"
    least = min(allowed, key=lambda room: (busy[room.id] - HALVES * room.capacity_per_day, room.id))
    return f"有{label}账号的都排满了，{least.name}日产能多放宽 1 条才能代发"


def _numbered(pitches: Iterable[int]) -> str:
    return "、".join(f"#{pitch_id}" for pitch_id in pitches)


def _tasks(halves: int) -> int:
    """Half tasks as whole tasks, rounded up."""
    return math.ceil(halves / HALVES)
