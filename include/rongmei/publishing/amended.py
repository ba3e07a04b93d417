"""What became of recalls and corrections: the list, a person's word, when to go on, and which stories are corrected."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger import Amendment, Edition, Ledger, Publication, Story, StoryVersion, log, move
from rongmei.publishing.amendments import PUBLIC, TAKEN_UNTIL
from rongmei.publishing.standing import BY, COMING, without
from rongmei.publishing.verdicts import locked

MADE = ("edited", "noted", "by_hand")
"""How a correction came before readers; the others of `Amendment.how` say that there was nothing to correct."""
MAX_SAID = 500


@dataclass(frozen=True)
class AmendmentLine:
    """One amendment as a person reads it.

    Attributes:
        kind: `recall` or `correction`.
        state: `ordered`, `by_hand` (a person has to do it) or `done`.
        how: deleted, hidden, gone (was not there any more when looked for), edited, noted (a correction note went
            out), by_hand, never_public, overtaken (by a newer order); None until it is done.
        url: of the post.
        evidence: `said` (the platform's answer, or the person's), `at` (ISO, aware), `gone` (whether the platform says
            that it is, None where it cannot be asked), `gone_status` (HTTP status of the post's address afterwards),
            `url` and `publication` of a correction note.
    """

    id: int
    publication_id: int
    account: str
    kind: str
    state: str
    how: str | None
    url: str | None
    why: str
    last_error: str | None
    evidence: dict[str, Any]
    ordered_at: datetime
    done_at: datetime | None


def amendments_of(ledger: Ledger, story_id: int) -> list[AmendmentLine]:
    """All amendments of a story, the oldest first."""
    with ledger.read() as session:
        rows = session.execute(
            select(Amendment, Publication)
            .join(Publication, Publication.id == Amendment.publication_id)
            .where(Publication.story_id == story_id)
            .order_by(Amendment.id)
        ).tuples()
        return [
            AmendmentLine(
                id=one.id,
                publication_id=publication.id,
                account=publication.account,
                kind=one.kind,
                state=one.state,
                how=one.how,
                url=publication.url,
                why=one.why,
                last_error=one.last_error,
                evidence=dict(one.evidence),
                ordered_at=one.ordered_at,
                done_at=one.done_at,
            )
            for one, publication in rows
        ]


def next_amendment(ledger: Ledger, story_id: int) -> datetime | None:
    """When `carry_out` has something to do for the story (aware UTC, maybe past); None when nothing is left to it."""
    with ledger.read() as session:
        rows = session.execute(
            select(Amendment.not_before, Amendment.ordered_at)
            .join(Publication, Publication.id == Amendment.publication_id)
            .where(Publication.story_id == story_id, Amendment.state == "ordered")
        ).tuples()
        return min((not_before or ordered_at for not_before, ordered_at in rows), default=None)


def done_by_hand(ledger: Ledger, amendment_id: int, *, by: str, note: str, now: datetime) -> None:
    """A person's word that the post is taken down or corrected.

    Args:
        note: what was done on the platform, and what is seen there now.

    Raises:
        BadInput: there is no such amendment, or it is done already, or nobody knows yet whether the post is out at
            all, or nothing is noted.
    """
    said = " ".join(note.split())[:MAX_SAID]
    if not said:
        raise BadInput("没有写怎么处理的", mend="写明在平台上做了什么、看到了什么")
    with ledger.begin() as session:
        known = session.get(Amendment, amendment_id)
        if known is None or known.state == "done":
            raise _nothing_to_do(amendment_id)
        publication = locked(session, known.publication_id)
        found = session.get_one(Amendment, amendment_id, with_for_update=True)
        if found.state == "done":
            raise _nothing_to_do(amendment_id)
        if publication.state in ("sending", "unknown"):
            raise BadInput(
                f"还不知道发布单 #{publication.id} 有没有发出",
                where=publication.account,
                mend=f"先用 rongmei publish decide 认定发布单 #{publication.id}，再登记",
            )
        found.state, found.how, found.done_at = "done", "by_hand", now
        found.last_error = None
        found.evidence = {**without(found.evidence, TAKEN_UNTIL), "by": by, "said": said, "at": now.isoformat()}
        if found.kind == "recall" and publication.state in PUBLIC:
            move(session, publication, publication.state, "recalled", by=by, why=f"人工撤下：{said}", now=now)
        else:
            log(session, publication, by=by, why=f"人工处理：{said}", now=now)
        story_id = publication.story_id
    with ledger.begin() as session:
        _mark_corrected(session, story_id, now)


def mark_corrected(ledger: Ledger, campaign: str, *, rehearsal: bool, now: datetime) -> int:
    """`signed_off → corrected` for stories whose orders are carried out and nothing older is on its way; how many.

    Args:
        rehearsal: of which editions of the campaign.
    """
    with ledger.read() as session:
        candidates = session.scalars(
            select(Story.id)
            .join(Edition, Edition.id == Story.edition_id)
            .join(Publication, Publication.story_id == Story.id)
            .join(Amendment, Amendment.publication_id == Publication.id)
            .where(
                Edition.campaign == campaign,
                Edition.rehearsal == rehearsal,
                Story.state == "signed_off",
                Amendment.how.in_(MADE),
                Amendment.kind == "correction",
            )
            .distinct()
            .order_by(Story.id)
        ).all()
    marked = 0
    for story_id in candidates:
        with ledger.begin() as session:
            marked += _mark_corrected(session, story_id, now)
    return marked


def _mark_corrected(session: Session, story_id: int, now: datetime) -> bool:
    story = session.get_one(Story, story_id, with_for_update=True)
    if story.state != "signed_off" or not _is_corrected(session, story):
        return False
    move(session, story, "signed_off", "corrected", by=BY, why="旧版本已全部更正", now=now)
    return True


def _is_corrected(session: Session, story: Story) -> bool:
    """Whether the version that is signed off has been put in place of another, and nothing is left to be done."""
    current = select(StoryVersion.id).where(
        StoryVersion.story_id == story.id, StoryVersion.content_hash == story.current_hash
    )
    version_id = session.scalar(current)
    coming = select(Publication.id).where(
        Publication.story_id == story.id, Publication.state.in_(COMING), Publication.version_id != version_id
    )
    if session.scalar(coming.limit(1)) is not None:
        return False
    rows = session.scalars(
        select(Amendment)
        .join(Publication, Publication.id == Amendment.publication_id)
        .where(Publication.story_id == story.id)
    ).all()
    made = any(one.version_id == version_id and one.how in MADE for one in rows)
    return made and all(one.state == "done" for one in rows)


def _nothing_to_do(amendment_id: int) -> BadInput:
    return BadInput(f"没有待办的撤稿或更正 #{amendment_id}", mend="编号见 rongmei publish amendments 稿件编号")
