"""Everything the wrap-up of a campaign's season says, as plain frozen values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from rongmei.reports import sentences
from rongmei.reports.lines import BestStory, DayLine, GroupLine, Headline, HitLine, Moment, Ranking, Step
from rongmei.reports.stretch.figures import Sums, summed
from rongmei.reports.stretch.work import Punctuality
from rongmei.reports.words import change, change_text, count, days_text, on_board, short_count

BEST = 10
NOBODY = Punctuality(0, 0)


@dataclass(frozen=True)
class Season:
    """The season before, for comparison, over as many days after its end."""

    name: str
    editions: int
    live: int
    reads: int | None


@dataclass(frozen=True)
class WrapUp:
    """The story of a season in numbers.

    Attributes:
        key: wrapup:cunchao:2026-12-31, named by the season's last day.
        editions: by day, with what they have been read altogether.
        columns: what each column brought.
        outlets: what each outlet's own stories brought, most first.
        followers: of the accounts that published, each account once; None when nobody has said any.
        accounts: that published; `counted` of them have a known number of followers.
        growing: posts younger than the campaign's checkpoint, whose figures still grow.
        previous: the season before.
        made_at: UTC.
    """

    key: str
    campaign: str
    cluster: str
    first: date
    last: date
    made_at: datetime
    rehearsal: bool = False
    description: str = ""
    channels: tuple[GroupLine, ...] = ()
    columns: tuple[GroupLine, ...] = ()
    outlets: tuple[GroupLine, ...] = ()
    editions: tuple[DayLine, ...] = ()
    best: tuple[BestStory, ...] = ()
    hits: tuple[HitLine, ...] = ()
    funnel: tuple[Step, ...] = ()
    punctual: Punctuality = NOBODY
    ranking: Ranking = field(default_factory=Ranking)
    timeline: tuple[Moment, ...] = ()
    followers: int | None = None
    accounts: int = 0
    counted: int = 0
    growing: int = 0
    undecided: int = 0
    previous: Season | None = None

    scenario = ""

    @property
    def name(self) -> str:
        """The days in Chinese."""
        return days_text(self.first, self.last)

    @property
    def quiet(self) -> bool:
        """The season had not one edition."""
        return not self.editions

    @property
    def sums(self) -> Sums:
        """All of it together."""
        return summed(self.channels)

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The three figures at the top."""
        if self.quiet:
            return ()
        sums, before = self.sums, self.previous
        board = f"最高{self.hits[0].place}" if self.hits else "没有上榜"
        return (
            Headline("总阅读", short_count(sums.reads), "", change(sums.reads, before.reads) if before else None,
                     "比上一季" if before else f"{len(self.editions)} 期合计"),
            Headline("发布", str(sums.live), "", change(sums.live, before.live) if before else None,
                     "比上一季" if before else f"{len(self.outlets)} 家媒体", mild=True),
            Headline("热榜话题", str(len(self.hits)), "", None, board),
        )  # fmt: skip

    @property
    def reference(self) -> tuple[tuple[str, str], ...]:
        """The figures that are asked for afterwards: what, how much."""
        sums = self.sums
        return tuple((name, shown) for name, shown in self._reference(sums) if shown)

    def _reference(self, sums: Sums) -> Iterator[tuple[str, str]]:
        yield "期次", f"{len(self.editions)} 期（{self.name}）"
        yield "总阅读", count(sums.reads)
        yield "总互动（点赞、评论、转发、在看）", count(sums.interactions)
        yield "发布", f"{sums.live} 次，{self.accounts} 个账号"
        reach = f"{count(self.followers)}（{self.counted} 个报了粉丝数的账号相加，一人关注多个账号会重复计）"
        yield "账号粉丝合计", reach if self.followers is not None else ""
        yield "参与媒体", f"{len(self.outlets)} 家"
        for step in self.funnel:
            if step.name in {"报题", "通过", "签发"}:
                yield step.name, f"{step.count} 条" if step.name != "签发" else f"{step.count} 篇"
        if self.punctual.due:
            yield "按时交稿", f"{self.punctual.on_time}/{self.punctual.due}"
        yield "上热榜", self._boards()
        if self.editions and sums.reads is not None:
            yield "每期平均阅读", count(round(sums.reads / len(self.editions)))

    def _boards(self) -> str:
        if not self.hits:
            return "0 条"
        top = self.hits[0]
        lasted = on_board(sum(hit.minutes for hit in self.hits), "合计")
        return f"{len(self.hits)} 条，最高{top.board}{top.place}，{lasted}"

    @property
    def changes(self) -> tuple[str, ...]:
        """What there is to say about the season beside its sums."""
        return () if self.quiet else tuple(filter(None, self._changes()))

    def _changes(self) -> Iterator[str]:
        sums, before = self.sums, self.previous
        if before is not None and before.editions and before.reads is not None and sums.reads is not None:
            mean, mean_before = sums.reads / len(self.editions), before.reads / before.editions
            moved = change_text(change(round(mean), round(mean_before))) or "没有可比的数"
            yield (
                f"每期平均阅读 {short_count(round(mean))}，上一季（{before.name}，{before.editions} 期）"
                f"每期 {short_count(round(mean_before))}，{moved}。"
            )
        yield from self._peak(sums)
        if len(self.best) >= sentences.FEW:
            best = self.best[0]
            yield sentences.leaning(best.title, best.reads, sums.reads, None, "上一季")
        yield self._half(sums)
        if self.hits:
            top = self.hits[0]
            minutes = sum(hit.minutes for hit in self.hits)
            yield sentences.boards(len(self.hits), f"{top.board}{top.place}", minutes)
        yield sentences.gaps(sums.silent, sums.live)
        yield sentences.doubtful(self.undecided)
        if self.growing:
            yield f"有 {self.growing} 次发布还没有到采集时点，数字还会涨。"

    def _peak(self, sums: Sums) -> Iterator[str]:
        known = [line for line in self.editions if line.reads is not None]
        if len(known) < 3 or not sums.reads:
            return
        top = max(known, key=lambda line: line.reads or 0)
        low = min(known, key=lambda line: line.reads or 0)
        yield (
            f"阅读最多的一期是 {top.day.month}月{top.day.day}日，{short_count(top.reads)}；"
            f"最少的是 {low.day.month}月{low.day.day}日，{short_count(low.reads)}。"
        )

    def _half(self, sums: Sums) -> str:
        """How few outlets brought half of the reads."""
        if not sums.reads or len(self.outlets) < 4:
            return ""
        left, number = sums.reads / 2, 0
        for line in self.outlets:
            if left <= 0:
                break
            left -= line.reads or 0
            number += 1
        return f"一半的阅读来自 {number} 家媒体的稿件（共 {len(self.outlets)} 家）。" if left <= 0 else ""
