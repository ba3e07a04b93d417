"""What the desk said about pitches before the meeting: pinned to the list or vetoed off it, by whom and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.ledger import Pitch, PitchEvent

Kind = Literal["pinned", "vetoed"]
PINNED: Kind = "pinned"
VETOED: Kind = "vetoed"
MARK_NAMES: dict[str, str] = {PINNED: "置顶", VETOED: "否决"}


@dataclass(frozen=True)
class Mark:
    """A mark that stands on a pitch; `by` is a person's id."""

    kind: str
    by: str
    why: str


def read_marks(session: Session, pitch_ids: Collection[int]) -> dict[int, Mark]:
    """Pitch id → the mark that stands on it now, with the last word of the log about it."""
    said = (
        select(Pitch.id, Pitch.desk_mark, PitchEvent.by, PitchEvent.detail)
        .join(PitchEvent, PitchEvent.thing_id == Pitch.id)
        .where(Pitch.id.in_(list(pitch_ids)), Pitch.desk_mark.is_not(None))
        .order_by(PitchEvent.id)
    )
    return {
        pitch_id: Mark(str(kind), by, str(detail.get("why", "")))
        for pitch_id, kind, by, detail in session.execute(said).tuples()
        if detail.get("mark") == kind
    }
