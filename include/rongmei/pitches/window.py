"""The stretch of time an edition looks at, so that a past edition sees what was known on its own day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from rongmei.clock import at_local
from rongmei.ledger import Edition


@dataclass(frozen=True)
class Window:
    """From `start` (excluded) to `end` (included), UTC."""

    start: datetime
    end: datetime

    def __contains__(self, moment: datetime) -> bool:
        return self.start < moment <= self.end


def end_of_day(edition: Edition) -> datetime:
    """Midnight after the edition's day, Asia/Shanghai, as UTC."""
    return at_local(edition.day + timedelta(days=1), "00:00")


def cutoff(edition: Edition, now: datetime) -> datetime:
    """What is later than this the edition does not know: now, but never beyond the end of its own day."""
    return min(now, end_of_day(edition))


def window(edition: Edition, hours: int, now: datetime) -> Window:
    """The `hours` before the edition's cutoff."""
    end = cutoff(edition, now)
    return Window(end - timedelta(hours=hours), end)


def is_past(edition: Edition, now: datetime) -> bool:
    """Whether the edition's day is over (a backfill): what is live now says nothing about it."""
    return now >= end_of_day(edition)
