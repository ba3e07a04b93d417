"""What goes out, what is changed about it afterwards, and the quotas of accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from rongmei.ledger.tables.base import Base, one_of
from rongmei.ledger.tables.stories import StoryVersion

PUBLICATION_STATES = (
    "scheduled",
    "sending",
    "accepted",
    "live",
    "failed",
    "unknown",
    "missed",
    "cancelled",
    "awaiting_operator",
    "recalled",
)
AMENDMENT_KINDS = ("recall", "correction")
AMENDMENT_STATES = ("ordered", "done", "by_hand")
"""`by_hand`: the platform cannot do it, or refused; a person has to, and says so when it is done."""


class Publication(Base):
    """发布单: a story version on an account, the unit that goes out exactly once."""

    __tablename__ = "publication"
    __table_args__ = (
        one_of("state", PUBLICATION_STATES),
        UniqueConstraint("version_id", "account"),
        UniqueConstraint("account", "external_id"),
        Index("ix_publication_state_channel", "state", "channel"),
        CheckConstraint(
            "state NOT IN ('accepted', 'live') OR external_id IS NOT NULL", name="accepted_has_external_id"
        ),
        CheckConstraint("state <> 'live' OR live_at IS NOT NULL", name="live_has_time"),
        CheckConstraint("(state = 'sending') = (claim IS NOT NULL)", name="claim_while_sending"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    story_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("story_version.id"))
    outlet: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    account: Mapped[str] = mapped_column(String(96), index=True)
    state: Mapped[str] = mapped_column(String(20), default="scheduled")
    fingerprint: Mapped[str] = mapped_column(String(64))
    scheduled_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    position: Mapped[int | None]
    """Place in the bundle it goes out in: 1 is the headline; null on channels without bundles."""
    claim: Mapped[str | None] = mapped_column(String(64))
    claimed_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    progress: Mapped[dict[str, Any]] = mapped_column(default=dict)
    external_id: Mapped[str | None] = mapped_column(String(200))
    url: Mapped[str | None] = mapped_column(String(2000))
    last_error: Mapped[str | None] = mapped_column(Text)
    accepted_at: Mapped[datetime | None]
    live_at: Mapped[datetime | None]
    version: Mapped[StoryVersion] = relationship()


class Amendment(Base):
    """撤稿 or 更正: what a person ordered for a publication that is out, and what became of it, with evidence."""

    __tablename__ = "amendment"
    __table_args__ = (
        one_of("kind", AMENDMENT_KINDS),
        one_of("state", AMENDMENT_STATES),
        CheckConstraint("(kind = 'correction') = (version_id IS NOT NULL)", name="correction_has_version"),
        CheckConstraint("state <> 'done' OR done_at IS NOT NULL", name="done_has_time"),
        UniqueConstraint("publication_id", "version_id"),
        # One order at a time: a second one would be carried out on what the first has just changed.
        Index(
            "uq_amendment_open",
            "publication_id",
            unique=True,
            sqlite_where=text("state <> 'done'"),
            postgresql_where=text("state <> 'done'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    version_id: Mapped[int | None] = mapped_column(ForeignKey("story_version.id"))
    state: Mapped[str] = mapped_column(String(10), default="ordered")
    how: Mapped[str | None] = mapped_column(String(16))
    """deleted, hidden, edited, noted (a correction note was published), by_hand."""
    by: Mapped[str] = mapped_column("who", String(64))
    why: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    last_error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    ordered_at: Mapped[datetime]
    not_before: Mapped[datetime | None]
    done_at: Mapped[datetime | None]


class QuotaUse(Base):
    """What an account has used of a quota in the window that began at `window_at`."""

    __tablename__ = "quota_use"
    __table_args__ = (
        UniqueConstraint("account", "quota", "rehearsal"),
        CheckConstraint("used >= 0", name="used_counts"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(String(96))
    quota: Mapped[str] = mapped_column(String(32))
    rehearsal: Mapped[bool] = mapped_column(default=False)
    window_at: Mapped[datetime]
    used: Mapped[int] = mapped_column(default=0)
    last_at: Mapped[datetime | None]
