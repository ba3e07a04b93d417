"""Plans an edition's publications: which signed-off story goes out on which account, and when. Sends nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from rongmei.channels import all_channels, describe, fingerprint
from rongmei.clock import spoken
from rongmei.config import Account, Campaign, Cluster, Outlet, account_key
from rongmei.errors import BadInput
from rongmei.ledger import (
    Assignment,
    Edition,
    Ledger,
    Pitch,
    Publication,
    Story,
    StoryVersion,
    get_edition,
    log,
    try_move,
)
from rongmei.publishing.calendar import Calendar
from rongmei.publishing.handoff import withdraw
from rongmei.publishing.schedule import embargo_of
from rongmei.publishing.standing import APPROVED, BY, OUTDATED, RESCHEDULED, may_go_out

if TYPE_CHECKING:
    from rongmei.config import Plan


@dataclass(frozen=True)
class PlanSummary:
    """What `plan_publications` did, in publications.

    Attributes:
        planned: made now.
        cancelled: of a version that is no longer the signed-off one.
        known: made earlier.
        unsuited: not made, because the channel needs a picture or a video that the story does not have.
        embargoed: of the planned ones, those that an embargo keeps back.
        problems: stories that cannot be planned, one line each.
    """

    planned: int
    cancelled: int
    known: int
    unsuited: int = 0
    embargoed: int = 0
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Text:
    """A signed-off story version with its embargo, aware UTC."""

    story: Story
    version: StoryVersion
    embargo: datetime | None

    @property
    def has(self) -> set[str]:
        """What a channel may need of it."""
        return {use.role if use.role in ("video", "audio") else "picture" for use in self.version.media}


def plan_publications(
    ledger: Ledger,
    plan: Plan,
    key: str,
    *,
    now: datetime,
    story_id: int | None = None,
    accounts: Collection[str] | None = None,
) -> PlanSummary:
    """Make a publication for every signed-off story on every account of the campaign's rule; twice changes nothing.

    A publication's time is the first free slot of its account, or else its channel, on the edition's day
    (Asia/Shanghai), at least the campaign's gap away from the account's other posts. Where the last slot is past, it is
    `now`, unless that slot is longer past than the campaign allows: then the slot stands, and `publish` marks the
    publication missed. An account without slots counts from the sign-off. A story under embargo takes the first slot
    after it. A post that links to the story's page is never planned before the page on the same outlet's site. Where a
    platform takes several stories in one post, those of one slot share it, the best-scored pitch first.

    In a rehearsal everything that no embargo keeps back is due at once, see `schedule.pace`.

    Scheduled publications, and packages laid ready for people, of a version that is no longer the signed-off one are
    cancelled.

    Args:
        story_id: plan only this story, whatever became of the edition's run: the sweep sends it when its time comes.
        accounts: plan only on these.
    """
    with ledger.begin() as session:
        edition = get_edition(session, key)
        rows = [row for row in _signed_off(session, edition) if story_id in (None, row[0].id)]
        cancelled = _cancel_outdated(session, edition, now)
        texts, problems = _readable(rows)
        calendar = Calendar(session, plan, edition, [story.id for story, _ in rows], now)
        planned = known = unsuited = embargoed = 0
        for text in texts:
            for outlet, account in accounts_for(
                plan.campaign, plan.cluster, edition, text.story.outlet, helpers_of(session, text.story)
            ):
                name = account_key(outlet, account)
                if accounts is not None and name not in accounts:
                    continue
                if calendar.stands(text.story.id, text.version.id, name):
                    known += 1
                elif not set(describe(account.channel).capabilities.needs) <= text.has:
                    unsuited += 1
                else:
                    progress = {} if story_id is None else {RESCHEDULED: True}
                    embargoed += _add(session, edition, calendar, text, outlet, account, now, progress)
                    planned += 1
        for publication, why in calendar.place_in_bundles():
            log(session, publication, by=BY, why=why, now=now)
    return PlanSummary(planned, cancelled, known, unsuited, embargoed, tuple(problems))


def _signed_off(session: Session, edition: Edition) -> list[tuple[Story, StoryVersion]]:
    """Best-scored pitch first, then in the order in which the desk signed them off."""
    rows = session.execute(
        select(Story, StoryVersion)
        .join(
            StoryVersion,
            (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash),
        )
        .join(Assignment, Assignment.id == Story.assignment_id)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .where(Story.edition_id == edition.id, Story.state.in_(APPROVED))
        .order_by(Pitch.score.desc().nulls_last(), Story.signed_off_at, Story.id)
    )
    return [(story, version) for story, version in rows]


def _readable(rows: Sequence[tuple[Story, StoryVersion]]) -> tuple[list[_Text], list[str]]:
    """The stories whose embargo can be kept, and what is wrong with the others."""
    texts, problems = [], []
    for story, version in rows:
        try:
            texts.append(_Text(story, version, embargo_of(version.extras)))
        except BadInput as problem:
            problems.append(f"《{version.title}》没有列入发布计划：{problem}")
    return texts, problems


def _cancel_outdated(session: Session, edition: Edition, now: datetime) -> int:
    """Cancel what waits, for its time or for a person, with a version that was edited, corrected or recalled since."""
    rows = session.execute(
        select(Publication, Story, StoryVersion)
        .join(Story, Story.id == Publication.story_id)
        .join(StoryVersion, StoryVersion.id == Publication.version_id)
        .where(Publication.edition_id == edition.id, Publication.state.in_(("scheduled", "awaiting_operator")))
    ).all()
    outdated = [publication for publication, story, version in rows if not may_go_out(story, version)]
    return sum(
        withdraw(session, publication, why=OUTDATED, by=BY, now=now)
        if publication.state == "awaiting_operator"
        else try_move(session, publication, "scheduled", "cancelled", by=BY, why=OUTDATED, now=now)
        for publication in outdated
    )


@dataclass(frozen=True)
class Helpers:
    """What was agreed when the story's pitch was handed out.

    Attributes:
        partners: ids of the outlets that support the author, in the order in which they are asked.
        channels: those that the pitch wants.
    """

    partners: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


def helpers_of(session: Session, story: Story) -> Helpers:
    """The partners of the story's assignment and the channels of its pitch."""
    found = session.execute(
        select(Assignment.partners, Pitch.channels)
        .join(Pitch, Pitch.id == Assignment.pitch_id)
        .where(Assignment.id == story.assignment_id)
    ).one()
    return Helpers(tuple(found[0]), tuple(found[1]))


def accounts_for(
    campaign: Campaign, cluster: Cluster, edition: Edition, author: str, helpers: Helpers | None = None
) -> list[tuple[Outlet, Account]]:
    """Accounts that a story by `author` goes out on: sites first, the author's own first within a channel.

    Where the pitch wants a channel that none of them is on, the first partner with an account there carries the story
    for the author (代发): that is what the optimiser asked it for.
    """
    rule = campaign.publishing.accounts
    wanted = set(edition.options.get("channels") or campaign.publishing.channels) & set(campaign.publishing.channels)
    order = {
        name: (not channel.capabilities.page, place) for place, (name, channel) in enumerate(all_channels().items())
    }

    def takes_part(outlet: Outlet) -> bool:
        own = outlet.id == author and rule in ("author", "author_and_city")
        return own or (outlet.kind == "city" and rule in ("city", "author_and_city"))

    found = [
        (outlet, account) for outlet, account in cluster.accounts() if account.channel in wanted and takes_part(outlet)
    ]
    if helpers and rule != "city":
        missing = wanted & set(helpers.channels) - {account.channel for _, account in found}
        found += _carried(cluster, helpers.partners, missing)
    return sorted(found, key=lambda pair: (order[pair[1].channel], pair[0].id != author))


def _carried(cluster: Cluster, partners: Sequence[str], missing: Collection[str]) -> Iterator[tuple[Outlet, Account]]:
    """For each channel the account of the first partner that has one."""
    accounts = {(outlet.id, account.channel): (outlet, account) for outlet, account in cluster.accounts()}
    for channel in sorted(missing):
        able = (accounts[partner, channel] for partner in partners if (partner, channel) in accounts)
        yield from islice(able, 1)


def _add(
    session: Session,
    edition: Edition,
    calendar: Calendar,
    text: _Text,
    outlet: Outlet,
    account: Account,
    now: datetime,
    progress: dict[str, Any],
) -> bool:
    """A new scheduled publication, with its birth in the event log; whether an embargo keeps it back."""
    name, story, version = account_key(outlet, account), text.story, text.version
    signed_off = story.signed_off_at or now
    publication = Publication(
        edition_id=edition.id,
        story_id=story.id,
        version_id=version.id,
        outlet=outlet.id,
        channel=account.channel,
        account=name,
        state="scheduled",
        fingerprint=fingerprint(
            edition=edition.key, story_id=story.id, content_hash=version.content_hash, account=name
        ),
        scheduled_at=calendar.time_for(story.id, outlet.id, account, name, signed_off=signed_off, embargo=text.embargo),
        progress=progress,
    )
    session.add(publication)
    held_back = text.embargo is not None and text.embargo > now
    why = "列入发布计划"
    if held_back:
        why += f"；解禁时间 {spoken(text.embargo)}，排到其后的 {spoken(publication.scheduled_at)}"
    log(session, publication, by=BY, why=why, now=now)
    calendar.note(publication)
    return held_back
