"""Everything a weekly review says, as plain frozen values: the whole cluster's, or an outlet's own part."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from rongmei.reports import sentences
from rongmei.reports.lines import (
    BestStory,
    DayLine,
    DutyLine,
    GroupLine,
    Headline,
    HitLine,
    QuotaLine,
    Ranking,
    RankLine,
    Step,
    TroubleLine,
)
from rongmei.reports.stretch.figures import summed
from rongmei.reports.stretch.telling import changes
from rongmei.reports.stretch.work import Punctuality
from rongmei.reports.words import change, days_text, short_count, total

BEST = 5
NOBODY = Punctuality(0, 0)


@dataclass(frozen=True)
class WeeklyReview:
    """A review of a week, Monday to Sunday.

    Attributes:
        key: weekly:dongguan:2026-06-01, named by its Monday.
        outlet: name of the outlet whose own part it is; empty for the whole cluster. Of other outlets it then says
            nothing but how many they are and their medians.
        leader: for those who lead: without quotas.
        days: this week and the one before.
        history: reads gained in the weeks before, the latest first.
        duty: the rota of the next weeks.
        made_at: UTC.
    """

    key: str
    cluster: str
    first: date
    last: date
    made_at: datetime
    rehearsal: bool = False
    leader: bool = False
    outlet: str = ""
    channels: tuple[GroupLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    history: tuple[int | None, ...] = ()
    funnel: tuple[Step, ...] = ()
    punctual: Punctuality = NOBODY
    punctual_before: Punctuality = NOBODY
    ranking: Ranking = field(default_factory=Ranking)
    best: tuple[BestStory, ...] = ()
    hits: tuple[HitLine, ...] = ()
    troubles: tuple[TroubleLine, ...] = ()
    duty: tuple[DutyLine, ...] = ()
    quotas: tuple[QuotaLine, ...] = ()
    undecided: int = 0
    appeals: int = 0
    outlets: int = 0

    scenario = ""

    @property
    def name(self) -> str:
        """The days in Chinese."""
        return days_text(self.first, self.last)

    @property
    def quiet(self) -> bool:
        """Nothing happened in the week."""
        counted = any(step.count for step in self.funnel)
        return not (counted or self.hits or self.ranking.lines or any(one.reads for one in self.channels))

    @property
    def reads(self) -> int | None:
        """Reads gained."""
        return summed(self.channels).reads

    @property
    def live(self) -> int:
        """Publications that went live."""
        return summed(self.channels).live

    @property
    def mine(self) -> RankLine | None:
        """The outlet's own place."""
        return self.ranking.lines[0] if self.outlet and self.ranking.lines else None

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The three figures at the top."""
        if self.quiet:
            return ()
        before = total([line.reads_before for line in self.channels])
        live_before = sum(line.live_before for line in self.channels)
        reads = Headline("新增阅读", short_count(self.reads), "", change(self.reads, before), "比上周")
        live = Headline("新发布", str(self.live), "", change(self.live, live_before), "比上周", mild=True)
        return (reads, live, self._place() if self.outlet else self._on_time())

    def _on_time(self) -> Headline:
        if self.punctual.rate is None:
            return Headline("按时交稿", "—", "", None, "本周没有到期的任务")
        was = self.punctual_before
        against = f"上周 {was.on_time}/{was.due}" if was.due else "上周没有到期的"
        return Headline("按时交稿", str(self.punctual.on_time), str(self.punctual.due), None, against)

    def _place(self) -> Headline:
        mine = self.mine
        if mine is None:
            return Headline("考核名次", "—", "", None, "本周没有得分")
        against = f"上周第 {mine.before}" if mine.before is not None else "上周没有名次"
        return Headline("考核名次", str(mine.rank), str(self.outlets), None, against)

    @property
    def changes(self) -> tuple[str, ...]:
        """What changed and why it may have."""
        if self.quiet:
            return ()
        told = changes(
            self.channels,
            against="上周",
            unit="周",
            history=self.history,
            best=self.best,
            hits=self.hits,
            undecided=self.undecided,
        )
        moves = [(line.outlet, line.rank, line.before) for line in self.ranking.lines]
        climbed = "" if self.outlet else sentences.climbers(moves, "上周")
        return (*told, *([climbed] if climbed else ()))
