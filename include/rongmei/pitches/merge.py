"""Merges pitches of one edition that certainly are the same story; what is merely similar is shown, never merged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rongmei.config import Cluster
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Pitch, PitchEvent, log, move
from rongmei.pitches.store import DESK
from rongmei.text.similarity import Duplicate, find_duplicates

MOST_SIMILAR = 3
ALIVE = ("submitted", "shortlisted", "accepted", "held")
"""A pitch in one of these states can take another one in; a declined one would bury it."""


def merge_duplicates(session: Session, cluster: Cluster, edition: Edition, *, now: datetime) -> int:
    """Merge each certain duplicate into the pitch submitted earlier; how many were merged by this call.

    Of two, the one the meeting already has on its list stays. What a person took apart is left out.
    The merged pitch keeps its own row, outlet and author; both logs say what was merged and why.
    """
    pitches = {pitch.id: pitch for pitch in _unmerged(session, edition)}
    apart = _taken_apart(session, edition)
    merged: dict[int, int] = {}
    for pair in _duplicates(list(pitches.values()), cluster):
        if pair.verdict.tier != "certain":
            continue
        later, earlier = pitches[pair.new], pitches[_root(pair.existing, merged)]
        if later.id in merged or later is earlier or apart & {later.id, earlier.id}:
            continue
        for child, target in ((later, earlier), (earlier, later)):
            if child.state == "submitted" and target.state in ALIVE:
                _merge(session, child, target, pair.verdict.reason, pair.verdict.score, now)
                merged[child.id] = target.id
                break
    return len(merged)


def similar_pitches(pitches: Sequence[Pitch], cluster: Cluster) -> dict[int, list[dict[str, Any]]]:
    """For each pitch those it resembles, likest first, at most three: {"id", "title", "likeness" 0–1, "why"}."""
    titles = {pitch.id: pitch.title for pitch in pitches}
    found: defaultdict[int, list[dict[str, Any]]] = defaultdict(list)
    for pair in _duplicates(pitches, cluster):
        for one, other in ((pair.new, pair.existing), (pair.existing, pair.new)):
            likeness, why = round(pair.verdict.score, 2), pair.verdict.reason
            found[one].append({"id": other, "title": titles[other], "likeness": likeness, "why": why})
    return {
        pitch_id: sorted(alike, key=lambda other: (-other["likeness"], other["id"]))[:MOST_SIMILAR]
        for pitch_id, alike in found.items()
    }


def unmerge(ledger: Ledger, pitch_id: int, *, by: str, why: str, now: datetime) -> None:
    """A person says that a merged pitch is a story of its own; it is submitted again and never merged automatically.

    Raises:
        BadInput: there is no such pitch.
        WrongState: it is not merged.
    """
    with ledger.begin() as session:
        pitch = session.get(Pitch, pitch_id)
        if pitch is None:
            raise BadInput("没有这条选题", where=f"选题 #{pitch_id}", mend="核对编号")
        was_into = pitch.merged_into_id
        detail = {"unmerged_from": was_into}
        move(session, pitch, "merged", "submitted", by=by, why=why, now=now, detail=detail, merged_into_id=None)


def _unmerged(session: Session, edition: Edition) -> list[Pitch]:
    found = select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state != "merged")
    return list(session.scalars(found.order_by(Pitch.submitted_at, Pitch.id)))


def _duplicates(pitches: Sequence[Pitch], cluster: Cluster) -> list[Duplicate[int]]:
    """Pairs among the pitches; the earlier submitted of a pair is its `existing`."""
    ordered = sorted(pitches, key=lambda pitch: (pitch.submitted_at, pitch.id))
    places = [region for outlet in cluster.outlets for region in outlet.regions]
    return find_duplicates([(pitch.id, pitch.title) for pitch in ordered], places=places)


def _taken_apart(session: Session, edition: Edition) -> set[int]:
    found = (
        select(PitchEvent.thing_id)
        .join(Pitch, Pitch.id == PitchEvent.thing_id)
        .where(Pitch.edition_id == edition.id, PitchEvent.from_state == "merged")
    )
    return set(session.scalars(found))


def _root(pitch_id: int, merged: dict[int, int]) -> int:
    while pitch_id in merged:
        pitch_id = merged[pitch_id]
    return pitch_id


def _merge(session: Session, child: Pitch, target: Pitch, reason: str, likeness: float, now: datetime) -> None:
    kept = {"outlet": child.outlet, "author": child.author, "source": child.source, "likeness": round(likeness, 2)}
    why = f"与 #{target.id} 重复：{reason}"
    move(
        session,
        child,
        "submitted",
        "merged",
        by=DESK,
        why=why,
        now=now,
        detail={**kept, "into": target.id},
        merged_into_id=target.id,
    )
    log(session, target, by=DESK, why=f"并入 #{child.id}：{reason}", now=now, detail={**kept, "from": child.id})
    # What had been merged into the child follows it, so that a family is always one level deep.
    session.execute(
        update(Pitch)
        .where(Pitch.merged_into_id == child.id)
        .values(merged_into_id=target.id)
        .execution_options(synchronize_session="fetch")
    )
