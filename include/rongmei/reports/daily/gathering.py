"""Reads the ledger for a daily brief."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select

from rongmei.clock import at_local
from rongmei.config import Campaign, rota_table
from rongmei.ledger import Assignment, Edition, Publication
from rongmei.reports.daily.context import BEST, DailyBrief
from rongmei.reports.lines import GroupLine
from rongmei.reports.stretch import figures, work
from rongmei.reports.stretch.scope import DAY, Scope

SHOWN_DAYS = 14


def gather(scope: Scope, key: str) -> DailyBrief:
    """The brief about the days of `scope`, as the ledger stands at its `now`."""
    channels = figures.channel_lines(scope)
    return DailyBrief(
        key=key,
        cluster=scope.plan.cluster.name,
        first=scope.first,
        last=scope.last,
        made_at=scope.now,
        rehearsal=scope.rehearsal,
        channels=channels,
        campaigns=tuple(_campaigns(scope)),
        days=figures.daily(replace(scope, first=scope.last - DAY * (SHOWN_DAYS - 1))),
        funnel=work.funnel(scope),
        best=figures.best_stories(scope, BEST, figures.summed(channels).reads),
        hits=work.hits(scope),
        tasks=work.open_tasks(scope),
        undecided=work.undecided(scope),
        today=tuple(_today(scope, scope.last + DAY)),
    )


def _campaigns(scope: Scope) -> Iterator[GroupLine]:
    for campaign in scope.campaigns.values():
        alone = replace(scope, only=(campaign.id,))
        lines = figures.channel_lines(alone)
        sums = figures.summed(lines)
        if sums.live or sums.reads is not None:
            before = [line.reads_before for line in lines if line.reads_before is not None]
            yield GroupLine(
                campaign.name, sums.live, sums.reads, sums.interactions, sums.silent,
                sum(line.live_before for line in lines), sum(before) if before else None,
            )  # fmt: skip


def _today(scope: Scope, today: date) -> Iterator[str]:
    """What the day after the brief's days brings: editions, slots, deadlines, who is on duty."""
    runs = [campaign for campaign in scope.campaigns.values() if campaign.runs_on(today)]
    for campaign in runs:
        yield f"{campaign.name}开一期{_clock(campaign)}"
    start, end = at_local(today, "00:00"), at_local(today + DAY, "00:00")
    planned = _number(scope, Publication, Publication.scheduled_at, start, end, Publication.state == "scheduled")
    if planned:
        yield f"排在今天的发布 {planned} 次"
    due = _number(scope, Assignment, Assignment.deadline_at, start, end, Assignment.state == "accepted")
    if due:
        yield f"今天到交稿时限的任务 {due} 项"
    (week,) = rota_table(scope.plan.cluster, today, 1)
    yield f"本周轮值：{week.name}（{week.why}）"


def _clock(campaign: Campaign) -> str:
    """When the schedule opens an edition: one moment of the day, as the configuration has been held to."""
    if campaign.schedule is None:
        return ""
    minute, hour = campaign.schedule.cron.split()[:2]
    return f"（{int(hour):02}:{int(minute):02}）"


def _number(scope: Scope, thing: Any, moment: Any, start: datetime, end: datetime, state: Any) -> int:
    wanted = select(func.count(thing.id)).join(Edition, Edition.id == thing.edition_id)
    return scope.session.scalar(wanted.where(scope.editions, state, moment >= start, moment < end)) or 0
