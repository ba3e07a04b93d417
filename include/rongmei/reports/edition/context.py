"""Everything an edition report says, as plain frozen values; rendering adds nothing to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from rongmei.reports import sentences
from rongmei.reports.lines import Headline, Moment, RankLine, Step, Task
from rongmei.reports.words import change, short_count, total

BEST_STORIES = 5


@dataclass(frozen=True)
class PostLine:
    """A publication with its latest numbers; a count is None when the platform did not say.

    Attributes:
        url: an http(s) address, or None.
        live_at, observed_at: UTC.
    """

    channel: str
    channel_name: str
    account: str
    account_name: str
    state: str
    state_name: str
    url: str | None
    live_at: datetime | None
    observed_at: datetime | None
    reads: int | None = None
    likes: int | None = None
    comments: int | None = None
    shares: int | None = None
    watching: int | None = None
    error: str = ""

    @property
    def interactions(self) -> int | None:
        """Likes, comments, shares and 在看 together, as far as known."""
        return total([self.likes, self.comments, self.shares, self.watching])


@dataclass(frozen=True)
class StoryLine:
    """A story and where it went."""

    title: str
    outlet: str
    column: str
    state: str
    posts: tuple[PostLine, ...] = ()

    @property
    def live(self) -> tuple[PostLine, ...]:
        """The posts readers can see."""
        return tuple(post for post in self.posts if post.state == "live")

    @property
    def reads(self) -> int | None:
        """Reads of the live posts, as far as known."""
        return total([post.reads for post in self.live])

    @property
    def interactions(self) -> int | None:
        """Interactions of the live posts, as far as known."""
        return total([post.interactions for post in self.live])

    @property
    def url(self) -> str | None:
        """The address of the most read live post that has one."""
        addressed = [post for post in self.live if post.url]
        return max(addressed, key=lambda post: post.reads or 0).url if addressed else None

    def by_channel(self) -> tuple[tuple[str, tuple[PostLine, ...]], ...]:
        """The posts, channel by channel in the order of their first appearance: (channel's Chinese name, posts)."""
        names = dict.fromkeys(post.channel_name for post in self.posts)
        return tuple((name, tuple(post for post in self.posts if post.channel_name == name)) for name in names)


@dataclass(frozen=True)
class ChannelLine:
    """What one channel brought: `planned` counts every publication meant for it."""

    name: str
    planned: int
    live: int
    reads: int | None
    interactions: int | None
    silent: int


@dataclass(frozen=True)
class Previous:
    """The campaign's previous edition at the same age, for comparison."""

    day: date
    live: int
    reads: int | None
    interactions: int | None
    channels: tuple[ChannelLine, ...] = ()


@dataclass(frozen=True)
class PitchLine:
    """A pitch and what became of it."""

    title: str
    outlet: str
    source: str
    state: str
    score: float | None
    submitted_at: datetime
    assigned_to: str = ""


@dataclass(frozen=True)
class Decision:
    """One review of one stage."""

    stage: str
    reviewer: str
    decision: str
    opinion: str
    at: datetime


@dataclass(frozen=True)
class ReviewLine:
    """The review record of one story, oldest decision first."""

    title: str
    decisions: tuple[Decision, ...]


@dataclass(frozen=True)
class EditionReport:
    """All that a report on one edition says.

    Attributes:
        note: the producer's word for this edition.
        rules: name and version of the appraisal rules the ranking was made by; empty when nothing is scored.
        made_at: UTC.
        scenario: what the platforms were put through in a rehearsal; empty when nothing was made to go wrong.
    """

    key: str
    campaign: str
    cluster: str
    day: date
    rehearsal: bool
    note: str
    rules: str
    made_at: datetime
    scenario: str = ""
    previous: Previous | None = None
    channels: tuple[ChannelLine, ...] = ()
    stories: tuple[StoryLine, ...] = ()
    ranking: tuple[RankLine, ...] = ()
    pitches: tuple[PitchLine, ...] = ()
    funnel: tuple[Step, ...] = ()
    tasks: tuple[Task, ...] = ()
    reviews: tuple[ReviewLine, ...] = ()
    timeline: tuple[Moment, ...] = ()

    @property
    def planned(self) -> int:
        """Publications that were meant to go out."""
        return sum(channel.planned for channel in self.channels)

    @property
    def live(self) -> int:
        """Publications that readers can see."""
        return sum(channel.live for channel in self.channels)

    @property
    def silent(self) -> int:
        """Live publications without a known number of reads."""
        return sum(channel.silent for channel in self.channels)

    @property
    def reads(self) -> int | None:
        """All reads that are known; None when none are."""
        return total([channel.reads for channel in self.channels])

    @property
    def interactions(self) -> int | None:
        """All interactions that are known; None when none are."""
        return total([channel.interactions for channel in self.channels])

    @property
    def stories_live(self) -> int:
        """Stories with at least one live publication."""
        return sum(1 for story in self.stories if story.live)

    @property
    def reads_change(self) -> float | None:
        """Reads against the previous edition at the same age, as a ratio."""
        return change(self.reads, self.previous.reads) if self.previous else None

    @property
    def interactions_change(self) -> float | None:
        """Interactions against the previous edition at the same age, as a ratio."""
        return change(self.interactions, self.previous.interactions) if self.previous else None

    @property
    def live_change(self) -> float | None:
        """Live publications against the previous edition, as a ratio."""
        return change(self.live, self.previous.live) if self.previous else None

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The three figures at the top, against the previous edition at the same age."""
        if self.empty:
            return ()
        against = "比上期" if self.previous else ""
        return (
            Headline("阅读", short_count(self.reads), "", self.reads_change, against),
            Headline("互动", short_count(self.interactions), "", self.interactions_change, against),
            Headline("发布成功", str(self.live), str(self.planned), self.live_change, against),
        )

    @property
    def changes(self) -> tuple[str, ...]:
        """What changed since the previous edition and why it may have, in sentences."""
        return () if self.empty or not self.live else tuple(filter(None, self._changes()))

    def _changes(self) -> Iterator[str]:
        before = self.previous
        if before is not None:
            against = f"上期（{before.day.month}月{before.day.day}日）同期"
            yield sentences.changed("阅读", self.reads, before.reads, against)
            theirs = {line.name: line.reads for line in before.channels}
            # A channel that was not there at all brought nothing then, which is known.
            parts = [sentences.Part(line.name, line.reads, theirs.get(line.name, 0)) for line in self.channels]
            gone = [one for one in before.channels if one.name not in {line.name for line in self.channels}]
            yield sentences.driver([*parts, *(sentences.Part(one.name, 0, one.reads) for one in gone)], "渠道")
            yield sentences.split(self.reads, before.reads, self.live, before.live, "上期")
        else:
            yield "没有上期可比。"
        if len(self.best) >= sentences.FEW:
            best = self.best[0]
            earlier = before.reads if before else None
            yield sentences.leaning(best.title, best.reads, self.reads, earlier, "上期")
        yield sentences.gaps(self.silent, self.live)

    @property
    def best(self) -> tuple[StoryLine, ...]:
        """The most read stories, at most five; stories without known reads are not among them."""
        read = [story for story in self.stories if story.reads is not None]
        return tuple(sorted(read, key=lambda story: -(story.reads or 0))[:BEST_STORIES])

    @property
    def empty(self) -> bool:
        """Whether there is nothing to report: no pitch, no story, no publication."""
        return not (self.pitches or self.stories or self.channels)
