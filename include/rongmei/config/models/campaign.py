"""A campaign: seasons, columns, publishing, measuring and reporting, and all its parts together."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from rongmei.config import cron as cron_lines
from rongmei.config.fields import (
    Amount,
    Count,
    Day,
    Email,
    Fault,
    Faults,
    LongText,
    Slot,
    Slug,
    Text,
    Word,
    refuse,
    repeated,
    unknown,
)
from rongmei.config.models.base import Accounts, Channel, Model, Role
from rongmei.config.models.cluster import Readers
from rongmei.config.models.pitching import AssignmentRules, Pitching
from rongmei.config.models.production import Production
from rongmei.config.models.sources import OWN_SOURCE, Source, Watch


class Season(Model):
    """A stretch of days, both ends included, in which the campaign runs."""

    start: Day
    end: Day

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.start > self.end:
            raise Faults(Fault(f"赛季开始 {self.start} 晚于结束 {self.end}", "把两个日期对调或改正", ("start",)))
        return self

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


def _cron(line: str) -> str:
    if not cron_lines.parse(line).once_a_day:
        mend = "“分”和“时”两段各写一个数，例如 0 18 * * *"
        raise Faults(Fault(f"定时“{line}”一天不止一次，而一天只能有一期", mend))
    return line


class Schedule(Model):
    """When editions begin.

    Attributes:
        cron: five fields, one moment on each day it fires on, in the cluster's time zone.
        matchdays: when given, editions happen on these days only.
    """

    cron: Annotated[str, AfterValidator(_cron)]
    matchdays: tuple[Day, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Self:
        line = cron_lines.parse(self.cron)
        refuse(
            [
                *repeated([str(day) for day in self.matchdays], "比赛日", ("matchdays",)),
                *(
                    Fault(f"比赛日 {day} 不在定时“{self.cron}”的日子里", "改定时，或删掉这一天", ("matchdays", i))
                    for i, day in enumerate(self.matchdays)
                    if not line.fires_on(day)
                ),
            ]
        )
        return self


class Column(Model):
    """A column (栏目) that stories run under; outlets with one of its beats suit it."""

    id: Slug
    name: Text
    beats: tuple[Word, ...] = ()


class PublishingRules(Model):
    """Where and when signed-off stories go out.

    Attributes:
        accounts: the author's accounts, the city outlets' accounts, or both.
        slots: times of day for a channel, "HH:MM"; a channel without slots publishes as soon as a story is signed off.
        late_after_hours: a publication whose slot is longer past than this is missed, never sent.
        min_gap_minutes: shortest time between two posts of one account.
        working_days_only: slots on a day off move to the next working day (State Council calendar, 调休 included).
        chase_hours: how long a person has for a hand-off before a mail reminds of it, and again after as long.
    """

    channels: Annotated[tuple[Channel, ...], Field(min_length=1)]
    accounts: Accounts = "author_and_city"
    slots: dict[Channel, Annotated[tuple[Slot, ...], Field(min_length=1)]] = Field(default_factory=dict)
    late_after_hours: Annotated[Count, Field(le=168)] = 6
    min_gap_minutes: Annotated[Amount, Field(le=1440)] = 10
    working_days_only: bool = False
    chase_hours: Annotated[Count, Field(le=168)] = 2

    @model_validator(mode="after")
    def _check(self) -> Self:
        faults = list(repeated(self.channels, "渠道", ("channels",)))
        for channel, slots in self.slots.items():
            faults += repeated(slots, "时刻", ("slots", channel))
            if channel not in self.channels:
                mend = "把渠道加到 channels，或删掉这一行"
                faults.append(Fault(f"给没有列入 channels 的渠道“{channel}”排了时刻", mend, ("slots", channel)))
        refuse(faults)
        return self


class Measurement(Model):
    """When numbers are taken for the report: so many hours after the last publication."""

    checkpoint_hours: Annotated[Count, Field(le=720)] = 24


class WrapUp(Readers):
    """Who gets the wrap-up of a season beside those who get the editions' reports, and when.

    Attributes:
        roles: leaders, unless somebody says otherwise.
        days_after: so many days after the season's last one, e.g. to have its last figures in it.
    """

    roles: tuple[Role, ...] = ("leader",)
    days_after: Annotated[Amount, Field(le=60)] = 0


class Reporting(Model):
    """By which rule set the edition is appraised, who receives the report, and who is told of hot boards.

    Attributes:
        alerts: who is told when a topic enters a board's top ten; none means the owner and the recipients.
    """

    rules: Slug
    recipients: Annotated[tuple[Slug, ...], Field(min_length=1)]
    reply_to: Email | None = None
    alerts: tuple[Slug, ...] = ()
    wrapup: WrapUp = WrapUp()

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.recipients, "收件人", ("recipients",)),
                *repeated(self.alerts, "上榜提醒的收件人", ("alerts",)),
            ]
        )
        return self


class Campaign(Model):
    """A themed series: one file, one DAG.

    Attributes:
        cluster: id of the cluster whose outlets take part.
        owner: id of the person who answers for it.
        seasons: when it runs; none means all year round.
        schedule: when editions begin; None means only when somebody triggers one.
    """

    id: Slug
    name: Text
    description: LongText = ""
    cluster: Slug
    tags: tuple[Word, ...] = ()
    owner: Slug
    seasons: tuple[Season, ...] = ()
    schedule: Schedule | None = None
    columns: Annotated[tuple[Column, ...], Field(min_length=1)]
    watch: Watch
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    pitching: Pitching
    assignment: AssignmentRules = AssignmentRules()
    production: Production
    publishing: PublishingRules
    measurement: Measurement = Measurement()
    reporting: Reporting

    @model_validator(mode="after")
    def _check(self) -> Self:
        refuse(
            [
                *repeated(self.tags, "标签", ("tags",)),
                *repeated([column.id for column in self.columns], "栏目标识", ("columns",), ("id",)),
                *repeated([column.name for column in self.columns], "栏目名称", ("columns",), ("name",)),
                *repeated([source.id for source in self.sources], "来源标识", ("sources",), ("id",)),
                *self._impossible_days(),
                *self._strange_columns(),
                *self._odd_sources(),
            ]
        )
        return self

    def _strange_columns(self) -> Iterator[Fault]:
        columns = [column.id for column in self.columns]
        for grade in ("sensitive", "major"):
            graded = getattr(self.production.grading, grade).columns
            yield from unknown(graded, columns, "栏目", ("production", "grading", grade, "columns"))

    def _odd_sources(self) -> Iterator[Fault]:
        for kind, what in (("submissions", "收报题表的来源"), ("mailbox", "收件邮箱")):
            for i in [i for i, source in enumerate(self.sources) if source.kind == kind][1:]:
                yield Fault(f"一个活动只能有一个{what}", "两处只留一处", ("sources", i))
        for i, source in enumerate(self.sources):
            if source.id == OWN_SOURCE:
                yield Fault(f"来源标识“{OWN_SOURCE}”留给编辑部的指令", "换一个标识", ("sources", i, "id"))

    def _impossible_days(self) -> Iterator[Fault]:
        if self.schedule is None:
            return
        for i, day in enumerate(self.schedule.matchdays):
            if not self.in_season(day):
                at = ("schedule", "matchdays", i)
                yield Fault(f"比赛日 {day} 不在任何赛季内", "改日期，或把它纳入 seasons", at)
        line = cron_lines.parse(self.schedule.cron)
        for i, season in enumerate(self.seasons):
            days = (season.start + timedelta(days=n) for n in range((season.end - season.start).days + 1))
            if not any(line.fires_on(day) for day in days):
                what = f"定时“{self.schedule.cron}”在 {season.start} 至 {season.end} 的赛季里一次也不会到"
                yield Fault(what, "改定时或赛季", ("seasons", i))

    def in_season(self, day: date) -> bool:
        """Whether the campaign runs on that day; without seasons it always does."""
        return not self.seasons or any(day in season for season in self.seasons)

    def runs_on(self, day: date) -> bool:
        """Whether the schedule has an edition on that day: in season, on the cron line, on a match day if any."""
        if self.schedule is None or not self.in_season(day):
            return False
        if self.schedule.matchdays and day not in self.schedule.matchdays:
            return False
        return cron_lines.parse(self.schedule.cron).fires_on(day)
