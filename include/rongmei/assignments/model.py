"""What an outlet is worth for a task: the points of every pairing, each with its reason in Chinese.

The optimiser adds these points up; nothing else decides who gets which task. How much each reason weighs stands in the
campaign's `assignment.weights`; the names below are those of its keys. Points are kept to the hundredth, so that what
people read adds up.

For the outlet in charge (牵头):

| term | 中文 | points |
|---|---|---|
| pitcher | 报题媒体 | `pitcher` when the outlet proposed the pitch, or one that was merged into it |
| region | 属地 | `region` when the pitch happens in the outlet's region; `region_city` for a city outlet |
| beat | 领域 | `beat` times the share of the pitch's subjects that the outlet is good at |
| rota | 轮值 | `rota` for the outlet on duty this week |
| joint | 牵头联合报道 | `rota_joint` more for a joint task (`Task.joint`) that it leads with a partner |
| fairness | 均衡 | minus `fairness` × u / (u + ū), u = recent tasks per head, ū = the cluster's mean of u |
| load | 当日负荷 | minus `load` × (tasks of the day so far) / capacity, so each further task costs more |
| travel | 路程 | minus `travel`, once for every place away from home that the outlet goes to that day |

For a partner (协同), who is only asked where one of the first four gives a reason:

| term | 中文 | points |
|---|---|---|
| pitcher | 同报选题 | `partner_pitcher` when it proposed the pitch too |
| region | 就近 | `partner_region` when the pitch happens in its region |
| beat | 领域 | `partner_beat` times the share of subjects, beside another reason or for a lead from a hot board |
| channel | 渠道 | 0, but it may be what covers a channel that the pitch wants |
| effort | 分量 | minus `partner_effort`, since it takes half a task's work |

For the task: minus `channel_missed` for each channel wanted that neither the outlet in charge nor a partner has an
account on, and minus `escalation` when it is left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rongmei.config import CHANNEL_NAMES, AssignmentWeights

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
        recent: tasks of the fairness period; one it supported counts half.
        channels: on which it has an account.
        avoids: words it must not report about, e.g. the name of its owner.
    """

    id: str
    name: str
    kind: str
    size: int
    regions: tuple[str, ...]
    beats: tuple[str, ...]
    capacity_per_day: int
    halves_used: int = 0
    recent: float = 0
    on_duty: bool = False
    channels: frozenset[str] = frozenset()
    avoids: tuple[str, ...] = ()

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
    """An accepted pitch that needs an outlet, or one that an outlet holds already.

    Attributes:
        place: where it happens, as written; None when nobody said or the cluster has no such place.
        subjects: what it is about (beats), none when nobody knows.
        text: title, summary and place, in which place names are looked for.
        pitchers: outlets that proposed it.
        from_board: whether it is a lead from a hot board, which is everybody's.
        barred: outlets that must not get it (they declined it, or let an offer expire).
        channels: that the account of the outlet in charge, or of a partner, must be on.
        apart: other pitches that must go to other outlets, e.g. the other side of a dispute.
        holder: the outlet that has it, by an open offer, its yes or a person's choice; it stays there.
        held_partners: who supports the holder.
    """

    pitch_id: int
    title: str
    place: str | None = None
    text: str = ""
    subjects: tuple[str, ...] = ()
    pitchers: frozenset[str] = frozenset()
    from_board: bool = False
    barred: frozenset[str] = frozenset()
    channels: tuple[str, ...] = ()
    apart: frozenset[int] = frozenset()
    holder: str | None = None
    held_partners: frozenset[str] = frozenset()

    @property
    def hands(self) -> frozenset[str]:
        """Who works on it already."""
        return self.held_partners | ({self.holder} if self.holder else frozenset())

    @property
    def joint(self) -> bool:
        """Whether it is nobody's alone: several outlets proposed it, or a hot board did and no outlet."""
        return len(self.pitchers) > 1 or (self.from_board and not self.pitchers)


def mean_usage(rooms: Sequence[Newsroom]) -> float:
    """Recent tasks per head, averaged over the outlets; 0.0 without outlets."""
    return sum(room.usage for room in rooms) / len(rooms) if rooms else 0.0


# ── places ───────────────────────────────────────────────────────────────────────────────────────────────────────


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


def spot(task: Task, rooms: Iterable[Newsroom]) -> Newsroom | None:
    """The outlet at whose place the task happens, or None where no place is named; the longest name found decides."""
    found = [(region, room) for room in rooms if (region := covers(room, task))]
    return min(found, key=lambda pair: (*_longest_first(pair[0]), pair[1].id))[1] if found else None


def at_home(room: Newsroom, place: Newsroom) -> bool:
    """Whether the outlet is where the other one is, or covers it too."""
    return room.id == place.id or bool(set(room.regions) & set(place.regions))


def travel_term(weights: AssignmentWeights, place: Newsroom) -> Term:
    """A trip to another outlet's place as a reason against going."""
    return Term(rounded(-weights.travel), f"要到{place.regions[0]}采访")


def _longest_first(name: str) -> tuple[int, str]:
    return -len(name), name


# ── pairings ─────────────────────────────────────────────────────────────────────────────────────────────────────


def recusal(room: Newsroom, task: Task) -> str | None:
    """Why the outlet must keep out of the task, in Chinese; None when it need not.

    An outlet does not report about itself (its name is in the title), nor about what its list names.
    """
    if _is_about(room.name, task.title):
        return "选题说的就是它自己"
    named = next((word for word in room.avoids if word in task.text or word in task.title), None)
    return f"与“{named}”有关联" if named else None


def _is_about(name: str, title: str) -> bool:
    # “…_东莞日报”, “【东莞日报】…” and “东莞日报讯…” say who wrote it, not whom it is about.
    credit = re.escape(name)
    title = re.sub(rf"^(?:[【（(\[]{credit}[】）)\]]|{credit}\s*(?:讯|[:：|｜丨]))", "", title.strip())
    title = re.sub(rf"(?:[【（(\[]{credit}[】）)\]]|[-–—_|｜丨·]\s*{credit})$", "", title)
    if name.endswith("发布"):
        # “东莞发布高温预警” is a sentence; the outlet 东莞发布 is meant only where it is quoted.
        return any(f"{opening}{name}{closing}" in title for opening, closing in ("“”", "《》", "「」", "【】"))
    return name in title


def lead_terms(weights: AssignmentWeights, room: Newsroom, task: Task, mean: float) -> dict[str, Term]:
    """Why this outlet should be in charge of the task, or not.

    Args:
        mean: `mean_usage` of the cluster.
    """
    terms: dict[str, Term] = {}
    if room.id in task.pitchers:
        terms["pitcher"] = Term(rounded(weights.pitcher), "选题是它报的")
    if region := covers(room, task):
        terms["region"] = Term(rounded(weights.region), f"事发地{region}归它报道")
    elif room.kind == "city":
        terms["region"] = Term(rounded(weights.region_city), "市级媒体，可跑全市")
    terms.update(_beat_term(room, task, weights.beat))
    if room.on_duty:
        terms["rota"] = Term(rounded(weights.rota), "本周轮值")
    if room.recent:
        cost = weights.fairness * room.usage / (room.usage + mean)
        terms["fairness"] = Term(rounded(-cost), f"近期已承担 {room.recent:g} 条，全社 {room.size} 人")
    return terms


def partner_terms(weights: AssignmentWeights, room: Newsroom, task: Task) -> dict[str, Term]:
    """Why this outlet should support the one in charge; empty when it has no reason to.

    Joint coverage makes sense with whoever proposed the pitch too, where the story is in somebody's region, where it
    is a lead from a hot board, and where it takes another's account.
    """
    terms: dict[str, Term] = {}
    if room.id in task.pitchers:
        terms["pitcher"] = Term(rounded(weights.partner_pitcher), "选题它也报了，可联合策划")
    if region := covers(room, task):
        terms["region"] = Term(rounded(weights.partner_region), f"事发地{region}归它报道，可就近协同")
    if terms or task.from_board:
        terms.update(_beat_term(room, task, weights.partner_beat))
    if has := [channel for channel in task.channels if channel in room.channels]:
        terms["channel"] = Term(0.0, f"有{spoken_channels(has)}账号，可代发")
    if terms:
        terms["effort"] = Term(rounded(-weights.partner_effort), "协同占用半条工作量")
    return terms


def joint_term(weights: AssignmentWeights) -> Term:
    """Joint coverage led by the outlet on duty, as a reason for it."""
    return Term(rounded(weights.rota_joint), "本周轮值，牵头联合报道")


def spoken_channels(channels: Iterable[str]) -> str:
    """Channels as people call them."""
    return "、".join(CHANNEL_NAMES.get(channel, channel) for channel in channels)


def load_cost(weights: AssignmentWeights, room: Newsroom, nth: int) -> float:
    """Points lost by the `nth` (from 0) new task of the day: it grows with what the outlet has in hand."""
    return rounded(weights.load * (room.halves_used / HALVES + nth) / room.capacity_per_day)


def worth(terms: Iterable[Term]) -> float:
    """The points of some terms together."""
    return rounded(sum(term.points for term in terms))


def rounded(points: float) -> float:
    """Points to the hundredth, in which they are counted and shown."""
    # Adding zero makes 0 of −0, which nobody should read.
    return round(points, 2) + 0.0


def _beat_term(room: Newsroom, task: Task, points: float) -> dict[str, Term]:
    shared = [subject for subject in task.subjects if subject in room.beats]
    if not shared:
        return {}
    return {"beat": Term(rounded(points * len(shared) / len(task.subjects)), f"擅长{'、'.join(shared)}")}
