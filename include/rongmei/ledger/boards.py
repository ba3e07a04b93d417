"""Stores lines of hot boards; a line that is already there is left as it is, so reading a board twice adds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from sqlalchemy.orm import Session

from rongmei.ledger.tables import BoardEntry

BOARD_COLUMNS = (
    "board",
    "observed_at",
    "position",
    "title",
    "category",
    "heat",
    "reads",
    "discussions",
    "originals",
    "is_ad",
    "description",
)
BoardRow: TypeAlias = tuple[Any, ...]
"""One line as plain values in the order of BOARD_COLUMNS, `observed_at` in the database's own form."""


@dataclass(frozen=True)
class BoardLine:
    """One line of a board at a moment.

    Attributes:
        position: 1 is the top; 0 is a pinned line that carries no rank.
        heat: the platform's own figure; None where it gives none.
    """

    position: int
    title: str
    category: str | None = None
    heat: int | None = None
    reads: int | None = None
    discussions: int | None = None
    originals: int | None = None
    is_ad: bool = False
    description: str | None = None


def save_board_lines(session: Session, board: str, observed_at: datetime, rows: Iterable[BoardLine]) -> int:
    """Store the lines of `board` as seen at `observed_at` (aware); how many were new."""
    moment = stored_moment(session, observed_at)
    return insert_board_rows(
        session,
        [
            (
                board,
                moment,
                line.position,
                line.title,
                line.category,
                line.heat,
                line.reads,
                line.discussions,
                line.originals,
                line.is_ad,
                line.description,
            )
            for line in rows
        ],
    )


def stored_moment(session: Session, moment: datetime) -> Any:
    """An aware datetime in the form in which the database's driver takes it for `BoardEntry.observed_at`."""
    dialect = session.get_bind().dialect
    process = BoardEntry.__table__.c.observed_at.type.dialect_impl(dialect).bind_processor(dialect)
    return process(moment) if process else moment


def insert_board_rows(session: Session, rows: Sequence[BoardRow]) -> int:
    """Insert ready rows, leaving out those that are known; how many were new.

    The rows go to the driver as they are: an archive has hundreds of thousands of them, and converting each value
    through the ORM would take longer than everything else together.
    """
    if not rows:
        return 0
    connection = session.connection()
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    columns, marks = ", ".join(BOARD_COLUMNS), ", ".join([mark] * len(BOARD_COLUMNS))
    statement = f"INSERT INTO board_entry ({columns}) VALUES ({marks}) ON CONFLICT DO NOTHING"  # noqa: S608
    return max(0, connection.exec_driver_sql(statement, list(rows)).rowcount)
