"""What platforms report: figures of publications, hot boards, and what looks wrong about them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import Mapped, mapped_column

from rongmei.clock import local_date
from rongmei.ledger.tables.base import Base, not_negative, one_of

ANOMALY_STATES = ("flagged", "excluded", "cleared")
COMPACT_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON whose absence is a plain null, which takes no room."""


class BoardEntry(Base):
    """One row of a hot board at a moment. Heat is the platform's own figure, not comparable between boards."""

    __tablename__ = "board_entry"
    __table_args__ = (
        UniqueConstraint("board", "observed_at", "position", "title"),
        Index("ix_board_entry_title", "title"),
        not_negative("heat", "reads", "discussions", "originals"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    board: Mapped[str] = mapped_column(String(16))
    observed_at: Mapped[datetime]
    position: Mapped[int]
    title: Mapped[str] = mapped_column(String(300))
    category: Mapped[str | None] = mapped_column(String(60))
    heat: Mapped[int | None] = mapped_column(BigInteger)
    reads: Mapped[int | None] = mapped_column(BigInteger)
    discussions: Mapped[int | None] = mapped_column(BigInteger)
    originals: Mapped[int | None] = mapped_column(BigInteger)
    is_ad: Mapped[bool] = mapped_column(default=False)
    description: Mapped[str | None] = mapped_column(Text)


COUNTS = ("reads", "likes", "comments", "shares", "watching", "favourites")
"""The figures that a platform may report of a publication, in the order in which they are shown."""
MONTHS_SCHEMA = "snapshot_months"
"""Where PostgreSQL keeps the monthly partitions of `snapshot`, out of the way of the house's own tables."""


def _day_observed(context: DefaultExecutionContext) -> date:
    return local_date(_moment_observed(context))


def _moment_observed(context: DefaultExecutionContext) -> datetime:
    seen: datetime = context.get_current_parameters()["observed_at"]  # type: ignore[no-untyped-call]
    return seen


class Snapshot(Base):
    """数据快照: what a platform reported for a publication, from `observed_at` until it was last seen unchanged.

    Figures that have not changed extend `last_seen_at`; others make a new row, and no row is ever overwritten. Where a
    platform counts by day, figures about a day that come late or are revised are rows about that day with the moment
    they were seen. Of several rows the one that holds is that of the latest `about_day`, and of these the one observed
    last. Null is not zero.

    On PostgreSQL the table is partitioned by the month of `about_day`.
    """

    __tablename__ = "snapshot"
    __table_args__ = (
        not_negative(*COUNTS),
        CheckConstraint("last_seen_at >= observed_at", name="seen_in_order"),
        {"sqlite_with_rowid": False, "postgresql_partition_by": "RANGE (about_day)"},
    )

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True, autoincrement=False)
    about_day: Mapped[date] = mapped_column(primary_key=True, default=_day_observed)
    """The Shanghai day up to whose end a platform counted that counts by day; else the day of `observed_at`."""
    observed_at: Mapped[datetime] = mapped_column(primary_key=True)
    last_seen_at: Mapped[datetime] = mapped_column(default=_moment_observed)
    reads: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    shares: Mapped[int | None] = mapped_column(BigInteger)
    watching: Mapped[int | None] = mapped_column(BigInteger)
    favourites: Mapped[int | None] = mapped_column(BigInteger)
    upper: Mapped[dict[str, Any] | None] = mapped_column(COMPACT_JSON)
    """For rounded figures (3.2万, 10万+) the most that they can be, null for no bound; the column holds the least."""
    fell: Mapped[bool] = mapped_column(default=False)
    """A figure is lower than the one before it."""
    gone: Mapped[bool] = mapped_column(default=False)
    """The platform says that the post is deleted; the row repeats its last figures."""
    raw: Mapped[dict[str, Any] | None] = mapped_column(COMPACT_JSON)
    """What the platform said beside the figures, and what it said in place of a figure that is none."""

    def bounds(self, name: str) -> tuple[int, int | None] | None:
        """The least and the most that a figure can be, the most None without a bound; None when it is not known."""
        low: int | None = getattr(self, name)
        if low is None:
            return None
        return (low, self.upper[name]) if self.upper and name in self.upper else (low, low)


event.listen(
    Snapshot.__table__,
    "after_create",
    DDL(  # type: ignore[no-untyped-call]
        f"CREATE SCHEMA IF NOT EXISTS {MONTHS_SCHEMA}; "
        f"CREATE TABLE {MONTHS_SCHEMA}.snapshot_other PARTITION OF snapshot DEFAULT"
    ).execute_if(dialect="postgresql"),
)


class SnapshotDay(Base):
    """日汇总: a publication's figures at the end of a Shanghai day on which any came in, and what they gained on it.

    Made from the snapshots and rebuildable from them. A figure is the last one known about that day, null where none
    came in; its gain is the difference to the last one known about an earlier day, all of it where there is none.
    """

    __tablename__ = "snapshot_day"
    # The rows of today are written anew every hour: with room to spare, PostgreSQL leaves the indexes alone.
    __table_args__ = (
        Index("ix_snapshot_day_day", "day"),
        {"sqlite_with_rowid": False, "postgresql_with": {"fillfactor": 70}},
    )

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    reads: Mapped[int | None] = mapped_column(BigInteger)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    comments: Mapped[int | None] = mapped_column(BigInteger)
    shares: Mapped[int | None] = mapped_column(BigInteger)
    watching: Mapped[int | None] = mapped_column(BigInteger)
    favourites: Mapped[int | None] = mapped_column(BigInteger)
    reads_gain: Mapped[int | None] = mapped_column(BigInteger)
    likes_gain: Mapped[int | None] = mapped_column(BigInteger)
    comments_gain: Mapped[int | None] = mapped_column(BigInteger)
    shares_gain: Mapped[int | None] = mapped_column(BigInteger)
    watching_gain: Mapped[int | None] = mapped_column(BigInteger)
    favourites_gain: Mapped[int | None] = mapped_column(BigInteger)


class DueReading(Base):
    """When a publication's figures are read next: what the collector knows of it. Null `due_at`: never again."""

    __tablename__ = "due_reading"
    __table_args__ = (Index("ix_due_reading_due", "due_at"), not_negative("silent"))

    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), primary_key=True, autoincrement=False)
    due_at: Mapped[datetime | None]
    read_at: Mapped[datetime]
    """When its platform was last asked and answered."""
    changed_at: Mapped[datetime | None]
    """When it last said something new."""
    silent: Mapped[int] = mapped_column(default=0)
    """How many answers in a row said nothing of it."""


class BoardHit(Base):
    """上榜: one stay of an entry of a hot board that concerns a campaign, and the publication it is about, if any.

    A stay ends when the entry is gone for longer than the watch forgives; the next one is a row of its own.
    `minutes` is the time between the observations that saw it. `left_at` is the first look at the board that saw it no
    more: null while it stands there, or while nobody has looked again.
    """

    __tablename__ = "board_hit"
    __table_args__ = (
        UniqueConstraint("campaign", "rehearsal", "board", "title", "first_seen_at"),
        Index("ix_board_hit_last", "campaign", "rehearsal", "last_seen_at"),
        not_negative("first_heat", "peak_heat", "minutes"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign: Mapped[str] = mapped_column(String(64))
    rehearsal: Mapped[bool] = mapped_column(default=False)
    board: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(300))
    publication_id: Mapped[int | None] = mapped_column(ForeignKey("publication.id"), index=True)
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    first_seen_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    sightings: Mapped[int] = mapped_column(default=1)
    minutes: Mapped[int] = mapped_column(default=0)
    first_position: Mapped[int]
    best_position: Mapped[int]
    best_at: Mapped[datetime]
    first_heat: Mapped[int | None] = mapped_column(BigInteger)
    peak_heat: Mapped[int | None] = mapped_column(BigInteger)
    alerted_at: Mapped[datetime | None]


class Anomaly(Base):
    """异常: figures of a publication that do not look like readers, with the evidence. Only a person excludes them."""

    __tablename__ = "anomaly"
    __table_args__ = (
        one_of("state", ANOMALY_STATES),
        UniqueConstraint("publication_id", "kind", "measure", "observed_at"),
        CheckConstraint("(state = 'flagged') = (decided_by IS NULL)", name="decision_has_name"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    publication_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
    kind: Mapped[str] = mapped_column(String(24))
    measure: Mapped[str] = mapped_column(String(16))
    observed_at: Mapped[datetime]
    until_at: Mapped[datetime | None]
    evidence: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(8), default="flagged")
    flagged_at: Mapped[datetime]
    decided_by: Mapped[str | None] = mapped_column(String(64))
    decided_at: Mapped[datetime | None]
    why: Mapped[str] = mapped_column(Text, default="")
