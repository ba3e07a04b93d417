"""### 每周考核（星期一早上，时刻写在集群文件的 reports.weekly 里）

**它做什么**，对每个集群，写上周一到周日：

- **冻结周期**：按集群的考核规则把上周的得分和依据冻结下来；已经冻结过的不动。
- **生成**：名次与变化、四力、好稿件和理由、哪里出了问题、下周轮值、额度使用；每家媒体另有只写自己的一页。
- **发邮件**：领导、编辑、制片按集群文件里写的收；每家媒体的那一页只发到它自己的邮箱，不含别家的得分。

报告存在数据文件夹的 reports 下：`index.html` 是目录，`outlets/媒体/` 是各媒体自己的。

**补做过去的**：带日期触发（那一周里的任何一天）。会重新生成，**不发邮件**，除非勾上“补发邮件”；
已经发出过的那一份不动，重算的存在旁边，标“（重算）”。

**正常的样子**：38 家媒体的集群半分钟左右，全绿。

**任务变红怎么办**：点开红的那一格看日志。“冻结周期”红：多半是考核规则有错，先运行 `rongmei check`；它红了不耽误周报，
周报改用各期得分的平均，并在信里写明。“发邮件”红：邮件服务器不通或拒绝登录，信留在发件箱，好了清除这一格接着发，
发过的不会再发；个别地址被拒收不会变红，日志里写“失败”，改好集群文件里的邮箱。“生成”红：照日志里写的改好，清除即可。
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, get_current_context, task, task_group

from rongmei import appraisal, reports
from rongmei.config import Cluster, load_period_rules
from rongmei.reports import Occasion, occasions
from rongmei_airflow.reporting import ReportRun, cluster_desk, clusters, each_day_at, report_params, report_run
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)
MONDAY = "1"
WEEK = timedelta(days=7)


@task(task_id="freeze", task_display_name="冻结周期", map_index_template="{{ over }}")
def freeze(cluster: str) -> dict[str, Any]:
    """Freeze and score the week by the cluster's rules, if it names any; what is frozen stays."""
    run = report_run(get_current_context(), cluster)
    with cluster_desk(cluster, rehearsal=run.rehearsal) as desk:
        occasion = occasion_of(desk.plan.cluster, run, run.today(desk))
        run.keeps_time(occasion)
        wanted = desk.plan.cluster.reports.weekly.rules
        if wanted is None:
            log.info("集群文件里没有写考核规则，不冻结")
            return {}
        span = appraisal.Span(
            desk.plan.cluster, tuple(desk.plan.campaigns), occasion.first, occasion.last, rehearsal=run.rehearsal
        )
        rules = load_period_rules(desk.settings.config, wanted)
        summary = appraisal.freeze(desk.ledger, span, rules, by="weekly_review", now=desk.now())
        appraisal.write_period(desk.ledger, summary.key, desk.settings.reports)
        return tell(log, summary)


@task(task_id="build", task_display_name="生成", map_index_template="{{ over }}", trigger_rule="none_skipped")
def build(cluster: str) -> dict[str, Any]:
    """Make the review, and every outlet's part of it."""
    run = report_run(get_current_context(), cluster)
    with cluster_desk(cluster, rehearsal=run.rehearsal) as desk:
        occasion = occasion_of(desk.plan.cluster, run, run.today(desk))
        run.keeps_time(occasion)
        return tell(log, reports.issue(desk.ledger, desk.plan, occasion, settings=desk.settings, now=desk.now()))


@task(task_id="email", task_display_name="发邮件", map_index_template="{{ over }}")
def email(cluster: str) -> dict[str, Any]:
    """Mail them, each reader their own, each once; past ones only when somebody asked for them."""
    run = report_run(get_current_context(), cluster)
    with cluster_desk(cluster, rehearsal=run.rehearsal) as desk:
        occasion = occasion_of(desk.plan.cluster, run, run.today(desk))
        summary = reports.post(desk.ledger, desk.plan, occasion, transport=desk.post, clock=desk.now, asked=run.asked)
        if summary.held:
            log.info("过去的报告，没有要求补发，不发邮件")
        return tell(log, summary)


def occasion_of(cluster: Cluster, run: ReportRun, today: date) -> Occasion:
    """The review of the chosen day's week, else of the week before the run's day."""
    about = today if run.day is None else run.day + WEEK
    return occasions.weekly(cluster, about, rehearsal=run.rehearsal)


@task_group(group_id="review", group_display_name="周报")
def review(cluster: str) -> None:
    """One cluster's review."""
    frozen = freeze(cluster)
    frozen >> build(cluster) >> email(cluster)
    # A run is as red as its last tasks: without this one, a review that is well would hide a period that is not.
    frozen >> EmptyOperator(task_id="frozen", task_display_name="周期已冻结")


CLUSTERS = clusters()

with DAG(
    dag_id="weekly_review",
    dag_display_name="每周考核",
    description="上周的考核名次、四力、好稿件、问题、轮值和额度；每家媒体另收自己的一页。",
    doc_md=__doc__,
    schedule=each_day_at([cluster.reports.weekly.time for cluster in CLUSTERS] or ["09:00"], MONDAY),
    catchup=False,
    max_active_runs=2,
    dagrun_timeout=timedelta(hours=6),
    tags=["报告"],
    params=report_params("要哪一周：那一周里的任何一天；不写就是上周"),
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    review.expand(cluster=[cluster.id for cluster in CLUSTERS])
