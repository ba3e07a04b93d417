"""The way into the ledger for fifty thousand plain figures at a time: compared and written by the database itself.

Plain are whole figures that count up to now, of posts that are there. They are laid in a table for the moment; beside
each goes the row that holds, and what differs becomes new rows. It does what `keeping` does one by one for the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from rongmei.channels import Numbers
from rongmei.ledger.bulk import driver_cursor, insert_rows, moment_text
from rongmei.ledger.tables import COUNTS, Snapshot

_COLUMNS = ("publication_id", *COUNTS, "raw")
_LAST = ("about_day", "observed_at", "last_seen_at", *COUNTS, "upper", "fell", "gone", "raw")


def _list(form: str, names: Sequence[str] = COUNTS, between: str = ", ") -> str:
    """`form` for each name."""
    return between.join(form.format(name=name) for name in names)


_TOLD = ", ".join([*(f"h.{name}" for name in _COLUMNS), *(f"s.{name} AS last_{name}" for name in _LAST)])
_MAKE_HEARD = f"CREATE TEMP TABLE heard (publication_id integer, {_list('{name} bigint')}, raw {{json}})"
_MAKE_TOLD = {
    # Both look the row that holds up in the key; PostgreSQL only in the months in which there can be one.
    "postgresql": f"CREATE TEMP TABLE told ON COMMIT DROP AS SELECT {_TOLD} FROM heard AS h"  # noqa: S608
    " LEFT JOIN LATERAL (SELECT * FROM snapshot WHERE publication_id = h.publication_id AND about_day >= %(since)s"
    " ORDER BY about_day DESC, observed_at DESC LIMIT 1) AS s ON true",
    "sqlite": f"CREATE TEMP TABLE told AS SELECT {_TOLD} FROM heard AS h"  # noqa: S608
    " LEFT JOIN snapshot AS s ON s.publication_id = h.publication_id AND (s.about_day, s.observed_at) ="
    " (SELECT about_day, observed_at FROM snapshot WHERE publication_id = h.publication_id"
    " ORDER BY about_day DESC, observed_at DESC LIMIT 1)",
}
_KNOWN = "told.last_observed_at IS NOT NULL"
_SAME_SAID = _list("told.{name} IS NOT DISTINCT FROM told.last_{name}", (*COUNTS, "raw"), " AND ")
_SAME = f"({_KNOWN} AND NOT told.last_gone AND told.last_upper IS NULL AND {_SAME_SAID})"
_NEW = f"(told.last_observed_at IS NULL OR (told.last_observed_at < {{now}} AND NOT {_SAME}))"
_FELL = _list("coalesce(told.{name} < told.last_{name}, false)", COUNTS, " OR ")
_GREW = _list("told.{name} - coalesce(told.last_{name}, 0)")
_ENDS = _list("{name} = coalesce(excluded.{name}, snapshot_day.{name})")
_GAINS = _list(
    "{name}_gain = coalesce(snapshot_day.{name}_gain + excluded.{name}_gain, excluded.{name}_gain, "
    "snapshot_day.{name}_gain)"
)
_BACK = f"{_KNOWN} AND ({_list('told.last_{name} IS NULL AND told.{name} IS NOT NULL', COUNTS, ' OR ')})"


@dataclass(frozen=True)
class Written:
    """Publications with new rows, how many stand unchanged, and publications with a figure that fell.

    Attributes:
        back: publications with a figure that was unknown just before; their days are to be counted anew.
    """

    new: list[int]
    unchanged: int
    fell: list[int]
    back: list[int]


def is_plain(numbers: Numbers) -> bool:
    """Whether this module can write it."""
    return not (numbers.gone or numbers.upper or numbers.about or numbers.earlier)


def write_plainly(
    session: Session, heard: Sequence[tuple[int, Numbers]], observed_at: datetime, today: date, since: date
) -> Written:
    """Write plain figures of publications, each of them once: rows, extended rows, days.

    Args:
        observed_at: aware UTC.
        today: the Shanghai day of it.
        since: before which nothing can have been told of any of them.
    """
    _lay_out(session, heard, since)
    cursor, postgres = driver_cursor(session)
    mark = "%(now)s" if postgres else ":now"
    given: dict[str, Any] = {
        "now": observed_at if postgres else moment_text(observed_at),
        "today": today if postgres else today.isoformat(),
        "since": since if postgres else since.isoformat(),
    }
    new = _NEW.format(now=mark)
    day, since_mark = ("%(today)s::date", "%(since)s") if postgres else (":today", ":since")
    counts, theirs = ", ".join(COUNTS), _list("told.{name}")
    now = f"{mark}::timestamptz" if postgres else mark

    def run(statement: str) -> Any:
        # SQLite has the longer words only since 3.39.
        return cursor.execute(statement if postgres else statement.replace("IS NOT DISTINCT FROM", "IS"), given)

    run(
        f"INSERT INTO snapshot (publication_id, about_day, observed_at, last_seen_at, {counts}, fell, gone, raw)"  # noqa: S608
        f" SELECT publication_id, {day}, {now}, {now}, {theirs}, {_FELL}, false, told.raw FROM told WHERE {new}"
    )
    run(
        f"UPDATE snapshot SET last_seen_at = {now} FROM told WHERE {_SAME} AND told.last_last_seen_at < {now}"  # noqa: S608
        f" AND snapshot.publication_id = told.publication_id AND snapshot.about_day >= {since_mark}"
        " AND snapshot.about_day = told.last_about_day AND snapshot.observed_at = told.last_observed_at"
    )
    unchanged = cursor.rowcount
    run(
        f"INSERT INTO snapshot_day (publication_id, day, {counts}, {_list('{name}_gain')})"  # noqa: S608
        f" SELECT publication_id, {day}, {theirs}, {_GREW} FROM told WHERE {new}"
        f" ON CONFLICT (publication_id, day) DO UPDATE SET {_ENDS}, {_GAINS}"
    )
    rows = run(f"SELECT publication_id, {_FELL}, {_BACK} FROM told WHERE {new}").fetchall()  # noqa: S608
    run("DROP TABLE told")
    run("DROP TABLE heard")
    return Written(
        new=[row[0] for row in rows],
        unchanged=unchanged,
        fell=[row[0] for row in rows if row[1]],
        back=[row[0] for row in rows if row[2]],
    )


def _lay_out(session: Session, heard: Sequence[tuple[int, Numbers]], since: date) -> None:
    cursor, postgres = driver_cursor(session)
    kind = "postgresql" if postgres else "sqlite"
    cursor.execute(_MAKE_HEARD.format(json="jsonb" if postgres else "text") + (" ON COMMIT DROP" if postgres else ""))
    rows = [
        (
            key,
            one.reads,
            one.likes,
            one.comments,
            one.shares,
            one.watching,
            one.favourites,
            one.raw or None,
        )
        for key, one in heard
    ]
    insert_rows(session, Snapshot, _COLUMNS, rows, into="heard")
    if postgres:
        # It knows nothing of a table made this moment, and would rather read whole months than look up the keys.
        cursor.execute("SET LOCAL enable_hashjoin = off")
        cursor.execute("SET LOCAL enable_mergejoin = off")
    cursor.execute(_MAKE_TOLD[kind], *([{"since": since}] if postgres else []))
