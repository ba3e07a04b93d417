"""Every channel: quotas, recalls and corrections, bundles, videos, and what a story says beside its text."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rongmei.ledger.types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    """Forward."""
    # Not in batches: SQLite would have to drop tables that others point at.
    op.add_column("story_version", sa.Column("extras", JSON, nullable=False, server_default="{}"))
    op.add_column("media", sa.Column("seconds", sa.Float(), nullable=True))
    op.add_column("publication", sa.Column("position", sa.Integer(), nullable=True))
    _media_roles("role IN ('cover', 'body', 'video')")
    op.create_table(
        "amendment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("how", sa.String(length=16), nullable=True),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("evidence", JSON, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("ordered_at", UtcDateTime(), nullable=False),
        sa.Column("not_before", UtcDateTime(), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("kind IN ('recall', 'correction')", name=op.f("ck_amendment_kind")),
        sa.CheckConstraint("state IN ('ordered', 'done', 'by_hand')", name=op.f("ck_amendment_state")),
        sa.CheckConstraint(
            "(kind = 'correction') = (version_id IS NOT NULL)", name=op.f("ck_amendment_correction_has_version")
        ),
        sa.CheckConstraint("state <> 'done' OR done_at IS NOT NULL", name=op.f("ck_amendment_done_has_time")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_amendment_publication_id")),
        sa.ForeignKeyConstraint(["version_id"], ["story_version.id"], name=op.f("fk_amendment_version_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendment")),
        sa.UniqueConstraint("publication_id", "version_id", name=op.f("uq_amendment_publication_id_version_id")),
    )
    op.create_index(op.f("ix_amendment_publication_id"), "amendment", ["publication_id"])
    op.create_index(
        "uq_amendment_open",
        "amendment",
        ["publication_id"],
        unique=True,
        sqlite_where=sa.text("state <> 'done'"),
        postgresql_where=sa.text("state <> 'done'"),
    )
    op.create_table(
        "quota_use",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account", sa.String(length=96), nullable=False),
        sa.Column("quota", sa.String(length=32), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("window_at", UtcDateTime(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("last_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("used >= 0", name=op.f("ck_quota_use_used_counts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_use")),
        sa.UniqueConstraint("account", "quota", "rehearsal", name=op.f("uq_quota_use_account_quota_rehearsal")),
    )


def downgrade() -> None:
    """Back."""
    op.drop_table("quota_use")
    op.drop_table("amendment")
    op.execute("DELETE FROM story_media WHERE role = 'video'")
    _media_roles("role IN ('cover', 'body')")
    op.drop_column("publication", "position")
    op.drop_column("media", "seconds")
    op.drop_column("story_version", "extras")


def _media_roles(rule: str) -> None:
    with op.batch_alter_table("story_media") as table:
        table.drop_constraint(op.f("ck_story_media_role"), type_="check")
        table.create_check_constraint(op.f("ck_story_media_role"), rule)
