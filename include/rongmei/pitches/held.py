"""Brings held pitches before the next meeting, once, with everybody who pitched them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.ledger import Edition, Pitch, PitchEvent, log
from rongmei.pitches.merge import ALIVE, join
from rongmei.pitches.sources.base import RawPitch
from rongmei.pitches.store import DESK, store_pitch

RETURN_WITHIN = timedelta(days=30)
"""What was held longer ago is no news any more, if its campaign had no edition since."""
RETURNED = "returned_as"
HELD_FROM = "held_from"


def bring_back(session: Session, edition: Edition, *, now: datetime) -> int:
    """Copy what meetings of earlier editions held, and no edition has taken up yet, into this one; how many are new.

    Editions of the same campaign, rehearsals among themselves. The held pitch keeps its row and its log says where it
    went; those merged into it go with it and stay credited. What somebody pitched again by himself is not doubled, but
    counts as returned.
    """
    waiting = _waiting(session, edition)
    return sum(_return(session, edition, held, key, now) for held, key in waiting)


def came_back(session: Session, edition: Edition) -> dict[int, int]:
    """Id of a pitch that an earlier meeting had held → its id there."""
    said = (
        select(PitchEvent.thing_id, PitchEvent.detail)
        .join(Pitch, Pitch.id == PitchEvent.thing_id)
        .where(Pitch.edition_id == edition.id)
    )
    return {
        pitch_id: int(detail[HELD_FROM]) for pitch_id, detail in session.execute(said).tuples() if HELD_FROM in detail
    }


def _waiting(session: Session, edition: Edition) -> list[tuple[Pitch, str]]:
    """Held pitches that have not returned yet, oldest first, with the keys of their editions."""
    held = (
        select(Pitch, Edition.key)
        .join(Edition, Edition.id == Pitch.edition_id)
        .where(Edition.campaign == edition.campaign, Edition.rehearsal == edition.rehearsal)
        .where(Edition.day < edition.day, Edition.day >= edition.day - RETURN_WITHIN, Pitch.state == "held")
        .order_by(Pitch.id)
        # Two later editions may be shortlisted at the same time; only one takes the pitch.
        .with_for_update(of=Pitch)
    )
    found = session.execute(held).tuples().all()
    gone = _returned(session, [pitch.id for pitch, _ in found])
    return [(pitch, key) for pitch, key in found if pitch.id not in gone]


def _returned(session: Session, pitch_ids: Sequence[int]) -> set[int]:
    said = select(PitchEvent.thing_id, PitchEvent.detail).where(PitchEvent.thing_id.in_(pitch_ids))
    return {pitch_id for pitch_id, detail in session.execute(said).tuples() if RETURNED in detail}


def _return(session: Session, edition: Edition, held: Pitch, was: str, now: datetime) -> bool:
    made = _copy(session, edition, held, was, now)
    here = made or _known(session, edition, held, was, now)
    where = {RETURNED: here.id, "edition": edition.key}
    log(session, held, by=DESK, why=f"缓议的选题转到 {edition.key}，为 #{here.id}", now=now, detail=where)
    if here.state in ALIVE:
        _bring_twins(session, edition, held, was, here, now)
    return made is not None


def _bring_twins(session: Session, edition: Edition, held: Pitch, was: str, here: Pitch, now: datetime) -> None:
    twins = select(Pitch).where(Pitch.merged_into_id == held.id).order_by(Pitch.id)
    for twin in session.scalars(twins).all():
        copy = _copy(session, edition, twin, was, now)
        if copy is not None:
            join(session, copy, here, why=f"{was} 已并入 #{held.id}，随它再次上会", now=now)


def _copy(session: Session, edition: Edition, held: Pitch, was: str, now: datetime) -> Pitch | None:
    """The pitch in this edition; None when it is there already."""
    raw = RawPitch(
        source_id=held.source,
        ref=held.ref,
        outlet=held.outlet,
        title=held.title,
        summary=held.summary,
        place=held.place,
        author=held.author,
        url=held.url,
        submitted_at=held.submitted_at,
        heat=held.heat,
    )
    return store_pitch(
        session,
        edition,
        raw,
        outlet=held.outlet,
        column=held.column,
        channels=list(held.channels),
        lead_id=held.lead_id,
        why=f"上一期 {was} 缓议的 #{held.id} 再次上会",
        detail={HELD_FROM: held.id, "edition": was},
        now=now,
    )


def _known(session: Session, edition: Edition, held: Pitch, was: str, now: datetime) -> Pitch:
    """The one that brought the same into this edition by himself; its log says that a meeting has held it before."""
    same = (Pitch.edition_id == edition.id, Pitch.source == held.source, Pitch.ref == held.ref)
    here = session.scalars(select(Pitch).where(*same)).one()
    detail = {HELD_FROM: held.id, "edition": was}
    log(session, here, by=DESK, why=f"与上一期 {was} 缓议的 #{held.id} 是同一条", now=now, detail=detail)
    merged_into = session.get(Pitch, here.merged_into_id) if here.merged_into_id else None
    return merged_into or here
