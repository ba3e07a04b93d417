"""When a post may go out: an account's slots (黄金时段), working days, embargoes, the distance between posts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from rongmei.clock import at_local, aware, local_date
from rongmei.config import Account, PublishingRules
from rongmei.config.holidays import is_working_day
from rongmei.errors import BadInput

LONGEST_HOLIDAY_DAYS = 30
"""No stretch of days off comes near it: a calendar that says otherwise is wrong and is not followed."""
SLOTS_AHEAD = 400
"""How many slots are looked through for a free one."""


def pace(rules: PublishingRules, *, rehearsal: bool) -> PublishingRules:
    """The campaign's rules; a rehearsal waits neither for slots nor for distance: its posts have no readers to tire.

    It does wait for embargoes: a promise that is broken in the rehearsal will be broken on the day.
    """
    if not rehearsal:
        return rules
    return rules.model_copy(update={"slots": {}, "min_gap_minutes": 0, "working_days_only": False})


def late_after(rules: PublishingRules) -> timedelta:
    """How long after its slot a publication may still go out."""
    return timedelta(hours=rules.late_after_hours)


def embargo_of(extras: Mapping[str, Any] | None) -> datetime | None:
    """The moment before which a story version must not go out, aware UTC; None where there is none.

    Args:
        extras: `StoryVersion.extras`; `embargo` is ISO with its time zone.

    Raises:
        BadInput: there is one that nobody can understand, so nobody can keep it.
    """
    said = (extras or {}).get("embargo")
    if said is None:
        return None
    try:
        return aware(datetime.fromisoformat(said))
    except (TypeError, ValueError):
        raise BadInput(
            f"解禁时间“{str(said)[:40]}”看不懂", where="解禁", mend="改成 2026-06-06 18:00 这样的时间后重新送审"
        ) from None


@dataclass(frozen=True)
class Timetable:
    """The times of day at which an account publishes.

    Attributes:
        slots: "HH:MM" on the newsroom's clock, earliest first; empty means: as soon as a story is signed off.
    """

    slots: tuple[str, ...] = ()
    working_days_only: bool = False

    def on(self, day: date) -> list[datetime]:
        """The slots meant for `day`, aware UTC, earliest first; on a day off, those of the next working day."""
        working = self._working(day)
        return [at_local(working, slot) for slot in self.slots]

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Slots from `moment` on, earliest first, day after day; none where there are no slots."""
        day = local_date(moment)
        while self.slots:
            day = self._working(day)
            yield from (slot for slot in (at_local(day, slot) for slot in self.slots) if slot >= moment)
            day += timedelta(days=1)

    def _working(self, day: date) -> date:
        if not self.working_days_only:
            return day
        days = (day + timedelta(days=n) for n in range(LONGEST_HOLIDAY_DAYS))
        return next((one for one in days if is_working_day(one)), day)


def timetable(rules: PublishingRules, channel: str, account: Account | None, *, rehearsal: bool) -> Timetable:
    """The account's own slots, else the campaign's for its channel; a rehearsal has none.

    Args:
        account: None where the cluster no longer has it.
    """
    if rehearsal:
        return Timetable()
    own = account.slots if account is not None else ()
    return Timetable(tuple(sorted(own or rules.slots.get(channel, ()))), rules.working_days_only)


def starts(
    table: Timetable, day: date, *, signed_off: datetime, now: datetime, late: timedelta, embargo: datetime | None
) -> list[datetime]:
    """Moments worth trying for a story of the edition of `day`, earliest first; at least one, none in the embargo.

    The slots that are still to come; where the last one is past, `now`, unless it is longer past than `late`: then
    that slot stands, so that publishing marks the post missed. Without slots, the sign-off stands for the last slot.
    A story under embargo that lasts beyond the day takes the first slots after it.
    """
    slots = table.on(day)
    coming = [slot for slot in slots if slot >= max(now, embargo or now)]
    if coming:
        return coming
    last = slots[-1] if slots else min(signed_off, now)
    usual = now if now - last <= late else last
    if embargo is None or embargo <= usual:
        return [usual]
    return list(islice(table.after(embargo), len(table.slots))) or [embargo]


def free_slot(table: Timetable, moment: datetime, taken: Iterable[datetime], gap: timedelta) -> datetime:
    """The first slot from `moment` on that keeps the gap to every taken one; without slots, any moment does."""
    others = list(taken)
    for slot in islice(table.after(moment), SLOTS_AHEAD):
        if is_free(slot, others, gap):
            return slot
    return next_free(moment, others, gap)


def is_free(moment: datetime, taken: Iterable[datetime], gap: timedelta) -> bool:
    """Whether `moment` keeps the gap to every taken one; one that is taken itself is never free."""
    return all(abs(moment - other) >= gap and moment != other for other in taken)


def next_free(start: datetime, taken: Iterable[datetime], gap: timedelta) -> datetime:
    """The first moment from `start` on that keeps the gap to every taken one."""
    moment = start
    for other in sorted(taken):
        if abs(other - moment) < gap:
            moment = other + gap
    return moment


def first_free(candidates: Sequence[datetime], taken: Sequence[datetime], gap: timedelta) -> datetime:
    """The first candidate that is free; where none is, the first moment after the last one that keeps the gap."""
    found = next((moment for moment in candidates if is_free(moment, taken, gap)), None)
    return found if found is not None else next_free(candidates[-1], taken, gap)
