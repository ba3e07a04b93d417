"""The tables of the ledger, one class a word of the house; constraints make wrong states impossible.

Keys in the shape `outlet/channel` (accounts), outlet ids, person ids and campaign ids are those of the YAML files.
Every timestamp is aware UTC. Counts are integers; null in a count means "not known", never zero.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from rongmei.clock import local_date
from rongmei.ledger.types import UtcDateTime

PITCH_STATES = ("submitted", "merged", "shortlisted", "accepted", "held", "declined")
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
EDITION_STATES = ("open", "closed")
AMENDMENT_KINDS = ("recall", "correction")
AMENDMENT_STATES = ("ordered", "done", "by_hand")
"""`by_hand`: the platform cannot do it, or refused; a person has to, and says so when it is done."""
MAIL_STATES = ("pending", "sending", "sent", "failed", "unknown")
REVIEW_STAGES = ("first_review", "second_review", "final_review", "countersign")
"""`countersign` 签发: a fourth signature, for stories of the grade `major` only."""
GRADES = ("ordinary", "sensitive", "major")
FILING_STATES = ("applied", "approved", "refused")
LINK_PURPOSES = ("answer", "pitch", "submission", "intake")
SUBMISSION_KINDS = ("outlet", "citizen", "mail", "directive")
SUBMISSION_STATES = ("waiting", "passed", "refused", "taken")
DESK_MARKS = ("pinned", "vetoed")
ANOMALY_STATES = ("flagged", "excluded", "cleared")
APPEAL_STATES = ("open", "upheld", "refused")
REVIEW_DECISIONS = ("pass", "return", "reject")
CREDIT_KINDS = ("adoption", "award", "error")
CREDIT_LEVELS = ("county", "city", "province", "state")
"""Of who adopted or awarded, lowest first."""
ERROR_LEVELS = ("minor", "serious", "major")
"""Of an error found after proof, least first."""


class Base(DeclarativeBase):
    """Common ground: constraint names that Alembic can find again, JSON as JSONB on PostgreSQL."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        date: Date,
        dict[str, Any]: JSON().with_variant(JSONB, "postgresql"),
        list[Any]: JSON().with_variant(JSONB, "postgresql"),
    }


COMPACT_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
"""JSON whose absence is a plain null, which takes no room."""


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A check that `column` holds one of `values`."""
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def not_negative(*columns: str) -> CheckConstraint:
    """A check that counts, where known, are not below zero."""
    return CheckConstraint(" AND ".join(f"({c} IS NULL OR {c} >= 0)" for c in columns), name="counts")


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


class Score(Base):
    """考核: an outlet's score in an edition by one version of the rules, with its arithmetic."""

    __tablename__ = "score"
    __table_args__ = (UniqueConstraint("edition_id", "outlet", "rules"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    edition_id: Mapped[int] = mapped_column(ForeignKey("edition.id"), index=True)
    outlet: Mapped[str] = mapped_column(String(64))
    rules: Mapped[str] = mapped_column(String(96))
    total: Mapped[float] = mapped_column(Float)
    rank: Mapped[int]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    scored_at: Mapped[datetime]


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


class Period(Base):
    """考核周期: a stretch of days scored from a frozen copy of its rules and inputs (canonical JSON, gzipped).

    `key` names it: period:dongguan:2026-06-01..2026-06-07:dongguan-cluster-v1. Days are Asia/Shanghai, both included.
    """

    __tablename__ = "period"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="days"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(160), unique=True)
    cluster: Mapped[str] = mapped_column(String(64))
    campaign: Mapped[str | None] = mapped_column(String(64))
    rehearsal: Mapped[bool] = mapped_column(default=False)
    first_day: Mapped[date]
    last_day: Mapped[date]
    rules: Mapped[str] = mapped_column(String(96))
    rules_json: Mapped[bytes] = mapped_column(LargeBinary)
    inputs_json: Mapped[bytes] = mapped_column(LargeBinary)
    inputs_hash: Mapped[str] = mapped_column(String(64))
    frozen_at: Mapped[datetime]
    frozen_by: Mapped[str] = mapped_column(String(64))


class PeriodScore(Base):
    """What an outlet or a person scored in a period, with its arithmetic; never changed, only amended beside it."""

    __tablename__ = "period_score"
    __table_args__ = (one_of("kind", ("outlet", "person")), UniqueConstraint("period_id", "kind", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    period_id: Mapped[int] = mapped_column(ForeignKey("period.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(64))
    total: Mapped[float] = mapped_column(Float)
    rank: Mapped[int]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)


class Appeal(Base):
    """申诉: an outlet or person points at one term of a score; the desk answers once."""

    __tablename__ = "appeal"
    __table_args__ = (
        one_of("state", APPEAL_STATES),
        CheckConstraint("(state = 'open') = (answered_at IS NULL)", name="answer_has_time"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("period_score.id"), index=True)
    term: Mapped[str] = mapped_column(String(120))
    why: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("who", String(64))
    at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8), default="open")
    answer: Mapped[str] = mapped_column(Text, default="")
    answered_by: Mapped[str | None] = mapped_column(String(64))
    answered_at: Mapped[datetime | None]


class ScoreAmendment(Base):
    """更正: a dated entry that adds points to, or takes them from, one term of a score. Rows are only ever added."""

    __tablename__ = "score_amendment"

    id: Mapped[int] = mapped_column(primary_key=True)
    score_id: Mapped[int] = mapped_column(ForeignKey("period_score.id"), index=True)
    appeal_id: Mapped[int | None] = mapped_column(ForeignKey("appeal.id"))
    term: Mapped[str] = mapped_column(String(120))
    points: Mapped[float] = mapped_column(Float)
    why: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column("who", String(64))
    at: Mapped[datetime]


class Credit(Base):
    """绩效登记: an adoption by media above, an award, or an error found after proof, entered by the desk with evidence.

    `title` is what was adopted, awarded or wrong; with `story_id` the item is that story of ours, without it the title
    tells items apart. `times` counts the errors found. A wrong entry is withdrawn, never changed or deleted.
    """

    __tablename__ = "credit"
    __table_args__ = (
        one_of("kind", CREDIT_KINDS),
        one_of("level", (*CREDIT_LEVELS, *ERROR_LEVELS)),
        CheckConstraint("(kind = 'error') = (level IN ('minor', 'serious', 'major'))", name="level_of_kind"),
        CheckConstraint("outlet IS NOT NULL OR person IS NOT NULL", name="concerns_somebody"),
        CheckConstraint("times >= 1", name="times_count"),
        CheckConstraint("(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name="withdrawal_has_name"),
        Index("ix_credit_day", "cluster", "day"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cluster: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(8))
    rehearsal: Mapped[bool] = mapped_column(default=False)
    outlet: Mapped[str | None] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(String(64))
    story_id: Mapped[int | None] = mapped_column(ForeignKey("story.id"), index=True)
    title: Mapped[str] = mapped_column(String(300))
    level: Mapped[str] = mapped_column(String(8))
    times: Mapped[int] = mapped_column(default=1)
    day: Mapped[date]
    """The Shanghai day on which it was adopted, awarded or found."""
    evidence: Mapped[str] = mapped_column(String(2000))
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column("who", String(64))
    at: Mapped[datetime]
    withdrawn_by: Mapped[str | None] = mapped_column(String(64))
    withdrawn_at: Mapped[datetime | None]
    withdrawn_why: Mapped[str] = mapped_column(Text, default="")


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


class EventColumns:
    """Who moved a thing, when, from where to where, and why. Rows are only ever added."""

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column("who", String(64))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    why: Mapped[str] = mapped_column(Text, default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class PitchEvent(EventColumns, Base):
    """The life of a pitch."""

    __tablename__ = "pitch_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("pitch.id"), index=True)


class AssignmentEvent(EventColumns, Base):
    """The life of an assignment."""

    __tablename__ = "assignment_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("assignment.id"), index=True)


class StoryEvent(EventColumns, Base):
    """The life of a story."""

    __tablename__ = "story_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("story.id"), index=True)


class PublicationEvent(EventColumns, Base):
    """The life of a publication."""

    __tablename__ = "publication_event"
    thing_id: Mapped[int] = mapped_column(ForeignKey("publication.id"), index=True)
