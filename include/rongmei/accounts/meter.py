"""Counts what accounts use of their platforms' quotas, in the ledger, so that workers on any machine count alike."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rongmei.channels.quotas import DAY, Quota
from rongmei.clock import at_local, local_date, spoken
from rongmei.errors import QuotaGone
from rongmei.ledger import Ledger, QuotaUse

_rows = cast("Table", QuotaUse.__table__)
_use_one = (
    update(_rows)
    .where(
        _rows.c.account == bindparam("of_account"),
        _rows.c.quota == bindparam("of_quota"),
        _rows.c.rehearsal == bindparam("of_rehearsal"),
        _rows.c.window_at == bindparam("of_window"),
        _rows.c.used < bindparam("limit"),
        _rows.c.last_at.is_(None) | (_rows.c.last_at <= bindparam("free_since")),
    )
    .values(used=_rows.c.used + 1, last_at=bindparam("now"))
)
"""Nearly always this is all there is to do: one statement, atomic by itself."""


class LedgerMeter:
    """The counter kept in the ledger: a row for each account and quota, and apart from it one for its rehearsals.

    Args:
        rehearsal: counts what rehearsals use on the sandbox, apart from what real accounts use.
        reserve: how many uses of an account's quota are to be left in the window for who comes first (publishing).
    """

    def __init__(self, ledger: Ledger, *, rehearsal: bool, reserve: Callable[[str, Quota], int] = lambda *_: 0) -> None:
        self._ledger = ledger
        self._rehearsal = rehearsal
        self._reserve = reserve

    def take(self, account: str, quota: Quota, now: datetime) -> None:
        """Count one use, committed on return.

        Raises:
            QuotaGone: none is left in this window, or the last one was too short a time ago.
        """
        window = window_of(quota, now)
        limit = max(0, quota.limit - self._reserve(account, quota))
        mine = {"of_account": account, "of_quota": quota.name, "of_rehearsal": self._rehearsal, "of_window": window}
        asked = {"limit": limit, "free_since": now - quota.apart, "now": now}
        with self._ledger.begin() as session:
            if session.connection().execute(_use_one, {**mine, **asked}).rowcount == 1:
                return
            row = self._row(session, account, quota, window)
            if row.used >= limit:
                ends = ends_of(quota, row.window_at)
                kept = f"，余下 {quota.limit - limit} 次留给发布" if limit < quota.limit else ""
                raise QuotaGone(
                    f"{account} 的“{quota.label}”额度（{limit} 次{kept}）已用完，{spoken(ends)} 恢复",
                    now=now,
                    resets_at=ends,
                )
            free_at = row.last_at + quota.apart if row.last_at is not None else now
            if free_at > now:
                raise QuotaGone(
                    f"{account} 的“{quota.label}”要隔 {quota.apart.total_seconds():.0f} 秒", now=now, resets_at=free_at
                )
            row.used += 1
            row.last_at = now

    def _row(self, session: Session, account: str, quota: Quota, window: datetime) -> QuotaUse:
        """The row, locked, in this window; a new window keeps the last use of the one before.

        A clock that lags behind another machine's counts in the window that has begun there already.
        """
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
    return ends_of(quota, window_of(quota, now))


def ends_of(quota: Quota, window: datetime) -> datetime:
    """When the window that began at `window` is over, aware UTC: with the day at the latest, each begins anew."""
    tomorrow = at_local(local_date(window) + timedelta(days=1), "00:00")
    return min(window + quota.window, tomorrow)
