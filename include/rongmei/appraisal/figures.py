"""The figures that count for posts in a period: of each the last ones within so many hours, less what was excluded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from rongmei.ledger.anomalies import Exclusion, counted_figures, exclusions
from rongmei.ledger.numbers import latest
from rongmei.ledger.tables import COUNTS, Snapshot

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True)
class Reading:
    """What a post's figures are taken to be, with the snapshot they are from; JSON-ready.

    Attributes:
        cutoff: nothing observed later counts, aware UTC.
        young: the post had not had its full time when the figures were taken.
    """

    cutoff: datetime
    young: bool
    snapshot: Snapshot | None
    figures: Mapping[str, int | None]
    excluded: tuple[Exclusion, ...]

    def as_json(self) -> dict[str, Any]:
        """What is frozen of it: the snapshot's moments, the figures that count, and beside them what differs."""
        row: dict[str, Any] = {"cutoff": self.cutoff.isoformat(), "young": self.young}
        row["figures"] = {name: value for name, value in self.figures.items() if value is not None}
        if self.snapshot is None:
            return row
        row["observed_at"] = self.snapshot.observed_at.isoformat()
        row["about_day"] = self.snapshot.about_day.isoformat()
        row["gone"] = self.snapshot.gone
        if self.snapshot.upper:
            row["upper"] = dict(self.snapshot.upper)
        reported = {name: getattr(self.snapshot, name) for name in COUNTS}
        if changed := {name: value for name, value in reported.items() if value != self.figures.get(name)}:
            row["reported"] = changed
            row["excluded"] = [
                {"id": one.id, "measure": one.measure, "words": one.words, "by": one.decided_by, "why": one.why}
                for one in self.excluded
                if one.measure in changed
            ]
        return row


def readings(
    session: Session, live_at: Mapping[int, datetime], hours: int, now: datetime, *, step: timedelta = HOUR
) -> dict[int, Reading]:
    """The reading of each publication.

    Args:
        live_at: publication → when it went live.
        hours: each has so many hours of its own, up to the next full `step`, so that one query serves many posts.
        now: nothing observed later is known.
    """
    cutoffs: defaultdict[datetime, list[int]] = defaultdict(list)
    for publication_id, moment in live_at.items():
        cutoffs[min(now, _rounded_up(moment + timedelta(hours=hours), step))].append(publication_id)
    excluded = exclusions(session, live_at)
    found: dict[int, Reading] = {}
    for cutoff in sorted(cutoffs):
        snapshots = latest(session, cutoffs[cutoff], until=cutoff)
        for publication_id in cutoffs[cutoff]:
            snapshot = snapshots.get(publication_id)
            stretches = excluded.get(publication_id, ())
            young = live_at[publication_id] + timedelta(hours=hours) > now
            found[publication_id] = Reading(cutoff, young, snapshot, counted_figures(snapshot, stretches), stretches)
    return found


def _rounded_up(moment: datetime, step: timedelta) -> datetime:
    seconds = int(step.total_seconds())
    stamp = int(moment.timestamp())
    up = -(-stamp // seconds) * seconds
    return moment + timedelta(seconds=up - moment.timestamp())
