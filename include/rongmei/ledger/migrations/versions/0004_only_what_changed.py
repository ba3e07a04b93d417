"""Snapshots that keep only change, by month on PostgreSQL; their days; when a publication is read next."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from rongmei.ledger.types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
COUNTS = ("reads", "likes", "comments", "shares", "watching", "favourites")
NOT_NEGATIVE = " AND ".join(f"({name} IS NULL OR {name} >= 0)" for name in COUNTS)
MONTHS = "snapshot_months"


def upgrade() -> None:
    """Forward. Rows stay as they are; from now on new ones are made only for figures that changed."""
    op.rename_table("snapshot", "snapshot_before")
    if _postgres():
        # Names of constraints and indexes stay with the old table and would be in the way of the new one's.
        op.execute("ALTER TABLE snapshot_before DROP CONSTRAINT pk_snapshot")
        op.execute("ALTER TABLE snapshot_before DROP CONSTRAINT uq_snapshot_publication_id_observed_at")
        op.execute("ALTER TABLE snapshot_before DROP CONSTRAINT fk_snapshot_publication_id")
        op.execute("ALTER TABLE snapshot_before DROP CONSTRAINT ck_snapshot_counts")
    op.drop_index("ix_snapshot_publication_id", table_name="snapshot_before")
    _snapshot()
    _days()
    _readings()
    counts = ", ".join(COUNTS)
    # The day on which a moment falls in Shanghai, which has kept eight hours before Greenwich since 1991.
    day = (
        "(observed_at AT TIME ZONE 'UTC' + interval '8 hours')::date"
        if _postgres()
        else "date(observed_at, '+8 hours')"
    )
    op.execute(
        "INSERT INTO snapshot"
        f" (publication_id, about_day, observed_at, last_seen_at, {counts}, fell, gone, raw)"
        f" SELECT publication_id, {day}, observed_at, observed_at, {counts}, {_no()}, {_no()}, raw FROM snapshot_before"
    )
    _fill_days()
    op.drop_table("snapshot_before")


def downgrade() -> None:
    """Back; of several days told of at one moment the latest stays, and what was seen once more is told once."""
    op.drop_table("due_reading")
    op.drop_table("snapshot_day")
    op.rename_table("snapshot", "snapshot_after")
    if _postgres():
        for constraint in ("pk_snapshot", "fk_snapshot_publication_id", "ck_snapshot_counts"):
            op.execute(f"ALTER TABLE snapshot_after DROP CONSTRAINT {constraint}")
    op.create_table(
        "snapshot",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("publication_id", sa.Integer(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in COUNTS),
        sa.Column("raw", JSON, nullable=False),
        sa.CheckConstraint(NOT_NEGATIVE, name=op.f("ck_snapshot_counts")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_snapshot_publication_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshot")),
        sa.UniqueConstraint("publication_id", "observed_at", name=op.f("uq_snapshot_publication_id_observed_at")),
    )
    op.create_index(op.f("ix_snapshot_publication_id"), "snapshot", ["publication_id"], unique=False)
    counts = ", ".join(COUNTS)
    op.execute(
        f"INSERT INTO snapshot (publication_id, observed_at, {counts}, raw)"
        f" SELECT publication_id, observed_at, {counts}, coalesce(raw, '{{}}') FROM snapshot_after AS mine"
        " WHERE about_day = (SELECT max(about_day) FROM snapshot_after AS other"
        " WHERE other.publication_id = mine.publication_id AND other.observed_at = mine.observed_at)"
        " ORDER BY observed_at, publication_id"
    )
    op.drop_table("snapshot_after")
    if _postgres():
        op.execute(f"DROP SCHEMA {MONTHS}")


def _postgres() -> bool:
    return op.get_bind().dialect.name == "postgresql"


def _no() -> str:
    return "false" if _postgres() else "0"


def _snapshot() -> None:
    op.create_table(
        "snapshot",
        sa.Column("publication_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("about_day", sa.Date(), nullable=False),
        sa.Column("observed_at", UtcDateTime(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in COUNTS),
        sa.Column("upper", JSON, nullable=True),
        sa.Column("fell", sa.Boolean(), nullable=False),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("raw", JSON, nullable=True),
        sa.CheckConstraint(NOT_NEGATIVE, name=op.f("ck_snapshot_counts")),
        sa.CheckConstraint("last_seen_at >= observed_at", name=op.f("ck_snapshot_seen_in_order")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_snapshot_publication_id")),
        sa.PrimaryKeyConstraint("publication_id", "about_day", "observed_at", name=op.f("pk_snapshot")),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (about_day)",
    )
    if _postgres():
        op.execute(f"CREATE SCHEMA {MONTHS}")
        op.execute(f"CREATE TABLE {MONTHS}.snapshot_other PARTITION OF snapshot DEFAULT")
        _months()


def _months() -> None:
    """A partition for every month in which something was observed."""
    months = op.get_bind().execute(
        sa.text(
            "SELECT DISTINCT date_trunc('month', observed_at AT TIME ZONE 'UTC' + interval '8 hours')::date"
            " FROM snapshot_before ORDER BY 1"
        )
    )
    for first in months.scalars().all():
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        op.execute(
            f"CREATE TABLE {MONTHS}.snapshot_{first:%Y_%m} PARTITION OF snapshot FOR VALUES FROM ('{first}') TO ('{after}')"
        )


def _days() -> None:
    op.create_table(
        "snapshot_day",
        sa.Column("publication_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=True) for name in COUNTS),
        *(sa.Column(f"{name}_gain", sa.BigInteger(), nullable=True) for name in COUNTS),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_snapshot_day_publication_id")),
        sa.PrimaryKeyConstraint("publication_id", "day", name=op.f("pk_snapshot_day")),
        sqlite_with_rowid=False,
        postgresql_with={"fillfactor": 70},
    )
    op.create_index("ix_snapshot_day_day", "snapshot_day", ["day"], unique=False)


def _readings() -> None:
    op.create_table(
        "due_reading",
        sa.Column("publication_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=True),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=True),
        sa.Column("silent", sa.Integer(), nullable=False),
        sa.CheckConstraint("(silent IS NULL OR silent >= 0)", name=op.f("ck_due_reading_counts")),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"], name=op.f("fk_due_reading_publication_id")),
        sa.PrimaryKeyConstraint("publication_id", name=op.f("pk_due_reading")),
    )
    op.create_index("ix_due_reading_due", "due_reading", ["due_at"], unique=False)


def _fill_days() -> None:
    """The last figure known about each day, and its difference to the last one known about an earlier day."""
    ends = ", ".join(
        f"(SELECT {name} FROM snapshot AS one WHERE one.publication_id = of_day.publication_id"
        f" AND one.about_day = of_day.about_day AND {name} IS NOT NULL ORDER BY observed_at DESC LIMIT 1) AS {name}"
        for name in COUNTS
    )
    op.execute(
        f"INSERT INTO snapshot_day (publication_id, day, {', '.join(COUNTS)})"
        f" SELECT publication_id, about_day, {', '.join(COUNTS)} FROM (SELECT publication_id, about_day, {ends}"
        " FROM (SELECT DISTINCT publication_id, about_day FROM snapshot) AS of_day) AS ends"
    )
    gains = ", ".join(
        f"{name}_gain = {name} - coalesce((SELECT before.{name} FROM snapshot_day AS before"
        " WHERE before.publication_id = snapshot_day.publication_id AND before.day < snapshot_day.day"
        f" AND before.{name} IS NOT NULL ORDER BY before.day DESC LIMIT 1), 0)"
        for name in COUNTS
    )
    op.execute(f"UPDATE snapshot_day SET {gains}")
