"""How far the stories of an edition are: what is still waited for, and a story's review sheet (审稿单)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Filing, Ledger, Review, Story, StoryEvent, StoryMedia, StoryVersion, get_edition
from rongmei.stories.confirmations import ASKED_IN, confirmations
from rongmei.stories.filings import filing_said, latest_filings, undecided
from rongmei.stories.signatures import stood_for
from rongmei.stories.stages import DECISION_NAMES, MAJOR, STAGE_NAMES


def _owing() -> ColumnElement[bool]:
    """Assignments that still owe an acceptable story."""
    return or_(Assignment.state == "accepted", and_(Assignment.state.in_(("filed", "done")), Story.state == "returned"))


def waiting(ledger: Ledger, key: str, *, now: datetime, rework: timedelta = timedelta()) -> int:
    """How many stories are still worth waiting for, before their deadline.

    They are accepted and not filed, returned, or major topics that the authority has not answered about.

    Args:
        rework: how long a story is waited for at least since it was returned, or since it came to the review before
            which the authority has to answer.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.read() as session:
        edition = get_edition(session, key)
        owed = (
            select(Assignment.deadline_at, Story)
            .outerjoin(Story, Story.assignment_id == Assignment.id)
            .where(Assignment.edition_id == edition.id, or_(_owing(), _may_be_unfiled()))
        )
        rows = session.execute(owed).tuples().all()
        filings = latest_filings(session, [story.id for _, story in rows if story])
        count = 0
        for deadline, story in rows:
            if story and story.state in ASKED_IN and not undecided(story, filings.get(story.id)):
                continue
            count += now < (max(deadline, _came(session, story) + rework) if story and rework else deadline)
        return count


def _may_be_unfiled() -> ColumnElement[bool]:
    return and_(Story.state.in_(ASKED_IN), Story.grade == MAJOR)


def _came(session: Session, story: Story) -> datetime:
    """When a story came to the state that it is in."""
    moved = (StoryEvent.to_state == story.state, StoryEvent.from_state != StoryEvent.to_state)
    came = select(func.max(StoryEvent.at)).where(StoryEvent.thing_id == story.id, *moved)
    return session.scalar(came) or story.filed_at


@dataclass(frozen=True)
class Pending:
    """Where an edition's stories stand.

    Attributes:
        by_state: stories by state; states without stories are left out.
        unfiled: accepted assignments without a story, whatever their deadline.
        in_review: stories that a reviewer has yet to decide on (filed, or in one of the reviews).
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
        absent, confirmed = stood_for(session, story_id), confirmations(session, (story_id,))
        filings = session.scalars(select(Filing).where(Filing.story_id == story_id).order_by(Filing.id))
        events = session.scalars(select(StoryEvent).where(StoryEvent.thing_id == story_id).order_by(StoryEvent.id))
        return {
            "story": story.id,
            "assignment": story.assignment_id,
            "outlet": story.outlet,
            "state": story.state,
            "grade": story.grade,
            "filings": [_filing(row) for row in filings],
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
                    "confirmed": [
                        {"check": one.check, "by": one.by, "stage": one.stage, "at": _iso(one.at)}
                        for one in confirmed.get((story_id, version.content_hash), ())
                    ],
                    "audio": [_audio(use) for use in version.media if use.role == "audio"],
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


def _filing(row: Filing) -> dict[str, Any]:
    return {
        "state": row.state,
        "authority": row.authority,
        "number": row.number,
        "note": row.note,
        "said": filing_said(row.state, row.authority, row.number, row.note),
        "by": row.by,
        "at": _iso(row.at),
    }


def _audio(use: StoryMedia) -> dict[str, Any]:
    return {
        "name": use.name,
        "sha256": use.sha256,
        "content_type": use.file.content_type,
        "size_bytes": use.file.size_bytes,
        "seconds": use.file.seconds,
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
