"""Puts publications off: for how long, what is noted, and which later slot is proposed where waiting would be too long.

A quota that comes back only after a publication's time is over helps nobody, so the next free slot after it is
proposed: kept in `progress["proposed"]`, in the event log and in `last_error`, until a person accepts it or names
another time (`reschedule`). Nothing is moved without one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import aware, spoken
from rongmei.errors import CredentialRefused, QuotaGone, TryLater
from rongmei.ledger import Edition, Publication, log
from rongmei.publishing.runs import Run
from rongmei.publishing.schedule import free_slot, late_after
from rongmei.publishing.standing import (
    BY,
    CREDENTIAL,
    LEAVING,
    PROPOSED,
    STANDING,
    WAITS_FOR,
    without,
)
from rongmei.publishing.verdicts import Held, Known, end

CREDENTIAL_PAUSE = timedelta(minutes=5)
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(minutes=30)


@dataclass(frozen=True)
class Pause:
    """Until when, why, and whether it is for a person to end it."""

    until: datetime
    why: str
    quota: bool = False
    credential: bool = False


def pause_for(error: TryLater | CredentialRefused, *, attempt: int, now: datetime) -> Pause:
    """How long to leave a publication alone after the platform clearly did nothing.

    A quota says when it is back; everything else waits at least 1, 2, 4 … 30 minutes, by the attempt.
    """
    if isinstance(error, CredentialRefused):
        return Pause(now + CREDENTIAL_PAUSE, str(error), credential=True)
    if isinstance(error, QuotaGone):
        return Pause(max(error.resets_at, now), str(error), quota=True)
    growing = min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(max(attempt, 1) - 1, 10)))
    return Pause(now + max(error.retry_after or timedelta(0), growing), str(error))


def release(run: Run, ended: Sequence[Held], pause: Pause, *, now: datetime) -> int:
    """Claims given back, `sending → scheduled`, until the pause is over; how many still carried their token."""

    def changes(session: Session, publication: Publication, _held: object, known: Known) -> tuple[str, Known]:
        return _noted(session, run, publication, without(known, LEAVING), pause)

    return end(run.ledger, ended, "scheduled", now=now, changes=changes)


def put_off(run: Run, ids: Collection[int], pause: Pause, *, now: datetime) -> int:
    """Scheduled publications that cannot even be claimed stay so until the pause is over; how many."""
    with run.ledger.begin() as session:
        rows = session.scalars(
            select(Publication)
            .where(Publication.id.in_(ids), Publication.state == "scheduled")
            .order_by(Publication.scheduled_at, Publication.id)
            .with_for_update(key_share=True)
        ).all()
        for publication in rows:
            known = publication.progress
            why, columns = _noted(session, run, publication, known, pause)
            for name, value in columns.items():
                setattr(publication, name, value)
            if columns["progress"].get(PROPOSED) != known.get(PROPOSED):
                log(session, publication, by=BY, why=why, now=now)
        return len(rows)


def _noted(
    session: Session, run: Run, publication: Publication, known: Known, pause: Pause
) -> tuple[str, dict[str, Any]]:
    """Why, and the columns of a publication that waits; with a proposal where waiting takes too long."""
    why, progress = pause.why, without(known, WAITS_FOR, PROPOSED)
    if pause.credential:
        progress[WAITS_FOR] = CREDENTIAL
    elif pause.until > publication.scheduled_at + late_after(run.rules):
        slot = _next_slot(session, run, publication, pause.until)
        progress[PROPOSED] = slot.isoformat()
        what = "今日额度已用完" if pause.quota else pause.why
        why = f"{what}，建议改到 {spoken(slot)}"
    return why, {"not_before": pause.until, "last_error": why, "progress": progress}


def _next_slot(session: Session, run: Run, publication: Publication, after: datetime) -> datetime:
    """The account's first slot from `after` on that no other publication of it has or is proposed for.

    Proposals of one edition share a slot where they can go out as one bundle.
    """
    gap = timedelta(minutes=run.rules.min_gap_minutes)
    others = session.execute(
        select(Publication.edition_id, Publication.state, Publication.scheduled_at, Publication.progress)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(
            Publication.account == publication.account,
            Publication.id != publication.id,
            Publication.state.in_((*STANDING, "missed")),
            Publication.state.in_(("scheduled", "missed")) | (Publication.scheduled_at > after - gap),
            Edition.rehearsal == run.rehearsal,
        )
    ).all()
    taken, mates = [], Counter[datetime]()
    for other in others:
        proposed = proposal(other.progress)
        if proposed is not None and other.edition_id == publication.edition_id:
            mates[proposed] += 1
        elif proposed is not None or other.state != "missed":
            taken.append(proposed or other.scheduled_at)
    full = [moment for moment, many in mates.items() if many >= run.channel.capabilities.bundle]
    return free_slot(run.timetable(publication.account), after, [*taken, *full], gap)


def proposal(progress: Known) -> datetime | None:
    """The proposed time, aware UTC; None where there is none."""
    said = progress.get(PROPOSED)
    return aware(datetime.fromisoformat(said)) if isinstance(said, str) else None
