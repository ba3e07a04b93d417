"""Writes what platforms said into the ledger: rows for what changed, longer stays for what has not, and the days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from rongmei.channels import Numbers
from rongmei.clock import local_date
from rongmei.ledger import Ledger, Snapshot
from rongmei.ledger.bulk import insert_rows, update_rows
from rongmei.ledger.months import ensure_months, month_after
from rongmei.ledger.tables import COUNTS
from rongmei.metrics.days import recount_days
from rongmei.metrics.plainly import is_plain, write_plainly

AT_A_TIME = 20_000
"""Publications written in one transaction."""
_LOCK = 7214793010


class Heard(NamedTuple):
    """What a platform said of one publication; `numbers` is None where it said nothing."""

    publication_id: int
    published_at: datetime
    numbers: Numbers | None


@dataclass
class Kept:
    """What became of what was heard.

    Attributes:
        added: new rows.
        unchanged: rows that stand as they were.
        silent: publications of which nothing was said.
        news: publications with new rows.
        fell: publications with a figure lower than before.
        gone: publications that their platform says are deleted, told for the first time.
        strange: publications with something in place of a figure that is none, and what it was.
    """

    added: int = 0
    unchanged: int = 0
    silent: int = 0
    news: set[int] = field(default_factory=set)
    fell: list[int] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    strange: list[tuple[int, dict[str, Any]]] = field(default_factory=list)

    def __iadd__(self, other: Kept) -> Kept:
        self.added += other.added
        self.unchanged += other.unchanged
        self.silent += other.silent
        self.news |= other.news
        self.fell += other.fell
        self.gone += other.gone
        self.strange += other.strange
        return self


class Row(NamedTuple):
    """A snapshot as it lies in the table, without the ORM's weight: there are fifty thousand at a time."""

    publication_id: int
    about_day: date
    observed_at: datetime
    last_seen_at: datetime
    reads: int | None
    likes: int | None
    comments: int | None
    shares: int | None
    watching: int | None
    favourites: int | None
    upper: Mapping[str, int | None] | None
    fell: bool
    gone: bool
    raw: Mapping[str, Any] | None

    @property
    def counts(self) -> tuple[int | None, ...]:
        """The figures in the order of `COUNTS`."""
        return self[4:10]

    @property
    def said(self) -> tuple[Any, ...]:
        """All that the platform said; two rows that agree here are one."""
        return (*self[4:11], self.gone, self.raw)


_COLUMNS = [getattr(Snapshot, name) for name in Row._fields]


def keep(ledger: Ledger, heard: Sequence[Heard], observed_at: datetime) -> Kept:
    """Write down what was heard of publications, each of them once, in transactions of some thousands.

    Unchanged figures extend `last_seen_at`; others are rows of their own, so that nothing is ever overwritten. A minute
    has one observation: what is told again within it, or is older than what is known already, changes nothing.

    Args:
        observed_at: the minute in which the platform was asked, aware UTC.
    """
    kept = Kept()
    for start in range(0, len(heard), AT_A_TIME):
        with ledger.begin() as session:
            kept += _keep(session, heard[start : start + AT_A_TIME], observed_at)
    return kept


def _keep(session: Session, heard: Sequence[Heard], observed_at: datetime) -> Kept:
    if session.get_bind().dialect.name == "postgresql":
        # Two collectors that tell of the same publication must not both find the old figures; SQLite has one writer.
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    today = local_date(observed_at)
    ensure_months(session, {today, month_after(today), *_days_told(heard)})
    kept = Kept(silent=sum(one.numbers is None for one in heard))
    told = [(one.publication_id, one.numbers) for one in heard if one.numbers is not None]
    # Nothing is told of a publication before its day; clocks may differ a little.
    since = min((local_date(one.published_at) for one in heard), default=today) - timedelta(days=1)
    kept.strange = [(key, dict(numbers.raw)) for key, numbers in told if numbers.strange]
    plain = [(key, numbers) for key, numbers in told if is_plain(numbers)]
    if plain:
        written = write_plainly(session, plain, observed_at, today, since)
        recount_days(session, written.back)
        kept += Kept(added=len(written.new), unchanged=written.unchanged, news=set(written.new), fell=written.fell)
    others = [(key, numbers) for key, numbers in told if not is_plain(numbers)]
    if others:
        kept += _one_by_one(session, others, observed_at, today, since)
    return kept


def _days_told(heard: Sequence[Heard]) -> Iterator[date]:
    for one in heard:
        for numbers in _told(one.numbers):
            if numbers.about is not None:
                yield numbers.about


def _one_by_one(
    session: Session, told: Sequence[tuple[int, Numbers]], observed_at: datetime, today: date, since: date
) -> Kept:
    """Figures of days, rounded ones, and posts that are gone."""
    before = _before(session, [key for key, _ in told], since)
    kept, added, seen = Kept(), list[Row](), list[Row]()
    for key, numbers in told:
        new, again = _compared(key, numbers, before.get(key, []), observed_at, today)
        added += new
        seen += again
        if new:
            kept.news.add(key)
        if any(row.fell for row in new):
            kept.fell.append(key)
        if any(row.gone for row in new):
            kept.gone.append(key)
    kept.added, kept.unchanged = len(added), len(seen)
    insert_rows(session, Snapshot, Row._fields, added)
    keys = ("publication_id", "about_day", "observed_at")
    update_rows(session, Snapshot, keys, ("last_seen_at",), [(*row[:3], observed_at) for row in seen])
    recount_days(session, sorted(kept.news))
    return kept


def _before(session: Session, ids: Sequence[int], since: date) -> dict[int, list[Row]]:
    """The rows that hold for each day, by publication and in the order of the days."""
    asked = select(*_COLUMNS).where(Snapshot.publication_id.in_(ids), Snapshot.about_day >= since)
    found: dict[int, dict[date, Row]] = {}
    for row in session.execute(asked.order_by(*_COLUMNS[:3])).tuples():
        found.setdefault(row[0], {})[row[1]] = Row(*row)
    return {key: list(days.values()) for key, days in found.items()}


def _compared(
    key: int, told: Numbers, before: Sequence[Row], observed_at: datetime, today: date
) -> tuple[list[Row], list[Row]]:
    """The rows to add, and the ones that were seen again."""
    added: list[Row] = []
    again: dict[date, Row] = {}
    known = {row.about_day: row for row in before}
    for numbers in _told(told):
        about = numbers.about or today
        holds = _holding(known, about) if numbers.about else (before[-1] if before else None)
        row = _row(key, about, observed_at, numbers, holds)
        if holds is not None and row.said == holds.said:
            # A day without anything new is no row either.
            if observed_at > holds.last_seen_at:
                again[holds.about_day] = holds
        elif holds is None or observed_at > holds.observed_at or (numbers.about and about != holds.about_day):
            added.append(row)
            known[about] = row
    return added, list(again.values())


def _holding(known: Mapping[date, Row], about: date) -> Row | None:
    """What was said last of a day, else of the latest one before it."""
    day = about if about in known else max((day for day in known if day < about), default=None)
    return known[day] if day is not None else None


def _told(numbers: Numbers | None) -> Iterator[Numbers]:
    if numbers is not None:
        yield from sorted(numbers.earlier, key=lambda one: one.about or date.min)
        yield numbers


def _row(publication_id: int, about: date, observed_at: datetime, numbers: Numbers, last: Row | None) -> Row:
    """What was said as a row; a post that is gone keeps the figures it had."""
    key = (publication_id, about, observed_at, observed_at)
    if numbers.gone:
        kept = (last.counts, last.upper, last.raw) if last else ((None,) * len(COUNTS), None, None)
        return Row._make((*key, *kept[0], kept[1], False, True, kept[2]))
    counts = tuple(getattr(numbers, name) for name in COUNTS)
    fell = last is not None and _fell(last, counts, numbers.upper)
    return Row._make((*key, *counts, dict(numbers.upper) or None, fell, False, dict(numbers.raw) or None))


def _fell(last: Row, counts: Sequence[int | None], upper: Mapping[str, int | None]) -> bool:
    """Whether a figure is surely lower: the most that it can be now is less than the least that it was."""
    for name, was, low in zip(COUNTS, last.counts, counts, strict=True):
        most = upper.get(name, low)
        if was is not None and low is not None and most is not None and most < was:
            return True
    return False
