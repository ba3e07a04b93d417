"""Reports as they were sent, and the messages that carry them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from rongmei.ledger.tables.base import Base, one_of

MAIL_STATES = ("pending", "sending", "sent", "failed", "unknown")


class Report(Base):
    """One rendered report, kept as it was sent: an edition's, or one about a stretch of days.

    `key` names the occasion: edition:cunchao/2026-06-06, daily:dongguan:2026-06-06, weekly:dongguan:2026-06-01. Days
    are Asia/Shanghai, both included, null for an edition's. `folder` holds the same report as files.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"), index=True)
    kind: Mapped[str] = mapped_column(String(32))
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    subject: Mapped[str] = mapped_column(String(300))
    html: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    message: Mapped[bytes] = mapped_column(LargeBinary)
    folder: Mapped[str] = mapped_column(String(1000))
    built_at: Mapped[datetime]


class Mail(Base):
    """A message to one person, sent once. `key` names the occasion: report:cunchao/2026-06-06:lin-chu."""

    __tablename__ = "mail"
    __table_args__ = (
        one_of("state", MAIL_STATES),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    edition_id: Mapped[int | None] = mapped_column(ForeignKey("edition.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(300))
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    message: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(Text)
    queued_at: Mapped[datetime]
    claimed_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
