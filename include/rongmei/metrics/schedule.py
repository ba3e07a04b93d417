"""When a publication's figures are read next: a pure function of its age and of when it last said something new."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from rongmei.clock import at_local, local_date

STEPS = (
    (timedelta(hours=3), timedelta(minutes=15)),
    (timedelta(days=2), timedelta(hours=1)),
    (timedelta(days=10), timedelta(days=1)),
    (timedelta(days=30), timedelta(days=7)),
)
"""Up to which age, and how far apart: most readers come in the first hours, hardly any after the second week."""
STOP = STEPS[-1][0]
STILL = 4
"""Readings without anything new after which the next longer distance is taken."""
FLAT = timedelta(days=7)
"""Without anything new for so long, a publication is not read any more."""
MORNING = "08:30"
"""When platforms that count by day have yesterday's figures, Shanghai time; WeChat says after 08:00."""
AGAIN = timedelta(hours=2)
"""When they are asked again that had not: WeChat marks such days `is_delay`."""


def next_reading(
    published_at: datetime, now: datetime, *, changed_at: datetime | None, by_day: bool = False, behind: bool = False
) -> datetime | None:
    """The moment from which the next reading is due; None when there is to be none.

    ==========================  ============================================
    age                         distance
    ==========================  ============================================
    up to 3 hours               a quarter of an hour
    up to 2 days                an hour
    up to 10 days               a day
    up to 30 days               a week, and once more at 30 days
    ==========================  ============================================

    Four readings without anything new, and the distance is that of the next line; seven days without, and it is over.
    It is due a twelfth of the distance early (ten minutes at most), so that a collector that runs every hour, give or
    take a minute, does not come an hour late.

    Args:
        changed_at: when figures last were other than before; None while there were none.
        by_day: the platform counts by day: it is due in the morning, never more than once a day.
        behind: it counts by day and yesterday's figures were not there yet.

    Times are aware UTC.
    """
    age, still = now - published_at, now - (changed_at or published_at)
    if age >= STOP or still >= FLAT:
        return None
    end = published_at + STOP
    if by_day:
        if behind:
            return min(now + AGAIN, end)
        return min(_morning(local_date(now), 1 if age < STEPS[-2][0] else 7), end)
    line = next(number for number, (until, _) in enumerate(STEPS) if age < until)
    if still >= STILL * STEPS[line][1] and line + 1 < len(STEPS):
        line += 1
    apart = STEPS[line][1]
    return min(now + apart - min(apart / 12, timedelta(minutes=10)), end)


def _morning(day: date, later: int) -> datetime:
    return at_local(day + timedelta(days=later), MORNING)
