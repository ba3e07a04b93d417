"""The duty rota of a cluster, and weeks that two outlets changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Self

from pydantic import Field, model_validator

from rongmei.config import turns
from rongmei.config.fields import Count, Day, Fault, Faults, Path, Slug, refuse, repeated, unknown
from rongmei.config.models.base import Model

ROTA_DAYS = 30 * 366
"""How far from its anchor a rota is made out."""


class Swap(Model):
    """Two outlets change a week of duty: `to` takes the week, and gives its own next one for it.

    Attributes:
        week: its Monday.
        agreed_by: who agreed, one for each side: ids of outlets or people.
    """

    week: Day
    giver: Slug = Field(alias="from")
    taker: Slug = Field(alias="to")
    agreed_by: Annotated[tuple[Slug, ...], Field(min_length=2, max_length=2)]

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = [*_no_monday(self.week, "换班的一周", ("week",)), *repeated(self.agreed_by, "同意人", ("agreed_by",))]
        if self.giver == self.taker:
            faults.append(Fault(f"“{self.giver}”和自己换班", "to 写另一家媒体", ("to",)))
        refuse(faults)
        return self


class Rota(Model):
    """Which outlet is on duty which week: `order` is gone through week by week, beginning at `anchor`; see `turns`.

    Attributes:
        weights: weeks of an outlet in one round, where it is more than one.
        swaps: weeks that two outlets changed.
    """

    anchor: Day
    order: Annotated[tuple[Slug, ...], Field(min_length=1)]
    weights: dict[Slug, Annotated[Count, Field(le=10)]] = Field(default_factory=dict)
    swaps: tuple[Swap, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.order, "轮值媒体", ("order",)),
                *_no_monday(self.anchor, "轮值起点", ("anchor",)),
                *(
                    fault
                    for outlet in self.weights
                    for fault in unknown([outlet], self.order, "轮值媒体", ("weights",))
                ),
                *repeated([str(swap.week) for swap in self.swaps], "换班的一周", ("swaps",), ("week",)),
                *self._strange_swaps(),
            ]
        )
        if broken := turns.broken_deal(self.cycle, self.deals):
            at, on_duty = broken
            swap = self.swaps[at]
            what = f"{swap.week} 那一周轮到的是“{on_duty}”，“{swap.giver}”没有这一班可换"
            mend = "用 rongmei rota show 核对轮值表；已经换过的一周不能再换"
            raise Faults(Fault(what, mend, ("swaps", at, "from")))
        return self

    def _strange_swaps(self) -> Iterator[Fault]:
        for i, swap in enumerate(self.swaps):
            yield from (replace(fault, at=("swaps", i, "from")) for fault in self._not_in_order(swap.giver))
            yield from (replace(fault, at=("swaps", i, "to")) for fault in self._not_in_order(swap.taker))
            if not 0 <= (swap.week - self.anchor).days < ROTA_DAYS:
                what = f"{swap.week} 不在轮值起点 {self.anchor} 起的三十年里"
                yield Fault(what, "核对年份，或删掉这一条", ("swaps", i, "week"))

    def _not_in_order(self, outlet: str) -> Iterator[Fault]:
        return unknown([outlet], self.order, "轮值媒体")

    @property
    def cycle(self) -> turns.Order:
        """The order, as `turns` goes through it."""
        return turns.Order(self.anchor, self.order, tuple(self.weights.get(outlet, 1) for outlet in self.order))

    @property
    def deals(self) -> tuple[turns.Deal, ...]:
        """The swaps, as `turns` keeps them."""
        return tuple(turns.Deal(swap.week, swap.giver, swap.taker) for swap in self.swaps)

    def on_duty(self, day: date) -> str:
        """The id of the outlet on duty in the week (Monday to Sunday) of `day`; weeks before the anchor count back."""
        return turns.turn_on(self.cycle, day, self.deals).outlet


def _no_monday(day: date, what: str, at: Path) -> Iterator[Fault]:
    if day.weekday() != 0:
        yield Fault(f"{what} {day} 不是星期一", f"例如改成 {turns.monday_of(day)}", at)
