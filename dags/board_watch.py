"""### 热榜监看（每 10 分钟）

**它做什么**，对每个有活动写了网址的热榜（一个榜一格）：

- 读一次榜，存下当时的名次和热度；
- 看哪些条目是活动的话题（活动文件里的 `watch`，只看该活动写为来源的榜），哪些条目说的就是我们已上线的稿件（任何榜）；
- 记上榜：从哪时到哪时、最高第几位、热度最高多少。两次观测之间都看到才算在榜时间，没有观测的时间不算；
- 话题进入前十位，发邮件提醒：收件人是活动文件里的 `reporting.alerts`，不写就是活动负责人和报告收件人。
  同一次上榜每人只提醒一次；付费推广位从不提醒。

彩排只看沙箱里的榜，与真实的榜分开记，没有彩排在进行就不看。
每天凌晨四点多的一次还精简旧榜单：14 天以前的每小时留一份，上过榜的话题全部留下。

清除、重跑都不会重复提醒。

**正常的样子**：每格几秒，全绿。查记录：`rongmei boards show 活动`。

**任务变红怎么办**：点开红的那一格，日志里写明原因。“稍后再试”是平台或网络一时不通，下一次会自己好；
同一格连续一小时都红，多半是榜的地址失效或平台改了版，请把活动文件里这个榜的 `url` 换成能用的聚合地址。
邮件服务器拒收也会变红：提醒留在发件箱里，服务器好了会补发。断看期间的名次补不回来，恢复后在榜时间不会多算。
“精简旧榜单”红了不影响监看，第二天会再做。
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from rongmei.clock import local, utcnow
from rongmei.desk import SandboxClock
from rongmei.errors import RongmeiError
from rongmei.ledger import Ledger
from rongmei.metrics import hits
from rongmei.settings import Settings, load_settings
from rongmei_airflow.desk import smtp_connection
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)
THINNING_HOUR = 4
"""On the newsroom's clock: nobody waits for the ledger then."""


@task(task_id="watch", task_display_name="看榜", map_index_template="{{ board }}", retries=0)
def watch(board: str) -> list[dict[str, Any]]:
    """One look at a board, the real one and the rehearsals' apart; what ails the one does not stop the other."""
    settings = load_settings()
    told: list[dict[str, Any]] = []
    troubles: list[RongmeiError] = []
    with closing(Ledger(settings.ledger_url)) as ledger:
        for rehearsal, clock in sides(settings):
            try:
                summary = hits.watch_board(
                    ledger, settings, board, rehearsal=rehearsal, transport=smtp_connection, clock=clock
                )
            except RongmeiError as error:
                log.warning("%s：%s", "彩排" if rehearsal else "正式", error)
                troubles.append(error)
            else:
                told.append(tell(log, summary))
    if troubles:
        raise troubles[0]
    return told


def sides(settings: Settings) -> Iterator[tuple[bool, Callable[[], datetime]]]:
    """Whether it is the rehearsals' side, and its clock; they have one where there is a sandbox."""
    yield False, utcnow
    if settings.sandbox_url:
        yield True, SandboxClock(settings.sandbox_url)


@task(task_id="thin", task_display_name="精简旧榜单", trigger_rule="all_done", retries=0)
def thin() -> dict[str, Any]:
    """Once a night, whatever became of the looks."""
    if local(utcnow()).hour != THINNING_HOUR:
        raise AirflowSkipException("精简只在凌晨四点做")
    with closing(Ledger(load_settings().ledger_url)) as ledger:
        return tell(log, hits.thin_boards(ledger, now=utcnow()))


def boards_to_watch() -> list[str]:
    """Read from the campaigns' files alone; the day decides nothing here, or the DAG would change with it."""
    plans, _ = hits.watched_plans(load_settings(), None)
    return list(hits.named_boards(plans))


with DAG(
    dag_id="board_watch",
    dag_display_name="热榜监看",
    description="每 10 分钟读一次热榜，记下活动话题的名次和在榜时间，进前十位的发邮件提醒。",
    doc_md=__doc__,
    schedule=timedelta(minutes=10),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=20),
    tags=["效果", "热榜"],
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    watched = watch.expand(board=boards_to_watch())
    watched >> thin()
    # A run is as red as its last tasks: without this one, a thinning that is well would hide a board that is not.
    watched >> EmptyOperator(task_id="watched", task_display_name="监看完毕")
