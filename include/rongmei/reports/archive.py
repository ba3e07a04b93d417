"""The archive of past reports: a page that lists them by kind and month, beside the reports it lists; no program.

Reports lie in rooms: what the desk may see in the reports folder itself, what leaders get under `leader/`, what an
outlet gets under `outlets/<outlet>/`. Each room has an index of its own and names nothing of the other rooms, so that
whoever serves the folder can open one room to one reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from rongmei.clock import local_date
from rongmei.ledger import Edition, Ledger, Report
from rongmei.reports.keeping import FIGURES, PAGE, PAPER, write_files

if TYPE_CHECKING:
    from rongmei.settings import Settings

INDEX = "index.html"
KIND_NAMES = {"wrapup": "活动总结", "weekly": "每周考核", "daily": "每日简报", "edition": "考核报告"}
"""In the order of the page."""
AGAIN = 3
"""So often the list is read anew when another process has added a report while it was written."""


@dataclass(frozen=True)
class Entry:
    """A report on file.

    Attributes:
        last: the day it is about, or the last of them.
        room: its room's folder, relative to the reports folder; `.` is the desk's.
        place: its own folder, relative to the room.
        files: which of the page, the paper and the workbook there are.
    """

    key: str
    kind: str
    subject: str
    first: date
    last: date
    built_at: datetime
    rehearsal: bool
    room: str
    place: str
    folder: Path
    files: frozenset[str]

    @property
    def kind_name(self) -> str:
        """The kind in Chinese."""
        return KIND_NAMES.get(self.kind, self.kind)


@dataclass(frozen=True)
class Month:
    """The reports of a kind about a month, newest first."""

    name: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Shelf:
    """The reports of a kind, by month, newest first."""

    kind: str
    name: str
    count: int
    months: tuple[Month, ...]


def rebuild(ledger: Ledger, settings: Settings) -> int:
    """Write the index of every room anew, each in one step; returns how many reports are listed."""
    for _ in range(AGAIN):
        listed = entries(ledger, settings)
        rooms: dict[str, list[Entry]] = {".": [], **{room: [] for room in sorted({entry.room for entry in listed})}}
        for entry in listed:
            rooms[entry.room].append(entry)
        for room, theirs in rooms.items():
            write_files(settings.reports / room, {INDEX: _page(theirs).encode()})
        with ledger.read() as session:
            if session.scalar(select(func.count(Report.id))) == len(listed):
                break
    return len(listed)


def entries(ledger: Ledger, settings: Settings, *, kind: str | None = None) -> list[Entry]:
    """Every report on file, newest first.

    Args:
        kind: edition, daily, weekly or wrapup; None for all.
    """
    columns = (
        Report.key,
        Report.kind,
        Report.subject,
        Report.first_day,
        Report.last_day,
        Report.built_at,
        Report.folder,
    )
    wanted = select(*columns, Edition.day, Edition.rehearsal).outerjoin(Edition, Edition.id == Report.edition_id)
    if kind is not None:
        wanted = wanted.where(Report.kind == kind)
    with ledger.read() as session:
        found = [_entry(tuple(row), settings.reports) for row in session.execute(wanted)]
    return sorted(found, key=lambda one: (one.last, one.built_at, one.key), reverse=True)


def shelves(listed: Sequence[Entry]) -> Iterator[Shelf]:
    """The entries by kind and month."""
    for kind, name in KIND_NAMES.items():
        theirs = [entry for entry in listed if entry.kind == kind]
        months = groupby(theirs, key=lambda one: (one.last.year, one.last.month))
        if theirs:
            made = tuple(Month(f"{year}年{month}月", tuple(some)) for (year, month), some in months)
            yield Shelf(kind, name, len(theirs), made)


def _entry(row: tuple[Any, ...], root: Path) -> Entry:
    key, kind, subject, first, last, built_at, folder, day, rehearsal = row
    place = Path(folder)
    inside = place.relative_to(root) if place.is_relative_to(root) else Path(place.name)
    about = day or local_date(built_at)
    return Entry(
        key=key,
        kind=kind,
        subject=subject,
        first=first or about,
        last=last or about,
        built_at=built_at,
        rehearsal=bool(rehearsal) or "/rehearsal:" in key,
        room=str(inside.parent),
        place=inside.name,
        folder=place,
        files=frozenset(name for name in (PAGE, PAPER, FIGURES) if (place / name).is_file()),
    )


def _page(listed: Sequence[Entry]) -> str:
    from rongmei.reports.render import fill_page

    return fill_page("archive", shelves=tuple(shelves(listed)), page=PAGE, paper=PAPER, figures=FIGURES)
