"""What happened in a period beside the posts: work given and done, pitches, reviews, boards, credits, recalls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from rongmei.appraisal.facts import answered_in_time, how_filed, was_accepted
from rongmei.appraisal.names import Register
from rongmei.ledger import Amendment, Assignment, Credit, Pitch, Publication, Review, Story, StoryVersion
from rongmei.ledger.hits import board_hits

if TYPE_CHECKING:
    from rongmei.appraisal.inputs import Owners, Span

Row = dict[str, Any]
FINISHED = frozenset({"filed", "done"})


def read_events(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> dict[str, Any]:
    """The events of a period by kind, each row plain JSON, in order of their ids."""
    credits = _credits(session, span, owners, register, now)
    return {
        "tasks": _tasks(session, span, owners, register, now),
        "verdicts": _verdicts(session, span, owners, register, now),
        "reviews": _reviews(session, span, register, now),
        "pitches": _pitches(session, span, owners, register, now),
        "hits": _hits(session, span, owners, register, now),
        "credits": credits,
        "adopted_before": _adopted_before(session, span, credits),
        "amendments": _amendments(session, span, owners, register, now),
    }


def _tasks(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """Assignments whose deadline lies in the period."""
    first_filed = (
        select(StoryVersion.story_id, func.min(StoryVersion.filed_at).label("at"))
        .group_by(StoryVersion.story_id)
        .subquery()
    )
    rows = session.execute(
        select(Assignment, Story.id, func.coalesce(first_filed.c.at, Story.filed_at))
        .outerjoin(Story, Story.assignment_id == Assignment.id)
        .outerjoin(first_filed, first_filed.c.story_id == Story.id)
        .where(Assignment.edition_id.in_(span.editions), span.within(Assignment.deadline_at))
        .order_by(Assignment.id)
    ).all()
    bylines = _bylines(session, {story for _, story, _ in rows if story}, owners, register)
    found: list[Row] = []
    for task, story, filed_at in rows:
        answered = answered_in_time(task, now)
        accepted = was_accepted(task)
        found.append(
            {
                "id": task.id,
                "outlet": owners.of(task.outlet),
                "story": story,
                "authors": bylines.get(story, []),
                "answered": answered,
                "filed": how_filed(task, filed_at, now) if accepted else None,
                "deadline_at": task.deadline_at.isoformat(),
                "filed_at": filed_at.isoformat() if filed_at else None,
                "partners": [owners.of(str(one)) for one in task.partners] if task.state in FINISHED else [],
            }
        )
    return found


def _verdicts(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """Stories that were signed off or rejected in the period, with how often reviews sent them back before."""
    returns = (
        select(Review.story_id, func.count().label("times"))
        .where(Review.decision == "return", Review.decided_at <= now)
        .group_by(Review.story_id)
        .subquery()
    )
    refusal = (
        select(Review.story_id, func.max(Review.decided_at).label("at"))
        .where(Review.decision == "reject", Review.decided_at <= now)
        .group_by(Review.story_id)
        .subquery()
    )
    rows = session.execute(
        select(Story.id, Story.outlet, Story.signed_off_at, refusal.c.at, returns.c.times)
        .outerjoin(returns, returns.c.story_id == Story.id)
        .outerjoin(refusal, refusal.c.story_id == Story.id)
        .where(
            Story.edition_id.in_(span.editions),
            or_(span.within(Story.signed_off_at), span.within(refusal.c.at)),
        )
        .order_by(Story.id)
    ).all()
    bylines = _bylines(session, {row[0] for row in rows}, owners, register)
    return [
        {
            "story": story,
            "outlet": owners.of(outlet),
            "authors": bylines.get(story, []),
            "rejected": refused is not None and (signed is None or refused > signed),
            "returned": times or 0,
        }
        for story, outlet, signed, refused, times in rows
    ]


def _reviews(session: Session, span: Span, register: Register, now: datetime) -> list[Row]:
    rows = session.execute(
        select(Review.id, Review.story_id, Review.stage, Review.reviewer, Review.decision)
        .join(Story, Story.id == Review.story_id)
        .where(Story.edition_id.in_(span.editions), span.within(Review.decided_at), Review.decided_at <= now)
        .order_by(Review.id)
    )
    return [
        {"id": number, "story": story, "stage": stage, "person": register.person(reviewer), "decision": decision}
        for number, story, stage, reviewer, decision in rows
    ]


def _pitches(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """What outlets pitched in the period, and what became of it."""
    rows = session.scalars(
        select(Pitch)
        .where(Pitch.edition_id.in_(span.editions), span.within(Pitch.submitted_at), Pitch.submitted_at <= now)
        .order_by(Pitch.id)
    ).all()
    targets = {row.merged_into_id for row in rows if row.merged_into_id is not None}
    states = dict(session.execute(select(Pitch.id, Pitch.state).where(Pitch.id.in_(targets))).tuples().all())
    found: list[Row] = []
    for row in rows:
        if row.outlet is None:
            continue
        if row.merged_into_id is not None:
            fate = "joined" if states.get(row.merged_into_id) == "accepted" else "other"
        else:
            fate = row.state if row.state in {"accepted", "held"} else "other"
        outlet = owners.of(row.outlet)
        authors = register.authors(row.author or "", outlet)
        found.append({"id": row.id, "outlet": outlet, "authors": authors, "title": row.title, "fate": fate})
    return found


def _hits(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """Stays on hot boards of publications of ours, in the period in which they stood highest."""
    stays = [
        hit
        for campaign in sorted(span.campaigns)
        for hit in board_hits(session, campaign, span.start, span.end, rehearsal=span.rehearsal)
        if hit.publication_id is not None and span.start <= hit.best_at < span.end and hit.best_at <= now
    ]
    stories = {
        number: (story, outlet)
        for number, story, outlet in session.execute(
            select(Publication.id, Story.id, Story.outlet)
            .join(Story, Story.id == Publication.story_id)
            .where(Publication.id.in_({hit.publication_id for hit in stays}))
        )
    }
    bylines = _bylines(session, {story for story, _ in stories.values()}, owners, register)
    found: list[Row] = []
    for hit in sorted(stays, key=lambda one: one.id):
        story, outlet = stories[hit.publication_id or 0]
        found.append(
            {
                "id": hit.id,
                "board": hit.board,
                "title": hit.title,
                "best": hit.best_position,
                "best_at": hit.best_at.isoformat(),
                "publication": hit.publication_id,
                "story": story,
                "outlet": owners.of(outlet),
                "authors": bylines.get(story, []),
            }
        )
    return found


def _credits(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """What the desk entered for days of the period and has not withdrawn."""
    rows = session.scalars(
        select(Credit)
        .where(
            Credit.cluster == span.cluster.id,
            Credit.rehearsal == span.rehearsal,
            Credit.day.between(span.first, span.last),
            Credit.at <= now,
            Credit.withdrawn_at.is_(None),
        )
        .order_by(Credit.id)
    ).all()
    stories = {row.story_id for row in rows if row.story_id is not None}
    outlets = dict(session.execute(select(Story.id, Story.outlet).where(Story.id.in_(stories))).tuples().all())
    bylines = _bylines(session, stories, owners, register)
    signers = _signers(session, stories, register)
    found: list[Row] = []
    for row in rows:
        outlet = row.outlet or outlets.get(row.story_id or 0)
        people = [register.person(row.person)] if row.person else bylines.get(row.story_id or 0, [])
        found.append(
            {
                "id": row.id,
                "kind": row.kind,
                "outlet": owners.of(outlet) if outlet else None,
                "authors": people,
                "signers": signers.get(row.story_id or 0, []) if row.kind == "error" and not row.person else [],
                "story": row.story_id,
                "title": row.title,
                "level": row.level,
                "times": row.times,
                "day": row.day.isoformat(),
                "evidence": row.evidence,
            }
        )
    return found


def _adopted_before(session: Session, span: Span, found: Iterable[Row]) -> list[Row]:
    """Earlier adoptions of the same items, which have been counted by earlier periods."""
    wanted = [row for row in found if row["kind"] == "adoption"]
    stories = {row["story"] for row in wanted if row["story"] is not None}
    titles = {row["title"] for row in wanted if row["story"] is None}
    rows = session.scalars(
        select(Credit)
        .where(
            Credit.cluster == span.cluster.id,
            Credit.rehearsal == span.rehearsal,
            Credit.kind == "adoption",
            Credit.day < span.first,
            Credit.withdrawn_at.is_(None),
            or_(Credit.story_id.in_(stories), Credit.story_id.is_(None) & Credit.title.in_(titles)),
        )
        .order_by(Credit.id)
    )
    return [{"id": row.id, "story": row.story_id, "title": row.title, "level": row.level} for row in rows]


def _amendments(session: Session, span: Span, owners: Owners, register: Register, now: datetime) -> list[Row]:
    """Recalls and corrections ordered in the period, one row a story and kind, however many accounts it stood on."""
    rows = session.execute(
        select(Amendment.kind, Story.id, Story.outlet, func.min(Amendment.id))
        .join(Publication, Publication.id == Amendment.publication_id)
        .join(Story, Story.id == Publication.story_id)
        .where(
            Publication.edition_id.in_(span.editions),
            span.within(Amendment.ordered_at),
            Amendment.ordered_at <= now,
        )
        .group_by(Amendment.kind, Story.id, Story.outlet)
        .order_by(func.min(Amendment.id))
    ).all()
    bylines = _bylines(session, {row[1] for row in rows}, owners, register)
    return [
        {"id": number, "kind": kind, "story": story, "outlet": owners.of(outlet), "authors": bylines.get(story, [])}
        for kind, story, outlet, number in rows
    ]


def _bylines(session: Session, stories: Iterable[int], owners: Owners, register: Register) -> dict[int, list[str]]:
    """The people who signed each story, as its current version names them."""
    rows = session.execute(
        select(Story.id, Story.outlet, StoryVersion.author)
        .join(
            StoryVersion,
            (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash),
        )
        .where(Story.id.in_(set(stories)))
        .order_by(Story.id)
    )
    return {story: register.authors(author, owners.of(outlet)) for story, outlet, author in rows}


def _signers(session: Session, stories: Iterable[int], register: Register) -> dict[int, list[str]]:
    """Who passed each story's current version in the reviews."""
    rows = session.execute(
        select(Review.story_id, Review.reviewer)
        .join(Story, (Story.id == Review.story_id) & (Story.current_hash == Review.content_hash))
        .where(Review.story_id.in_(set(stories)), Review.decision == "pass")
        .order_by(Review.id)
    )
    found: defaultdict[int, list[str]] = defaultdict(list)
    for story, reviewer in rows:
        found[story].append(register.person(reviewer))
    return found
