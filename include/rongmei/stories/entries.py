"""What a review sheet is made of: each story of a stage with its current version and all that was said about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from rongmei.ledger import Edition, Filing, Review, Story, StoryEvent, StoryVersion
from rongmei.stories.checks import Finding
from rongmei.stories.confirmations import Confirmation, confirmations
from rongmei.stories.filings import REFUSED, latest_filings
from rongmei.stories.grading import grade_remarks
from rongmei.stories.stages import MAJOR


@dataclass(frozen=True)
class Entry:
    """A story in the stage, its current version and every decision so far, on whichever version.

    Attributes:
        correction: what the version mends of one that is out; "" for one that corrects nothing.
        previous: the version before.
        findings: what the checks before review remark on.
        graded: what was said about its grade, in order.
        confirmed: what was confirmed of the current version.
        filing: a major topic's last filing.
    """

    story: Story
    version: StoryVersion
    reviews: tuple[Review, ...]
    numbers: dict[str, int]
    correction: str
    previous: StoryVersion | None
    findings: tuple[Finding, ...] = ()
    graded: tuple[str, ...] = ()
    confirmed: tuple[Confirmation, ...] = ()
    filing: Filing | None = None

    @property
    def refused(self) -> bool:
        """Whether it is a major topic that the authority does not want published."""
        return self.story.grade == MAJOR and self.filing is not None and self.filing.state == REFUSED

    def reviewers(self, *, but: str) -> set[str]:
        """Who decided on the current version in another stage."""
        own = self.version.content_hash
        return {row.reviewer for row in self.reviews if row.content_hash == own and row.stage != but}


def in_state(edition: Edition, state: str, only: int | None) -> Select[Story]:
    """The edition's stories in a state, or `only` one of them, in the order of their ids."""
    found = select(Story).where(Story.edition_id == edition.id, Story.state == state).order_by(Story.id)
    return found if only is None else found.where(Story.id == only)


def entries_of(session: Session, edition: Edition, stage: str, only: int | None) -> list[Entry]:
    """The stories of a stage, without findings."""
    stories = session.scalars(in_state(edition, stage, only)).all()
    ids = [story.id for story in stories]
    versions: dict[int, list[StoryVersion]] = {}
    for version in session.scalars(select(StoryVersion).where(StoryVersion.story_id.in_(ids))):
        versions.setdefault(version.story_id, []).append(version)
    reviews: dict[int, list[Review]] = {}
    for row in session.scalars(select(Review).where(Review.story_id.in_(ids)).order_by(Review.id)):
        reviews.setdefault(row.story_id, []).append(row)
    corrections = _corrections(session, ids)
    remarks, confirmed, filings = grade_remarks(session, ids), confirmations(session, ids), latest_filings(session, ids)
    entries = []
    for story in stories:
        mine = {version.number: version for version in versions[story.id]}
        current = next(version for version in mine.values() if version.content_hash == story.current_hash)
        entries.append(
            Entry(
                story,
                current,
                tuple(reviews.get(story.id, ())),
                {version.content_hash: number for number, version in mine.items()},
                corrections.get((story.id, story.current_hash), ""),
                mine.get(current.number - 1),
                graded=tuple(event.why for event in remarks.get(story.id, ())),
                confirmed=confirmed.get((story.id, current.content_hash), ()),
                filing=filings.get(story.id),
            )
        )
    return entries


def _corrections(session: Session, ids: Sequence[int]) -> dict[tuple[int, str | None], str]:
    """What was said to be mended, by story and content hash."""
    filed = select(StoryEvent).where(StoryEvent.thing_id.in_(ids), StoryEvent.to_state == "filed")
    return {
        (event.thing_id, str(event.detail.get("hash"))): str(event.detail["correction"])
        for event in session.scalars(filed)
        if event.detail.get("correction")
    }
