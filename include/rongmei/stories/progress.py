"""How far the stories of an edition are: what is still waited for, and a story's review sheet (审稿单)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Ledger, Review, Story, StoryEvent, StoryVersion, get_edition
from rongmei.stories.signatures import stood_for
from rongmei.stories.stages import DECISION_NAMES, STAGE_NAMES


def _wanted(edition_id: int) -> ColumnElement[bool]:
    """Assignments that still owe an acceptable story."""
    owing = or_(
        Assignment.state == "accepted", and_(Assignment.state.in_(("filed", "done")), Story.state == "returned")
    )
    return and_(Assignment.edition_id == edition_id, owing)


def waiting(ledger: Ledger, key: str, *, now: datetime) -> int:
    """How many stories are still worth waiting for: accepted and not filed, or returned, before their deadline.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        owed = (
            select(func.count(Assignment.id))
            .outerjoin(Story, Story.assignment_id == Assignment.id)
            .where(_wanted(edition.id), Assignment.deadline_at > now)
        )
        return session.scalar(owed) or 0


@dataclass(frozen=True)
class Pending:
    """Where an edition's stories stand.

    Attributes:
        by_state: stories by state; states without stories are left out.
        unfiled: accepted assignments without a story, whatever their deadline.
        in_review: stories that a reviewer has yet to decide on (filed, or in one of the three reviews).
        settled: stories that are signed off or rejected, corrected or recalled.
    """

    by_state: dict[str, int]
    unfiled: int
    in_review: int
    settled: int


def pending(ledger: Ledger, key: str) -> Pending:
    """Counts of an edition's stories.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        states = Counter(session.scalars(select(Story.state).where(Story.edition_id == edition.id)))
        unfiled = select(func.count(Assignment.id)).where(
            Assignment.edition_id == edition.id, Assignment.state == "accepted"
        )
        return Pending(
            by_state=dict(sorted(states.items())),
            unfiled=session.scalar(unfiled) or 0,
            in_review=states["filed"] + sum(states[stage] for stage in STAGE_NAMES),
            settled=states["signed_off"] + states["rejected"] + states["corrected"] + states["recalled"],
        )


def review_record(ledger: Ledger, story_id: int) -> dict[str, Any]:
    """审稿单: who decided what about which version of a story, in whose place, and when.

    JSON-able; times are ISO 8601, UTC; people are ids.

    Raises:
        BadInput: there is no such story.
    """
    with ledger.read() as session:
        story = session.get(Story, story_id)
        if story is None:
            raise BadInput(f"没有稿件 #{story_id}", mend="核对稿件编号")
        versions = select(StoryVersion).where(StoryVersion.story_id == story_id).order_by(StoryVersion.number)
        reviews = session.scalars(select(Review).where(Review.story_id == story_id).order_by(Review.id)).all()
        absent = stood_for(session, story_id)
        events = session.scalars(select(StoryEvent).where(StoryEvent.thing_id == story_id).order_by(StoryEvent.id))
        return {
            "story": story.id,
            "assignment": story.assignment_id,
            "outlet": story.outlet,
            "state": story.state,
            "current_hash": story.current_hash,
            "signed_off_at": _iso(story.signed_off_at),
            "versions": [
                {
                    "number": version.number,
                    "hash": version.content_hash,
                    "current": version.content_hash == story.current_hash,
                    "title": version.title,
                    "author": version.author,
                    "filed_at": _iso(version.filed_at),
                    "reviews": [
                        _review(row, absent.get((row.content_hash, row.stage), ()))
                        for row in reviews
                        if row.content_hash == version.content_hash
                    ],
                }
                for version in session.scalars(versions)
            ],
            "events": [
                {
                    "at": _iso(event.at),
                    "by": event.by,
                    "from": event.from_state,
                    "to": event.to_state,
                    "why": event.why,
                    "detail": event.detail,
                }
                for event in events
            ],
        }


def _review(row: Review, absent: tuple[str, ...]) -> dict[str, Any]:
    return {
        "stage": row.stage,
        "stage_name": STAGE_NAMES[row.stage],
        "reviewer": row.reviewer,
        "stands_for": list(absent),
        "decision": row.decision,
        "decision_name": DECISION_NAMES[row.decision],
        "opinion": row.opinion,
        "decided_at": _iso(row.decided_at),
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
