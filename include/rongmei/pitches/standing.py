"""Where the pitches of an edition stand, for every step that asks."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from rongmei.config import OWN_SOURCE
from rongmei.ledger import Edition, Pitch

DECIDED = ("accepted", "held", "declined")


def is_decided(session: Session, edition: Edition) -> bool:
    """Whether the edition's meeting has decided: then its list is closed. Orders from above met no meeting."""
    decided = select(Pitch.id).where(Pitch.edition_id == edition.id, Pitch.state.in_(DECIDED))
    return bool(session.scalar(select(exists(decided.where(Pitch.source != OWN_SOURCE)))))


def in_state(session: Session, edition: Edition, *states: str) -> Sequence[Pitch]:
    """The edition's pitches in one of the states by id, without those that were ordered from above."""
    found = select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state.in_(states), Pitch.source != OWN_SOURCE)
    return session.scalars(found.order_by(Pitch.id)).all()


def directives_of(session: Session, edition: Edition) -> Sequence[Pitch]:
    """The edition's pitches that were ordered from above, by id."""
    found = select(Pitch).where(Pitch.edition_id == edition.id, Pitch.source == OWN_SOURCE)
    return session.scalars(found.order_by(Pitch.id)).all()
