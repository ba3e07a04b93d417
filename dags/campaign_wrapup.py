"""### 活动总结（每天 21:00 看一遍，活动文件里的 seasons 到了结束那天就写）

**它做什么**，对每个活动：今天是不是某一季的最后一天（或活动文件 `reporting.wrapup.days_after` 写的之后几天）？是就

- **生成**：这一季的数字——总阅读、互动、发布、热榜、参与媒体、一期一期、好稿件、各媒体、各渠道、各栏目、时间线；
- **发邮件**：发给活动报告的收件人和领导，每人一封，重试、清除都不会多发。

没有到期的活动跳过，这是每天的常态。没有写 seasons 的活动没有结束的一天：可以带日期触发来要一份到那天为止的，
前提是它写了 seasons。

最后一期如果刚发出，数字还在涨，总结里会写明还有几次发布没到采集时点；要等数字齐了再写，把 `days_after` 改成 2 或 3。

**补做过去的**：带日期触发，写那一季里的任何一天。会重新生成，**不发邮件**，除非勾上“补发邮件”；
已经发出过的那一份不动，重算的存在旁边，标“（重算）”。

**正常的样子**：多半是一排粉色（跳过）；到期的那天几秒钟，全绿。

**任务变红怎么办**：点开红的那一格（一个活动一格）看日志。“发邮件”红：邮件服务器不通或拒绝登录，信留在发件箱，
好了清除这一格接着发。“生成”红：照日志里写的改好，清除即可。总结迟到不影响别的活动。
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from airflow.sdk import DAG, get_current_context, task, task_group
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import reports
from rongmei.config import Campaign, campaign_files, load_campaign
from rongmei.desk import ClusterDesk
from rongmei.reports import Occasion, occasions
from rongmei.settings import load_settings
from rongmei_airflow.reporting import ReportRun, cluster_desk, each_day_at, report_params, report_run
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)


def desk_of(campaign: str, run: ReportRun) -> ClusterDesk:
    """The desk of the campaign's cluster."""
    cluster = load_campaign(load_settings().config, campaign).cluster.id
    return cluster_desk(cluster, rehearsal=run.rehearsal)


@task(task_id="build", task_display_name="生成", map_index_template="{{ over }}")
def build(campaign: str) -> dict[str, Any]:
    """Make the wrap-up of the season that ended, if one did."""
    run = report_run(get_current_context(), campaign)
    with desk_of(campaign, run) as desk:
        occasion = occasion_of(desk.plan.campaigns[campaign], run, run.today(desk))
        return tell(
            log,
            reports.issue(desk.ledger, desk.plan, occasion, settings=desk.settings, now=desk.now(), campaign=campaign),
        )


@task(task_id="email", task_display_name="发邮件", map_index_template="{{ over }}")
def email(campaign: str) -> dict[str, Any]:
    """Mail it, each reader once; a past one only when somebody asked for it."""
    run = report_run(get_current_context(), campaign)
    with desk_of(campaign, run) as desk:
        occasion = occasion_of(desk.plan.campaigns[campaign], run, run.today(desk))
        summary = reports.post(
            desk.ledger,
            desk.plan,
            occasion,
            transport=desk.post,
            clock=desk.now,
            campaign=campaign,
            asked=run.asked,
        )
        if summary.held:
            log.info("过去的报告，没有要求补发，不发邮件")
        return tell(log, summary)


def occasion_of(campaign: Campaign, run: ReportRun, today: date) -> Occasion:
    """The wrap-up of the season of the chosen day, else of the one that ends on the run's day.

    Raises:
        AirflowSkipException: there is none.
    """
    if run.day is not None:
        occasion = occasions.latest_season(campaign, run.day, rehearsal=run.rehearsal)
    else:
        occasion = occasions.wrapup(campaign, today, rehearsal=run.rehearsal)
    if occasion is None:
        raise AirflowSkipException("没有一季在这一天结束")
    return occasion


@task_group(group_id="wrapup", group_display_name="总结")
def wrapup(campaign: str) -> None:
    """One campaign's wrap-up."""
    build(campaign) >> email(campaign)


with DAG(
    dag_id="campaign_wrapup",
    dag_display_name="活动总结",
    description="活动一季结束那天，把这一季的数字写成总结发给收件人和领导。",
    doc_md=__doc__,
    schedule=each_day_at([occasions.WRAPUP_CLOCK]),
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=3),
    tags=["报告"],
    params=report_params("要哪一季：那一季里的任何一天；不写就看今天有没有结束的"),
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    wrapup.expand(campaign=[file.stem for file in campaign_files(load_settings().config)])
