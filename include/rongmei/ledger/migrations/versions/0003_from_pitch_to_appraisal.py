"""Links, submissions, the desk's marks, graded reviews, stays on boards, anomalies, appraisal periods and appeals."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rongmei.ledger.types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")

NEW_TABLES = (
    "board_hit",
    "anomaly",
    "filing",
    "score_amendment",
    "submission",
    "appeal",
    "period_score",
    "period",
    "link",
)
STORY_STATES = "'filed', 'first_review', 'second_review', 'final_review', 'signed_off', 'returned', 'rejected', 'corrected', 'recalled'"
REVIEW_STAGES = "'first_review', 'second_review', 'final_review'"


def upgrade() -> None:
    """Forward."""
    _new_tables()
    op.add_column("pitch", sa.Column("desk_mark", sa.String(length=8), nullable=True))
    with op.batch_alter_table("media") as media:
        media.alter_column("content_type", existing_type=sa.String(length=60), type_=sa.String(length=100))
    op.add_column("story", sa.Column("grade", sa.String(length=10), server_default="ordinary", nullable=False))
    _rule("story", "state", f"{STORY_STATES}, 'countersign'")
    with op.batch_alter_table("story") as story:
        story.create_check_constraint(op.f("ck_story_grade"), "grade IN ('ordinary', 'sensitive', 'major')")
    _rule("review", "stage", f"{REVIEW_STAGES}, 'countersign'")
    _rule("story_media", "role", "'cover', 'body', 'video', 'audio'")
    _reports_have_keys()


def downgrade() -> None:
    """Back; what the older house has no place for is dropped: reports of periods, signatures of the fourth stage."""
    op.execute("DELETE FROM report WHERE edition_id IS NULL")
    with op.batch_alter_table("report") as report:
        report.drop_constraint(op.f("uq_report_key"), type_="unique")
        report.create_unique_constraint(op.f("uq_report_edition_id_kind"), ["edition_id", "kind"])
        report.alter_column("edition_id", existing_type=sa.Integer(), nullable=False)
        report.drop_column("last_day")
        report.drop_column("first_day")
        report.drop_column("key")
    op.execute("DELETE FROM story_media WHERE role = 'audio'")
    _rule("story_media", "role", "'cover', 'body', 'video'")
    op.execute("DELETE FROM review WHERE stage = 'countersign'")
    _rule("review", "stage", REVIEW_STAGES)
    op.execute("UPDATE story SET state = 'final_review' WHERE state = 'countersign'")
    _rule("story", "state", STORY_STATES)
    with op.batch_alter_table("story") as story:
        story.drop_constraint(op.f("ck_story_grade"), type_="check")
        story.drop_column("grade")
    with op.batch_alter_table("media") as media:
        media.alter_column("content_type", existing_type=sa.String(length=100), type_=sa.String(length=60))
    op.drop_column("pitch", "desk_mark")
    for table in NEW_TABLES:
        op.drop_table(table)


def _rule(table: str, column: str, values: str) -> None:
    """What a column may hold."""
    with op.batch_alter_table(table) as batch:
        batch.drop_constraint(op.f(f"ck_{table}_{column}"), type_="check")
        batch.create_check_constraint(op.f(f"ck_{table}_{column}"), f"{column} IN ({values})")


def _reports_have_keys() -> None:
    op.add_column("report", sa.Column("key", sa.String(length=160), nullable=True))
    op.add_column("report", sa.Column("first_day", sa.Date(), nullable=True))
    op.add_column("report", sa.Column("last_day", sa.Date(), nullable=True))
    op.execute("UPDATE report SET key = kind || ':' || (SELECT key FROM edition WHERE edition.id = report.edition_id)")
    with op.batch_alter_table("report") as report:
        report.alter_column("key", existing_type=sa.String(length=160), nullable=False)
        report.alter_column("edition_id", existing_type=sa.Integer(), nullable=True)
        report.drop_constraint(op.f("uq_report_edition_id_kind"), type_="unique")
        report.create_unique_constraint(op.f("uq_report_key"), ["key"])


def _new_tables() -> None:
    op.create_table(
        "link",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=True),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("issued_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("used_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("purpose IN ('answer', 'pitch', 'submission', 'intake')", name=op.f("ck_link_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
    )
    op.create_index("ix_link_subject", "link", ["purpose", "subject"], unique=False)
    op.create_table(
        "period",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=True),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("rules", sa.String(length=96), nullable=False),
        sa.Column("rules_json", sa.LargeBinary(), nullable=False),
        sa.Column("inputs_json", sa.LargeBinary(), nullable=False),
        sa.Column("inputs_hash", sa.String(length=64), nullable=False),
        sa.Column("frozen_at", UtcDateTime(), nullable=False),
        sa.Column("frozen_by", sa.String(length=64), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_period_days")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period")),
        sa.UniqueConstraint("key", name=op.f("uq_period_key")),
    )
    op.create_table(
        "period_score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("period_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.CheckConstraint("kind IN ('outlet', 'person')", name=op.f("ck_period_score_kind")),
        sa.ForeignKeyConstraint(["period_id"], ["period.id"], name=op.f("fk_period_score_period_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_period_score")),
        sa.UniqueConstraint("period_id", "kind", "subject", name=op.f("uq_period_score_period_id_kind_subject")),
    )
    op.create_index(op.f("ix_period_score_period_id"), "period_score", ["period_id"], unique=False)
    op.create_table(
        "appeal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("score_id", sa.Integer(), nullable=False),
        sa.Column("term", sa.String(length=120), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(state = 'open') = (answered_at IS NULL)", name=op.f("ck_appeal_answer_has_time")),
        sa.CheckConstraint("state IN ('open', 'upheld', 'refused')", name=op.f("ck_appeal_state")),
        sa.ForeignKeyConstraint(["score_id"], ["period_score.id"], name=op.f("fk_appeal_score_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appeal")),
    )
    op.create_index(op.f("ix_appeal_score_id"), "appeal", ["score_id"], unique=False)
    op.create_table(
        "submission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("day", sa.Date(), nullable=True),
        sa.Column("outlet", sa.String(length=64), nullable=True),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("author", sa.String(length=60), nullable=True),
        sa.Column("fields", JSON, nullable=False),
        sa.Column("media", JSON, nullable=False),
        sa.Column("sender", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("pitch_id", sa.Integer(), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("(state = 'taken') = (pitch_id IS NOT NULL)", name=op.f("ck_submission_taken_names_pitch")),
        sa.CheckConstraint("kind IN ('outlet', 'citizen', 'mail', 'directive')", name=op.f("ck_submission_kind")),
        sa.CheckConstraint("state IN ('waiting', 'passed', 'refused', 'taken')", name=op.f("ck_submission_state")),
        sa.CheckConstraint(
            "state NOT IN ('passed', 'refused') OR decided_by IS NOT NULL", name=op.f("ck_submission_decision_has_name")
        ),
        sa.ForeignKeyConstraint(["pitch_id"], ["pitch.id"], name=op.f("fk_submission_pitch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_submission")),
        sa.UniqueConstraint("campaign", "kind", "ref", name=op.f("uq_submission_campaign_kind_ref")),
    )
    op.create_index("ix_submission_campaign_state", "submission", ["campaign", "rehearsal", "state"], unique=False)
    op.create_index("ix_submission_sender", "submission", ["sender", "received_at"], unique=False)
    op.create_table(
        "score_amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("score_id", sa.Integer(), nullable=False),
        sa.Column("appeal_id", sa.Integer(), nullable=True),
        sa.Column("term", sa.String(length=120), nullable=False),
        sa.Column("points", sa.Float(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["appeal_id"], ["appeal.id"], name=op.f("fk_score_amendment_appeal_id")),
        sa.ForeignKeyConstraint(["score_id"], ["period_score.id"], name=op.f("fk_score_amendment_score_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_amendment")),
    )
    op.create_index(op.f("ix_score_amendment_score_id"), "score_amendment", ["score_id"], unique=False)
    op.create_table(
        "filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("authority", sa.String(length=120), nullable=False),
        sa.Column("number", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("state IN ('applied', 'approved', 'refused')", name=op.f("ck_filing_state")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_filing_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filing")),
    )
    op.create_index(op.f("ix_filing_story_id"), "filing", ["story_id"], unique=False)
    op.create_table(
        "anomaly",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("until_at", UtcDateTime(), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("flagged_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.String(length=64), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'flagged') = (decided_by IS NULL)", name=op.f("ck_anomaly_decision_has_name")),
        sa.CheckConstraint("state IN ('flagged', 'excluded', 'cleared')", name=op.f("ck_anomaly_state")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_anomaly_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_anomaly")),
        sa.UniqueConstraint(
            "publication_id",
            "kind",
            "measure",
            "observed_at",
            name=op.f("uq_anomaly_publication_id_kind_measure_observed_at"),
        ),
    )
    op.create_index(op.f("ix_anomaly_publication_id"), "anomaly", ["publication_id"], unique=False)
    op.create_table(
        "board_hit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("board", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime(), nullable=True),
        sa.Column("sightings", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("first_position", sa.Integer(), nullable=False),
        sa.Column("best_position", sa.Integer(), nullable=False),
        sa.Column("best_at", UtcDateTime(), nullable=False),
        sa.Column("first_heat", sa.BigInteger(), nullable=True),
        sa.Column("peak_heat", sa.BigInteger(), nullable=True),
        sa.Column("alerted_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(first_heat IS NULL OR first_heat >= 0) AND (peak_heat IS NULL OR peak_heat >= 0) AND (minutes IS NULL OR minutes >= 0)",
            name=op.f("ck_board_hit_counts"),
        ),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_board_hit_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_hit")),
        sa.UniqueConstraint(
            "campaign",
            "rehearsal",
            "board",
            "title",
            "first_seen_at",
            name=op.f("uq_board_hit_campaign_rehearsal_board_title_first_seen_at"),
        ),
    )
    op.create_index("ix_board_hit_last", "board_hit", ["campaign", "rehearsal", "last_seen_at"], unique=False)
    op.create_index(op.f("ix_board_hit_publication_id"), "board_hit", ["publication_id"], unique=False)
