"""When editions begin: a cron line that only counts inside the campaign's seasons and, if named, on its match days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow.sdk.timezone import coerce_datetime, utcnow
from airflow.timetables.base import DagRunInfo, DataInterval, TimeRestriction
from airflow.timetables.trigger import CronTriggerTimetable

if TYPE_CHECKING:
    from pendulum import DateTime

WEEKDAYS = "日一二三四五六日"
"""By cron's number of a weekday, in which Sunday is both 0 and 7."""


def spoken_cron(expression: str) -> str:
    """A cron line in the words of a newsroom: 每天 18:00, 每周一、四 09:00; one that is neither as it stands."""
    minute, hour, day, month, weekday = expression.split()
    if not (minute.isdecimal() and hour.isdecimal() and day == month == "*"):
        return expression
    clock = f"{int(hour):02}:{int(minute):02}"
    if weekday == "*":
        return f"每天 {clock}"
    days = weekday.split(",")
    if not all(one.isdecimal() for one in days):
        return expression
    return f"每周{'、'.join(WEEKDAYS[int(one)] for one in days)} {clock}"


class SeasonTimetable(CronTriggerTimetable):
    """A daily or weekly moment inside the seasons.

    Args:
        cron: five fields, in `timezone`.
        timezone: IANA name of the cluster's time zone.
        seasons: pairs of first and last day, both included, in that zone; none means all year.
        matchdays: when not empty, only these days count.
    """

    def __init__(
        self,
        cron: str,
        *,
        timezone: str,
        seasons: Sequence[tuple[date, date]],
        matchdays: Sequence[date] = (),
    ) -> None:
        super().__init__(cron, timezone=timezone)
        self._zone_name = timezone
        self._seasons = tuple(sorted(seasons))
        self._matchdays = frozenset(matchdays)
        self.description = spoken_cron(cron) + self._limits()

    def _limits(self) -> str:
        limits = [name for name, given in (("活动期", self._seasons), ("比赛日", self._matchdays)) if given]
        return f"，限{'内的'.join(limits)}" if limits else ""

    @property
    def summary(self) -> str:
        """What the DAG list shows as the schedule."""
        return spoken_cron(self._expression)

    def _calc_first_run(self) -> DateTime:
        """The next moment, never a past one: switching a campaign on must not start an edition by itself."""
        return self._align_to_next(coerce_datetime(utcnow()))

    def plays_on(self, day: date) -> bool:
        """Whether there is an edition on `day`."""
        in_season = any(start <= day <= end for start, end in self._seasons)
        return (in_season or not self._seasons) and (not self._matchdays or day in self._matchdays)

    def next_dagrun_info(
        self, *, last_automated_data_interval: DataInterval | None, restriction: TimeRestriction
    ) -> DagRunInfo | None:
        """The next moment of the cron line that falls on a day of the campaign; None after the last season."""
        last_day = max((end for _, end in self._seasons), default=date.max)
        info = super().next_dagrun_info(
            last_automated_data_interval=last_automated_data_interval, restriction=restriction
        )
        while info is not None:
            day = info.run_after.in_timezone(self._zone_name).date()
            if day > last_day:
                return None
            if self.plays_on(day):
                return info
            # Moving on from the run just found, not from now: catch-up or not, only later days are of interest.
            info = super().next_dagrun_info(
                last_automated_data_interval=info.data_interval,
                restriction=TimeRestriction(restriction.earliest, restriction.latest, catchup=True),
            )
        return None

    def serialize(self) -> dict[str, Any]:
        """What the scheduler keeps."""
        return {
            "cron": self._expression,
            "timezone": self._zone_name,
            "seasons": [[start.isoformat(), end.isoformat()] for start, end in self._seasons],
            "matchdays": sorted(day.isoformat() for day in self._matchdays),
        }

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> SeasonTimetable:
        """From what the scheduler kept."""
        return cls(
            data["cron"],
            timezone=data["timezone"],
            seasons=[(date.fromisoformat(start), date.fromisoformat(end)) for start, end in data["seasons"]],
            matchdays=[date.fromisoformat(day) for day in data["matchdays"]],
        )
