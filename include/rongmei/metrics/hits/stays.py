"""Stays on a hot board: what one look after another says about how long, how high and how hot an entry stood there.

A *look* is one reading of a board. What is counted as time on the board is only the time between two neighbouring
looks that both saw the entry and are no further apart than the pace allows; where nobody looked for longer, the time
is *blind*: kept, told, and never counted. An entry that one look misses has left only when it stays away for longer
than the pace forgives, so that flickering at the board's end is one stay and one alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from rongmei.text.similarity import likeness

MOST_POINTS = 200
MOST_TITLES = 10
NEAR_RANKS = 5
REWORDED = 0.8
"""Likeness from which an entry that takes another's place is the same one in other words."""


@dataclass(frozen=True)
class Pace:
    """How often a board is looked at, and what follows from it.

    Attributes:
        step: two neighbouring looks further apart than this say nothing about the time between them.
        forgives: how long an entry may be missed by looks and still be on the same stay.
        blind: how long nobody may have looked before a new sighting is a new stay.
    """

    step: timedelta
    forgives: timedelta
    blind: timedelta


MOST_STEP = timedelta(hours=3)
LIVE = Pace(step=timedelta(minutes=30), forgives=timedelta(minutes=30), blind=timedelta(hours=6))
"""Of a watch that looks every ten minutes."""


def pace_of(moments: Sequence[datetime]) -> Pace:
    """The pace of an archive: of `LIVE`, or slower as its looks (in order) are.

    One look left out is forgiven, and is not counted as time; looks more than three hours apart never are.
    """
    gaps = sorted(later - earlier for earlier, later in pairwise(moments) if later > earlier)
    usual = gaps[len(gaps) // 2] if gaps else timedelta(0)
    return Pace(
        step=min(max(LIVE.step, usual * 3 / 2), MOST_STEP),
        forgives=max(LIVE.forgives, usual * 2),
        blind=max(LIVE.blind, usual * 2),
    )


@dataclass(frozen=True)
class Sighting:
    """An entry that concerns a campaign, as one look saw it.

    Attributes:
        position: 1 is the top; 0 is a pinned line without a rank.
        promoted: the line was paid for.
        publication_id: the publication it is about, if any.
        evidence: why it concerns the campaign; JSON data with `words` in Chinese.
    """

    campaign: str
    title: str
    position: int
    heat: int | None = None
    promoted: bool = False
    publication_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stay:
    """One stay of an entry on one board for one campaign. Times are aware UTC.

    Attributes:
        last_seen: the last look that saw it; `left_at` the first one after it that did not, None while there was none.
        minutes: counted time on the board; `blind_minutes` time between sightings in which nobody looked.
        best_position: the best rank, 0 if it only ever was pinned; `best_at` when it was first reached.
        track: (when, position, heat) of the sightings, thinned out evenly beyond `MOST_POINTS`.
        titles: earlier wordings of the same entry.
        id: the row in the ledger; None while there is none. `alerted_at`: when its alert was queued.
    """

    campaign: str
    title: str
    first_seen: datetime
    last_seen: datetime
    first_position: int
    best_position: int
    best_at: datetime
    first_heat: int | None = None
    peak_heat: int | None = None
    left_at: datetime | None = None
    sightings: int = 1
    minutes: int = 0
    blind_minutes: int = 0
    promoted: bool = False
    publication_id: int | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    track: tuple[tuple[str, int, int | None], ...] = ()
    titles: tuple[str, ...] = ()
    id: int | None = None
    alerted_at: datetime | None = None

    @property
    def last_position(self) -> int:
        """The rank at the last sighting."""
        return self.track[-1][1] if self.track else self.best_position


def begin(seen: Sighting, moment: datetime) -> Stay:
    """A stay that begins with this sighting."""
    return Stay(
        campaign=seen.campaign,
        title=seen.title,
        first_seen=moment,
        last_seen=moment,
        first_position=seen.position,
        best_position=seen.position,
        best_at=moment,
        first_heat=seen.heat,
        peak_heat=seen.heat,
        promoted=seen.promoted,
        publication_id=seen.publication_id,
        evidence=seen.evidence,
        track=((moment.isoformat(), seen.position, seen.heat),),
    )


def go_on(stay: Stay, seen: Sighting, moment: datetime, pace: Pace) -> Stay:
    """The stay with one more sighting; one that is not later than the last changes nothing."""
    since = moment - stay.last_seen
    if since <= timedelta(0):
        return stay
    counted, blind = 0, 0
    if stay.left_at is None:
        minutes = round(since.total_seconds() / 60)
        counted, blind = (minutes, 0) if since <= pace.step else (0, minutes)
    better = seen.position and (not stay.best_position or seen.position < stay.best_position)
    heats = [heat for heat in (stay.peak_heat, seen.heat) if heat is not None]
    renamed = seen.title != stay.title
    return replace(
        stay,
        title=seen.title,
        titles=(*stay.titles, stay.title)[-MOST_TITLES:] if renamed else stay.titles,
        last_seen=moment,
        left_at=None,
        sightings=stay.sightings + 1,
        minutes=stay.minutes + counted,
        blind_minutes=stay.blind_minutes + blind,
        best_position=seen.position if better else stay.best_position,
        best_at=moment if better else stay.best_at,
        peak_heat=max(heats, default=None),
        publication_id=stay.publication_id or seen.publication_id,
        evidence=seen.evidence if stay.publication_id is None and seen.publication_id else stay.evidence,
        track=_thinned((*stay.track, (moment.isoformat(), seen.position, seen.heat))),
    )


def is_over(stay: Stay, moment: datetime, pace: Pace) -> bool:
    """Whether a sighting at `moment` would begin a new stay."""
    away = moment - stay.last_seen
    return away > (pace.blind if stay.left_at is None else pace.forgives)


def _thinned(track: tuple[tuple[str, int, int | None], ...]) -> tuple[tuple[str, int, int | None], ...]:
    """Every second point goes when there are too many; the first and the last stay."""
    return track if len(track) <= MOST_POINTS else (*track[:-1:2], track[-1])


class Roll:
    """The open stays of one board, brought forward look by look.

    Args:
        open_stays: those of earlier looks that may still go on.
    """

    def __init__(self, pace: Pace, open_stays: Iterable[Stay] = ()) -> None:
        self._pace = pace
        self._open: dict[tuple[str, str, bool], Stay] = {_key(stay): stay for stay in open_stays}
        self.closed: list[Stay] = []

    @property
    def open(self) -> list[Stay]:
        """Stays that may go on."""
        return list(self._open.values())

    def look(self, moment: datetime, sightings: Iterable[Sighting], *, complete: bool = True) -> list[Stay]:
        """Take in one look at the board; the stays that it began, went on with or missed for the first time.

        Args:
            moment: later than every look before; an older one changes nothing.
            complete: whether what it does not show is not there; a list that shows only part says nothing about it.
        """
        for key, stay in list(self._open.items()):
            if is_over(stay, moment, self._pace):
                self.closed.append(self._open.pop(key))
        wanted = _unpaid_first(sightings)
        changed = [self._take(seen, moment, wanted) for seen in wanted.values()]
        paid = {(seen.campaign, seen.title) for seen in wanted.values() if seen.promoted}
        if complete:
            changed += self._miss(moment, {_key(stay) for stay in changed}, paid)
        return changed

    def _take(self, seen: Sighting, moment: datetime, wanted: Mapping[tuple[str, str, bool], Sighting]) -> Stay:
        key = (seen.campaign, seen.title, seen.promoted)
        stay = self._open.pop(key, None) or self._renamed(seen, moment, wanted)
        stay = begin(seen, moment) if stay is None else go_on(stay, seen, moment, self._pace)
        self._open[_key(stay)] = stay
        return stay

    def _renamed(
        self, seen: Sighting, moment: datetime, wanted: Mapping[tuple[str, str, bool], Sighting]
    ) -> Stay | None:
        """The stay of the same entry under an earlier wording: gone from this look, near in rank, alike in words."""
        for key, stay in self._open.items():
            if (
                key not in wanted
                and stay.campaign == seen.campaign
                and stay.promoted == seen.promoted
                and stay.left_at is None
                and moment - stay.last_seen <= self._pace.step
                and abs(stay.last_position - seen.position) <= NEAR_RANKS
                and likeness(stay.title, seen.title) >= REWORDED
            ):
                return self._open.pop(key)
        return None

    def _miss(self, moment: datetime, seen: set[tuple[str, str, bool]], paid: set[tuple[str, str]]) -> list[Stay]:
        missed = []
        for key, stay in self._open.items():
            # A paid line in its place hides whether it would stand there by itself.
            if key not in seen and key[:2] not in paid and stay.left_at is None and moment > stay.last_seen:
                self._open[key] = replace(stay, left_at=moment)
                missed.append(self._open[key])
        return missed


def _key(stay: Stay) -> tuple[str, str, bool]:
    return stay.campaign, stay.title, stay.promoted


def _unpaid_first(sightings: Iterable[Sighting]) -> dict[tuple[str, str, bool], Sighting]:
    """Each entry once a campaign: where it stands there by itself, its paid line does not count; the best rank does."""
    found: dict[tuple[str, str, bool], Sighting] = {}
    for seen in sorted(sightings, key=lambda one: (one.promoted, one.position == 0, one.position)):
        if seen.promoted and (seen.campaign, seen.title, False) in found:
            continue
        found.setdefault((seen.campaign, seen.title, seen.promoted), seen)
    return found
