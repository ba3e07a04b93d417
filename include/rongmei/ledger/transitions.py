"""The one way a thing changes state: a guarded UPDATE and a row in its event log, in one transaction."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, TypeAlias, cast

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from rongmei.errors import WrongState
from rongmei.ledger.tables import (
    Assignment,
    AssignmentEvent,
    Pitch,
    PitchEvent,
    Publication,
    PublicationEvent,
    Story,
    StoryEvent,
)

Thing: TypeAlias = Pitch | Assignment | Story | Publication
Event: TypeAlias = PitchEvent | AssignmentEvent | StoryEvent | PublicationEvent

EVENTS: dict[type[Thing], type[Event]] = {
    Pitch: PitchEvent,
    Assignment: AssignmentEvent,
    Story: StoryEvent,
    Publication: PublicationEvent,
}

ALLOWED: dict[type[Thing], dict[str, frozenset[str]]] = {
    Pitch: {
        "submitted": frozenset({"merged", "shortlisted", "accepted", "held", "declined"}),
        "shortlisted": frozenset({"submitted", "accepted", "held", "declined"}),
        "held": frozenset({"shortlisted", "accepted", "declined"}),
        "merged": frozenset({"submitted"}),
        # The desk drops one for which no outlet was found.
        "accepted": frozenset({"declined"}),
    },
    Assignment: {
        "offered": frozenset({"accepted", "declined", "expired"}),
        "accepted": frozenset({"filed", "expired"}),
        "filed": frozenset({"done"}),
    },
    Story: {
        # Wherever its next version is, a story is recalled when an earlier one is out.
        "filed": frozenset({"first_review", "recalled"}),
        "first_review": frozenset({"second_review", "returned", "rejected", "filed", "recalled"}),
        "second_review": frozenset({"final_review", "returned", "rejected", "filed", "recalled"}),
        "final_review": frozenset({"signed_off", "countersign", "returned", "rejected", "filed", "recalled"}),
        # Only a story of the grade `major` comes this way: three signatures are not enough for it.
        "countersign": frozenset({"signed_off", "returned", "rejected", "filed", "recalled"}),
        "returned": frozenset({"filed", "rejected", "recalled"}),
        "rejected": frozenset({"recalled"}),
        # To the fourth signature: a person found, after the third, that it is a major topic.
        "signed_off": frozenset({"filed", "countersign", "corrected", "recalled"}),
        "corrected": frozenset({"filed", "recalled"}),
    },
    Publication: {
        "scheduled": frozenset({"sending", "missed", "cancelled", "awaiting_operator", "failed"}),
        "sending": frozenset({"accepted", "live", "failed", "unknown", "scheduled"}),
        "unknown": frozenset({"accepted", "live", "scheduled", "failed"}),
        "accepted": frozenset({"live", "failed", "recalled"}),
        "awaiting_operator": frozenset({"live", "cancelled", "missed", "scheduled"}),
        "missed": frozenset({"scheduled"}),
        "live": frozenset({"recalled"}),
    },
}


def log(
    session: Session,
    thing: Thing,
    *,
    by: str,
    why: str,
    now: datetime,
    was: str | None = None,
    detail: dict[str, Any] | None = None,
) -> None:
    """Add a row to the event log of `thing` without moving it (birth, remarks)."""
    session.flush()
    event = EVENTS[type(thing)]
    session.add(
        event(
            thing_id=thing.id,
            at=now,
            by=by,
            from_state=was,
            to_state=thing.state,
            why=why,
            detail=detail or {},
        )
    )


def try_move(
    session: Session,
    thing: Thing,
    expected: str | Collection[str],
    to: str,
    *,
    by: str,
    why: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> bool:
    """Move `thing` from one of the `expected` states to `to`, writing its event; False when it was elsewhere.

    Args:
        changes: further columns set by the same UPDATE.

    Raises:
        WrongState: the house has no such transition at all.
    """
    sources = {expected} if isinstance(expected, str) else set(expected)
    kind = type(thing)
    for source in sources:
        if to not in ALLOWED[kind].get(source, frozenset()):
            raise WrongState(f"{kind.__name__} 不能从 {source} 变为 {to}")
    session.flush()
    # The row is locked first: `thing` may be stale, and the event has to name the state that was really left.
    # (A lock that leaves the key alone, as UPDATE itself takes: writers of events must not wait for each other.)
    was = session.scalar(select(kind.state).where(kind.id == thing.id).with_for_update(key_share=True))
    statement = (
        update(kind)
        .where(kind.id == thing.id, kind.state == was)
        .values(state=to, **changes)
        .execution_options(synchronize_session=False)
    )
    moved = was in sources and cast("CursorResult[Any]", session.execute(statement)).rowcount == 1
    session.refresh(thing)
    if moved:
        log(session, thing, by=by, why=why, now=now, was=was, detail=detail)
    return moved


def move(
    session: Session,
    thing: Thing,
    expected: str | Collection[str],
    to: str,
    *,
    by: str,
    why: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """As `try_move`, for callers that hold the truth.

    Raises:
        WrongState: `thing` was in another state: a bug or a race.
    """
    if not try_move(session, thing, expected, to, by=by, why=why, now=now, detail=detail, **changes):
        raise WrongState(f"{type(thing).__name__} #{thing.id} 的状态是 {thing.state}，不是 {expected}，不能变为 {to}")
