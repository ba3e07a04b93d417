"""Thins out old lines of hot boards: six boards every ten minutes would be sixteen million rows a year.

A line older than `DAYS` stays when its title ever stood in a `BoardHit` (leads and stays point at it), or when it is of
the first look of its hour; the rest goes. That leaves a board by the hour, as the public archives have it, and a year
of six boards is under three million rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, cast

from sqlalchemy import CursorResult, delete, func, select
from sqlalchemy.orm import Session

from rongmei.boards import BOARDS
from rongmei.clock import at_local, local_date
from rongmei.ledger import BoardEntry, BoardHit, Ledger

DAYS = 14
WITHIN = 7
"""Days that a nightly run looks back beyond `DAYS`, so that a week without it leaves nothing behind."""


@dataclass(frozen=True)
class ThinSummary:
    """Lines that went; `days` counts the days of boards looked at."""

    removed: int = 0
    days: int = 0


def thin_boards(ledger: Ledger, *, now: datetime, since: date | None = None) -> ThinSummary:
    """Thin the days between `since` (None: `WITHIN` days before) and `DAYS` days ago; a second time does nothing.

    One transaction a board and day, so that nobody waits for it.
    """
    last = local_date(now) - timedelta(days=DAYS + 1)
    first = since or last - timedelta(days=WITHIN - 1)
    removed = days = 0
    for board in BOARDS:
        day = _next_day(ledger, board, first)
        while day is not None and day <= last:
            with ledger.begin() as session:
                removed += _thin_day(session, board, day)
            days += 1
            day = _next_day(ledger, board, day + timedelta(days=1))
    return ThinSummary(removed, days)


def _next_day(ledger: Ledger, board: str, day: date) -> date | None:
    """The first Shanghai day from `day` on of which there are lines."""
    with ledger.read() as session:
        moment = session.scalar(
            select(func.min(BoardEntry.observed_at)).where(
                BoardEntry.board == board, BoardEntry.observed_at >= at_local(day, "00:00")
            )
        )
    return None if moment is None else local_date(moment)


def first_day(ledger: Ledger) -> date | None:
    """The Shanghai day of the oldest line; None when there is none."""
    with ledger.read() as session:
        oldest = session.scalar(select(func.min(BoardEntry.observed_at)))
    return None if oldest is None else local_date(oldest)


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _thin_day(session: Session, board: str, day: date) -> int:
    start, end = at_local(day, "00:00"), at_local(day + timedelta(days=1), "00:00")
    mine = (BoardEntry.board == board, BoardEntry.observed_at >= start, BoardEntry.observed_at < end)
    moments = session.scalars(select(BoardEntry.observed_at).where(*mine).distinct().order_by(BoardEntry.observed_at))
    going = [moment for _, hour in groupby(moments, key=_hour) for moment in list(hour)[1:]]
    if not going:
        return 0
    pointed_at = select(BoardHit.title).where(BoardHit.board == board)
    gone = delete(BoardEntry).where(
        BoardEntry.board == board, BoardEntry.observed_at.in_(going), BoardEntry.title.not_in(pointed_at)
    )
    return cast("CursorResult[Any]", session.execute(gone.execution_options(synchronize_session=False))).rowcount
