"""Merges pitches of one edition that certainly are the same story, and takes them apart again when a person says so."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Edition, Ledger, Pitch, PitchEvent, lock_edition, log, move
from rongmei.pitches.alike import pairs_among
from rongmei.pitches.marks import MARK_NAMES, read_marks
from rongmei.pitches.standing import is_decided
from rongmei.pitches.store import DESK
from rongmei.text.normalise import clean_text
from rongmei.text.similarity import Duplicate, Verdict

ALIVE = ("accepted", "shortlisted", "held", "submitted")
"""States in which a pitch can take another one in, the one to stay first; a declined one would bury it."""
MAX_WHY = 500


@dataclass(frozen=True)
class UnmergeSummary:
    """What became of a pitch that was taken apart.

    Attributes:
        was_into: id of the pitch it had been merged into.
        state: `submitted`, or `held` (it returns in the next edition) when this edition's meeting has decided already.
    """

    pitch: int
    was_into: int
    state: str


def merge_duplicates(session: Session, plan: Plan, edition: Edition, *, now: datetime) -> int:
    """Merge the edition's certain duplicates, family by family; how many pitches were merged by this call.

    A family is whatever certain pairs connect, those merged before included, so it does not matter in which order
    pitches arrive or how often this runs. Its first submitted pitch stays, or the one the meeting has on its list
    already. The others keep their rows, outlets and authors and are named on the one that stays as `joint` (联合报题);
    both logs say what was merged and why. What a person took apart is left out.
    """
    pitches = _candidates(session, edition)
    certain = [pair for pair in pairs_among(pitches, plan) if pair.verdict.tier == "certain"]
    return sum(_unite(session, family, certain, now) for family in _families(pitches, certain))


def unmerge(ledger: Ledger, pitch_id: int, *, by: str, why: str, now: datetime) -> UnmergeSummary:
    """A person says that a merged pitch is a story of its own; it is submitted again and never merged automatically.

    Raises:
        BadInput: there is no such pitch; no reason was given.
        WrongState: it is not merged.
    """
    why = clean_text(why, MAX_WHY)
    with ledger.begin() as session:
        pitch = session.get(Pitch, pitch_id)
        if pitch is None:
            raise BadInput("没有这条选题", where=f"选题 #{pitch_id}", mend="核对编号")
        if not why:
            raise BadInput("没有写理由", where=f"选题 #{pitch_id}", mend="写明为什么是两件事，理由留在记录里")
        edition = lock_edition(session, session.get_one(Edition, pitch.edition_id).key)
        session.refresh(pitch)
        was_into = pitch.merged_into_id or 0
        detail = {"unmerged_from": was_into}
        move(session, pitch, "merged", "submitted", by=by, why=why, now=now, detail=detail, merged_into_id=None)
        _credit(session, session.get_one(Pitch, was_into))
        if is_decided(session, edition):
            late = f"选题会已开过，下一期再上会：{why}"
            move(session, pitch, "submitted", "held", by=by, why=late, now=now)
        return UnmergeSummary(pitch.id, was_into, pitch.state)


def _candidates(session: Session, edition: Edition) -> list[Pitch]:
    """What may merge or be merged into, and what has been merged, except what a person took apart."""
    apart = (
        select(PitchEvent.thing_id)
        .join(Pitch, Pitch.id == PitchEvent.thing_id)
        .where(Pitch.edition_id == edition.id, PitchEvent.from_state == "merged")
    )
    found = select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state.in_((*ALIVE, "merged")))
    return list(session.scalars(found.where(Pitch.id.not_in(apart)).order_by(Pitch.id)))


def _families(pitches: Sequence[Pitch], certain: Iterable[Duplicate[int, int]]) -> list[list[Pitch]]:
    """Pitches connected by certain pairs or by earlier merging; those that stand alone are no family."""
    above = {pitch.id: pitch.id for pitch in pitches}

    def head(pitch_id: int) -> int:
        while above[pitch_id] != pitch_id:
            pitch_id = above[pitch_id]
        return pitch_id

    links = [(pair.new, pair.existing) for pair in certain]
    links += [(pitch.id, pitch.merged_into_id) for pitch in pitches if pitch.merged_into_id in above]
    for one, other in links:
        above[head(one)] = head(other)
    families: defaultdict[int, list[Pitch]] = defaultdict(list)
    for pitch in pitches:
        families[head(pitch.id)].append(pitch)
    return [family for family in families.values() if len(family) > 1]


def _standing(pitch: Pitch) -> tuple[Any, ...]:
    """Who of a family stays: by state, then the first submitted; of the same moment, the first that arrived."""
    return (ALIVE.index(pitch.state), pitch.submitted_at, pitch.id)


def _unite(session: Session, family: Sequence[Pitch], certain: Sequence[Duplicate[int, int]], now: datetime) -> int:
    standing = sorted((pitch for pitch in family if pitch.state != "merged"), key=_standing)
    children = [pitch for pitch in standing[1:] if pitch.state == "submitted"]
    if not children:
        return 0
    target = standing[0]
    for child in children:
        _merge(session, child, target, *_closest(child, target, certain), now)
    _credit(session, target)
    return len(children)


def join(session: Session, child: Pitch, target: Pitch, *, why: str, now: datetime) -> None:
    """Merge a submitted pitch into another of its edition, for a reason that is known already."""
    _merge(session, child, target, target.id, Verdict("certain", 1.0, why), now)
    _credit(session, target)


def _closest(child: Pitch, target: Pitch, certain: Sequence[Duplicate[int, int]]) -> tuple[int, Verdict]:
    """Whom the child certainly repeats, and why: the one that stays if possible, else the most alike of the family."""
    known: dict[int, Verdict] = {}
    for pair in certain:
        if child.id in (pair.new, pair.existing):
            known[pair.existing if pair.new == child.id else pair.new] = pair.verdict
    # Only an earlier merging connects it: another pitch was merged into it by rules that have changed since.
    fallback = Verdict("certain", 1.0, "与同组选题重复")
    other = target.id if target.id in known else max(known, key=lambda one: (known[one].score, -one), default=target.id)
    return other, known.get(other, fallback)


def _merge(session: Session, child: Pitch, target: Pitch, other: int, verdict: Verdict, now: datetime) -> None:
    kept = {"outlet": child.outlet, "author": child.author, "source": child.source, "likeness": round(verdict.score, 2)}
    through = "" if other == target.id else f"（随之并入 #{target.id}）"
    why = f"与 #{other} 重复{through}：{verdict.reason}"
    detail = {**kept, "into": target.id}
    move(session, child, "submitted", "merged", by=DESK, why=why, now=now, detail=detail, merged_into_id=target.id)
    taken = f"并入 #{child.id}：{verdict.reason}"
    log(session, target, by=DESK, why=taken, now=now, detail={**kept, "from": child.id})
    # What had been merged into the child follows it, so that a family is always one level deep.
    session.execute(
        update(Pitch)
        .where(Pitch.merged_into_id == child.id)
        .values(merged_into_id=target.id)
        .execution_options(synchronize_session="fetch")
    )
    _set_joint(child, [])
    _hand_on_mark(session, child, target, now)


def _hand_on_mark(session: Session, child: Pitch, target: Pitch, now: datetime) -> None:
    """What the desk said about the child it said about the story; a mark that the target has itself stands."""
    mark = read_marks(session, [child.id]).get(child.id)
    if mark is None or target.desk_mark is not None or target.state not in ("submitted", "shortlisted"):
        return
    target.desk_mark = mark.kind
    said = f"随并入的 #{child.id} {MARK_NAMES[mark.kind]}：{mark.why}"
    log(session, target, by=mark.by, why=said, now=now, detail={"mark": mark.kind, "why": mark.why, "from": child.id})


def _credit(session: Session, target: Pitch) -> None:
    """Name on the pitch that stays who else pitched it: {"id", "outlet", "author", "source"}, in order of id."""
    session.flush()
    merged = session.scalars(select(Pitch).where(Pitch.merged_into_id == target.id).order_by(Pitch.id))
    _set_joint(
        target, [{"id": one.id, "outlet": one.outlet, "author": one.author, "source": one.source} for one in merged]
    )


def _set_joint(pitch: Pitch, joint: Sequence[Mapping[str, Any]]) -> None:
    terms = {name: term for name, term in pitch.score_terms.items() if name != "joint"}
    terms |= {"joint": list(joint)} if joint else {}
    if terms != pitch.score_terms:
        pitch.score_terms = terms
