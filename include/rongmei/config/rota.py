"""The duty rota (轮值) as people read it: week by week who is on duty and why, and how the burden is shared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from rongmei.config import turns
from rongmei.config.holidays import Festival, weekend_workdays
from rongmei.config.models import Cluster
from rongmei.errors import BadInput

MOST_WEEKS = 520
"""Ten years are more than anybody plans."""


@dataclass(frozen=True)
class DutyWeek:
    """One line of the rota.

    Attributes:
        monday: first day of the week.
        outlet: id of the outlet on duty.
        name: its name.
        weeks: what the week weighs in ordinary weeks: 2 in a long holiday.
        holiday: the long holiday, with its days in this week, in Chinese; "" in an ordinary week.
        workdays: Saturdays and Sundays on which offices work (调休).
        why: why it is this outlet's, in Chinese.
    """

    monday: date
    outlet: str
    name: str
    weeks: int
    holiday: str
    workdays: tuple[date, ...]
    why: str

    @property
    def sunday(self) -> date:
        """Last day of the week."""
        return self.monday + timedelta(days=6)


@dataclass(frozen=True)
class Share:
    """What an outlet has of a stretch of the rota.

    Attributes:
        turns: weeks on duty.
        weeks: the same with long holidays counted as heavier.
    """

    turns: int
    weeks: int


def rota_table(cluster: Cluster, start: date, weeks: int) -> tuple[DutyWeek, ...]:
    """The rota of so many weeks from the week of `start` on.

    Raises:
        BadInput: fewer than one or more than `MOST_WEEKS` weeks.
    """
    if not 1 <= weeks <= MOST_WEEKS:
        raise BadInput(f"不能排 {weeks} 周的轮值表", mend=f"周数写 1 到 {MOST_WEEKS}")
    names = {outlet.id: outlet.name for outlet in cluster.outlets}
    made = turns.turns(cluster.rota.cycle, start, weeks, cluster.rota.deals)
    agreed = {swap.week: swap.agreed_by for swap in cluster.rota.swaps}
    people = {**names, **{person.id: person.name for person in cluster.people}}
    return tuple(
        DutyWeek(
            monday=turn.monday,
            outlet=turn.outlet,
            name=names[turn.outlet],
            weeks=turn.weeks,
            holiday=_holiday(turn.festival),
            workdays=weekend_workdays(turn.monday),
            why=_why(turn, names, agreed, people),
        )
        for turn in made
    )


def tally(table: Iterable[DutyWeek]) -> dict[str, Share]:
    """What each outlet has of a rota, by id; outlets without a week are not in it."""
    shares: dict[str, Share] = {}
    for week in table:
        had = shares.get(week.outlet, Share(0, 0))
        shares[week.outlet] = Share(had.turns + 1, had.weeks + week.weeks)
    return shares


def _holiday(festival: Festival | None) -> str:
    return f"{festival.name}长假 {festival.days} 天" if festival else ""


def _why(
    turn: turns.Turn,
    names: Mapping[str, str],
    agreed: Mapping[date, tuple[str, ...]],
    people: Mapping[str, str],
) -> str:
    if turn.deal:
        other = turn.deal.giver if turn.outlet == turn.deal.taker else turn.deal.taker
        consent = "、".join(people[name] for name in agreed[turn.deal.monday])
        return f"与{names[other]}换班（{consent} 已同意）"
    if turn.planned != turn.regular:
        reason = f"{turn.festival.name}轮流值守" if turn.festival else "长假轮流值守"
        return f"{reason}，与{names[turn.regular]}对调"
    return "按次序轮到"
