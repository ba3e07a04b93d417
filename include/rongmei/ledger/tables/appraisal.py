"""Scores of editions and periods, appeals and corrections."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Float, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from rongmei.ledger.tables.base import Base, one_of

APPEAL_STATES = ("open", "upheld", "refused")
CREDIT_KINDS = ("adoption", "award", "error")
CREDIT_LEVELS = ("county", "city", "province", "state")
"""Of who adopted or awarded, lowest first."""
ERROR_LEVELS = ("minor", "serious", "major")
"""Of an error found after proof, least first."""


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
