"""Carries stays between the ledger's rows and the roll of a board."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.ledger import BoardHit
from rongmei.ledger.boards import BoardLine
from rongmei.metrics.hits.matching import Concern
from rongmei.metrics.hits.stays import Pace, Sighting, Stay

_KEPT = ("track", "titles", "blind_minutes", "promoted", "description", "category")
"""What of `BoardHit.evidence` is not the reason why it concerns the campaign."""
MOST_DESCRIPTION = 300


def open_stays(session: Session, board: str, moment: datetime, pace: Pace, *, rehearsal: bool) -> list[Stay]:
    """The stays on `board` that a sighting at `moment` may go on with; locked against another watch."""
    longest = max(pace.forgives, pace.blind)
    rows = session.scalars(
        select(BoardHit)
        .where(BoardHit.board == board, BoardHit.rehearsal == rehearsal)
        .where(BoardHit.last_seen_at >= moment - longest - timedelta(minutes=1))
        .order_by(BoardHit.id)
        .with_for_update()
    )
    return [stay_of(row) for row in rows]


def store(session: Session, board: str, stays: Iterable[Stay], *, rehearsal: bool) -> list[Stay]:
    """Write stays, new ones and known ones; the same stays with their ids."""
    kept = []
    for stay in stays:
        row = session.get_one(BoardHit, stay.id) if stay.id is not None else None
        if row is None:
            row = BoardHit(campaign=stay.campaign, rehearsal=rehearsal, board=board, **_columns(stay))
            session.add(row)
        else:
            for name, value in _columns(stay).items():
                if getattr(row, name) != value:
                    setattr(row, name, value)
        session.flush()
        kept.append(replace(stay, id=row.id))
    return kept


def stay_of(row: BoardHit) -> Stay:
    """The stay that a row holds."""
    evidence = row.evidence
    return Stay(
        campaign=row.campaign,
        title=row.title,
        first_seen=row.first_seen_at,
        last_seen=row.last_seen_at,
        first_position=row.first_position,
        best_position=row.best_position,
        best_at=row.best_at,
        first_heat=row.first_heat,
        peak_heat=row.peak_heat,
        left_at=row.left_at,
        sightings=row.sightings,
        minutes=row.minutes,
        blind_minutes=int(evidence.get("blind_minutes") or 0),
        promoted=bool(evidence.get("promoted")),
        publication_id=row.publication_id,
        evidence={name: value for name, value in evidence.items() if name not in _KEPT[:4]},
        track=tuple((at, position, heat) for at, position, heat in evidence.get("track") or ()),
        titles=tuple(evidence.get("titles") or ()),
        id=row.id,
        alerted_at=row.alerted_at,
    )


def sightings_of(line: BoardLine, concerns: Iterable[Concern]) -> list[Sighting]:
    """One line of a board, as each campaign that it concerns sees it."""
    about: dict[str, Any] = {}
    if line.category:
        about["category"] = line.category
    if line.description:
        about["description"] = line.description[:MOST_DESCRIPTION]
    return [
        Sighting(
            campaign=concern.campaign,
            title=line.title,
            position=line.position,
            heat=line.heat,
            promoted=line.is_ad,
            publication_id=concern.publication_id,
            evidence={**concern.evidence, **about},
        )
        for concern in concerns
    ]


def _columns(stay: Stay) -> dict[str, Any]:
    evidence: dict[str, Any] = {**stay.evidence, "track": [list(point) for point in stay.track]}
    if stay.titles:
        evidence["titles"] = list(stay.titles)
    if stay.blind_minutes:
        evidence["blind_minutes"] = stay.blind_minutes
    if stay.promoted:
        evidence["promoted"] = True
    return {
        "title": stay.title,
        "publication_id": stay.publication_id,
        "evidence": evidence,
        "first_seen_at": stay.first_seen,
        "last_seen_at": stay.last_seen,
        "left_at": stay.left_at,
        "sightings": stay.sightings,
        "minutes": stay.minutes,
        "first_position": stay.first_position,
        "best_position": stay.best_position,
        "best_at": stay.best_at,
        "first_heat": stay.first_heat,
        "peak_heat": stay.peak_heat,
        "alerted_at": stay.alerted_at,
    }
