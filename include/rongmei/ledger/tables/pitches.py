"""Editions, and what is proposed for them: leads, submissions, pitches, and the links people were given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Float, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rongmei.ledger.tables.base import Base, one_of

PITCH_STATES = ("submitted", "merged", "shortlisted", "accepted", "held", "declined")
EDITION_STATES = ("open", "closed")
LINK_PURPOSES = ("answer", "pitch", "submission", "intake")
SUBMISSION_KINDS = ("outlet", "citizen", "mail", "directive")
SUBMISSION_STATES = ("waiting", "passed", "refused", "taken")
DESK_MARKS = ("pinned", "vetoed")


class Edition(Base):
    """期次: a campaign on a date; one DAG run. A rehearsal is an edition of its own beside the real one."""

    __tablename__ = "edition"
    __table_args__ = (one_of("state", EDITION_STATES), UniqueConstraint("campaign", "day", "rehearsal"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(120), unique=True)
    campaign: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    rehearsal: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(16), default="open")
    options: Mapped[dict[str, Any]] = mapped_column(default=dict)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class Lead(Base):
    """线索: something noticed on a board or in a feed that fits a campaign's topic watch, with the evidence."""

    __tablename__ = "lead"
    __table_args__ = (UniqueConstraint("campaign", "source", "ref"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(64), index=True)
    source: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(300))
    url: Mapped[str | None] = mapped_column(String(2000))
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    best_position: Mapped[int | None]
    peak_heat: Mapped[int | None] = mapped_column(BigInteger)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class Pitch(Base):
    """选题: a proposed story of one edition."""

    __tablename__ = "pitch"
    __table_args__ = (
        one_of("state", PITCH_STATES),
        UniqueConstraint("edition_id", "source", "ref"),
        CheckConstraint("(state = 'merged') = (merged_into_id IS NOT NULL)", name="merged_names_target"),
        CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name="not_into_itself"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    source: Mapped[str] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(128))
    outlet: Mapped[str | None] = mapped_column(String(64), index=True)
    lead_id: Mapped[int | None] = mapped_column(ForeignKey("lead.id"))
    title: Mapped[str] = mapped_column(String(300))
    summary: Mapped[str] = mapped_column(Text, default="")
    column: Mapped[str | None] = mapped_column("column_id", String(64))
    place: Mapped[str | None] = mapped_column(String(120))
    author: Mapped[str | None] = mapped_column(String(60))
    url: Mapped[str | None] = mapped_column(String(2000))
    channels: Mapped[list[Any]] = mapped_column(default=list)
    heat: Mapped[float | None] = mapped_column(Float)
    state: Mapped[str] = mapped_column(String(16), default="submitted")
    merged_into_id: Mapped[int | None] = mapped_column(ForeignKey("pitch.id"))
    score: Mapped[float | None] = mapped_column(Float)
    score_terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    desk_mark: Mapped[str | None] = mapped_column(String(8))
    """`pinned`: on the list whatever its score; `vetoed`: off it. Who and why is in the pitch's log."""
    submitted_at: Mapped[datetime]


class Submission(Base):
    """来稿线索: what came in between editions, before it is a pitch: by a form, by mail, or from the desk itself.

    `day` is the edition it is meant for, null for the next one. `sender` is a keyed hash of where it came from, for
    limits only. `fields` holds what its kind has beside the common columns.
    """

    __tablename__ = "submission"
    __table_args__ = (
        one_of("kind", SUBMISSION_KINDS),
        one_of("state", SUBMISSION_STATES),
        UniqueConstraint("campaign", "kind", "ref"),
        Index("ix_submission_campaign_state", "campaign", "rehearsal", "state"),
        Index("ix_submission_sender", "sender", "received_at"),
        CheckConstraint("state NOT IN ('passed', 'refused') OR decided_by IS NOT NULL", name="decision_has_name"),
        CheckConstraint("(state = 'taken') = (pitch_id IS NOT NULL)", name="taken_names_pitch"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    campaign: Mapped[str] = mapped_column(String(64))
    rehearsal: Mapped[bool] = mapped_column(default=False)
    day: Mapped[date | None]
    outlet: Mapped[str | None] = mapped_column(String(64))
    ref: Mapped[str] = mapped_column(String(128))
    title: Mapped[str] = mapped_column(String(300))
    body: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str | None] = mapped_column(String(120))
    author: Mapped[str | None] = mapped_column(String(60))
    fields: Mapped[dict[str, Any]] = mapped_column(default=dict)
    media: Mapped[list[Any]] = mapped_column(default=list)
    sender: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(8), default="waiting")
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
    pitch_id: Mapped[int | None] = mapped_column(ForeignKey("pitch.id"))
    received_at: Mapped[datetime]


class Link(Base):
    """A signed address that somebody was given: what it opens, until when, and whether it was used or taken back."""

    __tablename__ = "link"
    __table_args__ = (one_of("purpose", LINK_PURPOSES), Index("ix_link_subject", "purpose", "subject"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    purpose: Mapped[str] = mapped_column(String(12))
    subject: Mapped[str] = mapped_column(String(120))
    outlet: Mapped[str | None] = mapped_column(String(64))
    issued_by: Mapped[str] = mapped_column(String(64))
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
