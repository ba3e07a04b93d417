"""Which pitches say the same or nearly the same: within an edition, in earlier editions, in what is published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from rongmei.config import Plan
from rongmei.ledger import Assignment, Edition, Pitch, PitchEvent, Publication, Story, StoryVersion
from rongmei.text.keys import story_key
from rongmei.text.similarity import Duplicate, Verdict, find_duplicates, find_repeats

MOST_SHOWN = 3
_LOOKED_UP = 12
OUT = ("accepted", "live")
_BATCH = 20_000


@dataclass(frozen=True)
class _Past:
    """Where a title of the past stands; `pitch` keeps a pitch and the story made of it together."""

    kind: Literal["pitch", "story"]
    id: int
    pitch: int
    edition: str
    outlet: str | None
    state: str


def pairs_among(pitches: Sequence[Pitch], plan: Plan) -> list[Duplicate[int, int]]:
    """Certain and similar pairs among the pitches by id; the earlier submitted of a pair is its `existing`.

    Two that say where they happen, and not in the same place, are never certain, whatever their titles say.
    """
    by_id = {pitch.id: pitch for pitch in pitches}
    ordered = sorted(pitches, key=lambda pitch: (pitch.submitted_at, pitch.id))
    found = find_duplicates([(pitch.id, pitch.title) for pitch in ordered], places=places_of(plan))
    towns = _Towns(plan)
    return [
        _apart(pair)
        if pair.verdict.tier == "certain" and towns.differ(by_id[pair.new].place, by_id[pair.existing].place)
        else pair
        for pair in found
    ]


def _apart(pair: Duplicate[int, int]) -> Duplicate[int, int]:
    reason = f"用字相近（{pair.verdict.score:.0%}），但填报的地点不同"
    return replace(pair, verdict=replace(pair.verdict, tier="similar", reason=reason))


def similar_pitches(pitches: Sequence[Pitch], plan: Plan) -> dict[int, list[dict[str, Any]]]:
    """For each pitch those it resembles, likest first, at most three.

    {"id", "title", "outlet", "likeness" 0–1, "tier", "why"}.
    """
    by_id = {pitch.id: pitch for pitch in pitches}
    pairs: defaultdict[int, list[tuple[int, Verdict]]] = defaultdict(list)
    for pair in pairs_among(pitches, plan):
        pairs[pair.new].append((pair.existing, pair.verdict))
        pairs[pair.existing].append((pair.new, pair.verdict))
    return {
        pitch_id: [
            {"id": other, "title": by_id[other].title, "outlet": by_id[other].outlet, **_said(verdict)}
            for other, verdict in sorted(alike, key=_by_likeness)[:MOST_SHOWN]
        ]
        for pitch_id, alike in pairs.items()
    }


def _by_likeness(alike: tuple[int, Verdict]) -> tuple[bool, float, int]:
    other, verdict = alike
    return (verdict.tier != "certain", -round(verdict.score, 2), other)


def precedents(
    session: Session, plan: Plan, edition: Edition, pitches: Sequence[Pitch], *, until: datetime
) -> dict[int, list[dict[str, Any]]]:
    """For each pitch what earlier editions pitched and what is published of the same or nearly the same title.

    Editions of all campaigns up to the day of this one, rehearsals among themselves. Nothing is merged across editions
    or rejected: the meeting sees at most three a pitch, likest first, a story rather than the pitch it was made of:
    {"kind": "pitch" | "story", "id", "title", "likeness" 0–1, "tier", "why", "edition", "outlet", "state"}.
    A held pitch that returned is no precedent of itself.

    Args:
        until: what was submitted or published later is not known yet (a backfilled edition).
    """
    if not pitches:
        return {}
    past = list(_titles(session, edition, until))
    found: defaultdict[int, list[Duplicate[int, int]]] = defaultdict(list)
    for pair in find_repeats([(pitch.id, pitch.title) for pitch in pitches], past, places=places_of(plan)):
        if len(found[pair.new]) < _LOOKED_UP:
            found[pair.new].append(pair)
    wanted = {pair.existing for pairs in found.values() for pair in pairs}
    titles = {key: title for key, title in past if key in wanted}
    places = _places_in_the_past(session, wanted)
    own = _held_from(session, edition)
    return {
        pitch_id: _likest(_one_a_story(pairs, titles, places, own.get(pitch_id)).values())
        for pitch_id, pairs in found.items()
    }


def _titles(session: Session, edition: Edition, until: datetime) -> Iterator[tuple[int, str]]:
    """One stream of all titles of the past: of pitches that were not merged, and of story versions that are out.

    Pitches come under their ids, versions under theirs below zero: 100,000 bare rows are a matter of speed.
    """
    earlier = (Edition.id != edition.id, Edition.rehearsal == edition.rehearsal, Edition.day <= edition.day)
    pitches = (
        select(Pitch.id, Pitch.title)
        .join(Edition, Edition.id == Pitch.edition_id)
        .where(*earlier, Pitch.state != "merged", Pitch.submitted_at <= until)
    )
    out = (
        select(Publication.version_id)
        .join(Edition, Edition.id == Publication.edition_id)
        .where(*earlier, Publication.state.in_(OUT))
        .where(func.coalesce(Publication.live_at, Publication.accepted_at) <= until)
    )
    stories = select(-StoryVersion.id, StoryVersion.title).where(StoryVersion.id.in_(out))
    found = session.execute(union_all(pitches, stories), execution_options={"yield_per": _BATCH})
    for batch in found.tuples().partitions():
        yield from batch


def _places_in_the_past(session: Session, wanted: Collection[int]) -> dict[int, _Past]:
    """What stands behind the keys of `_titles`."""
    pitches = (
        select(Pitch.id, Edition.key, Pitch.outlet, Pitch.state)
        .join(Edition, Edition.id == Pitch.edition_id)
        .where(Pitch.id.in_([key for key in wanted if key > 0]))
    )
    stories = (
        select(StoryVersion.id, Assignment.pitch_id, Edition.key, Story.outlet)
        .join(Story, Story.id == StoryVersion.story_id)
        .join(Assignment, Assignment.id == Story.assignment_id)
        .join(Edition, Edition.id == Story.edition_id)
        .where(StoryVersion.id.in_([-key for key in wanted if key < 0]))
    )
    found = {
        pitch: _Past("pitch", pitch, pitch, edition, outlet, state)
        for pitch, edition, outlet, state in session.execute(pitches).tuples()
    }
    found |= {
        -version: _Past("story", version, pitch, edition, outlet, "published")
        for version, pitch, edition, outlet in session.execute(stories).tuples()
    }
    return found


def _held_from(session: Session, edition: Edition) -> dict[int, int]:
    """Id of a pitch that returned from an earlier edition → its id there."""
    births = (
        select(PitchEvent.thing_id, PitchEvent.detail)
        .join(Pitch, Pitch.id == PitchEvent.thing_id)
        .where(Pitch.edition_id == edition.id)
    )
    return {thing: int(detail["held_from"]) for thing, detail in session.execute(births) if "held_from" in detail}


def _one_a_story(
    pairs: Iterable[Duplicate[int, int]], titles: Mapping[int, str], places: Mapping[int, _Past], itself: int | None
) -> dict[tuple[str, str | None], dict[str, Any]]:
    """One entry for what one outlet said once: a story before its pitch, a later edition before an earlier one."""
    told = {places[pair.existing].pitch for pair in pairs if places[pair.existing].kind == "story"}
    entries: dict[tuple[str, str | None], dict[str, Any]] = {}
    for pair in sorted(pairs, key=lambda pair: places[pair.existing].edition, reverse=True):
        past, title = places[pair.existing], titles[pair.existing]
        if past.pitch == itself or (past.kind == "pitch" and past.pitch in told):
            continue
        entry = {"kind": past.kind, "id": past.id, "title": title, **_said(pair.verdict)}
        entry |= {"edition": past.edition, "outlet": past.outlet, "state": past.state}
        entries.setdefault((story_key(title), past.outlet), entry)
    return entries


def places_of(plan: Plan) -> list[str]:
    """Names that tell stories apart: the regions of the cluster and the places of the campaign."""
    return [*(region for outlet in plan.cluster.outlets for region in outlet.regions), *plan.campaign.watch.places]


class _Towns:
    """Tells whether two places written in the sheets are two places; the city's name is everywhere."""

    def __init__(self, plan: Plan) -> None:
        outlets = plan.cluster.outlets
        self._city = {story_key(region) for outlet in outlets if outlet.kind == "city" for region in outlet.regions}
        self._towns = {
            outlet.id: [story_key(region) for region in outlet.regions] for outlet in outlets if outlet.kind != "city"
        }

    def differ(self, one: str | None, other: str | None) -> bool:
        """False where one is not given, or is part of the other, or both lie in one town."""
        a, b = story_key(one or ""), story_key(other or "")
        if not a or not b or a in b or b in a or {a, b} & self._city:
            return False
        return not self._in(a) & self._in(b)

    def _in(self, place: str) -> set[str]:
        return {town for town, regions in self._towns.items() if any(region in place for region in regions)}


def _said(verdict: Verdict) -> dict[str, Any]:
    # Only equal titles are shown as 100%.
    likeness = 1.0 if verdict.score == 1 else min(0.99, round(verdict.score, 2))
    return {"likeness": likeness, "tier": verdict.tier, "why": verdict.reason}


def _likest(entries: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(entries, key=lambda one: (one["tier"] != "certain", -one["likeness"], one["id"]))[:MOST_SHOWN]
