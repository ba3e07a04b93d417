"""Chooses what the meeting sees: held pitches return, twins merge, all are scored, variety and the desk count."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.ledger import BoardEntry, Edition, Lead, Ledger, Pitch, lock_edition, move
from rongmei.pitches.alike import precedents, similar_pitches
from rongmei.pitches.directives import take_directives
from rongmei.pitches.held import bring_back
from rongmei.pitches.history import TrackRecord, track_records
from rongmei.pitches.marks import PINNED, VETOED
from rongmei.pitches.merge import merge_duplicates
from rongmei.pitches.score import Facts, Heat, Judge
from rongmei.pitches.standing import is_decided
from rongmei.pitches.store import DESK
from rongmei.pitches.window import cutoff, window

SAME_OUTLET = 8.0
SAME_PLACE = 5.0
"""Points a pitch loses for every better one of the same outlet (leads: of the same source) or place."""


@dataclass(frozen=True)
class ShortlistSummary:
    """What the meeting will see.

    Attributes:
        shortlisted: ids, best first.
        considered: pitches that were scored.
        merged: pitches merged by this call.
        returned: pitches held by an earlier edition's meeting that came back by this call.
        ordered: what the desk ordered from above and this call made a pitch of; it needs no meeting.
        pinned, vetoed: pitches the desk has put on the list, or off it.
    """

    shortlisted: tuple[int, ...]
    considered: int
    merged: int = 0
    returned: int = 0
    ordered: int = 0
    pinned: int = 0
    vetoed: int = 0


@dataclass(frozen=True)
class _Place:
    """A place on the list: the pitch, what variety cost it, and why."""

    pitch: Pitch
    penalty: float
    why: str


def shortlist(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> ShortlistSummary:
    """Choose what the meeting sees; run again before the meeting it takes in what has arrived since.

    Once the meeting has decided nothing changes any more.

    Raises:
        BadInput: there is no such edition.
    """
    with ledger.begin() as session:
        edition = lock_edition(session, key)
        if is_decided(session, edition):
            return ShortlistSummary(_listed(session, edition), 0)
        ordered = take_directives(session, plan, edition, now=now)
        returned = bring_back(session, edition, now=now)
        merged = merge_duplicates(session, plan, edition, now=now)
        pitches = _open_pitches(session, edition)
        _score(session, plan, edition, pitches, now)
        chosen = _choose_and_write(session, plan, pitches, now)
        marks = Counter(pitch.desk_mark for pitch in pitches)
        return ShortlistSummary(
            tuple(place.pitch.id for place in chosen),
            len(pitches),
            merged,
            returned,
            ordered,
            pinned=marks[PINNED],
            vetoed=marks[VETOED],
        )


def choose_again(session: Session, plan: Plan, edition: Edition, *, now: datetime) -> None:
    """Bring the edition's list, if there is one already, in line with the desk's marks; the scores stay as they are."""
    pitches = _open_pitches(session, edition)
    if any(pitch.state == "shortlisted" for pitch in pitches):
        _choose_and_write(session, plan, [pitch for pitch in pitches if pitch.score is not None], now)


def _listed(session: Session, edition: Edition) -> tuple[int, ...]:
    """Ids of what was on the list when the meeting decided, best first."""
    pitches = session.scalars(select(Pitch).where(Pitch.edition_id == edition.id)).all()
    ranks = {pitch.id: pitch.score_terms.get("shortlist", {}).get("rank") for pitch in pitches}
    return tuple(sorted((pitch_id for pitch_id, rank in ranks.items() if rank), key=lambda one: (ranks[one], one)))


def _open_pitches(session: Session, edition: Edition) -> list[Pitch]:
    states = ("submitted", "shortlisted")
    found = select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state.in_(states)).order_by(Pitch.id)
    return list(session.scalars(found))


# ── scoring ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _score(session: Session, plan: Plan, edition: Edition, pitches: Sequence[Pitch], now: datetime) -> None:
    """Write score and terms of every pitch; a merged twin lends its heat and, if it pitched better, its record."""
    judge = Judge(plan.campaign, plan.cluster, cutoff(edition, now))
    heats = _heats(session, plan, edition, pitches, now)
    records = track_records(session, edition)
    kinds = {outlet.id: outlet.kind for outlet in plan.cluster.outlets}
    alike = similar_pitches(pitches, plan)
    before = precedents(session, plan, edition, pitches, until=cutoff(edition, now))
    for pitch in pitches:
        outlet = pitch.outlet
        facts = Facts(
            title=pitch.title,
            summary=pitch.summary,
            place=pitch.place,
            outlet_kind=kinds.get(outlet or ""),
            column=pitch.column,
            submitted_at=pitch.submitted_at,
            heat=heats[pitch.id],
            record=records.get(outlet, TrackRecord()) if outlet else None,
        )
        scored = judge.score(facts)
        terms = {**scored.terms, "similar": alike.get(pitch.id, []), "before": before.get(pitch.id, [])}
        terms |= {name: pitch.score_terms[name] for name in ("joint", "shortlist") if name in pitch.score_terms}
        _set(pitch, scored.total, terms)


def _set(pitch: Pitch, score: float | None, terms: dict[str, Any]) -> None:
    """Assign only what differs, so that a second run writes nothing."""
    if pitch.score != score:
        pitch.score = score
    if pitch.score_terms != terms:
        pitch.score_terms = terms


def _heats(
    session: Session, plan: Plan, edition: Edition, pitches: Sequence[Pitch], now: datetime
) -> defaultdict[int, tuple[Heat, ...]]:
    """Pitch id → its places on boards, those of merged twins included."""
    boards = {source.id: source for source in plan.campaign.sources if source.kind == "board"}
    stretch = window(edition, plan.campaign.pitching.board_window_hours, now)
    peaks = _board_peaks(session, {source.board for source in boards.values()}, stretch.start, stretch.end)
    ids = [pitch.id for pitch in pitches]
    family = (
        select(Pitch, Lead)
        .join(Lead, Lead.id == Pitch.lead_id)
        .where(Pitch.id.in_(ids) | Pitch.merged_into_id.in_(ids))
        .order_by(Pitch.id)
    )
    heats: defaultdict[int, tuple[Heat, ...]] = defaultdict(tuple)
    for member, lead in session.execute(family).tuples():
        if source := boards.get(lead.source):
            promoted = bool(lead.evidence.get("promoted"))
            heat = Heat(source.name, lead.best_position, lead.peak_heat, peaks.get(source.board), promoted)
            heats[member.merged_into_id or member.id] += (heat,)
    return heats


def _board_peaks(session: Session, boards: set[str], start: datetime, end: datetime) -> Mapping[str, int | None]:
    """Board → the highest heat of its unpaid lines in the window."""
    highest = (
        select(BoardEntry.board, func.max(BoardEntry.heat))
        .where(BoardEntry.board.in_(boards), BoardEntry.is_ad.is_(False))
        .where(BoardEntry.observed_at > start, BoardEntry.observed_at <= end)
        .group_by(BoardEntry.board)
    )
    return dict(session.execute(highest).tuples().all())


# ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _choose_and_write(session: Session, plan: Plan, pitches: Sequence[Pitch], now: datetime) -> list[_Place]:
    chosen = choose(pitches, plan.campaign.pitching.shortlist_size)
    _write(session, pitches, chosen, now)
    return chosen


def choose(pitches: Sequence[Pitch], size: int) -> list[_Place]:
    """The best `size` pitches, taken one by one; each loses points for better ones of its outlet and place.

    What the desk pinned comes first, the best of it first, and counts in the size, which it may exceed; what it vetoed
    is left out. Equal pitches go by the earlier submission, then by id.
    """
    left = sorted(pitches, key=lambda pitch: (-(pitch.score or 0.0), pitch.submitted_at, pitch.id))
    pinned = [pitch for pitch in left if pitch.desk_mark == PINNED]
    left = [pitch for pitch in left if pitch.desk_mark is None]
    outlets = Counter(_group(pitch) for pitch in pinned)
    places = Counter(pitch.place for pitch in pinned if pitch.place)
    chosen = [_Place(pitch, 0.0, "编辑部置顶，不扣分") for pitch in pinned]
    while left and len(chosen) < size:
        offers = [_place(pitch, outlets, places) for pitch in left]
        # max keeps the first of equals, and `left` is in order.
        best = max(offers, key=lambda offer: (offer.pitch.score or 0.0) - offer.penalty)
        chosen.append(best)
        left.remove(best.pitch)
        outlets[_group(best.pitch)] += 1
        if best.pitch.place:
            places[best.pitch.place] += 1
    return chosen


def _group(pitch: Pitch) -> str:
    return pitch.outlet or f"source:{pitch.source}"


def _place(pitch: Pitch, outlets: Counter[str], places: Counter[str]) -> _Place:
    same_outlet = outlets[_group(pitch)]
    same_place = places[pitch.place] if pitch.place else 0
    parts = [
        f"前面已有同一媒体或来源 {same_outlet} 条" if same_outlet else "",
        f"前面已有同一地点 {same_place} 条" if same_place else "",
    ]
    penalty = SAME_OUTLET * same_outlet + SAME_PLACE * same_place
    return _Place(pitch, penalty, "，".join(part for part in parts if part) or "没有扣分")


def _write(session: Session, pitches: Sequence[Pitch], chosen: Sequence[_Place], now: datetime) -> None:
    """Bring states and ranks in line with the choice; nothing is written for what stands there already."""
    ranks = {place.pitch.id: rank for rank, place in enumerate(chosen, start=1)}
    for pitch in pitches:
        if pitch.id not in ranks:
            _set(pitch, pitch.score, {name: term for name, term in pitch.score_terms.items() if name != "shortlist"})
            if pitch.state == "shortlisted":
                why = "编辑部否决，移出入围名单" if pitch.desk_mark == VETOED else "有更合适的选题，移出入围名单"
                move(session, pitch, "shortlisted", "submitted", by=DESK, why=why, now=now)
    for place in chosen:
        pitch, rank = place.pitch, ranks[place.pitch.id]
        listed = {"rank": rank, "points": -place.penalty, "why": place.why}
        _set(pitch, pitch.score, {**pitch.score_terms, "shortlist": listed})
        if pitch.state == "submitted":
            how = "编辑部置顶" if pitch.desk_mark == PINNED else f"多样性 {-place.penalty:+.0f}"
            why = f"入围第 {rank} 位，得分 {pitch.score:.1f}，{how}"
            move(session, pitch, "submitted", "shortlisted", by=DESK, why=why, now=now)
