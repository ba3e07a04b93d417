"""### 巡检（每 5 分钟）

**它做什么**，对每个活动：

- 发送进程中断、没有回音的发布单：先读平台，有就记上线，确实没有才放回待发；
- “结果不明”“已受理”的：到平台核实；
- 过了时段太久的：记为错过，不再补发；
- 没有登记网址的人工发布单：发邮件催办，最多三次；
- 等人审的稿件：通知审稿人，过时再提醒一次，再过时报请活动负责人督办，从不自动通过；没发出的审稿意见接着发；
- 派单快到答复时限还没答复的媒体：发邮件提醒一次；没发出的派单邮件接着发；
- 没发出的报题结果邮件、报告邮件：接着发；
- 没做完的撤稿和更正：接着做；
- 市民投稿里过了保存期的电话和照片：删除。

- 有人改了期、时间已到的：发出。

另有一格看一遍收稿信箱（配了 `RONGMEI_IMAP` 才有）：媒体用登记的邮箱寄来、写明任务编号的稿件，
放进它的收稿文件夹，回执发回去。

最后按账本写一遍订阅源（RSS 和 Atom），每个媒体、每个活动各一份；没有变化的文件不动。

除了有人改期的，它不发布新的稿件；清除、重跑都不会重复发布。

**正常的样子**：每次几秒，全绿，日志里大多是“无”。

**任务变红怎么办**：点开红的那一格（一个活动一格），日志里写明原因。多半是账本或网络一时不通，下一次会自己好；
连续三次红，请管理员看日志。“订阅源”红了，多半是数据文件夹写不进去，发布不受影响。“收稿信箱”红了，多半是信箱的密码或网络，信不会丢，好了接着收。
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, task
from airflow.sdk.exceptions import AirflowSkipException

from rongmei import assignments, pitches, publishing, reports, stories
from rongmei.access import links_of
from rongmei.clock import utcnow
from rongmei.config import campaign_files, load_campaign, load_house
from rongmei.desk import Desk
from rongmei.ledger import Ledger
from rongmei.mail import LOOK_BACK, ImapMailbox
from rongmei.settings import load_settings
from rongmei_airflow.desk import campaign_desks, smtp_connection
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)


@task(task_id="sweep", task_display_name="巡检", map_index_template="{{ campaign }}", retries=0)
def sweep(campaign: str) -> list[dict[str, Any]]:
    """Everything open of one campaign, real editions and rehearsals apart."""
    told = []
    for desk in campaign_desks(campaign):
        with desk:
            told += [tell(log, summary) for summary in sweep_desk(desk)]
    return told


def sweep_desk(desk: Desk) -> Iterator[Any]:
    """Settle and confirm; publish what a person moved; amend; chase; remind reviewers. Each step's summary."""
    ledger, plan, mine = desk.ledger, desk.plan, desk.plan.campaign.id
    sides = {"rehearsal": desk.rehearsal, "connect": desk.connect, "clock": desk.now}
    yield publishing.sweep(ledger, plan, **sides)
    for campaign, key, channel in publishing.rescheduled_due(ledger, rehearsal=desk.rehearsal, now=desk.now()):
        if campaign == mine:
            yield publishing.publish(
                ledger, plan, key, channel, connect=desk.connect, settings=desk.settings, clock=desk.now
            )
    yield publishing.carry_out(ledger, plan, media=desk.settings.media, **sides)
    for campaign, key in publishing.awaiting_editions(ledger, rehearsal=desk.rehearsal):
        if campaign == mine:
            yield publishing.chase(ledger, plan, key, transport=desk.transport, clock=desk.now)
    if stories.mail_due(ledger, plan, rehearsal=desk.rehearsal, now=desk.now()):
        yield stories.remind(ledger, plan, rehearsal=desk.rehearsal, transport=desk.transport, clock=desk.now)
    if left := reports.unsent(ledger, plan, rehearsal=desk.rehearsal):
        yield reports.send_unsent(ledger, left, transport=desk.transport, clock=desk.now)
    for key in pitches.outcomes_due(ledger, plan, rehearsal=desk.rehearsal, now=desk.now()):
        yield pitches.tell_outcomes(ledger, plan, key, transport=desk.transport, clock=desk.now)
    if assignments.nudge_due(ledger, plan, rehearsal=desk.rehearsal, now=desk.now()):
        links = links_of(desk.settings)
        yield assignments.nudge(
            ledger, plan, rehearsal=desk.rehearsal, transport=desk.transport, clock=desk.now, links=links
        )
    door = pitches.Door(mine, desk.rehearsal)
    if pitches.purge_due(ledger, door, now=desk.now()):
        yield pitches.purge_contacts(ledger, door, media=desk.settings.media, now=desk.now())


@task(task_id="feeds", task_display_name="订阅源", trigger_rule="all_done", retries=0)
def feeds() -> list[dict[str, Any]]:
    """The feeds of all outlets and campaigns, whatever became of the sweeps; real editions' and rehearsals' apart."""
    settings = load_settings()
    load_plan = partial(load_campaign, settings.config)
    with closing(Ledger(settings.ledger_url)) as ledger:
        return [
            tell(log, publishing.write_feeds(ledger, load_plan, settings, rehearsal=rehearsal))
            for rehearsal in (False, True)
        ]


@task(task_id="mailbag", task_display_name="收稿信箱", retries=0)
def mailbag() -> list[dict[str, Any]]:
    """Stories that outlets mailed, into their drop folders; receipts back. Rehearsals have no mailbox."""
    settings = load_settings()
    if settings.imap_url is None:
        raise AirflowSkipException("没有配收稿信箱（RONGMEI_IMAP）")
    house, told = load_house(settings.config), []
    with closing(Ledger(settings.ledger_url)) as ledger:
        for cluster in house.clusters.values():
            campaigns = [one for one in house.campaigns.values() if one.cluster == cluster.id]
            since = utcnow() - LOOK_BACK
            with ImapMailbox.from_url(
                settings.imap_url, where="RONGMEI_IMAP", flag=stories.MAIL_FLAG, since=since
            ) as box:
                told.append(
                    tell(log, stories.take_mail(ledger, cluster, campaigns, box, settings=settings, now=utcnow()))
                )
        stories.post_receipts(ledger, transport=smtp_connection(), clock=utcnow)
    return told


with DAG(
    dag_id="sweep",
    dag_display_name="巡检",
    description="核实结果不明的发布，催办人工发布和审稿，接着做没做完的撤稿和更正。",
    doc_md=__doc__,
    schedule=timedelta(minutes=5),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(minutes=30),
    tags=["运维"],
    default_args={**DEFAULT_ARGS, "owner": "运维"},
):
    swept = sweep.expand(campaign=[file.stem for file in campaign_files(load_settings().config)])
    swept >> feeds()
    mailbag()
    # The run is as red as its last tasks: without this one, feeds that are well would hide a sweep that is not.
    swept >> EmptyOperator(task_id="swept", task_display_name="巡检完毕")
