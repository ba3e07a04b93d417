"""Plans an edition's publications: which signed-off story goes out on which account, and when. Sends nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import fingerprint
from rongmei.clock import at_local
from rongmei.config import CHANNELS, Account, Campaign, Cluster, Outlet, PublishingRules, account_key
from rongmei.ledger import Edition, Ledger, Publication, Story, StoryVersion, get_edition, log, try_move

if TYPE_CHECKING:
    from rongmei.config import Plan

BY = "rongmei"
OUTDATED = "稿件已改，这一版不再是签发的版本"
# A story that stands on an account in one of these states is not planned there a second time.
STANDING = ("scheduled", "sending", "unknown", "accepted", "live", "awaiting_operator")
# One in these states makes room for another version of the story.
GIVEN_UP = ("cancelled", "failed", "missed")


@dataclass(frozen=True)
class PlanSummary:
    """What `plan_publications` did, in publications."""

    planned: int
    cancelled: int
    known: int


def plan_publications(ledger: Ledger, plan: Plan, key: str, *, now: datetime) -> PlanSummary:
    """Make a publication for every signed-off story on every account of the campaign's rule; twice changes nothing.

    A publication's time is the first free slot of its channel on the edition's day (Asia/Shanghai), at least the
    campaign's gap away from the account's other posts. Where the last slot is past, it is `now`, unless that slot is
    longer past than the campaign allows: then the slot stands, and `publish` marks the publication missed. A channel
    without slots counts from the sign-off. A Weibo post is never planned before the story's page on the same outlet's
    site.

    In a rehearsal everything is due at once, see `pace`.

    Scheduled publications of a version that is no longer the signed-off one are cancelled.
    """
    with ledger.begin() as session:
        edition = get_edition(session, key)
        stories = _signed_off(session, edition)
        cancelled = _cancel_outdated(session, edition, now)
        planner = _Planner(session, plan.campaign, edition, now)
        planned = known = 0
        for story, version in stories:
            for outlet, account in _accounts(plan.campaign, plan.cluster, edition, story.outlet):
                if planner.stands(story, version, account_key(outlet, account)):
                    known += 1
                else:
                    planner.add(story, version, outlet, account)
                    planned += 1
    return PlanSummary(planned=planned, cancelled=cancelled, known=known)


def _signed_off(session: Session, edition: Edition) -> list[tuple[Story, StoryVersion]]:
    rows = session.execute(
        select(Story, StoryVersion)
        .join(
            StoryVersion,
            (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash),
        )
        .where(Story.edition_id == edition.id, Story.state == "signed_off")
        .order_by(Story.signed_off_at, Story.id)
    )
    return [(story, version) for story, version in rows]


def _cancel_outdated(session: Session, edition: Edition, now: datetime) -> int:
    """Cancel what is scheduled for a version that was edited, corrected or recalled since."""
    rows = session.execute(
        select(Publication, Story, StoryVersion)
        .join(Story, Story.id == Publication.story_id)
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .where(Publication.edition_id == edition.id, Publication.state == "scheduled")
    ).all()
    outdated = [publication for publication, story, version in rows if not may_go_out(story, version)]
    return sum(
        try_move(session, publication, "scheduled", "cancelled", by=BY, why=OUTDATED, now=now)
        for publication in outdated
    )


def pace(rules: PublishingRules, *, rehearsal: bool) -> PublishingRules:
    """The campaign's rules; a rehearsal waits neither for slots nor for distance: its posts have no readers to tire."""
    return rules.model_copy(update={"slots": {}, "min_gap_minutes": 0}) if rehearsal else rules


def may_go_out(story: Story, version: StoryVersion) -> bool:
    """Whether this version is the one that was signed off, still."""
    return story.state == "signed_off" and story.current_hash == version.content_hash


def _accounts(campaign: Campaign, cluster: Cluster, edition: Edition, author: str) -> list[tuple[Outlet, Account]]:
    """Accounts that a story by `author` goes out on: sites first, the author's own first within a channel."""
    rule = campaign.publishing.accounts
    wanted = set(edition.options.get("channels") or campaign.publishing.channels) & set(campaign.publishing.channels)

    def takes_part(outlet: Outlet) -> bool:
        own = outlet.id == author and rule in ("author", "author_and_city")
        return own or (outlet.kind == "city" and rule in ("city", "author_and_city"))

    found = [
        (outlet, account) for outlet, account in cluster.accounts() if account.channel in wanted and takes_part(outlet)
    ]
    return sorted(found, key=lambda pair: (CHANNELS.index(pair[1].channel), pair[0].id != author))


class _Planner:
    """Finds times while remembering what each account already has."""

    def __init__(self, session: Session, campaign: Campaign, edition: Edition, now: datetime) -> None:
        self._session, self._edition, self._now = session, edition, now
        self._rules = pace(campaign.publishing, rehearsal=edition.rehearsal)
        self._gap = timedelta(minutes=self._rules.min_gap_minutes)
        self._late = timedelta(hours=self._rules.late_after_hours)
        self._taken: dict[str, list[datetime]] = defaultdict(list)
        self._standing: set[tuple[int, str]] = set()
        self._tried: set[tuple[int, str]] = set()
        self._sites: dict[tuple[int, str], datetime] = {}
        for publication in session.scalars(
            select(Publication)
            .join(Edition, Edition.id == Publication.edition_id)
            .where(
                Edition.rehearsal == edition.rehearsal,
                (Publication.edition_id == edition.id) | (Publication.state.in_(STANDING)),
            )
        ):
            self._note(publication)

    def _note(self, publication: Publication) -> None:
        if publication.state in STANDING:
            self._taken[publication.account].append(publication.scheduled_at)
        if publication.edition_id == self._edition.id:
            self._tried.add((publication.version_id, publication.account))
            if publication.state not in GIVEN_UP:
                self._standing.add((publication.story_id, publication.account))
            if publication.channel == "wordpress":
                self._sites[publication.story_id, publication.outlet] = publication.scheduled_at

    def stands(self, story: Story, version: StoryVersion, account: str) -> bool:
        """Whether the story needs no publication on the account: it has one, or this very version was tried."""
        return (story.id, account) in self._standing or (version.id, account) in self._tried

    def add(self, story: Story, version: StoryVersion, outlet: Outlet, account: Account) -> None:
        """A new scheduled publication, with its birth in the event log."""
        name = account_key(outlet, account)
        publication = Publication(
            edition_id=self._edition.id,
            story_id=story.id,
            version_id=version.id,
            outlet=outlet.id,
            channel=account.channel,
            account=name,
            state="scheduled",
            fingerprint=fingerprint(
                edition=self._edition.key, story_id=story.id, content_hash=version.content_hash, account=name
            ),
            scheduled_at=self._time(story, outlet, account, name),
            progress={},
        )
        self._session.add(publication)
        log(self._session, publication, by=BY, why="列入发布计划", now=self._now)
        self._note(publication)

    def _time(self, story: Story, outlet: Outlet, account: Account, name: str) -> datetime:
        slots = [at_local(self._edition.day, slot) for slot in sorted(self._rules.slots.get(account.channel, ()))]
        starts = _starts(slots, signed_off=story.signed_off_at or self._now, now=self._now, late=self._late)
        page = self._sites.get((story.id, outlet.id)) if account.channel == "weibo" else None
        if page is not None:
            starts = [start for start in starts if start >= page] or [page]
        taken = self._taken[name]
        free = [start for start in starts if all(abs(start - other) >= self._gap for other in taken)]
        return free[0] if free and (self._gap or free[0] not in taken) else _next_free(starts[-1], taken, self._gap)


def _starts(slots: Sequence[datetime], *, signed_off: datetime, now: datetime, late: timedelta) -> list[datetime]:
    """Times worth trying, earliest first; at least one."""
    coming = [slot for slot in slots if slot >= now]
    if coming:
        return coming
    last = slots[-1] if slots else min(signed_off, now)
    return [now if now - last <= late else last]


def _next_free(start: datetime, taken: Iterable[datetime], gap: timedelta) -> datetime:
    """The first moment from `start` on that keeps the gap to every taken one."""
    moment = start
    for other in sorted(taken):
        if abs(other - moment) < gap:
            moment = other + gap
    return moment
