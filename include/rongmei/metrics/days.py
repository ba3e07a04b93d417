"""The roll-up by day: what each publication had at the end of a Shanghai day, and what it gained on it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeAlias

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from rongmei.ledger import Ledger, Snapshot, SnapshotDay
from rongmei.ledger.bulk import insert_rows
from rongmei.ledger.tables import COUNTS

AT_A_TIME = 1_000
"""Publications whose snapshots are in memory at once; each has some hundreds."""
GAINS = tuple(f"{name}_gain" for name in COUNTS)

Counts: TypeAlias = tuple[int | None, ...]


def recount_days(session: Session, publications: Sequence[int]) -> None:
    """Make the days of these publications anew from their snapshots."""
    columns = [Snapshot.publication_id, Snapshot.about_day, *(getattr(Snapshot, name) for name in COUNTS)]
    order = (Snapshot.publication_id, Snapshot.about_day, Snapshot.observed_at)
    for start in range(0, len(publications), AT_A_TIME):
        ids = publications[start : start + AT_A_TIME]
        session.execute(delete(SnapshotDay).where(SnapshotDay.publication_id.in_(ids)))
        told = session.execute(select(*columns).where(Snapshot.publication_id.in_(ids)).order_by(*order))
        insert_rows(
            session, SnapshotDay, ("publication_id", "day", *COUNTS, *GAINS), list(_days_of(told.tuples().all()))
        )


def rebuild_days(ledger: Ledger, progress: Callable[[int], None] = lambda _: None) -> int:
    """Make the whole roll-up anew, some publications at a time; how many publications there were.

    Args:
        progress: told how many are done, now and then.
    """
    with ledger.read() as session:
        ids = sorted(session.scalars(select(Snapshot.publication_id).distinct()))
    for start in range(0, len(ids), AT_A_TIME):
        with ledger.begin() as session:
            recount_days(session, ids[start : start + AT_A_TIME])
        progress(min(start + AT_A_TIME, len(ids)))
    return len(ids)


def _days_of(told: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows of the roll-up out of rows (publication, day, figures …) in order."""
    nothing: Counts = (None,) * len(COUNTS)
    publication_id, last = None, nothing
    for key, ends in _ends_of(told):
        if key[0] != publication_id:
            publication_id, last = key[0], nothing
        gains = [None if end is None else end - (was or 0) for end, was in zip(ends, last, strict=True)]
        last = _over(ends, last)
        yield (*key, *ends, *gains)


def _ends_of(told: Iterable[Sequence[Any]]) -> Iterator[tuple[tuple[Any, Any], Counts]]:
    """The last known figures about each day of each publication."""
    key: tuple[Any, Any] | None = None
    ends: Counts = ()
    for row in told:
        counts = tuple(row[2:])
        if key is not None and row[0] == key[0] and row[1] == key[1]:
            ends = _over(counts, ends)
            continue
        if key is not None:
            yield key, ends
        key, ends = (row[0], row[1]), counts
    if key is not None:
        yield key, ends


def _over(new: Counts, old: Counts) -> Counts:
    """What is known now, else what was known before."""
    if None not in new:
        return new
    return tuple(was if now is None else now for now, was in zip(new, old, strict=True))
