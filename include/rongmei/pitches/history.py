"""What became of an outlet's earlier pitches and tasks: the track record that counts in a pitch's score."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.ledger import Assignment, Edition, Pitch

HISTORY_DAYS = 90
ACCEPTANCE_SHARE = 0.6
_DECIDED = ("accepted", "held", "declined")
_DELIVERED = ("filed", "done")
_GIVEN = ("accepted", "filed", "done", "declined", "expired")


@dataclass
class TrackRecord:
    """Counts of one outlet over `HISTORY_DAYS` days.

    Attributes:
        pitched: pitches a meeting decided about; `accepted` of them were taken.
        given: tasks offered and settled; `delivered` of them were filed.
    """

    pitched: int = 0
    accepted: int = 0
    given: int = 0
    delivered: int = 0

    @property
    def value(self) -> float:
        """0 … 1: mostly the share of pitches taken, partly the share of tasks delivered; 0.5 for a newcomer.

        Laplace's rule of succession, (successes + 1) / (trials + 2), keeps one lucky pitch from being a perfect record.
        """
        acceptance = (self.accepted + 1) / (self.pitched + 2)
        delivery = (self.delivered + 1) / (self.given + 2)
        return ACCEPTANCE_SHARE * acceptance + (1 - ACCEPTANCE_SHARE) * delivery


def track_records(session: Session, edition: Edition) -> dict[str, TrackRecord]:
    """Outlet id → record over the editions of all campaigns in the days before this one; rehearsals apart."""
    records: defaultdict[str, TrackRecord] = defaultdict(TrackRecord)
    earlier = (
        Edition.day >= edition.day - timedelta(days=HISTORY_DAYS),
        Edition.day < edition.day,
        Edition.rehearsal == edition.rehearsal,
    )
    pitches = (
        select(Pitch.outlet, Pitch.state, func.count())
        .join(Edition, Edition.id == Pitch.edition_id)
        .where(*earlier, Pitch.state.in_(_DECIDED), Pitch.outlet.is_not(None))
        .group_by(Pitch.outlet, Pitch.state)
    )
    for outlet, state, count in session.execute(pitches).tuples():
        records[outlet or ""].pitched += count
        records[outlet or ""].accepted += count if state == "accepted" else 0
    tasks = (
        select(Assignment.outlet, Assignment.state, func.count())
        .join(Edition, Edition.id == Assignment.edition_id)
        .where(*earlier, Assignment.state.in_(_GIVEN))
        .group_by(Assignment.outlet, Assignment.state)
    )
    for outlet, state, count in session.execute(tasks).tuples():
        records[outlet].given += count
        records[outlet].delivered += count if state in _DELIVERED else 0
    return dict(records)
