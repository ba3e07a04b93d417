"""Credits: adoptions, awards and errors that no machine can know, entered by the desk with evidence."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from rongmei.ledger.types import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward."""
    op.create_table(
        "credit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("cluster", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("rehearsal", sa.Boolean(), nullable=False),
        sa.Column("outlet", sa.String(length=64), nullable=True),
        sa.Column("person", sa.String(length=64), nullable=True),
        sa.Column("story_id", sa.Integer(), nullable=True),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("evidence", sa.String(length=2000), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("who", sa.String(length=64), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("withdrawn_by", sa.String(length=64), nullable=True),
        sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
        sa.Column("withdrawn_why", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('adoption', 'award', 'error')", name=op.f("ck_credit_kind")),
        sa.CheckConstraint(
            "level IN ('county', 'city', 'province', 'state', 'minor', 'serious', 'major')",
            name=op.f("ck_credit_level"),
        ),
        sa.CheckConstraint(
            "(kind = 'error') = (level IN ('minor', 'serious', 'major'))", name=op.f("ck_credit_level_of_kind")
        ),
        sa.CheckConstraint("outlet IS NOT NULL OR person IS NOT NULL", name=op.f("ck_credit_concerns_somebody")),
        sa.CheckConstraint("times >= 1", name=op.f("ck_credit_times_count")),
        sa.CheckConstraint(
            "(withdrawn_by IS NULL) = (withdrawn_at IS NULL)", name=op.f("ck_credit_withdrawal_has_name")
        ),
        sa.ForeignKeyConstraint(["story_id"], ["story.id"], name=op.f("fk_credit_story_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit")),
    )
    op.create_index("ix_credit_day", "credit", ["cluster", "day"], unique=False)
    op.create_index(op.f("ix_credit_story_id"), "credit", ["story_id"], unique=False)


def downgrade() -> None:
    """Back."""
    op.drop_table("credit")
