"""Writes many rows at once the way each database does it best: COPY and arrays on PostgreSQL, executemany on SQLite.

Rows are tuples in the order of the columns, values as the ORM takes them. Nothing here knows what the rows mean.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from typing import Any, cast

from sqlalchemy import JSON, Boolean, Column, Date, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Session

from rongmei.ledger.types import UtcDateTime

Rows = Sequence[Sequence[Any]]


def insert_rows(
    session: Session, table: type[DeclarativeBase], columns: Sequence[str], rows: Rows, *, into: str = ""
) -> None:
    """Add rows; one that is there already is an error.

    Args:
        into: another table that has these columns of `table`.
    """
    if not rows:
        return
    cursor, postgres = driver_cursor(session)
    name, names, known = into or table.__tablename__, ", ".join(columns), _columns(table, columns)
    if not postgres:
        marks = ", ".join("?" * len(columns))
        cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks})", _plain(known, rows))  # noqa: S608
        return
    with cursor.copy(f"COPY {name} ({names}) FROM STDIN") as copy:
        for row in _loaded(known, rows):
            copy.write_row(row)


def update_rows(
    session: Session, table: type[DeclarativeBase], keys: Sequence[str], columns: Sequence[str], rows: Rows
) -> None:
    """Set `columns` of the rows that `keys` name; each row is its keys, then its values."""
    if not rows:
        return
    cursor, postgres = driver_cursor(session)
    name, every = table.__tablename__, [*keys, *columns]
    known = _columns(table, every)
    if postgres:
        sets = ", ".join(f"{column} = given.{column}" for column in columns)
        where = " AND ".join(f"{name}.{key} = given.{key}" for key in keys)
        cursor.execute(f"UPDATE {name} SET {sets} FROM {_given(known)} WHERE {where}", _arrays(known, rows))  # noqa: S608
        return
    sets = ", ".join(f"{column} = ?" for column in columns)
    where = " AND ".join(f"{key} = ?" for key in keys)
    turned = ([*row[len(keys) :], *row[: len(keys)]] for row in _plain(known, rows))
    cursor.executemany(f"UPDATE {name} SET {sets} WHERE {where}", turned)  # noqa: S608


def upsert_rows(
    session: Session,
    table: type[DeclarativeBase],
    keys: Sequence[str],
    columns: Sequence[str],
    rows: Rows,
    merged: Callable[[str], str] | None = None,
) -> None:
    """Add rows; where one with these keys is there already, set its columns, or leave it alone without `merged`.

    Args:
        merged: the SQL of a column's new value, in which `excluded` is the row that was to be added.
    """
    if not rows:
        return
    cursor, postgres = driver_cursor(session)
    name, every = table.__tablename__, [*keys, *columns]
    known, names = _columns(table, every), ", ".join([*keys, *columns])
    action = f"UPDATE SET {', '.join(f'{column} = {merged(column)}' for column in columns)}" if merged else "NOTHING"
    ending = f"ON CONFLICT ({', '.join(keys)}) DO {action}"
    if postgres:
        cursor.execute(
            f"INSERT INTO {name} ({names}) SELECT {names} FROM {_given(known)} {ending}",  # noqa: S608
            _arrays(known, rows),
        )
        return
    marks = ", ".join("?" * len(every))
    cursor.executemany(f"INSERT INTO {name} ({names}) VALUES ({marks}) {ending}", _plain(known, rows))  # noqa: S608


def driver_cursor(session: Session) -> tuple[Any, bool]:
    """The driver's cursor inside the session's transaction, and whether it is PostgreSQL's."""
    session.flush()
    connection = session.connection()
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - a connection that is open has one
    return driver.cursor(), connection.dialect.name == "postgresql"


def _columns(table: type[DeclarativeBase], names: Sequence[str]) -> list[Column[Any]]:
    columns = cast("Table", table.__table__).c
    return [columns[name] for name in names]


def _given(columns: Sequence[Column[Any]]) -> str:
    """The rows as a table made of one array a column."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    arrays = ", ".join(f"%s::{column.type.compile(dialect)}[]" for column in columns)
    return f"unnest({arrays}) AS given ({', '.join(column.name for column in columns)})"


def _arrays(columns: Sequence[Column[Any]], rows: Rows) -> list[list[Any]]:
    return [list(values) for values in zip(*_loaded(columns, rows), strict=True)] if rows else [[] for _ in columns]


def _loaded(columns: Sequence[Column[Any]], rows: Rows) -> Any:
    """Rows as psycopg takes them: JSON as text, the rest as it is."""
    as_json = [number for number, column in enumerate(columns) if isinstance(column.type, JSON)]
    if not as_json:
        return rows
    return (_with_json(row, as_json) for row in rows)


def _with_json(row: Sequence[Any], as_json: Sequence[int]) -> list[Any]:
    changed = list(row)
    for number in as_json:
        if changed[number] is not None:
            changed[number] = json.dumps(changed[number])
    return changed


def _plain(columns: Sequence[Column[Any]], rows: Rows) -> Any:
    """Rows as SQLite keeps them, in the form SQLAlchemy reads: times without a zone, days and JSON as text."""
    if not rows:
        return ()
    turns = [_text_of(column) for column in columns]
    return (
        [value if turn is None or value is None else turn(value) for turn, value in zip(turns, row, strict=True)]
        for row in rows
    )


def _text_of(column: Column[Any]) -> Callable[[Any], Any] | None:
    for kind, turn in _TURNS:
        if isinstance(column.type, kind):
            return turn
    return None


def moment_text(value: datetime) -> str:
    """A moment as SQLite keeps it."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")


def _day(value: date) -> str:
    return value.isoformat()


def _json(value: Any) -> str:
    return json.dumps(value)


_TURNS: tuple[tuple[type[Any], Callable[[Any], Any]], ...] = (
    (UtcDateTime, moment_text),
    (Date, _day),
    (JSON, _json),
    (Boolean, int),
)
