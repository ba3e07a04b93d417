"""Writes pitches and leads into the ledger so that two tasks that bring the same one do not disturb each other."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from rongmei.ledger import Edition, Lead, Pitch, Submission, log
from rongmei.pitches.sources.base import RawPitch
from rongmei.text.normalise import clean_line

DESK = "rongmei"
"""Who is named in the event log when no person acted."""

TITLE_LIMIT, PLACE_LIMIT, AUTHOR_LIMIT, URL_LIMIT = 300, 120, 60, 2000


def insert_if_new(
    session: Session, table: type[Pitch | Lead | Submission], unique: tuple[str, ...], **values: Any
) -> int | None:
    """Insert a row; its id, or None when a row with the same `unique` columns stands there already."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    statement = dialect.insert(table).values(**values).on_conflict_do_nothing(index_elements=unique)
    inserted: int | None = session.execute(statement.returning(table.id)).scalar_one_or_none()
    return inserted


def store_pitch(
    session: Session,
    edition: Edition,
    raw: RawPitch,
    *,
    outlet: str | None,
    column: str | None,
    channels: list[str],
    lead_id: int | None = None,
    why: str,
    detail: dict[str, Any] | None = None,
    now: datetime,
) -> Pitch | None:
    """Write a pitch of the edition with its birth in the event log; None when the edition has it already.

    Args:
        outlet, column, channels: ids, resolved.
        why: how it came, in Chinese, for the log.
    """
    made = insert_if_new(
        session,
        Pitch,
        ("edition_id", "source", "ref"),
        edition_id=edition.id,
        source=raw.source_id,
        ref=raw.ref,
        outlet=outlet,
        lead_id=lead_id,
        title=clean_line(raw.title, TITLE_LIMIT),
        summary=raw.summary,
        column=column,
        place=_line(raw.place, PLACE_LIMIT),
        author=_line(raw.author, AUTHOR_LIMIT),
        url=raw.url if raw.url and len(raw.url) <= URL_LIMIT else None,
        channels=channels,
        heat=raw.heat,
        state="submitted",
        score_terms={},
        # Nobody can have submitted in the future; a wrong clock must not make a pitch fresher than the others.
        submitted_at=min(raw.submitted_at or now, now),
    )
    if made is None:
        return None
    pitch = session.get_one(Pitch, made)
    log(session, pitch, by=DESK, why=why, now=now, detail=detail)
    return pitch


def _line(text: str | None, limit: int) -> str | None:
    return (clean_line(text, limit) or None) if text else None
