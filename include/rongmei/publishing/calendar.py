"""What the accounts of an edition have on which moment already: finds times for more, and places within bundles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.clock import at_local
from rongmei.config import Account
from rongmei.ledger import Edition, Publication
from rongmei.publishing.schedule import first_free, is_free, late_after, next_free, pace, starts, timetable
from rongmei.publishing.standing import GIVEN_UP, STANDING, capabilities_of

if TYPE_CHECKING:
    from rongmei.config import Plan

BETWEEN_BUNDLES = timedelta(seconds=1)
"""Bundles of an account that need no distance are told apart by it."""
_LOOK_BACK = timedelta(days=2)


class Calendar:
    """The calendar of one edition while it is planned.

    Args:
        ranking: the edition's story ids, the one for the headline first.
    """

    def __init__(self, session: Session, plan: Plan, edition: Edition, ranking: Sequence[int], now: datetime) -> None:
        self._edition, self._now = edition, now
        self._campaign_rules = plan.campaign.publishing
        self._rules = pace(plan.campaign.publishing, rehearsal=edition.rehearsal)
        self._gap = timedelta(minutes=self._rules.min_gap_minutes)
        self._rank = {story_id: place for place, story_id in enumerate(ranking)}
        self._taken: dict[str, list[datetime]] = defaultdict(list)
        self._standing: set[tuple[int, str]] = set()
        self._tried: set[tuple[int, str]] = set()
        self._pages: dict[tuple[int, str], datetime] = {}
        self._bundles: dict[tuple[str, datetime], list[Publication]] = defaultdict(list)
        self._gone: set[tuple[str, datetime]] = set()
        self._look_at(session)

    def _look_at(self, session: Session) -> None:
        """All of this edition, and what stands on the accounts from other editions about the same time."""
        for publication in session.scalars(
            select(Publication).where(Publication.edition_id == self._edition.id).order_by(Publication.id)
        ):
            self.note(publication)
        since = min(self._now, at_local(self._edition.day, "00:00")) - _LOOK_BACK
        elsewhere = session.execute(
            select(Publication.account, Publication.scheduled_at)
            .join(Edition, Edition.id == Publication.edition_id)
            .where(
                Edition.id != self._edition.id,
                Edition.rehearsal == self._edition.rehearsal,
                Publication.state.in_(STANDING),
                Publication.scheduled_at >= since,
            )
        )
        for account, moment in elsewhere:
            self._taken[account].append(moment)
            self._gone.add((account, moment))

    def note(self, publication: Publication) -> None:
        """A publication of this edition."""
        account, moment = publication.account, publication.scheduled_at
        known = capabilities_of(publication.channel)
        self._tried.add((publication.version_id, account))
        if publication.state in STANDING:
            self._taken[account].append(moment)
        if publication.state not in GIVEN_UP:
            self._standing.add((publication.story_id, account))
            if known is not None and known.page:
                self._pages[publication.story_id, publication.outlet] = moment
        if publication.state == "scheduled" and known is not None and known.bundle > 1:
            self._bundles[account, moment].append(publication)
        elif publication.state in STANDING:
            self._gone.add((account, moment))

    def stands(self, story_id: int, version_id: int, account: str) -> bool:
        """Whether the story needs no publication on the account: it has one, or this very version was tried."""
        return (story_id, account) in self._standing or (version_id, account) in self._tried

    def time_for(
        self,
        story_id: int,
        outlet: str,
        account: Account,
        name: str,
        *,
        signed_off: datetime,
        embargo: datetime | None,
    ) -> datetime:
        """When a story that was signed off at `signed_off` goes out on the account `name`, aware UTC."""
        table = timetable(self._campaign_rules, account.channel, account, rehearsal=self._edition.rehearsal)
        candidates = starts(
            table,
            self._edition.day,
            signed_off=signed_off,
            now=self._now,
            late=late_after(self._rules),
            embargo=embargo,
        )
        known = capabilities_of(account.channel)
        page = self._pages.get((story_id, outlet)) if known is not None and known.links else None
        if page is not None:
            candidates = [moment for moment in candidates if moment >= page] or [page]
        if known is not None and known.bundle > 1:
            return self._time_in_bundle(candidates, name, known.bundle)
        return first_free(candidates, self._taken[name], self._gap)

    def _time_in_bundle(self, candidates: Sequence[datetime], account: str, size: int) -> datetime:
        """A moment whose bundle has room, or that keeps the distance to every other one."""
        gap = max(self._gap, BETWEEN_BUNDLES)
        taken = self._taken[account]
        for moment in candidates:
            if self._has_room(account, moment, size) or is_free(moment, taken, gap):
                return moment
        later = (moment for moment in sorted(set(taken)) if moment > candidates[-1])
        roomy = next((moment for moment in later if self._has_room(account, moment, size)), None)
        return roomy or next_free(candidates[-1], taken, gap)

    def _has_room(self, account: str, moment: datetime, size: int) -> bool:
        """Whether a bundle of this edition waits there, whole, and is not full."""
        bundle = self._bundles.get((account, moment), ())
        return 0 < len(bundle) < size and (account, moment) not in self._gone

    def place_in_bundles(self) -> Iterator[tuple[Publication, str]]:
        """Number the publications of every bundle, 1 for the headline (头条); those that change place, and why."""
        for bundle in self._bundles.values():
            ordered = sorted(bundle, key=lambda one: (self._rank.get(one.story_id, len(self._rank)), one.story_id))
            for place, publication in enumerate(ordered, start=1):
                before = publication.position
                publication.position = place
                if before not in (None, place):
                    yield publication, f"在同一条发布里从第 {before} 篇改为第 {place} 篇"
