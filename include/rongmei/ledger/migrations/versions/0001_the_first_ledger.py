"""The first ledger: every table of the vocabulary."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rongmei.ledger.types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "board_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("board", sa.String(length=16), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("category", sa.String(length=60), nullable=True),
        sa.Column("heat", sa.BigInteger(), nullable=True),
        sa.Column("reads", sa.BigInteger(), nullable=True),
        sa.Column("discussions", sa.BigInteger(), nullable=True),
        sa.Column("originals", sa.BigInteger(), nullable=True),
        sa.Column("is_ad", sa.Boolean(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(heat IS NULL OR heat >= 0) AND (reads IS NULL OR reads >= 0) AND (discussions IS NULL OR discussions >= 0) AND (originals IS NULL OR originals >= 0)",
            name=op.f("ck_board_entry_counts"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_board_entry")),
        sa.UniqueConstraint(
            "board", "observed_at", "position", "title", name=op.f("uq_board_entry_board_observed_at_position_title")
        ),
    )
    op.create_index("ix_board_entry_title", "board_entry", ["title"], unique=False)

    op.create_table(
        "edition",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("options", JSON, nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_edition_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_edition")),
        sa.UniqueConstraint("campaign", "day", "rehearsal", name=op.f("uq_edition_campaign_day_rehearsal")),
        sa.UniqueConstraint("key", name=op.f("uq_edition_key")),
    )
    op.create_table(
        "lead",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign", sa.String(length=64), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("best_position", sa.Integer(), nullable=True),
        sa.Column("peak_heat", sa.BigInteger(), nullable=True),
        sa.Column("first_seen_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lead")),
        sa.UniqueConstraint("campaign", "source", "ref", name=op.f("uq_lead_campaign_source_ref")),
    )
    op.create_index(op.f("ix_lead_campaign"), "lead", ["campaign"], unique=False)

    op.create_table(
        "media",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("content_type", sa.String(length=60), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("added_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media")),
    )
    op.create_table(
        "mail",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=True),
        sa.Column("recipient", sa.String(length=200), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("message_id", sa.String(length=200), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("queued_at", UtcDateTime(), nullable=False),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_mail_sent_has_time")),
        sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed', 'unknown')", name=op.f("ck_mail_state")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_mail_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mail_message_id")),
    )
    op.create_index(op.f("ix_mail_edition_id"), "mail", ["edition_id"], unique=False)

    op.create_table(
        "pitch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("ref", sa.String(length=128), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=True),
        sa.Column("lead_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("column_id", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=120), nullable=True),
        sa.Column("author", sa.String(length=60), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("channels", JSON, nullable=False),
        sa.Column("heat", sa.Float(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("merged_into_id", sa.Integer(), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("score_terms", JSON, nullable=False),
        sa.Column("submitted_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint(
            "(state = 'merged') = (merged_into_id IS NOT NULL)", name=op.f("ck_pitch_merged_names_target")
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'merged', 'shortlisted', 'accepted', 'held', 'declined')",
            name=op.f("ck_pitch_state"),
        ),
        sa.CheckConstraint("merged_into_id IS NULL OR merged_into_id <> id", name=op.f("ck_pitch_not_into_itself")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_pitch_edition_id")),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name=op.f("fk_pitch_lead_id")),
        sa.ForeignKeyConstraint(["merged_into_id"], ["pitch.id"], name=op.f("fk_pitch_merged_into_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pitch")),
        sa.UniqueConstraint("edition_id", "source", "ref", name=op.f("uq_pitch_edition_id_source_ref")),
    )
    op.create_index(op.f("ix_pitch_edition_id"), "pitch", ["edition_id"], unique=False)
    op.create_index(op.f("ix_pitch_outlet"), "pitch", ["outlet"], unique=False)

    op.create_table(
        "report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=300), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("message", sa.LargeBinary(), nullable=False),
        sa.Column("folder", sa.String(length=1000), nullable=False),
        sa.Column("built_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_report_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report")),
        sa.UniqueConstraint("edition_id", "kind", name=op.f("uq_report_edition_id_kind")),
    )
    op.create_index(op.f("ix_report_edition_id"), "report", ["edition_id"], unique=False)

    op.create_table(
        "score",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.String(length=96), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("terms", JSON, nullable=False),
        sa.Column("scored_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_score_edition_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score")),
        sa.UniqueConstraint("edition_id", "outlet", "rules", name=op.f("uq_score_edition_id_outlet_rules")),
    )
    op.create_index(op.f("ix_score_edition_id"), "score", ["edition_id"], unique=False)

    op.create_table(
        "assignment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("pitch_id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("partners", JSON, nullable=False),
        sa.Column("reasons", JSON, nullable=False),
        sa.Column("answer_by", UtcDateTime(), nullable=False),
        sa.Column("deadline_at", UtcDateTime(), nullable=False),
        sa.Column("offered_at", UtcDateTime(), nullable=False),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('offered', 'accepted', 'declined', 'expired', 'filed', 'done')", name=op.f("ck_assignment_state")
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_assignment_edition_id")),
        sa.ForeignKeyConstraint(["pitch_id"], ["pitch.id"], name=op.f("fk_assignment_pitch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
        sa.UniqueConstraint("pitch_id", "outlet", name=op.f("uq_assignment_pitch_id_outlet")),
    )
    op.create_index(op.f("ix_assignment_edition_id"), "assignment", ["edition_id"], unique=False)
    op.create_index(op.f("ix_assignment_outlet"), "assignment", ["outlet"], unique=False)
    op.create_index(
        "uq_assignment_pitch_held",
        "assignment",
        ["pitch_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'accepted', 'filed', 'done')"),
        postgresql_where=sa.text("state IN ('offered', 'accepted', 'filed', 'done')"),
    )

    op.create_table(
        "pitch_event",
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(["thing_id"], ["pitch.id"], name=op.f("fk_pitch_event_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pitch_event")),
    )
    op.create_index(op.f("ix_pitch_event_thing_id"), "pitch_event", ["thing_id"], unique=False)

    op.create_table(
        "assignment_event",
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(["thing_id"], ["assignment.id"], name=op.f("fk_assignment_event_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment_event")),
    )
    op.create_index(op.f("ix_assignment_event_thing_id"), "assignment_event", ["thing_id"], unique=False)

    op.create_table(
        "story",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("assignment_id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("current_hash", sa.String(length=64), nullable=True),
        sa.Column("filed_at", UtcDateTime(), nullable=False),
        sa.Column("signed_off_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "state IN ('filed', 'first_review', 'second_review', 'final_review', 'signed_off', 'returned', 'rejected', 'corrected', 'recalled')",
            name=op.f("ck_story_state"),
        ),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"], name=op.f("fk_story_assignment_id")),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_story_edition_id")),
        sa.ForeignKeyConstraint(
            ["id", "current_hash"],
            ["story_version.story_id", "story_version.content_hash"],
            name="fk_story_current_version",
            initially="DEFERRED",
            deferrable=True,
            use_alter=True,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story")),
        sa.UniqueConstraint("assignment_id", name=op.f("uq_story_assignment_id")),
    )
    op.create_index(op.f("ix_story_edition_id"), "story", ["edition_id"], unique=False)
    op.create_index(op.f("ix_story_outlet"), "story", ["outlet"], unique=False)

    op.create_table(
        "story_event",
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(["thing_id"], ["story.id"], name=op.f("fk_story_event_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_event")),
    )
    op.create_index(op.f("ix_story_event_thing_id"), "story_event", ["thing_id"], unique=False)

    op.create_table(
        "story_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("author", sa.String(length=120), nullable=False),
        sa.Column("digest", sa.String(length=500), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("column_id", sa.String(length=64), nullable=True),
        sa.Column("tags", JSON, nullable=False),
        sa.Column("ai_generated", sa.Boolean(), nullable=False),
        sa.Column("source_name", sa.String(length=300), nullable=False),
        sa.Column("filed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_story_version_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_version")),
        sa.UniqueConstraint("story_id", "content_hash", name=op.f("uq_story_version_story_id_content_hash")),
        sa.UniqueConstraint("story_id", "number", name=op.f("uq_story_version_story_id_number")),
    )
    op.create_index(op.f("ix_story_version_story_id"), "story_version", ["story_id"], unique=False)

    op.create_table(
        "publication",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("edition_id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("account", sa.String(length=96), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("scheduled_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("claim", sa.String(length=64), nullable=True),
        sa.Column("claimed_at", UtcDateTime(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("progress", JSON, nullable=False),
        sa.Column("external_id", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("accepted_at", UtcDateTime(), nullable=True),
        sa.Column("live_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint(
            "(state = 'sending') = (claim IS NOT NULL)", name=op.f("ck_publication_claim_while_sending")
        ),
        sa.CheckConstraint("state <> 'live' OR live_at IS NOT NULL", name=op.f("ck_publication_live_has_time")),
        sa.CheckConstraint(
            "state IN ('scheduled', 'sending', 'accepted', 'live', 'failed', 'unknown', 'missed', 'cancelled', 'awaiting_operator', 'recalled')",
            name=op.f("ck_publication_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('accepted', 'live') OR external_id IS NOT NULL",
            name=op.f("ck_publication_accepted_has_external_id"),
        ),
        sa.ForeignKeyConstraint(["edition_id"], ["edition.id"], name=op.f("fk_publication_edition_id")),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_publication_story_id")),
        sa.ForeignKeyConstraint(["version_id"], ["story_version.id"], name=op.f("fk_publication_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication")),
        sa.UniqueConstraint("account", "external_id", name=op.f("uq_publication_account_external_id")),
        sa.UniqueConstraint("version_id", "account", name=op.f("uq_publication_version_id_account")),
    )
    op.create_index(op.f("ix_publication_account"), "publication", ["account"], unique=False)
    op.create_index(op.f("ix_publication_edition_id"), "publication", ["edition_id"], unique=False)
    op.create_index("ix_publication_state_channel", "publication", ["state", "channel"], unique=False)
    op.create_index(op.f("ix_publication_story_id"), "publication", ["story_id"], unique=False)

    op.create_table(
        "review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("story_id", sa.Integer(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("reviewer", sa.String(length=64), nullable=False),
        sa.Column("decision", sa.String(length=8), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("decision = 'pass' OR length(opinion) > 0", name=op.f("ck_review_opinion_when_not_passed")),
        sa.CheckConstraint("decision IN ('pass', 'return', 'reject')", name=op.f("ck_review_decision")),
        sa.CheckConstraint("stage IN ('first_review', 'second_review', 'final_review')", name=op.f("ck_review_stage")),
        sa.ForeignKeyConstraint(
            ["story_id", "content_hash"],
            ["story_version.story_id", "story_version.content_hash"],
            name=op.f("fk_review_story_id_content_hash"),
        ),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_review_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review")),
        sa.UniqueConstraint(
            "story_id", "content_hash", "reviewer", name=op.f("uq_review_story_id_content_hash_reviewer")
        ),
        sa.UniqueConstraint("story_id", "content_hash", "stage", name=op.f("uq_review_story_id_content_hash_stage")),
    )
    op.create_index(op.f("ix_review_story_id"), "review", ["story_id"], unique=False)

    op.create_table(
        "story_media",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=8), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("alt", sa.String(length=300), nullable=False),
        sa.Column("credit", sa.String(length=120), nullable=False),
        sa.CheckConstraint("role IN ('cover', 'body')", name=op.f("ck_story_media_role")),
        sa.ForeignKeyConstraint(["sha256"], ["media.sha256"], name=op.f("fk_story_media_sha256")),
        sa.ForeignKeyConstraint(["version_id"], ["story_version.id"], name=op.f("fk_story_media_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_story_media")),
        sa.UniqueConstraint("version_id", "position", name=op.f("uq_story_media_version_id_position")),
    )
    op.create_index(op.f("ix_story_media_version_id"), "story_media", ["version_id"], unique=False)

    op.create_table(
        "publication_event",
        sa.Column("thing_id", sa.Integer(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("from_state", sa.String(length=20), nullable=True),
        sa.Column("to_state", sa.String(length=20), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", JSON, nullable=False),
        sa.ForeignKeyConstraint(["thing_id"], ["publication.id"], name=op.f("fk_publication_event_thing_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_publication_event")),
    )
    op.create_index(op.f("ix_publication_event_thing_id"), "publication_event", ["thing_id"], unique=False)

    op.create_table(
        "snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("reads", sa.BigInteger(), nullable=True),
        sa.Column("likes", sa.BigInteger(), nullable=True),
        sa.Column("comments", sa.BigInteger(), nullable=True),
        sa.Column("shares", sa.BigInteger(), nullable=True),
        sa.Column("watching", sa.BigInteger(), nullable=True),
        sa.Column("favourites", sa.BigInteger(), nullable=True),
        sa.Column("raw", JSON, nullable=False),
        sa.CheckConstraint(
            "(reads IS NULL OR reads >= 0) AND (likes IS NULL OR likes >= 0) AND (comments IS NULL OR comments >= 0) AND (shares IS NULL OR shares >= 0) AND (watching IS NULL OR watching >= 0) AND (favourites IS NULL OR favourites >= 0)",
            name=op.f("ck_snapshot_counts"),
        ),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_snapshot_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("publication_id", "observed_at", name=op.f("uq_snapshot_publication_id_observed_at")),
    )
    op.create_index(op.f("ix_snapshot_publication_id"), "snapshot", ["publication_id"], unique=False)
    if op.get_bind().dialect.name != "sqlite":  # SQLite takes the circular key inside CREATE TABLE
        op.create_foreign_key(
            "fk_story_current_version",
            "story",
            "story_version",
            ["id", "current_hash"],
            ["story_id", "content_hash"],
            initially="DEFERRED",
            deferrable=True,
        )


def downgrade() -> None:
    """Back."""
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_story_current_version", "story", type_="foreignkey")
    op.drop_index(op.f("ix_snapshot_publication_id"), table_name="snapshot")

    op.drop_table("snapshot")
    op.drop_index(op.f("ix_publication_event_thing_id"), table_name="publication_event")

    op.drop_table("publication_event")
    op.drop_index(op.f("ix_story_media_version_id"), table_name="story_media")

    op.drop_table("story_media")
    op.drop_index(op.f("ix_review_story_id"), table_name="review")

    op.drop_table("review")
    op.drop_index(op.f("ix_publication_story_id"), table_name="publication")
    op.drop_index("ix_publication_state_channel", table_name="publication")
    op.drop_index(op.f("ix_publication_edition_id"), table_name="publication")
    op.drop_index(op.f("ix_publication_account"), table_name="publication")

    op.drop_table("publication")
    op.drop_index(op.f("ix_story_version_story_id"), table_name="story_version")

    op.drop_table("story_version")
    op.drop_index(op.f("ix_story_event_thing_id"), table_name="story_event")

    op.drop_table("story_event")
    op.drop_index(op.f("ix_story_outlet"), table_name="story")
    op.drop_index(op.f("ix_story_edition_id"), table_name="story")

    op.drop_table("story")
    op.drop_index(op.f("ix_assignment_event_thing_id"), table_name="assignment_event")

    op.drop_table("assignment_event")
    op.drop_index(op.f("ix_pitch_event_thing_id"), table_name="pitch_event")

    op.drop_table("pitch_event")
    op.drop_index(
        "uq_assignment_pitch_held",
        table_name="assignment",
        sqlite_where=sa.text("state IN ('offered', 'accepted', 'filed', 'done')"),
        postgresql_where=sa.text("state IN ('offered', 'accepted', 'filed', 'done')"),
    )
    op.drop_index(op.f("ix_assignment_outlet"), table_name="assignment")
    op.drop_index(op.f("ix_assignment_edition_id"), table_name="assignment")

    op.drop_table("assignment")
    op.drop_index(op.f("ix_score_edition_id"), table_name="score")

    op.drop_table("score")
    op.drop_index(op.f("ix_report_edition_id"), table_name="report")

    op.drop_table("report")
    op.drop_index(op.f("ix_pitch_outlet"), table_name="pitch")
    op.drop_index(op.f("ix_pitch_edition_id"), table_name="pitch")

    op.drop_table("pitch")
    op.drop_index(op.f("ix_mail_edition_id"), table_name="mail")

    op.drop_table("mail")
    op.drop_table("media")
    op.drop_index(op.f("ix_lead_campaign"), table_name="lead")

    op.drop_table("lead")
    op.drop_table("edition")
    op.drop_index("ix_board_entry_title", table_name="board_entry")

    op.drop_table("board_entry")
