"""Reading figures from the ledger: what held at a moment, how it came about, and what a stretch of days brought."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.orm import Session, aliased

from rongmei.clock import local_date
from rongmei.ledger.tables import COUNTS, Publication, Snapshot, SnapshotDay

AT_A_TIME = 10_000
"""Ids in one statement; databases take some tens of thousands."""

EARLY = timedelta(days=31)
"""A post that came out so much before its time is nobody's any more."""

Publications: TypeAlias = Iterable[int] | Select[tuple[int]]
"""Ids of publications, or a query that gives them."""


def holding(publication_id: Any, *, until: datetime, since: date | None = None) -> ColumnElement[bool]:
    """The condition on which `Snapshot` is the row that held at `until` for the publication of that column.

    For joins: `select(Publication, Snapshot).outerjoin(Snapshot, holding(Publication.id, until=now))`. Figures about a
    later day come before those about an earlier one, whenever they were seen; of one day's the last seen hold.

    Args:
        until: aware UTC; what was observed later does not count.
        since: a Shanghai day before which nothing was told of any of them, which spares PostgreSQL the months before.
    """
    one, other = aliased(Snapshot), aliased(Snapshot)
    from_then = [] if since is None else [table.about_day >= since for table in (one, other, Snapshot)]
    day = (
        select(func.max(one.about_day))
        .where(one.publication_id == publication_id, one.observed_at <= until, *from_then[:1])
        .correlate_except(one)
        .scalar_subquery()
    )
    moment = (
        select(func.max(other.observed_at))
        .where(
            other.publication_id == publication_id,
            other.about_day == Snapshot.about_day,
            other.observed_at <= until,
            *from_then[1:2],
        )
        .correlate_except(other)
        .scalar_subquery()
    )
    return and_(
        Snapshot.publication_id == publication_id,
        Snapshot.about_day == day,
        Snapshot.observed_at == moment,
        *from_then[2:],
    )


def latest(session: Session, publications: Publications, *, until: datetime) -> dict[int, Snapshot]:
    """The snapshot that held at `until` (aware UTC) for each publication; those never reported are left out."""
    found: dict[int, Snapshot] = {}
    for mine in _chosen(publications, Publication.id):
        first = session.scalar(select(func.min(Publication.scheduled_at)).where(mine))
        if first is not None:
            joined = holding(Publication.id, until=until, since=local_date(first) - EARLY)
            rows = session.execute(select(Publication.id, Snapshot).join(Snapshot, joined).where(mine))
            found.update(dict(rows.tuples().all()))
    return found


def series(
    session: Session,
    publications: Publications,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> dict[int, list[Snapshot]]:
    """Every snapshot of each publication in the order of what they are about, revised figures after those they revise.

    Args:
        since, until: bounds of `observed_at`, both included, aware UTC; a row observed before `since` that was still
            seen unchanged afterwards belongs to the stretch.
    """
    found: dict[int, list[Snapshot]] = {}
    asked = select(Snapshot).order_by(Snapshot.publication_id, Snapshot.about_day, Snapshot.observed_at)
    if since is not None:
        asked = asked.where(Snapshot.last_seen_at >= since)
    if until is not None:
        asked = asked.where(Snapshot.observed_at <= until)
    for mine in _chosen(publications, Snapshot.publication_id):
        for row in session.scalars(asked.where(mine)):
            found.setdefault(row.publication_id, []).append(row)
    return found


def days(session: Session, publications: Publications | None, first: date, last: date) -> dict[int, list[SnapshotDay]]:
    """What is known of each publication by day, in order; days on which nothing came in have no row.

    Args:
        publications: None for all of the ledger.
        first, last: Shanghai days, both included.
    """
    found: dict[int, list[SnapshotDay]] = {}
    asked = (
        select(SnapshotDay)
        .where(SnapshotDay.day.between(first, last))
        .order_by(SnapshotDay.publication_id, SnapshotDay.day)
    )
    for mine in _chosen(publications, SnapshotDay.publication_id):
        for row in session.scalars(asked.where(mine)):
            found.setdefault(row.publication_id, []).append(row)
    return found


def gains(
    session: Session,
    by: Sequence[Any],
    first: date,
    last: date,
    *where: ColumnElement[bool],
    counts: Sequence[str] = COUNTS,
) -> dict[tuple[Any, ...], dict[str, int | None]]:
    """What publications gained from `first` to `last` (Shanghai days, both included), summed by columns of theirs.

    `gains(session, (Publication.outlet, Publication.channel), monday, sunday, Publication.edition_id.in_(editions))`
    gives `{("humen", "wechat"): {"reads": 1200, "likes": None, …}, …}`. Null where no platform said anything of the
    measure; a sum over platforms of which some do not report it is a sum of those that do. Rounded figures count with
    the least that they can be. Groups without any snapshot in these days are left out.

    Args:
        by: columns of `Publication`, or of tables that `where` joins to it.
    """
    sums = [func.sum(getattr(SnapshotDay, f"{name}_gain")) for name in counts]
    rows = session.execute(
        select(*by, *sums)
        .join(Publication, Publication.id == SnapshotDay.publication_id)
        .where(SnapshotDay.day.between(first, last), *where)
        .group_by(*by)
    )
    width = len(by)
    return {
        tuple(row[:width]): {
            name: None if value is None else int(value) for name, value in zip(counts, row[width:], strict=True)
        }
        for row in rows
    }


def _chosen(publications: Publications | None, column: Any) -> Iterator[ColumnElement[bool]]:
    """Conditions that between them let through just these publications, each small enough for one statement."""
    if publications is None:
        yield column.is_not(None)
    elif isinstance(publications, Select):
        yield column.in_(publications)
    else:
        for some in _batches(publications):
            yield column.in_(some)


def _batches(ids: Iterable[int]) -> Iterator[list[int]]:
    known = sorted(set(ids))
    for start in range(0, len(known), AT_A_TIME):
        yield known[start : start + AT_A_TIME]
