"""Counts what accounts use of their platforms' quotas, in the ledger, so that workers on any machine count alike."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rongmei.channels.quotas import DAY, Quota
from rongmei.clock import at_local, local_date, spoken
from rongmei.errors import QuotaGone
from rongmei.ledger import Ledger, QuotaUse


class LedgerMeter:
    """The counter kept in the ledger.

    Args:
        rehearsal: counts what rehearsals use on the sandbox, apart from what real accounts use.
    """

    def __init__(self, ledger: Ledger, *, rehearsal: bool) -> None:
        self._ledger = ledger
        self._rehearsal = rehearsal

    def take(self, account: str, quota: Quota, now: datetime) -> None:
        """Count one use, committed on return.

        Raises:
            QuotaGone: none is left in this window, or the last one was too short a time ago.
        """
        window = window_of(quota, now)
        with self._ledger.begin() as session:
            row = self._row(session, account, quota, window)
            if row.used >= quota.limit:
                ends = window + quota.window
                raise QuotaGone(
                    f"{account} 的“{quota.label}”额度（{quota.limit} 次）已用完，{spoken(ends)} 恢复",
                    now=now,
                    resets_at=ends,
                )
            free_at = row.last_at + quota.apart if row.last_at is not None else now
            if free_at > now:
                raise QuotaGone(
                    f"{account} 的“{quota.label}”要隔 {quota.apart.total_seconds():.0f} 秒", now=now, resets_at=free_at
                )
            session.execute(update(QuotaUse).where(QuotaUse.id == row.id).values(used=QuotaUse.used + 1, last_at=now))

    def _row(self, session: Session, account: str, quota: Quota, window: datetime) -> QuotaUse:
        """The row of this window, locked; a new window starts from the last use of the one before."""
        mine = (QuotaUse.account == account, QuotaUse.quota == quota.name, QuotaUse.rehearsal == self._rehearsal)
        row = session.scalar(select(QuotaUse).where(*mine).with_for_update())
        if row is None:
            # Another worker may be doing the same.
            make = postgresql.insert if self._ledger.engine.dialect.name == "postgresql" else sqlite.insert
            values = {"account": account, "quota": quota.name, "rehearsal": self._rehearsal, "used": 0}
            session.execute(make(QuotaUse).values(window_at=window, **values).on_conflict_do_nothing())
            row = session.scalars(select(QuotaUse).where(*mine).with_for_update()).one()
        if row.window_at < window:
            row.window_at, row.used = window, 0
            session.flush()
        return row


def window_of(quota: Quota, now: datetime) -> datetime:
    """When the window that `now` lies in began, aware UTC: windows follow each other from midnight in Shanghai."""
    midnight = at_local(local_date(now), "00:00")
    if quota.window >= DAY:
        return midnight
    return midnight + (now - midnight) // quota.window * quota.window


def left(ledger: Ledger, account: str, quota: Quota, *, rehearsal: bool, now: datetime) -> int:
    """Uses left in the window of `now`."""
    with ledger.read() as session:
        row = session.scalar(
            select(QuotaUse).where(
                QuotaUse.account == account, QuotaUse.quota == quota.name, QuotaUse.rehearsal == rehearsal
            )
        )
    used = row.used if row is not None and row.window_at >= window_of(quota, now) else 0
    return max(0, quota.limit - used)


def next_window(quota: Quota, now: datetime) -> datetime:
    """When the next window begins, aware UTC."""
    return window_of(quota, now) + quota.window
