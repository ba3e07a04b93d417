"""What the DAGs of the reports share: their form, the day a run stands for, the desk of a cluster, when they run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from airflow.sdk import Param, get_current_context
from airflow.sdk.exceptions import AirflowSkipException
from airflow.timetables.trigger import CronTriggerTimetable, MultipleCronTriggerTimetable

from rongmei import desk as product
from rongmei.clock import local_date
from rongmei.config import Cluster, ConfigErrors, cluster_files, load_cluster
from rongmei.desk import ClusterDesk
from rongmei.errors import CredentialRefused, RongmeiError, TryLater
from rongmei.reports import Occasion
from rongmei.settings import load_settings, rehearsal_by_default
from rongmei_airflow.desk import smtp_connection

if TYPE_CHECKING:
    from airflow.sdk import Context
    from airflow.timetables.base import Timetable

T = TypeVar("T")

log = logging.getLogger(__name__)

ZONE = "Asia/Shanghai"
CLOSE = timedelta(minutes=1)


def report_params(about: str) -> dict[str, Param]:
    """The form of a report's DAG.

    Args:
        about: what the chosen day means, in Chinese.
    """
    return {
        "day": Param(None, type=["null", "string"], format="date", title="日期", description=about),
        "mail_past": Param(
            False,
            type="boolean",
            title="补发邮件",
            description="过去的报告默认只重新生成、不发邮件；勾上才发。已经收到过的人不会再收一封。",
        ),
        "rehearsal": Param(
            rehearsal_by_default(), type="boolean", title="彩排", description="报彩排的事，用沙箱的时间。"
        ),
    }


@dataclass(frozen=True)
class ReportRun:
    """What a run was asked for.

    Attributes:
        moment: what it stands for, aware UTC.
        scheduled: nobody triggered it; it is about nothing but its moment.
        day: the chosen day.
        asked: mails of a past report are wanted.
    """

    moment: datetime
    scheduled: bool
    day: date | None
    asked: bool
    rehearsal: bool

    def today(self, desk: ClusterDesk) -> date:
        """The newsroom's day that it stands for; a rehearsal's is the sandbox's."""
        return local_date(desk.now() if self.rehearsal else self.moment)

    def keeps_time(self, occasion: Occasion) -> None:
        """Skip a cluster whose report is due at another time of day than this run.

        Raises:
            AirflowSkipException: it is.
        """
        if self.scheduled and not self.rehearsal and abs(occasion.due - self.moment) > CLOSE:
            raise AirflowSkipException("这个集群的报告不在这个时刻发")


def report_run(context: Context, over: str) -> ReportRun:
    """What the running task's run was asked for.

    Args:
        over: the cluster or campaign of this mapped task. In a mapped task group its label (`map_index_template`)
            cannot see the arguments of the group, so it is put where the label looks.
    """
    context["over"] = over  # type: ignore[typeddict-unknown-key]
    run, params = context["dag_run"], context["params"]
    moment = (run.logical_date or run.run_after).astimezone(UTC)
    chosen = params.get("day")
    return ReportRun(
        moment=moment,
        scheduled=run.run_type == "scheduled",
        day=date.fromisoformat(chosen) if chosen else None,
        asked=bool(params.get("mail_past")),
        rehearsal=bool(params.get("rehearsal")),
    )


def cluster_desk(cluster: str, *, rehearsal: bool) -> ClusterDesk:
    """The desk of a cluster, mail by Airflow's connection."""
    return product.cluster_desk(load_settings(), cluster, rehearsal=rehearsal, post=smtp_connection)


def clusters() -> list[Cluster]:
    """Every cluster that reads well; a broken file is reported by `campaign_errors`."""
    root = load_settings().config
    found = []
    for file in cluster_files(root):
        try:
            found.append(load_cluster(root, file.stem).cluster)
        except ConfigErrors:
            continue
    return found


def each_day_at(times: Iterable[str], weekday: str = "*") -> Timetable:
    """On the newsroom's clock at every one of these times, "HH:MM"; all of them if they differ between clusters.

    Args:
        weekday: as cron has it; `1` is Monday.
    """
    lines = [
        f"{int(minute)} {int(hour)} * * {weekday}" for hour, minute in (one.split(":") for one in sorted(set(times)))
    ]
    if len(lines) == 1:
        return CronTriggerTimetable(lines[0], timezone=ZONE)
    return MultipleCronTriggerTimetable(*lines, timezone=ZONE)


def when_the_post_is_away(send: Callable[[], T]) -> T | None:
    """What `send` says; None when no mail server takes the mails, which then wait in the outbox for the sweep.

    As long as the task has tries left, a server that is away is waited for in the usual way.

    Raises:
        TryLater: some mails could not go out yet, and the task will be tried again.
    """
    try:
        return send()
    except CredentialRefused as problem:
        why: RongmeiError = problem
    except TryLater as problem:
        if _tries_left():
            raise
        why = problem
    log.warning("报告做好了，邮件没有发完，已留在发件箱，巡检会接着发：%s", why)
    return None


def _tries_left() -> bool:
    task = get_current_context()["ti"]
    return int(task.try_number) <= int(task.max_tries)
