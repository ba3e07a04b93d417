"""What an outlet is worth for a task: the points of every pairing, each with its reason in Chinese.

The optimiser adds these points up; nothing else decides who gets which task. All numbers a newsroom may want to argue
about stand at the top of this module.

| term | 中文 | points |
|---|---|---|
| pitcher | 报题媒体 | `PITCHER` when the outlet proposed the pitch, or one that was merged into it |
| region | 属地 | `REGION` when the pitch happens in the outlet's region; `REGION_CITY` for a city outlet |
| beat | 领域 | `BEAT` times the share of the pitch's subjects that the outlet is good at |
| rota | 轮值 | `ROTA` for the outlet on duty this week |
| fairness | 均衡 | minus `FAIRNESS` × u / (u + ū), u = recent tasks per head, ū = the cluster's mean of u |
| load | 当日负荷 | minus `LOAD` × (tasks of the day so far) / capacity, so each further task costs more |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

PITCHER = 50.0
REGION = 40.0
REGION_CITY = 8.0
BEAT = 30.0
ROTA = 10.0
FAIRNESS = 20.0
LOAD = 12.0
PARTNER_REGION = 16.0
PARTNER_BEAT = 10.0
PARTNER_EFFORT = 4.0
ESCALATION = 1_000.0
"""What leaving a task to a person costs: more than any pairing is worth, so it is the last resort."""

HALVES = 2
"""Capacity is counted in half tasks: a task in charge takes two, a partner's part takes one."""


@dataclass(frozen=True)
class Term:
    """One reason for or against a pairing."""

    points: float
    why: str


@dataclass(frozen=True)
class Newsroom:
    """An outlet as the optimiser sees it.

    Attributes:
        halves_used: half tasks the outlet has on the edition's day already.
        recent: tasks it was in charge of in the fairness period.
    """

    id: str
    name: str
    kind: str
    size: int
    regions: tuple[str, ...]
    beats: tuple[str, ...]
    capacity_per_day: int
    halves_used: int = 0
    recent: int = 0
    on_duty: bool = False

    @property
    def halves_free(self) -> int:
        """Half tasks it can still take today, never below zero."""
        return max(0, HALVES * self.capacity_per_day - self.halves_used)

    @property
    def usage(self) -> float:
        """Recent tasks per head of staff."""
        return self.recent / self.size


@dataclass(frozen=True)
class Task:
    """An accepted pitch that needs an outlet.

    Attributes:
        place: where it happens, as written; None when nobody said or the cluster has no such place.
        subjects: what it is about (beats), none when nobody knows.
        text: title, summary and place, in which place names are looked for.
        pitchers: outlets that proposed it.
        from_board: whether it is a lead from a hot board, which is everybody's.
        barred: outlets that must not get it (they declined it, or let an offer expire).
    """

    pitch_id: int
    title: str
    place: str | None = None
    text: str = ""
    subjects: tuple[str, ...] = ()
    pitchers: frozenset[str] = frozenset()
    from_board: bool = False
    barred: frozenset[str] = frozenset()


def mean_usage(rooms: Sequence[Newsroom]) -> float:
    """Recent tasks per head, averaged over the outlets; 0.0 without outlets."""
    return sum(room.usage for room in rooms) / len(rooms) if rooms else 0.0


def covers(room: Newsroom, task: Task) -> str | None:
    """The region of the outlet in which the task happens, or None.

    The place somebody wrote decides; only without a usable one is the text searched. A city outlet covers the whole
    city, which says nothing about a single place, so it never counts here.
    """
    if room.kind == "city":
        return None
    searched = task.place or task.text
    return next((name for name in sorted(room.regions, key=_longest_first) if names_place(searched, name)), None)


def names_place(text: str, region: str) -> bool:
    """Whether the text names the region; clusters list the short forms people write (东城) beside the full one."""
    return region in text


def _longest_first(name: str) -> tuple[int, str]:
    return -len(name), name


def lead_terms(room: Newsroom, task: Task, mean: float) -> dict[str, Term]:
    """Why this outlet should be in charge of the task, or not; terms worth nothing are left out.

    Args:
        mean: `mean_usage` of the cluster.
    """
    terms: dict[str, Term] = {}
    if room.id in task.pitchers:
        terms["pitcher"] = Term(PITCHER, "选题是它报的")
    if region := covers(room, task):
        terms["region"] = Term(REGION, f"事发地{region}归它报道")
    elif room.kind == "city":
        terms["region"] = Term(REGION_CITY, "市级媒体，可跑全市")
    terms.update(_beat_term(room, task, BEAT))
    if room.on_duty:
        terms["rota"] = Term(ROTA, "本周轮值")
    if room.recent:
        cost = FAIRNESS * room.usage / (room.usage + mean)
        terms["fairness"] = Term(-_rounded(cost), f"近期已承担 {room.recent} 条，全社 {room.size} 人")
    return terms


def partner_terms(room: Newsroom, task: Task) -> dict[str, Term]:
    """Why this outlet should support the one in charge; empty when it has no reason to.

    Joint coverage makes sense where the story is in somebody's region, or where it is a lead from a hot board.
    """
    terms: dict[str, Term] = {}
    if region := covers(room, task):
        terms["region"] = Term(PARTNER_REGION, f"事发地{region}归它报道，可就近协同")
    if terms or task.from_board:
        terms.update(_beat_term(room, task, PARTNER_BEAT))
    if terms:
        terms["effort"] = Term(-PARTNER_EFFORT, "协同占用半条工作量")
    return terms


def load_cost(room: Newsroom, nth: int) -> float:
    """Points lost by the `nth` (from 0) new task of the day: it grows with what the outlet has in hand."""
    return _rounded(LOAD * (room.halves_used / HALVES + nth) / room.capacity_per_day)


def worth(terms: Iterable[Term]) -> float:
    """The points of some terms together."""
    return _rounded(sum(term.points for term in terms))


def _beat_term(room: Newsroom, task: Task, points: float) -> dict[str, Term]:
    shared = [subject for subject in task.subjects if subject in room.beats]
    if not shared:
        return {}
    return {"beat": Term(_rounded(points * len(shared) / len(task.subjects)), f"擅长{'、'.join(shared)}")}


def _rounded(points: float) -> float:
    # Points are shown to people and summed by a solver; a millionth is finer than either needs.
    return round(points, 6)
