"""### 数据采集（每小时）

**它做什么**，一个渠道一格，不分活动和期次，正式的和彩排的分开：

- 读到时候该读的发布单：上线头两天每小时，十天内每天，三十天内每周，三十天或一周没有变化就不再读；
- 公众号和支付宝按天出数，每天早上八点半以后读一次，当天没出齐的两小时后再读；
- 同一账号的几十条合成一次调用；微博等有限额的，先留足发布要用的，不够就歇到下一个限额周期；
- 数字有变化才存一条快照，没变化的只延长“最后见到”的时间；平台没给的记空，不记零；回落的照实记下；
  平台说作品已删除的，保留最后的数据，不再读；
- 新存的快照记进日汇总，周报和考核从那里取数；
- 最后把刚有新数据的查一遍异常（突增无互动、赞多于读、匀速、整数、回落），只登记，由人判断：
  `rongmei metrics anomalies list`。

期次自己的“效果采集”照旧在采集时点读一遍，和这里互不影响。清除、重跑不会重复记数。

**正常的样子**：每格几秒到一两分钟，全绿；日志里“快照”是有变化的条数，“平台暂无数据”多半是当天刚发的公众号文章。
看一条发布单的曲线：`rongmei metrics show 发布单编号`。

**任务变红怎么办**

- **一个渠道红了**：日志里写明原因，多半是账本或网络一时不通，下一小时会自己补上，数字不会丢，只是那一小时没有点。
- **“账号检查”红了**：日志点名账号。“凭据被拒”请管理员改正连接；“集群文件里已没有账号”是账号改名或停用，
  旧发布单读不到，不用管，三十天后不再提。“读不到”连续几小时才需要看。
- **日志里的“平台给的不是数”“有数字比上次少”“作品已删除”**：任务不会红，请编辑到平台核对那一条；原话都存在快照里。
- **“查异常”红了**：多半是账本一时不通，下一小时会补查。数据不受影响。
- **公众号整天没有数据**：平台延迟（`is_delay`），第二天会连前一天的一起补来，补来的另存一条，不覆盖。
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset, task

from rongmei import metrics
from rongmei.channels import all_channels
from rongmei.config import CHANNEL_NAMES
from rongmei.errors import CredentialRefused, TryLater
from rongmei_airflow.desk import house_desks
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)
NEWS = timedelta(hours=3)
"""Posts with figures newer than that are looked at for anomalies."""


@task(task_id="collect", task_display_name="读平台数据", map_index_template="{{ channel_name }}", retries=0)
def collect(channel: str, channel_name: str) -> list[dict[str, Any]]:
    """What is due on one channel, real editions' and rehearsals' apart."""
    log.info("渠道：%s", channel_name)
    told = []
    for desk, plans in house_desks():
        with desk:
            # A rehearsal's clock is the sandbox's: it is not asked when nothing is out there.
            if not metrics.any_due(desk.ledger, channel, rehearsal=desk.rehearsal):
                continue
            summary = metrics.collect_due(
                desk.ledger, plans, channel, rehearsal=desk.rehearsal, connect=desk.connect, clock=desk.now
            )
            told.append(tell(log, summary))
    return told


@task(task_id="check_accounts", task_display_name="账号检查", trigger_rule="all_done", retries=0)
def check_accounts(collected: list[list[dict[str, Any]]], channels: int) -> None:
    """Red when an account waits for a person, or a channel was not read at all; everything else is stored by then."""
    told = [one for summaries in collected or [] for one in summaries or []]
    refused = sorted({account for one in told for account in one["refused_accounts"]})
    if refused:
        raise CredentialRefused(f"这些账号的凭据被拒或已不在集群文件里，请管理员改正：{'、'.join(refused)}")
    if len(collected or []) < channels:
        raise TryLater("有渠道没有读成，见红的那一格；下一小时会再读")


@task(task_id="flag_anomalies", task_display_name="查异常", trigger_rule="all_done", retries=0)
def flag_anomalies() -> list[dict[str, Any]]:
    """What looks odd of the posts with new figures; a post is looked at as a whole, so a missed hour is made good."""
    told = []
    for desk, _ in house_desks():
        with desk:
            if not metrics.any_due(desk.ledger, rehearsal=desk.rehearsal):
                continue
            now = desk.now()
            summary = metrics.flag_anomalies(desk.ledger, now=now, since=now - NEWS, rehearsal=desk.rehearsal)
            told.append(tell(log, summary))
    return told


def reporting_channels() -> list[dict[str, str]]:
    """Channels whose platforms report figures, as the mapped task takes them."""
    wanted = [name for name, channel in all_channels().items() if channel.capabilities.reports]
    return [{"channel": name, "channel_name": CHANNEL_NAMES[name]} for name in wanted]


with DAG(
    dag_id="collect_metrics",
    dag_display_name="数据采集",
    description="每小时读各平台的数据：该读的才读，变了才记，额度先让给发布。",
    doc_md=__doc__,
    schedule="5 * * * *",
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=50),
    tags=["效果"],
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    channels = reporting_channels()
    collected = collect.expand_kwargs(channels)
    # One announcement for all channels: who waits for snapshots need not begin seven times an hour.
    collected >> EmptyOperator(
        task_id="announce", task_display_name="告知有新数据", trigger_rule="one_success", outlets=[Asset("snapshots")]
    )
    collected >> flag_anomalies()
    check_accounts(collected, len(channels))
