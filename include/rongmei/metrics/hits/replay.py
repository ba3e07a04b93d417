"""Runs the board watch over what the ledger has of past boards, as if live, and writes the stays; it alerts nobody.

Only real looks count: lists with ranks from 1 on without great holes, several a day. What an archive gives as a list of
a whole day has no ranks and no times in it, so it makes no stays; it is counted as left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import at_local, local_date
from rongmei.config import Plan
from rongmei.ledger import BoardEntry, BoardHit, Ledger
from rongmei.ledger.boards import BoardLine
from rongmei.metrics.hits.alerts import TOP
from rongmei.metrics.hits.keeping import store
from rongmei.metrics.hits.matching import Matcher
from rongmei.metrics.hits.stays import Roll, Stay, pace_of
from rongmei.metrics.hits.watching import ABOUT_DAYS, LEAST_LINES, live_publications, sightings

MOST_RANKS = 100
COVERED = 0.8
LEAST_LOOKS_A_DAY = 4


@dataclass(frozen=True)
class ReplaySummary:
    """What a replay of one board found.

    Attributes:
        looks: times the board was seen; left_out: lists that are no looks.
        lines: on those looks; titles: different ones.
        stays: of entries that concern the campaigns; promoted: of them paid lines.
        topped: stays that reached the top ten, for which the live watch would have sent an alert.
        replaced: stays of an earlier replay that gave way.
    """

    board: str
    looks: int = 0
    left_out: int = 0
    lines: int = 0
    titles: int = 0
    stays: int = 0
    promoted: int = 0
    topped: int = 0
    replaced: int = 0


@dataclass(frozen=True)
class _Look:
    moment: datetime
    lines: tuple[BoardLine, ...]


def replay(ledger: Ledger, plans: Sequence[Plan], board: str, first: date, last: date) -> ReplaySummary:
    """Find the stays on `board` from `first` to `last` (Shanghai days, both included) anew and write them.

    Stays of these campaigns that began in that stretch are replaced, except those that an alert was sent for: they
    were seen live. Replaying again gives the same.

    Args:
        plans: the campaigns to find stays for; others' are left alone.
    """
    start, end = at_local(first, "00:00"), at_local(last + timedelta(days=1), "00:00")
    campaigns = [plan.campaign.id for plan in plans]
    with ledger.read() as session:
        looks, left_out = _looks(session, board, start, end)
        stays = _stays(session, plans, board, looks)
    with ledger.begin() as session:
        seen_live, replaced = _make_room(session, campaigns, board, start, end)
        stays = [stay for stay in stays if (stay.campaign, stay.title, stay.first_seen) not in seen_live]
        store(session, board, stays, rehearsal=False)
    return ReplaySummary(
        board=board,
        looks=len(looks),
        left_out=left_out,
        lines=sum(len(look.lines) for look in looks),
        titles=len({line.title for look in looks for line in look.lines}),
        stays=len(stays),
        promoted=sum(stay.promoted for stay in stays),
        topped=sum(stay.best_position <= TOP and not stay.promoted for stay in stays),
        replaced=replaced,
    )


def boards_kept(session: Session, first: date, last: date) -> list[str]:
    """Boards of which the ledger has lines between two Shanghai days, both included."""
    start, end = at_local(first, "00:00"), at_local(last + timedelta(days=1), "00:00")
    rows = select(BoardEntry.board).where(BoardEntry.observed_at >= start, BoardEntry.observed_at < end)
    return sorted(session.scalars(rows.distinct()))


def _looks(session: Session, board: str, start: datetime, end: datetime) -> tuple[list[_Look], int]:
    """The looks in order of time, and how many lists are none."""
    found: list[_Look] = []
    left_out = 0
    for _, lists in groupby(_lists(session, board, start, end), key=lambda look: local_date(look.moment)):
        of_the_day = list(lists)
        good = [look for look in of_the_day if _is_look(look)]
        if len(good) < LEAST_LOOKS_A_DAY:
            good = []
        left_out += len(of_the_day) - len(good)
        found += good
    return found, left_out


def _lists(session: Session, board: str, start: datetime, end: datetime) -> Iterator[_Look]:
    rows = session.execute(
        select(
            BoardEntry.observed_at,
            BoardEntry.position,
            BoardEntry.title,
            BoardEntry.category,
            BoardEntry.heat,
            BoardEntry.is_ad,
        )
        .where(BoardEntry.board == board, BoardEntry.observed_at >= start, BoardEntry.observed_at < end)
        .order_by(BoardEntry.observed_at, BoardEntry.position)
    ).tuples()
    for moment, lines in groupby(rows, key=lambda row: row[0]):
        yield _Look(
            moment,
            tuple(
                BoardLine(position, title, category, heat, is_ad=is_ad)
                for _, position, title, category, heat, is_ad in lines
            ),
        )


def _is_look(look: _Look) -> bool:
    ranks = {line.position for line in look.lines if line.position}
    return len(ranks) >= LEAST_LINES and max(ranks) <= MOST_RANKS and len(ranks) >= COVERED * max(ranks)


def _stays(session: Session, plans: Sequence[Plan], board: str, looks: Sequence[_Look]) -> list[Stay]:
    roll = Roll(pace_of([look.moment for look in looks]))
    for day, of_the_day in groupby(looks, key=lambda look: local_date(look.moment)):
        matcher = _matcher(session, plans, day)
        for look in of_the_day:
            roll.look(look.moment, sightings(matcher, board, look.lines))
    # The roll goes by last sighting; a reader goes by when it began.
    return sorted((*roll.closed, *roll.open), key=lambda stay: (stay.first_seen, stay.campaign, stay.title))


def _matcher(session: Session, plans: Sequence[Plan], day: date) -> Matcher:
    """With what was live by the end of the day."""
    until = at_local(day + timedelta(days=1), "00:00")
    campaigns = [plan.campaign.id for plan in plans]
    published = live_publications(session, campaigns, until - timedelta(days=ABOUT_DAYS), until, rehearsal=False)
    return Matcher([plan.campaign for plan in plans], published)


def _make_room(
    session: Session, campaigns: Sequence[str], board: str, start: datetime, end: datetime
) -> tuple[set[tuple[str, str, datetime]], int]:
    """Take away the stays of an earlier replay; which ones were seen live and stay, and how many went."""
    rows = session.scalars(
        select(BoardHit)
        .where(BoardHit.board == board, BoardHit.campaign.in_(campaigns), BoardHit.rehearsal.is_(False))
        .where(BoardHit.first_seen_at >= start, BoardHit.first_seen_at < end)
    ).all()
    live = {(row.campaign, row.title, row.first_seen_at) for row in rows if row.alerted_at is not None}
    gone = [row for row in rows if row.alerted_at is None]
    for row in gone:
        session.delete(row)
    session.flush()
    return live, len(gone)
