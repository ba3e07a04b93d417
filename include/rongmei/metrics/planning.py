"""Writes down when publications are read next, after they have been read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from rongmei.clock import local_date
from rongmei.ledger import DueReading, Ledger
from rongmei.ledger.bulk import upsert_rows
from rongmei.metrics.keeping import Heard, Kept
from rongmei.metrics.schedule import next_reading

AT_A_TIME = 10_000


def plan_readings(ledger: Ledger, heard: Sequence[Heard], kept: Kept, now: datetime, *, by_day: bool) -> None:
    """The next reading of each publication that was asked about, with what is known of it now.

    Args:
        by_day: the platform counts by day.
    """
    yesterday = local_date(now) - timedelta(days=1)
    for start in range(0, len(heard), AT_A_TIME):
        mine = heard[start : start + AT_A_TIME]
        with ledger.begin() as session:
            asked = select(DueReading.publication_id, DueReading.changed_at, DueReading.silent)
            asked = asked.where(DueReading.publication_id.in_([one.publication_id for one in mine]))
            known = {key: (changed_at, silent) for key, changed_at, silent in session.execute(asked).tuples()}
            rows = []
            for one in mine:
                changed_at, silent = known.get(one.publication_id, (None, 0))
                if one.publication_id in kept.news:
                    changed_at = now
                due_at = _due(one, now, changed_at, yesterday if by_day else None)
                rows.append((one.publication_id, due_at, now, changed_at, silent + 1 if one.numbers is None else 0))
            columns = ("due_at", "read_at", "changed_at", "silent")
            upsert_rows(session, DueReading, ("publication_id",), columns, rows, merged="excluded.{}".format)


def _due(one: Heard, now: datetime, changed_at: datetime | None, yesterday: date | None) -> datetime | None:
    """When the next reading of one publication is due; `yesterday` where its platform counts by day."""
    told = one.numbers
    if told is not None and told.gone:
        return None
    if yesterday is None:
        return next_reading(one.published_at, now, changed_at=changed_at)
    behind = local_date(one.published_at) <= yesterday and (told is None or (told.about or yesterday) < yesterday)
    return next_reading(one.published_at, now, changed_at=changed_at, by_day=True, behind=behind)
