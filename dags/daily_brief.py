"""### 每日简报（每天早上，时刻写在集群文件的 reports.daily 里）

**它做什么**，对每个集群：

- **生成**：写昨天的事——新增阅读、发布、要处理的事、读得最多的稿件、上热榜、今天有什么；没有事就只有一句话。
  集群写了 `working_days_only: true` 的，休息日（按国务院放假安排，含调休）跳过，下一个工作日合并补上。
- **发邮件**：只发给集群文件里写的角色和人，领导的那份不带责任清单；每人每天一封，重试、清除都不会多发。

报告存在数据文件夹的 reports 下，`index.html` 是目录；`rongmei reports list` 也能查。

**补做过去的**：用“回填”或带日期触发。过去的简报会重新生成，**不发邮件**，除非勾上“补发邮件”；
已经发出过的那一份不动，重算的存在旁边，标“（重算）”。

**正常的样子**：几秒钟，全绿；休息日是粉色（跳过）。“发邮件”里写“过去的报告，没有要求补发”也是正常的。

**任务变红怎么办**：点开红的那一格（一个集群一格）看日志。“发邮件”红多半是邮件服务器不通或拒绝登录：信都留在发件箱里，
服务器好了清除这一格，没发出的接着发，发过的不会再发。“生成”红是账本或集群文件有问题，日志里写明哪里、怎么改，
改好清除即可。简报迟到不影响任何一期活动。
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from airflow.sdk import DAG, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import reports
from rongmei.config import Cluster
from rongmei.reports import Occasion, occasions
from rongmei_airflow.reporting import ReportRun, cluster_desk, clusters, each_day_at, report_params, report_run
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)
LONGEST_HOLIDAY = 30


@task(task_id="build", task_display_name="生成", map_index_template="{{ over }}")
def build(cluster: str) -> dict[str, Any]:
    """Make the brief of the run's day."""
    run = report_run(get_current_context(), cluster)
    with cluster_desk(cluster, rehearsal=run.rehearsal) as desk:
        occasion = occasion_of(desk.plan.cluster, run, run.today(desk))
        run.keeps_time(occasion)
        return tell(log, reports.issue(desk.ledger, desk.plan, occasion, settings=desk.settings, now=desk.now()))


@task(task_id="email", task_display_name="发邮件", map_index_template="{{ over }}")
def email(cluster: str) -> dict[str, Any]:
    """Mail it, each reader once; a past one only when somebody asked for it."""
    run = report_run(get_current_context(), cluster)
    with cluster_desk(cluster, rehearsal=run.rehearsal) as desk:
        occasion = occasion_of(desk.plan.cluster, run, run.today(desk))
        summary = reports.post(desk.ledger, desk.plan, occasion, transport=desk.post, clock=desk.now, asked=run.asked)
        if summary.held:
            log.info("过去的报告，没有要求补发，不发邮件")
        return tell(log, summary)


def occasion_of(cluster: Cluster, run: ReportRun, today: date) -> Occasion:
    """The brief about the chosen day, else the one due on the run's day.

    Raises:
        AirflowSkipException: none is due on a day off.
    """
    if run.day is None:
        occasion = occasions.daily(cluster, today, rehearsal=run.rehearsal)
        if occasion is None:
            raise AirflowSkipException("今天休息，不发简报，下一个工作日合并补上")
        return occasion
    for later in range(1, LONGEST_HOLIDAY):
        occasion = occasions.daily(cluster, run.day + timedelta(days=later), rehearsal=run.rehearsal)
        if occasion is not None:
            return occasion
    raise AirflowSkipException("找不到说这一天的简报")


@task_group(group_id="brief", group_display_name="简报")
def brief(cluster: str) -> None:
    """One cluster's brief."""
    build(cluster) >> email(cluster)


CLUSTERS = clusters()

with DAG(
    dag_id="daily_brief",
    dag_display_name="每日简报",
    description="昨天的新增阅读、发布、要处理的事和热榜，发给集群里写明的人。",
    doc_md=__doc__,
    schedule=each_day_at([cluster.reports.daily.time for cluster in CLUSTERS] or ["08:30"]),
    catchup=False,
    max_active_runs=4,
    dagrun_timeout=timedelta(hours=3),
    tags=["报告"],
    params=report_params("写哪一天的事；不写就是昨天"),
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    brief.expand(cluster=[cluster.id for cluster in CLUSTERS])
