"""Stays on hot boards as facts for reports and scores: what stood where, how high, how long and why it counts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from rongmei.ledger.tables import BoardHit, Publication


@dataclass(frozen=True)
class Hit:
    """One stay of an entry on a board. Times are aware UTC.

    Attributes:
        best_position: 1 is the top; 0 for an entry that only ever was pinned by the platform, without a rank.
        peak_heat: in the platform's own unit, not comparable between boards; None where it gave none.
        minutes: time surely on the board; `blind_minutes` beside it, in which nobody looked. A stay seen once has
            neither: it lasted less than the time between two looks.
        left_at: the first look that no longer saw it; None while it stands there or nobody has looked again.
        promoted: it only ever stood there as a paid line, which is no success.
        publication_id, outlet, channel: what of ours it is about; None when it only fits the campaign's topic.
        why: in Chinese, one sentence.
        track: (ISO time, rank, heat) of its sightings, for a curve; thinned out for long stays.
    """

    id: int
    campaign: str
    board: str
    title: str
    first_seen: datetime
    last_seen: datetime
    left_at: datetime | None
    first_position: int
    best_position: int
    best_at: datetime
    first_heat: int | None
    peak_heat: int | None
    minutes: int
    blind_minutes: int
    sightings: int
    promoted: bool
    publication_id: int | None
    outlet: str | None
    channel: str | None
    why: str
    track: tuple[tuple[str, int, int | None], ...]


def board_hits(
    session: Session,
    campaign: str | None,
    start: datetime,
    end: datetime,
    *,
    rehearsal: bool = False,
    promoted: bool = False,
) -> tuple[Hit, ...]:
    """Stays that were seen between `start` (included) and `end` (excluded), the best first.

    Args:
        campaign: None for every campaign's.
        promoted: whether paid lines are told too.
    """
    rows = (
        select(BoardHit)
        .where(BoardHit.rehearsal == rehearsal, BoardHit.last_seen_at >= start, BoardHit.first_seen_at < end)
        .order_by(BoardHit.first_seen_at, BoardHit.id)
    )
    if campaign is not None:
        rows = rows.where(BoardHit.campaign == campaign)
    return _told(session, session.scalars(rows), promoted=promoted)


def publication_hits(
    session: Session, publication_ids: Iterable[int], *, until: datetime | None = None
) -> dict[int, tuple[Hit, ...]]:
    """The stays that are about these publications and began before `until`, by publication, the best first."""
    wanted = sorted(set(publication_ids))
    found: dict[int, tuple[Hit, ...]] = {}
    for at in range(0, len(wanted), 500):
        rows = select(BoardHit).where(BoardHit.publication_id.in_(wanted[at : at + 500]))
        if until is not None:
            rows = rows.where(BoardHit.first_seen_at < until)
        for hit in _told(session, session.scalars(rows.order_by(BoardHit.id)), promoted=False):
            if hit.publication_id is not None:
                found[hit.publication_id] = (*found.get(hit.publication_id, ()), hit)
    return found


def on_board_now(session: Session, campaign: str, since: datetime, *, rehearsal: bool = False) -> tuple[Hit, ...]:
    """Stays that the last look still saw, the best first; `since` bounds how old that look may be."""
    rows = (
        select(BoardHit)
        .where(BoardHit.campaign == campaign, BoardHit.rehearsal == rehearsal)
        .where(
            BoardHit.last_seen_at >= since, or_(BoardHit.left_at.is_(None), BoardHit.left_at < BoardHit.last_seen_at)
        )
        .order_by(BoardHit.first_seen_at, BoardHit.id)
    )
    return _told(session, session.scalars(rows), promoted=False)


def _told(session: Session, rows: Iterable[BoardHit], *, promoted: bool) -> tuple[Hit, ...]:
    kept = [row for row in rows if promoted or not row.evidence.get("promoted")]
    ids = {row.publication_id for row in kept if row.publication_id is not None}
    whose: dict[int, tuple[str, str]] = {}
    if ids:
        named = select(Publication.id, Publication.outlet, Publication.channel).where(Publication.id.in_(ids))
        whose = {number: (outlet, channel) for number, outlet, channel in session.execute(named)}
    hits = [_hit(row, whose.get(row.publication_id or 0, (None, None))) for row in kept]
    return tuple(sorted(hits, key=lambda hit: (hit.best_position or 1000, -hit.minutes, hit.first_seen, hit.id)))


def _hit(row: BoardHit, whose: tuple[str | None, str | None]) -> Hit:
    evidence: dict[str, Any] = row.evidence
    return Hit(
        id=row.id,
        campaign=row.campaign,
        board=row.board,
        title=row.title,
        first_seen=row.first_seen_at,
        last_seen=row.last_seen_at,
        left_at=row.left_at,
        first_position=row.first_position,
        best_position=row.best_position,
        best_at=row.best_at,
        first_heat=row.first_heat,
        peak_heat=row.peak_heat,
        minutes=row.minutes,
        blind_minutes=int(evidence.get("blind_minutes") or 0),
        sightings=row.sightings,
        promoted=bool(evidence.get("promoted")),
        publication_id=row.publication_id,
        outlet=whose[0],
        channel=whose[1],
        why=str(evidence.get("words") or ""),
        track=tuple((str(at), int(position), heat) for at, position, heat in evidence.get("track") or ()),
    )
