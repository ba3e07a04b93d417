"""Orders 撤稿 (recall) and 更正 (correction) of a story that is out: what is to happen on each of its accounts.

An order is written for every publication that readers have seen or may have seen; what has not gone out yet is
cancelled at once. `carrying` does the work, and may be run as often as one likes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import Correcting, all_channels
from rongmei.clock import aware
from rongmei.errors import BadInput
from rongmei.ledger import (
    GAVE_WAY,
    Amendment,
    Edition,
    Ledger,
    Publication,
    PublicationEvent,
    Story,
    StoryVersion,
    log,
    move,
    try_move,
)
from rongmei.publishing.handoff import withdraw
from rongmei.publishing.plan import plan_publications
from rongmei.publishing.standing import APPROVED

if TYPE_CHECKING:
    from rongmei.config import Plan

PUBLIC = ("accepted", "live")
"""Readers can see it, or will."""
MAYBE_PUBLIC = ("sending", "unknown", *PUBLIC)
WAITING = ("scheduled", "awaiting_operator")
"""Has not gone out, as far as anybody has said."""
TAKEN_UNTIL = "taken_until"
"""In an amendment's evidence, while a worker speaks to the platform: until when (ISO, aware) nobody else does."""
MAX_WHY = 500


@dataclass(frozen=True)
class OrderSummary:
    """What an order comes to, in publications.

    Attributes:
        ordered: to be amended on their platforms, or by people.
        noted: of these, those that get a correction note of their own, because their platform cannot edit.
        cancelled: had not gone out and will not.
        known: had been ordered before.
        planned: of a corrected story, new ones on accounts where its earlier version waited and gave way.
    """

    ordered: int = 0
    noted: int = 0
    cancelled: int = 0
    known: int = 0
    planned: int = 0


@dataclass(frozen=True)
class StandingPost:
    """One publication that an order would touch.

    Attributes:
        account: `outlet/channel`.
        state: `scheduled` and `awaiting_operator` would be cancelled, the others taken down or corrected.
        version: number of the story version that it shows.
    """

    publication_id: int
    account: str
    state: str
    url: str | None
    version: int


def standing_posts(ledger: Ledger, story_id: int) -> tuple[StandingPost, ...]:
    """What an order would touch of a story, oldest first; changes nothing.

    Raises:
        BadInput: there is no such story.
    """
    with ledger.read() as session:
        if session.get(Story, story_id) is None:
            raise _no_story(story_id)
        rows = session.execute(
            select(Publication, StoryVersion.number)
            .join(StoryVersion, StoryVersion.id == Publication.version_id)
            .where(Publication.story_id == story_id, Publication.state.in_((*WAITING, *MAYBE_PUBLIC)))
            .order_by(Publication.id)
        ).tuples()
        return tuple(StandingPost(one.id, one.account, one.state, one.url, number) for one, number in rows)


def lacks_correction(ledger: Ledger, story_id: int) -> bool:
    """Whether no other version than the story's current one is before the public, so that there is nothing to correct.

    Raises:
        BadInput: there is no such story.
    """
    with ledger.read() as session:
        story = session.get(Story, story_id)
        if story is None:
            raise _no_story(story_id)
        older = (
            select(Publication.id)
            .join(StoryVersion, StoryVersion.id == Publication.version_id)
            .where(
                Publication.story_id == story_id,
                Publication.state.in_(MAYBE_PUBLIC),
                StoryVersion.content_hash != story.current_hash,
            )
        )
        return session.scalar(older.limit(1)) is None


def order_recall(ledger: Ledger, plan: Plan, story_id: int, *, by: str, why: str, now: datetime) -> OrderSummary:
    """Order a story to be taken down everywhere; once more changes nothing.

    What lay ready for a person may have been published without a word, so its people are asked to make sure.

    Args:
        by: who orders it; kept in the story's log with `why`.

    Raises:
        BadInput: there is no such story in the campaign, it was never signed off, or no reason is given.
    """
    reason = _reason(why)
    with ledger.begin() as session:
        story = _story(session, plan, story_id)
        cancelled = _cancel_scheduled(session, story, by=by, why=f"撤稿：{reason}", now=now)
        out = _publications(session, story, MAYBE_PUBLIC)
        _recall_story(session, story, out, by=by, why=f"撤稿：{reason}", now=now)
        handed = _withdraw_packages(session, story, by=by, why=f"撤稿：{reason}", now=now)
        free_at = _drop_corrections(session, story, now)
        ordered = known = 0
        for publication in (*out, *handed):
            if _has_open_recall(session, publication):
                known += 1
                continue
            _order(session, publication, None, by=by, why=reason, now=now, free_at=free_at.get(publication.id))
            ordered += 1
    cancelled += len(handed)
    return OrderSummary(ordered=ordered, cancelled=cancelled, known=known)


def order_correction(ledger: Ledger, plan: Plan, story_id: int, *, by: str, why: str, now: datetime) -> OrderSummary:
    """Order the story's signed-off version in place of earlier ones that are out; once more changes nothing.

    Where the platform can edit, the post is edited; where it cannot, a correction note goes out on the account as a
    publication of its own, in which readers see `why`. A hand-off is corrected by the person who published it. Accounts
    that were still waiting for the earlier version get the new one in their next slot.

    Raises:
        BadInput: there is no such story, its current version is not signed off, nothing else of it is out, or no
            reason is given.
    """
    reason = _reason(why)
    with ledger.begin() as session:
        story = _story(session, plan, story_id)
        key = session.get_one(Edition, story.edition_id).key
        if story.state not in APPROVED:
            raise BadInput(
                f"稿件 #{story_id} 的新版本还没有签发（现在是 {story.state}）", mend="更正也要三审：签发后再发更正"
            )
        version = _current(session, story)
        cancelled = _cancel_scheduled(session, story, by=by, why=f"更正：{reason}", now=now, but=version)
        out = [one for one in _publications(session, story, MAYBE_PUBLIC) if one.version_id != version.id]
        mine = _ordered(session, story, version)
        if not out and not mine:
            raise BadInput(f"稿件 #{story_id} 没有旧版本在外面", mend="没有发出过的稿件直接发布新版本即可")
        cancelled += len(_withdraw_packages(session, story, by=by, why=f"更正：{reason}", now=now, but=version))
        fresh = [one for one in out if one.id not in mine]
        free_at = _drop_corrections(session, story, now, but=version)
        given_way = _gave_way(session, story)
        for publication in fresh:
            _order(session, publication, version, by=by, why=reason, now=now, free_at=free_at.get(publication.id))
    noted = len({one.account for one in fresh if gets_note(one.channel)})
    planned = plan_publications(ledger, plan, key, now=now, story_id=story_id, accounts=given_way).planned
    return OrderSummary(ordered=len(fresh), noted=noted, cancelled=cancelled, known=len(mine), planned=planned)


def gets_note(channel: str) -> bool:
    """Whether a correction there is a note of its own: a platform that publishes but cannot edit."""
    known = all_channels().get(channel)
    return known is not None and known.capabilities.kind == "platform" and not isinstance(known, Correcting)


def _reason(why: str) -> str:
    reason = " ".join(why.split())[:MAX_WHY]
    if not reason:
        raise BadInput("没有写理由", mend="撤稿和更正都要写明理由，记入日志")
    return reason


def _no_story(story_id: int, where: str = "") -> BadInput:
    return BadInput(f"没有稿件 #{story_id}", where=where, mend="编号见 rongmei stories list 期次")


def _story(session: Session, plan: Plan, story_id: int) -> Story:
    """The story, locked before anything of it is: two orders follow each other."""
    story = session.get(Story, story_id, with_for_update=True)
    edition = session.get(Edition, story.edition_id) if story else None
    if story is None or edition is None or edition.campaign != plan.campaign.id:
        raise _no_story(story_id, plan.campaign.name)
    return story


def _current(session: Session, story: Story) -> StoryVersion:
    return session.scalars(
        select(StoryVersion).where(StoryVersion.story_id == story.id, StoryVersion.content_hash == story.current_hash)
    ).one()


def _publications(session: Session, story: Story, states: Sequence[str]) -> list[Publication]:
    return list(
        session.scalars(
            select(Publication)
            .where(Publication.story_id == story.id, Publication.state.in_(states))
            .order_by(Publication.id)
            .with_for_update()
        )
    )


def _recall_story(
    session: Session, story: Story, out: Sequence[Publication], *, by: str, why: str, now: datetime
) -> None:
    if story.state == "recalled":
        return
    # Its next version may be under review while an earlier one is out: both go.
    if not out and story.state not in APPROVED:
        raise BadInput(f"稿件 #{story.id} 没有签发过（现在是 {story.state}）", mend="没有发出的稿件退回或否决即可")
    move(session, story, story.state, "recalled", by=by, why=why, now=now)


def _cancel_scheduled(
    session: Session, story: Story, *, by: str, why: str, now: datetime, but: StoryVersion | None = None
) -> int:
    """Cancel what waits for its time, in other versions than `but`; how many.

    What a worker takes at this moment is not scheduled any more when it has been waited for: it is out, for orders.
    """
    rows = [one for one in _publications(session, story, ("scheduled",)) if but is None or one.version_id != but.id]
    detail = {} if but is None else {GAVE_WAY: True}
    return sum(
        try_move(session, one, "scheduled", "cancelled", by=by, why=why, now=now, detail=detail, not_before=None)
        for one in rows
    )


def _gave_way(session: Session, story: Story) -> set[str]:
    """Accounts on which an earlier version waited for its time until a newer one was filed."""
    rows = session.execute(
        select(Publication.account, PublicationEvent.detail)
        .join(PublicationEvent, PublicationEvent.thing_id == Publication.id)
        .where(Publication.story_id == story.id, PublicationEvent.to_state == "cancelled")
    )
    return {account for account, detail in rows if detail.get(GAVE_WAY)}


def _withdraw_packages(
    session: Session, story: Story, *, by: str, why: str, now: datetime, but: StoryVersion | None = None
) -> list[Publication]:
    """Take back what lies ready for people, in other versions than `but`; what it was."""
    rows = _publications(session, story, ("awaiting_operator",))
    return [
        one
        for one in rows
        if (but is None or one.version_id != but.id) and withdraw(session, one, why=why, by=by, now=now)
    ]


def _has_open_recall(session: Session, publication: Publication) -> bool:
    found = select(Amendment.id).where(
        Amendment.publication_id == publication.id, Amendment.kind == "recall", Amendment.state != "done"
    )
    return session.scalar(found) is not None


def _ordered(session: Session, story: Story, version: StoryVersion) -> set[int]:
    """The publications for which this version was ordered already, whatever became of that."""
    rows = session.scalars(
        select(Amendment.publication_id)
        .join(Publication, Publication.id == Amendment.publication_id)
        .where(Publication.story_id == story.id, Amendment.version_id == version.id)
    )
    return set(rows)


def _drop_corrections(
    session: Session, story: Story, now: datetime, *, but: StoryVersion | None = None
) -> dict[int, datetime]:
    """Corrections that were not made, but for those to version `but`, give way to a newer order.

    Returns:
        Until when a worker may still be busy with one that has given way, by publication id.
    """
    busy: dict[int, datetime] = {}
    rows = session.scalars(
        select(Amendment)
        .join(Publication, Publication.id == Amendment.publication_id)
        .where(Publication.story_id == story.id, Amendment.kind == "correction")
        .order_by(Amendment.id)
        .with_for_update(of=Amendment)
    )
    for old in rows:
        if but is not None and old.version_id == but.id:
            continue
        if old.state != "done":
            old.state, old.how, old.done_at = "done", "overtaken", now
        taken_until = old.evidence.get(TAKEN_UNTIL)
        if taken_until:
            busy[old.publication_id] = aware(datetime.fromisoformat(taken_until))
    # The open order of a publication is unique, so the old one must be closed before the new one is written.
    session.flush()
    return busy


def _order(
    session: Session,
    publication: Publication,
    version: StoryVersion | None,
    *,
    by: str,
    why: str,
    now: datetime,
    free_at: datetime | None,
) -> None:
    """Write an order: a correction where there is a version, else a recall."""
    session.add(
        Amendment(
            publication_id=publication.id,
            kind="recall" if version is None else "correction",
            version_id=version.id if version else None,
            by=by,
            why=why,
            evidence={},
            ordered_at=now,
            not_before=free_at,
        )
    )
    log(session, publication, by=by, why=f"{'撤稿' if version is None else '更正'}：{why}", now=now)
