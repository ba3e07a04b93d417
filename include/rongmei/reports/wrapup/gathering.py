"""Reads the ledger for the wrap-up of a season."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from sqlalchemy import func, select

from rongmei.config import Campaign
from rongmei.ledger import Edition, Publication, Story, StoryVersion
from rongmei.mail.compose import one_line
from rongmei.reports.lines import DayLine, GroupLine, Moment
from rongmei.reports.stretch import figures, scores, work
from rongmei.reports.stretch.scope import WORDS, Scope
from rongmei.reports.words import total
from rongmei.reports.wrapup.context import BEST, Season, WrapUp


def gather(scope: Scope, campaign: Campaign, key: str) -> WrapUp:
    """The wrap-up of the season whose editions `scope` names, as the ledger stands at its `now`.

    The days of `scope` may go on beyond the season's end: reads of its editions count until then.
    """
    first, last = scope.issues or (scope.first, scope.last)
    channels = figures.channel_lines(scope)
    accounts, counted, followers = _reach(scope)
    return WrapUp(
        key=key,
        campaign=campaign.name,
        cluster=scope.plan.cluster.name,
        first=first,
        last=last,
        made_at=scope.now,
        rehearsal=scope.rehearsal,
        description=campaign.description.strip(),
        channels=_alone(channels),
        columns=_alone(_columns(scope, campaign)),
        outlets=tuple(sorted(_outlets(scope), key=lambda line: (-(line.reads or 0), line.name))),
        editions=tuple(_editions(scope)),
        best=figures.best_stories(scope, BEST, figures.summed(channels).reads),
        hits=work.hits(scope),
        funnel=work.funnel(scope),
        punctual=work.punctuality(scope),
        ranking=scores.of_editions(scope),
        timeline=tuple(sorted(_moments(scope), key=lambda moment: moment.at)),
        followers=followers,
        accounts=accounts,
        counted=counted,
        growing=_growing(scope, campaign),
        undecided=work.undecided(scope),
        previous=_previous(scope, campaign, first),
    )


def _alone(lines: tuple[GroupLine, ...]) -> tuple[GroupLine, ...]:
    """Without the days before the season, which say nothing about it."""
    kept = (replace(line, live_before=0, reads_before=None) for line in lines)
    return tuple(line for line in kept if line.live or line.reads is not None)


def _columns(scope: Scope, campaign: Campaign) -> tuple[GroupLine, ...]:
    names = {column.id: column.name for column in campaign.columns}
    version = StoryVersion.id == Publication.version_id
    reads = figures.gained(scope, StoryVersion.column, where=version)
    live = dict(
        scope.session.execute(
            select(StoryVersion.column, func.count(Publication.id))
            .join(Publication, version)
            .where(scope.publications, Publication.live_at >= scope.start, Publication.live_at < scope.end)
            .group_by(StoryVersion.column)
        )
        .tuples()
        .all()
    )
    keys = sorted(
        {key for (key,) in reads} | set(live), key=lambda key: -((reads.get((key,)) or figures.NOTHING).reads or 0)
    )
    return tuple(
        GroupLine(
            names.get(key or "") or one_line(key or "", WORDS) or "没有栏目",
            live.get(key, 0),
            reads.get((key,), figures.NOTHING).reads,
            reads.get((key,), figures.NOTHING).interactions,
        )
        for key in keys
    )


def _outlets(scope: Scope) -> Iterator[GroupLine]:
    """By whose story it is, wherever it stands."""
    whose = Story.id == Publication.story_id
    reads = figures.gained(scope, Story.outlet, where=whose)
    live = dict(
        scope.session.execute(
            select(Story.outlet, func.count(Publication.id))
            .join(Publication, whose)
            .where(scope.publications, Publication.live_at >= scope.start, Publication.live_at < scope.end)
            .group_by(Story.outlet)
        )
        .tuples()
        .all()
    )
    for outlet in sorted({key for (key,) in reads} | set(live)):
        gain = reads.get((outlet,), figures.NOTHING)
        yield GroupLine(scope.outlet_name(outlet), live.get(outlet, 0), gain.reads, gain.interactions)


def _editions(scope: Scope) -> Iterator[DayLine]:
    days = dict(
        scope.session.execute(select(Edition.id, Edition.day).where(scope.editions).order_by(Edition.day))
        .tuples()
        .all()
    )
    reads = figures.gained(scope, Publication.edition_id)
    live = figures.went_live(scope, Publication.edition_id)
    for edition_id, day in days.items():
        yield DayLine(day, reads.get((edition_id,), figures.NOTHING).reads, live.get((edition_id,), 0))


def _reach(scope: Scope) -> tuple[int, int, int | None]:
    """Accounts that published, those of them with a known number of followers, and these added up."""
    used = {account for (account,) in figures.went_live(scope, Publication.account)}
    known = {f"{outlet.id}/{one.channel}": one.followers for outlet, one in scope.plan.cluster.accounts()}
    followers = [known[account] for account in used if known.get(account) is not None]
    return len(used), len(followers), total(followers)


def _moments(scope: Scope) -> Iterator[Moment]:
    opened = (
        scope.session.execute(select(Edition.opened_at, Edition.day).where(scope.editions).order_by(Edition.day))
        .tuples()
        .all()
    )
    if opened:
        yield Moment(opened[0][0], "第一期开期")
        if len(opened) > 1:
            yield Moment(opened[-1][0], f"第 {len(opened)} 期开期（最后一期）")
    live = (Publication.live_at >= scope.start, Publication.live_at < scope.end)
    first = scope.session.scalar(select(func.min(Publication.live_at)).where(scope.publications, *live))
    if first:
        yield Moment(first, "第一次发布上线")
    for hit in work.hits(scope)[:BEST]:
        yield Moment(hit.first_seen_at, f"“{hit.title}”上{hit.board}，最高{hit.place}")


def _growing(scope: Scope, campaign: Campaign) -> int:
    since = scope.now - timedelta(hours=campaign.measurement.checkpoint_hours)
    wanted = select(func.count(Publication.id)).where(scope.publications, Publication.live_at >= since)
    return scope.session.scalar(wanted.where(Publication.live_at < scope.now)) or 0


def _previous(scope: Scope, campaign: Campaign, first: date) -> Season | None:
    """The season before, measured until as long after its end as this one."""
    earlier = [season for season in campaign.seasons if season.end < first]
    if not earlier:
        return None
    season = max(earlier, key=lambda one: one.end)
    beyond = scope.last - (scope.issues[1] if scope.issues else scope.last)
    then = replace(scope, first=season.start, last=season.end + beyond, issues=(season.start, season.end))
    editions = scope.session.scalar(select(func.count(Edition.id)).where(then.editions)) or 0
    if not editions:
        return None
    reads = total([gain.reads for gain in figures.gained(then, Publication.channel).values()])
    live = sum(figures.went_live(then, Publication.channel).values())
    return Season(f"{season.start.year}年", editions, live, reads)
