"""The sandbox's clock: wall time plus an offset that a rehearsal may push forward, never back.

Sandbox time = anchor + (wall time − wall anchor) × rate. The anchors are kept in the store, so time goes on where it
was after a restart. A rate above 1 makes days pass quickly; 0 holds the clock still. Time ends with the year 2199.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import formatdate
from zoneinfo import ZoneInfo

from sandbox.store import Store

SHANGHAI = ZoneInfo("Asia/Shanghai")
END = datetime(2200, 1, 1, tzinfo=UTC).timestamp()
_KEY = "clock"


class BackwardsError(ValueError):
    """Someone tried to set the clock back."""


@dataclass(frozen=True)
class _Anchor:
    wall: float
    sandbox: float
    rate: float


class Clock:
    """Answers what time it is on the platforms, in epoch seconds."""

    def __init__(self, store: Store, wall: Callable[[], float] = time.time) -> None:
        self._store = store
        self._wall = wall
        saved = store.meta(_KEY)
        self._anchor = _Anchor(**json.loads(saved)) if saved else _Anchor(wall=0.0, sandbox=0.0, rate=1.0)

    @property
    def rate(self) -> float:
        return self._anchor.rate

    @property
    def offset_seconds(self) -> float:
        """How far sandbox time is ahead of wall time."""
        return self.now() - self._wall()

    def now(self) -> float:
        anchor = self._anchor
        # A wall clock that was set back must not take the platforms' time with it.
        return min(anchor.sandbox + max(0.0, self._wall() - anchor.wall) * anchor.rate, END)

    def move(self, *, to: float | None = None, rate: float | None = None) -> None:
        """Go forward to an epoch second and/or change how fast time passes. Raises BackwardsError."""
        now = self.now()
        target = now if to is None else min(to, END)
        if target < now:
            raise BackwardsError("the sandbox's clock does not go backwards")
        anchor = _Anchor(wall=self._wall(), sandbox=target, rate=self.rate if rate is None else rate)
        self._store.set_meta(_KEY, json.dumps(vars(anchor)))
        self._anchor = anchor


def utc(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)


def shanghai(at: float) -> datetime:
    return datetime.fromtimestamp(at, SHANGHAI)


def shanghai_day(at: float) -> date:
    """The day on a Shanghai calendar."""
    return shanghai(at).date()


def day_start(day: date) -> float:
    """The epoch second at which a Shanghai day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=SHANGHAI).timestamp()


def day_end(day: date) -> float:
    return day_start(day + timedelta(days=1))


def iso(at: float) -> str:
    """ISO 8601 in UTC, to the second, with ``Z``."""
    return utc(at).strftime("%Y-%m-%dT%H:%M:%SZ")


def http_date(at: float) -> str:
    """The form of the HTTP ``Date`` header."""
    return formatdate(at, usegmt=True)
