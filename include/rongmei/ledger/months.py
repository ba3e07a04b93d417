"""The monthly partitions of `snapshot` on PostgreSQL, made before they are needed; SQLite has none."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session

from rongmei.ledger.tables import MONTHS_SCHEMA

MOST = 24
"""Months made at once; more only turn up when somebody's clock is wrong, and the partition for the rest takes them."""
_LOCK = 7214793009


def ensure_months(session: Session, days: Iterable[date]) -> list[str]:
    """See to it that the months of these days have partitions; the names of those that were made.

    Rows of such a month that had no partition so far are moved into it. Cheap when there is nothing to do: one look at
    the catalogue.
    """
    if session.get_bind().dialect.name != "postgresql":
        return []
    wanted = {_name(day): day.replace(day=1) for day in days}
    missing = sorted(set(wanted) - _known(session))[-MOST:]
    if not missing:
        return []
    # Two collectors that begin a month together must not both make it.
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    made = [name for name in missing if name not in _known(session)]
    for name in made:
        _make(session, name, wanted[name])
    return made


def month_after(day: date) -> date:
    """The first day of the month after that of `day`."""
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _name(day: date) -> str:
    return f"snapshot_{day:%Y_%m}"


def _known(session: Session) -> set[str]:
    rows = session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = :name"), {"name": MONTHS_SCHEMA})
    return set(rows)


def _make(session: Session, name: str, first: date) -> None:
    table, rest = f"{MONTHS_SCHEMA}.{name}", f"{MONTHS_SCHEMA}.snapshot_other"
    span = {"first": first, "after": month_after(first)}
    # Before anything is moved, or a row could come in between.
    session.execute(text(f"LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE"))
    session.execute(text(f"CREATE TABLE {table} (LIKE snapshot INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    session.execute(
        text(
            f"WITH moved AS (DELETE FROM {rest} WHERE about_day >= :first AND about_day < :after RETURNING *)"  # noqa: S608
            f" INSERT INTO {table} SELECT * FROM moved"
        ),
        span,
    )
    # A definition takes no parameters; both are dates of ours.
    session.execute(
        text(
            f"ALTER TABLE snapshot ATTACH PARTITION {table}"
            f" FOR VALUES FROM ('{span['first'].isoformat()}') TO ('{span['after'].isoformat()}')"
        )
    )
