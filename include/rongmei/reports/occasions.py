"""When which report is due: the daily brief, the weekly review, the wrap-up of a season; and when its mails still go.

Every occasion is named by the days it is about, so that however often and whenever it is made, it is the same one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from rongmei.clock import at_local
from rongmei.config import Campaign, Cluster
from rongmei.config.holidays import is_working_day

DAY, WEEK = timedelta(days=1), timedelta(days=7)
LONGEST_HOLIDAY = 30
"""Days off in a row that a brief looks back over at most."""
STILL_NEWS = timedelta(hours=18)
"""A report is mailed by itself no later than this after it was due: an older one is a record, not news."""
WRAPUP_CLOCK = "21:00"


@dataclass(frozen=True)
class Occasion:
    """A report that is to be made. Days are Asia/Shanghai's, both included.

    Attributes:
        kind: daily, weekly or wrapup.
        key: daily:dongguan:2026-06-05, weekly:dongguan:2026-06-01, wrapup:cunchao:2026-12-31; a rehearsal's has
            `/rehearsal` after the cluster's or campaign's name.
        due: the moment it is meant to arrive, UTC.
        issues: for a wrap-up, the first and last day of its editions.
    """

    kind: str
    key: str
    first: date
    last: date
    due: datetime
    rehearsal: bool = False
    issues: tuple[date, date] | None = None

    def news(self, now: datetime) -> bool:
        """Whether it is mailed without being asked for."""
        return now - self.due < STILL_NEWS


def daily(cluster: Cluster, today: date, *, rehearsal: bool = False) -> Occasion | None:
    """The brief that is due on `today`: about the day before, or all days since the last working day.

    None on a day off of a cluster that keeps working days.
    """
    rules = cluster.reports.daily
    last = today - DAY
    first = last
    if rules.working_days_only:
        if not is_working_day(today):
            return None
        # Yesterday was off: the brief of the last working day told of the day before it.
        while not is_working_day(first) and today - first < timedelta(days=LONGEST_HOLIDAY):
            first -= DAY
    key = f"daily:{_side(cluster.id, rehearsal)}:{last}"
    return Occasion("daily", key, first, last, at_local(today, rules.time), rehearsal)


def weekly(cluster: Cluster, today: date, *, rehearsal: bool = False) -> Occasion:
    """The review of the week, Monday to Sunday, before the one of `today`."""
    monday = today - DAY * today.weekday()
    first, due = monday - WEEK, at_local(monday, cluster.reports.weekly.time)
    return Occasion("weekly", f"weekly:{_side(cluster.id, rehearsal)}:{first}", first, monday - DAY, due, rehearsal)


def wrapup(campaign: Campaign, today: date, *, rehearsal: bool = False) -> Occasion | None:
    """The wrap-up that is due on `today`; None when no season ended so many days ago as the campaign wants."""
    after = DAY * campaign.reporting.wrapup.days_after
    for season in campaign.seasons:
        if season.end + after == today:
            return of_season(campaign, season.start, season.end, rehearsal=rehearsal)
    return None


def latest_season(campaign: Campaign, today: date, *, rehearsal: bool = False) -> Occasion | None:
    """The wrap-up of the season that ended last by `today`, or runs; None for a campaign without one."""
    begun = [season for season in campaign.seasons if season.start <= today]
    if not begun:
        return None
    season = max(begun, key=lambda one: one.end)
    return of_season(campaign, season.start, season.end, rehearsal=rehearsal)


def of_season(campaign: Campaign, start: date, end: date, *, rehearsal: bool = False) -> Occasion:
    """The wrap-up of the season from `start` to `end`; reads count until the day it is due."""
    last = end + DAY * campaign.reporting.wrapup.days_after
    key = f"wrapup:{_side(campaign.id, rehearsal)}:{end}"
    return Occasion("wrapup", key, start, last, at_local(last, WRAPUP_CLOCK), rehearsal, (start, end))


def _side(name: str, rehearsal: bool) -> str:
    return f"{name}/rehearsal" if rehearsal else name
