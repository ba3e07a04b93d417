"""Whose turn it is: the weekly duty of outlets, fair within every year, with the long holidays going round.

Three steps, each of which leaves the number of weeks of every outlet in a year as it was:

1. the order is gone through week by week; an outlet of weight 2 comes twice in a round, evenly spread (smooth weighted
   round-robin). Any stretch of weeks has then at most one week more for one outlet than for another of its weight.
2. a week of 春节, 国庆 or 五一 goes to the outlet that has had this holiday least often; it changes places, within the
   year, with a week of its own. Holiday weeks count `HEAVY` weeks of burden, which decides between equals.
3. what two outlets agreed to swap: the one takes the other's week and gives its own next one for it.

A year is the ISO year: its weeks begin on Monday. Weeks before the anchor are only counted back in the order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from rongmei.config.holidays import Festival, festival_of

HEAVY = 2
"""A week of a long holiday weighs as much as so many ordinary ones."""
WEEK = timedelta(days=7)
RETURN_WITHIN_WEEKS = 520
"""How far ahead the week given in return for a swapped one is looked for."""


class Order(NamedTuple):
    """What turns are made of.

    Attributes:
        anchor: the Monday with which the order begins.
        outlets: ids, once each.
        weights: weeks in a round, one number an outlet.
    """

    anchor: date
    outlets: tuple[str, ...]
    weights: tuple[int, ...]


class Deal(NamedTuple):
    """Two outlets agreed: in the week of `monday`, `taker` is on duty instead of `giver`."""

    monday: date
    giver: str
    taker: str


@dataclass(frozen=True)
class Turn:
    """A week of duty.

    Attributes:
        regular: whose turn it is by the order alone.
        planned: whose turn it is after the long holidays went round.
        outlet: who is on duty, swaps included.
        deal: the swap that this week belongs to, as the one swapped or as the one given in return.
    """

    monday: date
    regular: str
    planned: str
    outlet: str
    festival: Festival | None = None
    deal: Deal | None = None

    @property
    def weeks(self) -> int:
        """What it weighs, in ordinary weeks."""
        return HEAVY if self.festival else 1


class _Record(NamedTuple):
    """What the outlets have done since the anchor: (holiday, outlet) → times, outlet → burden in weeks."""

    holidays: Mapping[tuple[str, str], int]
    burden: Mapping[str, int]


def monday_of(day: date) -> date:
    """The Monday of the week of `day`."""
    return day - timedelta(days=day.weekday())


def turn_on(order: Order, day: date, deals: Sequence[Deal] = ()) -> Turn:
    """The duty of the week (Monday to Sunday) of `day`."""
    return turns(order, monday_of(day), 1, deals)[0]


def turns(order: Order, start: date, weeks: int, deals: Sequence[Deal] = ()) -> list[Turn]:
    """The duties of so many weeks from that of `start` on."""
    first = monday_of(start)
    settled = dict(_settled(order, tuple(deals)))
    return [settled.get(monday) or _planned(order, monday) for monday in (first + n * WEEK for n in range(weeks))]


def broken_deal(order: Order, deals: Sequence[Deal]) -> tuple[int, str] | None:
    """The first swap (its position) whose giver is not on duty in its week, and who is; None when all can be kept.

    Swaps are looked at in the order of their weeks, as they come into force.
    """
    by_week = sorted(range(len(deals)), key=lambda position: deals[position].monday)
    kept: list[Deal] = []
    for position in by_week:
        deal = deals[position]
        on_duty = turn_on(order, deal.monday, kept)
        if on_duty.outlet != deal.giver or on_duty.deal:
            return position, on_duty.outlet
        kept.append(deal)
    return None


@lru_cache(maxsize=256)
def _settled(order: Order, deals: tuple[Deal, ...]) -> tuple[tuple[date, Turn], ...]:
    """The weeks that swaps concern, by their Mondays."""
    changed: dict[date, Turn] = {}
    for deal in sorted(deals):
        changed[deal.monday] = replace(_planned(order, deal.monday), outlet=deal.taker, deal=deal)
        following = (_planned(order, deal.monday + n * WEEK) for n in range(1, RETURN_WITHIN_WEEKS))
        back = next((turn for turn in following if turn.monday not in changed and turn.planned == deal.taker), None)
        if back is not None:
            changed[back.monday] = replace(back, outlet=deal.giver, deal=deal)
    return tuple(changed.items())


def _planned(order: Order, monday: date) -> Turn:
    if monday < order.anchor:
        regular = _regular(order, monday)
        return Turn(monday, regular, regular, regular, festival_of(monday))
    wanted = monday.isocalendar().year
    # Year after year, so that each finds the one before it in the cache.
    for year in range(order.anchor.isocalendar().year, wanted):
        _year(order, year)
    return _year(order, wanted)[0][monday]


@lru_cache(maxsize=512)
def _year(order: Order, year: int) -> tuple[Mapping[date, Turn], _Record]:
    """The duties of an ISO year from the anchor on, and the record at its end."""
    before = _year(order, year - 1)[1] if year > order.anchor.isocalendar().year else _Record({}, {})
    holidays, burden = Counter(before.holidays), Counter(before.burden)
    first = date.fromisocalendar(year, 1, 1)
    end = date.fromisocalendar(year + 1, 1, 1)
    mondays = [first + n * WEEK for n in range((end - first) // WEEK) if first + n * WEEK >= order.anchor]
    regular = {monday: _regular(order, monday) for monday in mondays}
    duty = dict(regular)
    festivals = {monday: festival for monday in mondays if (festival := festival_of(monday))}
    burden.update(duty.values())
    for monday, festival in festivals.items():
        other = _relief(order, monday, festival, duty, festivals, _Record(holidays, burden))
        duty[monday], duty[other] = duty[other], duty[monday]
        holidays[festival.name, duty[monday]] += 1
        burden[duty[monday]] += HEAVY - 1
    made = {m: Turn(m, regular[m], duty[m], duty[m], festivals.get(m)) for m in mondays}
    return made, _Record(holidays, burden)


def _relief(
    order: Order,
    monday: date,
    festival: Festival,
    duty: Mapping[date, str],
    festivals: Mapping[date, Festival],
    record: _Record,
) -> date:
    """The week to change places with: of the outlet that had this holiday least; the holiday's own for no change."""
    weights = dict(zip(order.outlets, order.weights, strict=True))
    holder = duty[monday]

    def rank(candidate: date) -> tuple[float, bool, float, timedelta, date]:
        outlet = duty[candidate]
        moved = {**duty, monday: outlet, candidate: holder}
        return (
            record.holidays.get((festival.name, outlet), 0) / weights[outlet],
            _in_a_row(moved, monday) or _in_a_row(moved, candidate),
            record.burden.get(outlet, 0) / weights[outlet],
            abs(candidate - monday),
            candidate,
        )

    return min((week for week in duty if week == monday or week not in festivals), key=rank)


def _in_a_row(duty: Mapping[date, str], monday: date) -> bool:
    """Whether the outlet of this week is on duty in a neighbouring week too."""
    row = [duty.get(monday + n * WEEK) for n in (-1, 0, 1)]
    return any(one == other for one, other in pairwise(row))


def _regular(order: Order, monday: date) -> str:
    round_ = _round(order.outlets, order.weights)
    return round_[(monday - order.anchor).days // 7 % len(round_)]


@lru_cache(maxsize=64)
def _round(outlets: tuple[str, ...], weights: tuple[int, ...]) -> tuple[str, ...]:
    """One round of the order: smooth weighted round-robin, which is the plain order when all weigh the same."""
    total, credit = sum(weights), [0] * len(outlets)
    made = []
    for _ in range(total):
        credit = [have + weight for have, weight in zip(credit, weights, strict=True)]
        chosen = credit.index(max(credit))
        credit[chosen] -= total
        made.append(outlets[chosen])
    return tuple(made)
