"""Everything a daily brief says, as plain frozen values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from rongmei.reports.lines import BestStory, DayLine, GroupLine, Headline, HitLine, Step, Task
from rongmei.reports.stretch.figures import summed
from rongmei.reports.stretch.telling import changes
from rongmei.reports.words import change, days_text, short_count, total

BEST = 5


@dataclass(frozen=True)
class DailyBrief:
    """A brief about a day, or about the days off since the last one.

    Attributes:
        key: daily:dongguan:2026-06-05, named by the last day it is about.
        leader: for those who lead: without the list of what waits for the desk.
        channels, campaigns: what they brought, beside as many days before.
        days: the last two weeks, the days it is about among them.
        today: one line for each thing that is to come, in order.
        made_at: UTC.
    """

    key: str
    cluster: str
    first: date
    last: date
    made_at: datetime
    rehearsal: bool = False
    leader: bool = False
    channels: tuple[GroupLine, ...] = ()
    campaigns: tuple[GroupLine, ...] = ()
    days: tuple[DayLine, ...] = ()
    funnel: tuple[Step, ...] = ()
    best: tuple[BestStory, ...] = ()
    hits: tuple[HitLine, ...] = ()
    tasks: tuple[Task, ...] = ()
    undecided: int = 0
    today: tuple[str, ...] = ()

    scenario = ""

    @property
    def name(self) -> str:
        """The days in Chinese."""
        return days_text(self.first, self.last)

    @property
    def quiet(self) -> bool:
        """Nothing happened: then the brief is one line."""
        counted = any(step.count for step in self.funnel)
        return not (counted or self.hits or self.tasks or self.undecided or any(one.reads for one in self.channels))

    @property
    def reads(self) -> int | None:
        """Reads gained."""
        return summed(self.channels).reads

    @property
    def live(self) -> int:
        """Publications that went live."""
        return summed(self.channels).live

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The three figures at the top."""
        if self.quiet:
            return ()
        before = total([line.reads_before for line in self.channels])
        live_before = sum(line.live_before for line in self.channels)
        urgent = sum(1 for task in self.tasks if task.urgent)
        return (
            Headline("新增阅读", short_count(self.reads), "", change(self.reads, before), f"比{self.against}"),
            Headline("新发布", str(self.live), "", change(self.live, live_before), f"比{self.against}", mild=True),
            Headline("待处理", str(len(self.tasks)), "", None, f"其中紧急 {urgent}" if self.tasks else "没有积压"),
        )

    @property
    def against(self) -> str:
        """What it is compared with."""
        days = (self.last - self.first).days + 1
        return "前一天" if days == 1 else f"前 {days} 天"

    @property
    def changes(self) -> tuple[str, ...]:
        """What changed and why it may have."""
        if self.quiet:
            return ()
        single = self.first == self.last
        return changes(
            self.channels,
            against=self.against,
            unit="天",
            history=[day.reads for day in self.days if day.day < self.first] if single else (),
            best=self.best,
            hits=self.hits,
            undecided=self.undecided,
        )
