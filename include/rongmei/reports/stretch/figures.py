"""The figures of a stretch of days: reads gained by day, channel, outlet, column; the stories that gained most.

What counts is what publications gained in these days, whenever they went out: sums over days then add up, and a story
that is read for a week is not credited to its first evening.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select

from rongmei.clock import local_date
from rongmei.config import CHANNELS
from rongmei.ledger import Edition, Publication, SnapshotDay, Story, StoryVersion
from rongmei.ledger.hits import publication_hits
from rongmei.ledger.numbers import gains
from rongmei.mail.compose import one_line
from rongmei.reports import sentences
from rongmei.reports.lines import BestStory, DayLine, GroupLine
from rongmei.reports.stretch.scope import WORDS, Scope, channel_name, each_day, in_order
from rongmei.reports.words import on_board, total, web_address

INTERACTIONS = ("likes", "comments", "shares", "watching")
COUNTED = ("reads", *INTERACTIONS)


@dataclass(frozen=True)
class Gain:
    """What a group of publications gained; None when no platform said anything."""

    reads: int | None = None
    interactions: int | None = None


NOTHING = Gain()


@dataclass(frozen=True)
class Sums:
    """The whole of a stretch.

    Attributes:
        live: publications that went live in it.
        silent: those of them without a known number of reads.
    """

    reads: int | None
    interactions: int | None
    live: int
    silent: int


def gained(scope: Scope, *by: Any, where: Any = None) -> dict[tuple[Any, ...], Gain]:
    """What was gained, by columns of `Publication` or `SnapshotDay`."""
    conditions = [scope.publications, *([where] if where is not None else [])]
    found = gains(scope.session, by, scope.first, scope.last, *conditions, counts=COUNTED)
    return {key: Gain(sums["reads"], total([sums[name] for name in INTERACTIONS])) for key, sums in found.items()}


def went_live(scope: Scope, *by: Any) -> dict[tuple[Any, ...], int]:
    """How many publications went live in the stretch, by columns of `Publication`."""
    during = (Publication.live_at >= scope.start, Publication.live_at < scope.end)
    rows = scope.session.execute(
        select(*by, func.count(Publication.id)).where(scope.publications, *during).group_by(*by)
    )
    return {tuple(row[:-1]): row[-1] for row in rows}


def silent(scope: Scope, *by: Any) -> dict[tuple[Any, ...], int]:
    """How many of them have no known number of reads up to the last day, by columns of `Publication`."""
    during = (Publication.live_at >= scope.start, Publication.live_at < scope.end)
    known = select(SnapshotDay.publication_id).where(SnapshotDay.reads.is_not(None), SnapshotDay.day <= scope.last)
    rows = scope.session.execute(
        select(*by, func.count(Publication.id))
        .where(scope.publications, *during, Publication.id.not_in(known))
        .group_by(*by)
    )
    return {tuple(row[:-1]): row[-1] for row in rows}


def channel_lines(scope: Scope) -> tuple[GroupLine, ...]:
    """The channels, the most read first, with what they brought in the stretch before."""
    lines = group_lines(scope, Publication.channel, channel_name, CHANNELS)
    return tuple(sorted(lines, key=lambda line: -1 if line.reads is None else line.reads, reverse=True))


def group_lines(scope: Scope, by: Any, name: Any, listed: tuple[str, ...] = ()) -> tuple[GroupLine, ...]:
    """What the publications brought by one of their columns, beside the stretch before.

    Args:
        name: from the column's value to what a reader is shown.
    """
    before = scope.before()
    now, then = gained(scope, by), gained(before, by)
    live, live_then, quiet = went_live(scope, by), went_live(before, by), silent(scope, by)
    keys = in_order({key for (key,) in (*now, *then, *live, *live_then)}, listed)
    return tuple(
        GroupLine(
            name=name(key),
            live=live.get((key,), 0),
            reads=now.get((key,), NOTHING).reads,
            interactions=now.get((key,), NOTHING).interactions,
            silent=quiet.get((key,), 0),
            live_before=live_then.get((key,), 0),
            reads_before=then.get((key,), NOTHING).reads,
        )
        for key in keys
    )


def summed(lines: tuple[GroupLine, ...]) -> Sums:
    """All of them together."""
    return Sums(
        reads=total([line.reads for line in lines]),
        interactions=total([line.interactions for line in lines]),
        live=sum(line.live for line in lines),
        silent=sum(line.silent for line in lines),
    )


def parts(lines: tuple[GroupLine, ...]) -> list[sentences.Part]:
    """What each line brought, for a sentence about what moved the sum.

    A group that put out nothing and gained nothing brought zero, which is known; one that put out posts of which
    nobody says how often they are read brought an unknown.
    """
    return [
        sentences.Part(
            line.name,
            0 if line.reads is None and not line.live else line.reads,
            0 if line.reads_before is None and not line.live_before else line.reads_before,
        )
        for line in lines
    ]


def daily(scope: Scope) -> tuple[DayLine, ...]:
    """Every day of the stretch."""
    by_day = gained(scope, SnapshotDay.day)
    moments = scope.session.scalars(
        select(Publication.live_at).where(
            scope.publications, Publication.live_at >= scope.start, Publication.live_at < scope.end
        )
    )
    live = Counter(local_date(moment) for moment in moments if moment is not None)
    return tuple(
        DayLine(day, by_day.get((day,), NOTHING).reads, live[day]) for day in each_day(scope.first, scope.last)
    )


def history(scope: Scope, times: int) -> list[int | None]:
    """The reads gained in so many stretches before, the latest first; those before anything was published left out."""
    known = []
    for number in range(1, times + 1):
        earlier = scope.before(number)
        found = gained(earlier, Publication.channel)
        if not found:
            break
        known.append(total([gain.reads for gain in found.values()]))
    return known


# ── the best ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def best_stories(scope: Scope, most: int, whole: int | None) -> tuple[BestStory, ...]:
    """The stories that gained most reads, and why each stands out, as far as figures tell.

    Args:
        whole: all reads of the stretch, for shares.
    """
    by_story = gained(scope, Publication.story_id)
    ranked = sorted(
        ((story_id, gain) for (story_id,), gain in by_story.items() if gain.reads), key=lambda one: -(one[1].reads or 0)
    )[:most]
    told = _stories(scope, [story_id for story_id, _ in ranked])
    medians = _others(scope)
    return tuple(_best(scope, told[story_id], gain, whole, medians) for story_id, gain in ranked if story_id in told)


@dataclass(frozen=True)
class _Told:
    title: str
    outlet: str
    campaign: str
    posts: tuple[tuple[Publication, int | None], ...]


def _stories(scope: Scope, story_ids: list[int]) -> dict[int, _Told]:
    """Titles, outlets, and posts with the reads each gained."""
    current = (StoryVersion.story_id == Story.id) & (StoryVersion.content_hash == Story.current_hash)
    rows = scope.session.execute(
        select(Story, StoryVersion.title, Edition.campaign)
        .join(Edition, Edition.id == Story.edition_id)
        .outerjoin(StoryVersion, current)
        .where(Story.id.in_(story_ids))
    )
    posts: dict[int, list[Publication]] = defaultdict(list)
    mine = select(Publication).where(Publication.story_id.in_(story_ids), Publication.live_at.is_not(None))
    for publication in scope.session.scalars(mine.order_by(Publication.id)).unique():
        posts[publication.story_id].append(publication)
    reads = gained(scope, Publication.id, where=Publication.story_id.in_(story_ids))
    return {
        story.id: _Told(
            one_line(title or "", 120) or "（无题稿件）",
            story.outlet,
            campaign,
            tuple((post, reads.get((post.id,), NOTHING).reads) for post in posts[story.id]),
        )
        for story, title, campaign in rows.unique().tuples()
    }


def _others(scope: Scope) -> Mapping[str, Mapping[int, int]]:
    """Reads gained by publication, by channel."""
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for (channel, publication_id), gain in gained(scope, Publication.channel, Publication.id).items():
        if gain.reads is not None:
            found[channel][publication_id] = gain.reads
    return found


def _best(
    scope: Scope, told: _Told, gain: Gain, whole: int | None, others: Mapping[str, Mapping[int, int]]
) -> BestStory:
    addressed = [(post, reads) for post, reads in told.posts if web_address(post.url)]
    url = max(addressed, key=lambda one: one[1] or 0)[0].url if addressed else None
    return BestStory(
        title=told.title,
        outlet=scope.outlet_name(told.outlet),
        campaign=scope.campaign_name(told.campaign),
        url=web_address(url),
        reads=gain.reads,
        interactions=gain.interactions,
        why=tuple(filter(None, _why(scope, told, gain, whole, others))),
    )


def _why(
    scope: Scope, told: _Told, gain: Gain, whole: int | None, others: Mapping[str, Mapping[int, int]]
) -> Iterator[str]:
    yield sentences.share_of(gain.reads, whole)
    known = [(post, reads) for post, reads in told.posts if reads is not None]
    if known:
        post, reads = max(known, key=lambda one: one[1])
        of_channel = [number for key, number in others.get(post.channel, {}).items() if key != post.id]
        yield sentences.against_median(reads, of_channel, scope.account_name(post.account))
    accounts = len({post.account for post, _ in told.posts})
    if accounts > 1:
        yield f"在 {accounts} 个账号发布"
    hits = [
        hit for some in publication_hits(scope.session, [post.id for post, _ in told.posts]).values() for hit in some
    ]
    if hits:
        best = hits[0] if len(hits) == 1 else min(hits, key=lambda hit: hit.best_position or 1000)
        place = f"第 {best.best_position} 位" if best.best_position else "置顶"
        yield f"上过{board_name(best.board)}，最高{place}，{on_board(best.minutes)}"
    if gain.reads and gain.interactions is not None:
        yield f"每百次阅读互动 {100 * gain.interactions / gain.reads:.1f} 次"


def board_name(board: str) -> str:
    """What readers call a hot board."""
    from rongmei.boards import BOARDS

    found = BOARDS.get(board)
    return found.label if found else one_line(board, WORDS)
