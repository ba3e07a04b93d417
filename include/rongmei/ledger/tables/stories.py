"""Assignments and stories: versions, media, reviews, filings with an authority."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from rongmei.ledger.tables.base import Base, one_of

ASSIGNMENT_STATES = ("offered", "accepted", "declined", "expired", "filed", "done")
HOLDING = "state IN ('offered', 'accepted', 'filed', 'done')"
STORY_STATES = (
    "filed",
    "first_review",
    "second_review",
    "final_review",
    "countersign",
    "signed_off",
    "returned",
    "rejected",
    "corrected",
    "recalled",
)
REVIEW_STAGES = ("first_review", "second_review", "final_review", "countersign")
"""`countersign` 签发: a fourth signature, for stories of the grade `major` only."""
GRADES = ("ordinary", "sensitive", "major")
FILING_STATES = ("applied", "approved", "refused")
REVIEW_DECISIONS = ("pass", "return", "reject")


class Assignment(Base):
    """任务: an accepted pitch offered to an outlet. One outlet at most holds a pitch at a time."""

    __tablename__ = "assignment"
    __table_args__ = (
        one_of("state", ASSIGNMENT_STATES),
        UniqueConstraint("pitch_id", "outlet"),
        Index(
            "uq_assignment_pitch_held",
            "pitch_id",
            unique=True,
            sqlite_where=text(HOLDING),
            postgresql_where=text(HOLDING),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    pitch_id: Mapped[int] = mapped_column(ForeignKey("pitch.id"))
    outlet: Mapped[str] = mapped_column(String(64), index=True)
    round: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(String(16), default="offered")
    partners: Mapped[list[Any]] = mapped_column(default=list)
    reasons: Mapped[dict[str, Any]] = mapped_column(default=dict)
    answer_by: Mapped[datetime]
    deadline_at: Mapped[datetime]
    offered_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]


class Story(Base):
    """稿件: what an outlet files for an assignment. `current_hash` names the version that reviews speak of."""

    __tablename__ = "story"
    __table_args__ = (
        one_of("state", STORY_STATES),
        one_of("grade", GRADES),
        ForeignKeyConstraint(
            ["id", "current_hash"],
            ["story_version.story_id", "story_version.content_hash"],
            use_alter=True,
            name="fk_story_current_version",
            deferrable=True,
            initially="DEFERRED",
        ),
    )

    # The key is part of a foreign key below its own table, so SQLAlchemy must be told that it is still generated.
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    assignment_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), unique=True)
    outlet: Mapped[str] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16), default="filed")
    grade: Mapped[str] = mapped_column(String(10), default="ordinary", server_default="ordinary")
    """分级: how much the content risks, see `rongmei.stories`; only ever raised by a machine, lowered by a person."""
    current_hash: Mapped[str | None] = mapped_column(String(64))
    filed_at: Mapped[datetime]
    signed_off_at: Mapped[datetime | None]


class StoryVersion(Base):
    """One immutable text with its media, named by the SHA-256 of its canonical content."""

    __tablename__ = "story_version"
    __table_args__ = (UniqueConstraint("story_id", "content_hash"), UniqueConstraint("story_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    number: Mapped[int]
    content_hash: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    author: Mapped[str] = mapped_column(String(120), default="")
    digest: Mapped[str] = mapped_column(String(500), default="")
    body: Mapped[str] = mapped_column(Text)
    column: Mapped[str | None] = mapped_column("column_id", String(64))
    tags: Mapped[list[Any]] = mapped_column(default=list)
    ai_generated: Mapped[bool] = mapped_column(default=False)
    source_name: Mapped[str] = mapped_column(String(300), default="")
    extras: Mapped[dict[str, Any]] = mapped_column(default=dict, server_default="{}")
    """place, source (rights), titles {channel: title}, card {title, link, benefit}, embargo (ISO, aware)."""
    filed_at: Mapped[datetime]
    media: Mapped[list[StoryMedia]] = relationship(order_by="StoryMedia.position", lazy="selectin")


class Media(Base):
    """A file by the SHA-256 of its bytes; the bytes are in the media folder under that name."""

    __tablename__ = "media"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    content_type: Mapped[str] = mapped_column(String(100))
    size_bytes: Mapped[int]
    width: Mapped[int | None]
    height: Mapped[int | None]
    seconds: Mapped[float | None] = mapped_column(Float)
    added_at: Mapped[datetime]


class StoryMedia(Base):
    """A file's place in a story version."""

    __tablename__ = "story_media"
    __table_args__ = (one_of("role", ("cover", "body", "video", "audio")), UniqueConstraint("version_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("story_version.id"), index=True)
    sha256: Mapped[str] = mapped_column(ForeignKey("media.sha256"))
    role: Mapped[str] = mapped_column(String(8))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    alt: Mapped[str] = mapped_column(String(300), default="")
    credit: Mapped[str] = mapped_column(String(120), default="")
    file: Mapped[Media] = relationship(lazy="joined")


class Review(Base):
    """审稿: one decision of one person in one stage on one version. Two stages are never the same person's."""

    __tablename__ = "review"
    __table_args__ = (
        one_of("stage", REVIEW_STAGES),
        one_of("decision", REVIEW_DECISIONS),
        UniqueConstraint("story_id", "content_hash", "stage"),
        UniqueConstraint("story_id", "content_hash", "reviewer"),
        ForeignKeyConstraint(["story_id", "content_hash"], ["story_version.story_id", "story_version.content_hash"]),
        CheckConstraint("decision = 'pass' OR length(opinion) > 0", name="opinion_when_not_passed"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    stage: Mapped[str] = mapped_column(String(16))
    reviewer: Mapped[str] = mapped_column(String(64))
    decision: Mapped[str] = mapped_column(String(8))
    opinion: Mapped[str] = mapped_column(Text, default="")
    decided_at: Mapped[datetime]


class Filing(Base):
    """备案: a major topic reported to an authority above, and what it answered. Rows are only ever added."""

    __tablename__ = "filing"
    __table_args__ = (one_of("state", FILING_STATES),)

    id: Mapped[int] = mapped_column(primary_key=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    state: Mapped[str] = mapped_column(String(8))
    authority: Mapped[str] = mapped_column(String(120))
    number: Mapped[str] = mapped_column(String(80), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column("who", String(64))
    at: Mapped[datetime]
