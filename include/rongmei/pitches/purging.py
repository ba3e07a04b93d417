"""Deletes what is known of citizens once nobody needs it: telephone numbers, senders, photographs that were refused.

《个人信息保护法》 §19: no longer than is necessary. The privacy notice on the form names the same days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, TypeAlias

from sqlalchemy import ColumnElement, String, cast, select, update
from sqlalchemy.orm import Session

from rongmei.ledger import Ledger, Media, Submission
from rongmei.pitches.invitations import Door
from rongmei.pitches.receiving import CITIZEN

CONTACT_KEPT: Final = timedelta(days=60)
"""Telephone numbers, from when they came in."""
REFUSED_KEPT: Final = timedelta(days=14)
"""Telephone numbers and photographs of what was refused, from the decision: so long can it be changed."""
SENDER_KEPT: Final = timedelta(days=7)
"""Names of senders, which limits need for a day."""
AT_A_TIME: Final = 200

_Where: TypeAlias = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True)
class PurgeSummary:
    """What was deleted by one call."""

    contacts: int = 0
    photos: int = 0


def purge_due(ledger: Ledger, door: Door, *, now: datetime) -> bool:
    """Whether there is anything to delete; a short read."""
    with ledger.read() as session:
        ripe = (_old_senders(door, now), _old_contacts(door, now), _old_photos(door, now))
        return any(session.scalar(select(Submission.id).where(*old).limit(1)) is not None for old in ripe)


def purge_contacts(ledger: Ledger, door: Door, *, media: Path, now: datetime) -> PurgeSummary:
    """Delete what has been kept long enough, a bounded number at a time; run again, the next ones.

    A photograph that a story uses as well stays where it is; the submission no longer names it.
    """
    with ledger.begin() as session:
        forgotten = update(Submission).where(*_old_senders(door, now)).values(sender=None)
        session.execute(forgotten.execution_options(synchronize_session=False))
        contacts = session.scalars(select(Submission).where(*_old_contacts(door, now)).limit(AT_A_TIME)).all()
        for row in contacts:
            row.fields = {key: value for key, value in row.fields.items() if key != "contact"}
        refused = session.scalars(select(Submission).where(*_old_photos(door, now)).limit(AT_A_TIME)).all()
        dropped = {str(photo["sha256"]) for row in refused for photo in row.media}
        for row in refused:
            row.fields = {**row.fields, "dropped": len(row.media)}
            row.media = []
    with ledger.read() as session:
        unused = [sha256 for sha256 in dropped if not _is_used(session, sha256)]
    for sha256 in unused:
        (media / sha256).unlink(missing_ok=True)
    return PurgeSummary(len(contacts), len(unused))


def _old_senders(door: Door, now: datetime) -> _Where:
    return *_citizens(door), Submission.sender.is_not(None), Submission.received_at < now - SENDER_KEPT


def _old_contacts(door: Door, now: datetime) -> _Where:
    refused = (Submission.state == "refused") & (Submission.decided_at < now - REFUSED_KEPT)
    has_one = Submission.fields["contact"].as_string().is_not(None)
    return *_citizens(door), has_one, (Submission.received_at < now - CONTACT_KEPT) | refused


def _old_photos(door: Door, now: datetime) -> _Where:
    """Refused, long enough ago, and not marked as dropped."""
    dropped = Submission.fields["dropped"].as_integer()
    refused = (Submission.state == "refused", Submission.decided_at < now - REFUSED_KEPT)
    return *_citizens(door), *refused, dropped.is_(None)


def _is_used(session: Session, sha256: str) -> bool:
    """Whether a story or another submission has the same picture."""
    if session.scalar(select(Media.sha256).where(Media.sha256 == sha256)):
        return True
    named = cast(Submission.media, String).contains(sha256)
    return session.scalar(select(Submission.id).where(named).limit(1)) is not None


def _citizens(door: Door) -> _Where:
    return Submission.campaign == door.campaign, Submission.rehearsal == door.rehearsal, Submission.kind == CITIZEN
