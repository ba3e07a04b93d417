"""Story versions: what exactly a version's content is, its hash, and how a new one enters the ledger.

A version is immutable and named by the SHA-256 of its canonical content. Reviews speak of that hash, so a new version
has no approvals, whatever its predecessor had.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from rongmei.errors import BadInput
from rongmei.ledger import (
    GAVE_WAY,
    Assignment,
    Media,
    Publication,
    Story,
    StoryMedia,
    StoryVersion,
    log,
    move,
    try_move,
)
from rongmei.stories.extras import Extras
from rongmei.stories.pictures import Picture
from rongmei.stories.sounds import Sound
from rongmei.stories.videos import Video

Outcome = Literal["filed", "revised", "unchanged"]

_REVISABLE: Final = frozenset(("first_review", "second_review", "final_review", "returned", "signed_off", "corrected"))
_CLOSED: Final = {
    "rejected": ("稿件已被否决，不再收新稿", "与终审沟通；要另写，请先报新选题"),
    "recalled": ("稿件已撤回", "请联系责编"),
}
_NEVER_WENT_OUT: Final = frozenset(("cancelled", "missed", "failed"))


@dataclass(frozen=True)
class PlacedPicture:
    """A picture at its place in a version; `role` is "cover" or "body"."""

    role: str
    name: str
    alt: str
    credit: str
    picture: Picture


@dataclass(frozen=True)
class PlacedVideo:
    """A video of a version."""

    name: str
    alt: str
    credit: str
    video: Video


@dataclass(frozen=True)
class PlacedSound:
    """A recording of a version."""

    name: str
    alt: str
    credit: str
    sound: Sound


@dataclass(frozen=True)
class Content:
    """Everything that readers and machines will be told; `column` is a column id."""

    title: str
    author: str
    digest: str
    body: str
    column: str | None
    tags: tuple[str, ...]
    ai_generated: bool
    pictures: tuple[PlacedPicture, ...]
    videos: tuple[PlacedVideo, ...] = ()
    sounds: tuple[PlacedSound, ...] = ()
    extras: Extras = field(default_factory=Extras)

    @cached_property
    def hash(self) -> str:
        """SHA-256, hex, of the canonical form: JSON in UTF-8 with sorted keys and without blanks.

        Pictures, videos and recordings count by their bytes, place, name, description and credit. All but pictures,
        and extras, are left out where there are none, as they were before they could be said.
        """
        pictures = [[p.role, p.name, p.picture.sha256, p.alt, p.credit] for p in self.pictures]
        canonical: dict[str, Any] = {
            "title": self.title,
            "author": self.author,
            "digest": self.digest,
            "body": self.body,
            "column": self.column,
            "tags": list(self.tags),
            "ai_generated": self.ai_generated,
            "pictures": pictures,
        }
        if self.videos:
            canonical["videos"] = [[v.name, v.video.sha256, v.alt, v.credit] for v in self.videos]
        if self.sounds:
            canonical["sounds"] = [[s.name, s.sound.sha256, s.alt, s.credit] for s in self.sounds]
        if extras := self.extras.stored():
            canonical["extras"] = extras
        text = json.dumps(canonical, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Filing:
    """What became of a filed text."""

    story_id: int
    number: int
    outcome: Outcome


def file_version(
    session: Session,
    assignment: Assignment,
    content: Content,
    *,
    source_name: str,
    notes: tuple[str, ...],
    now: datetime,
    correction: str = "",
) -> Filing:
    """Enter `content` as what the outlet files for `assignment`, in the caller's transaction.

    The first version makes the story and moves the assignment to filed. A later one becomes the current version and
    takes the story back to filed, from any review and from signed off; publications that have not gone out yet are
    cancelled with it. The current content once more changes nothing.

    A story that is out takes a new version only as a correction: by saying what it mends, its outlet says that it is
    meant. What readers see stays as it is until the correction has passed its own three reviews and is ordered.

    Args:
        correction: what this version mends of one that is out, for reviewers and the log.

    Raises:
        BadInput: the story takes no new version (rejected, recalled, out and not said to be a correction), or this
            content is an older or returned one.
    """
    # Locked, so that two intakes of one text (a retry beside a slow run) cannot both make version 1.
    session.refresh(assignment, with_for_update=True)
    story = session.scalar(select(Story).where(Story.assignment_id == assignment.id).with_for_update())
    if story is None:
        story = _new_story(session, assignment, now=now)
    elif known := _version(session, story, content.hash):
        return _same_again(story, known)
    corrects = _check_open(session, story, correction)
    version = _add_version(session, story, content, source_name=source_name, now=now)
    late = now > assignment.deadline_at and not corrects
    _make_current(session, story, version, notes=notes, late=late, now=now, correction=correction if corrects else "")
    if assignment.state == "accepted":
        move(session, assignment, "accepted", "filed", by=story.outlet, why=f"交来稿件 #{story.id}", now=now)
    return Filing(story.id, version.number, "filed" if version.number == 1 else "revised")


def _new_story(session: Session, assignment: Assignment, *, now: datetime) -> Story:
    story = Story(
        edition_id=assignment.edition_id,
        assignment_id=assignment.id,
        outlet=assignment.outlet,
        state="filed",
        filed_at=now,
    )
    session.add(story)
    session.flush()
    return story


def _version(session: Session, story: Story, content_hash: str) -> StoryVersion | None:
    wanted = select(StoryVersion).where(StoryVersion.story_id == story.id, StoryVersion.content_hash == content_hash)
    return session.scalar(wanted)


def _same_again(story: Story, known: StoryVersion) -> Filing:
    where = f"稿件 #{story.id}"
    if known.content_hash != story.current_hash:
        # An older version has its own approvals; to let it come back would revive them.
        raise BadInput(
            f"内容与第 {known.number} 版完全一样，未作改动", where=where, mend="要恢复旧版，请改动文字后再交"
        )
    if story.state == "returned":
        raise BadInput("内容与被退回的那一版完全一样", where=where, mend="照审稿意见修改后再交")
    return Filing(story.id, known.number, "unchanged")


def _check_open(session: Session, story: Story, correction: str) -> bool:
    """Whether a new version of the story corrects one that is out."""
    if story.state in _CLOSED:
        what, mend = _CLOSED[story.state]
        raise BadInput(what, where=f"稿件 #{story.id}", mend=mend)
    if not is_out(session, story):
        return False
    if not correction:
        raise _gone_out(story)
    return True


def is_out(session: Session, story: Story) -> bool:
    """Whether readers see, or may have seen, some version of the story."""
    out = select(Publication.id).where(
        Publication.story_id == story.id, Publication.state.not_in({"scheduled", *_NEVER_WENT_OUT})
    )
    return session.scalar(out.limit(1)) is not None


def _gone_out(story: Story) -> BadInput:
    return BadInput(
        "稿件已经发出，不能直接换版本",
        where=f"稿件 #{story.id}",
        mend="要更正，在稿头加一行“更正：改了什么”再交，三审后由责编在“撤稿与更正”里发出",
    )


def _add_version(session: Session, story: Story, content: Content, *, source_name: str, now: datetime) -> StoryVersion:
    numbers = select(StoryVersion.number).where(StoryVersion.story_id == story.id)
    media = [StoryMedia(role=p.role, name=p.name, alt=p.alt, credit=p.credit) for p in content.pictures]
    media += [StoryMedia(role="video", name=v.name, alt=v.alt, credit=v.credit) for v in content.videos]
    media += [StoryMedia(role="audio", name=s.name, alt=s.alt, credit=s.credit) for s in content.sounds]
    files: list[Picture | Video | Sound] = [
        *(placed.picture for placed in content.pictures),
        *(placed.video for placed in content.videos),
        *(placed.sound for placed in content.sounds),
    ]
    for position, (use, file) in enumerate(zip(media, files, strict=True)):
        _add_media(session, file, now=now)
        use.sha256, use.position = file.sha256, position
    version = StoryVersion(
        story_id=story.id,
        number=max(session.scalars(numbers), default=0) + 1,
        content_hash=content.hash,
        title=content.title,
        author=content.author,
        digest=content.digest,
        body=content.body,
        column=content.column,
        tags=list(content.tags),
        ai_generated=content.ai_generated,
        source_name=source_name,
        extras=content.extras.stored(),
        filed_at=now,
        media=media,
    )
    session.add(version)
    session.flush()
    return version


def _add_media(session: Session, file: Picture | Video | Sound, *, now: datetime) -> None:
    if session.get(Media, file.sha256) is not None:
        return
    row = Media(
        sha256=file.sha256,
        content_type=file.content_type,
        size_bytes=file.size_bytes,
        width=None if isinstance(file, Sound) else file.width,
        height=None if isinstance(file, Sound) else file.height,
        seconds=None if isinstance(file, Picture) else file.seconds,
        added_at=now,
    )
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:
        # Another outlet filed the same file at the same moment; the row that is there says the same.
        session.expire_all()


def _make_current(
    session: Session,
    story: Story,
    version: StoryVersion,
    *,
    notes: tuple[str, ...],
    late: bool,
    now: datetime,
    correction: str,
) -> None:
    detail: dict[str, Any] = {
        "version": version.number,
        "hash": version.content_hash,
        "file": version.source_name,
        "late": late,
    }
    if notes:
        detail["notes"] = list(notes)
    why = f"交来第 {version.number} 版"
    if correction:
        detail["correction"] = correction
        why += f"，更正：{correction}"
    if story.state in _REVISABLE:
        _cancel_publications(session, story, now=now, others_may_be_out=bool(correction))
        changes = {"current_hash": version.content_hash, "signed_off_at": None}
        move(session, story, story.state, "filed", by=story.outlet, why=why, now=now, detail=detail, **changes)
        return
    was = story.state if story.current_hash else None
    story.current_hash = version.content_hash
    log(session, story, by=story.outlet, why=why, now=now, was=was, detail=detail)


def _cancel_publications(session: Session, story: Story, *, now: datetime, others_may_be_out: bool) -> None:
    waiting = select(Publication).where(Publication.story_id == story.id, Publication.state == "scheduled")
    for publication in session.scalars(waiting):
        why = f"稿件 #{story.id} 有了新版本，须重新三审"
        detail = {GAVE_WAY: True}
        moved = try_move(
            session, publication, "scheduled", "cancelled", by=story.outlet, why=why, now=now, detail=detail
        )
        if not moved and not others_may_be_out:
            raise _gone_out(story)
