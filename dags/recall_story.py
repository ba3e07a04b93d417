"""### 撤稿和更正

**什么时候用**：已经发出去的稿件有错。要整篇撤下选“撤稿”；改几处就行，选“更正”。

1. 点 **触发**，填稿件编号（考核报告、审稿页和 `rongmei stories list 期次` 里都有）、选撤稿或更正、写明理由。
2. 先打开“只看看”跑一遍，日志里列出会动到哪些账号；再关掉它正式触发。
3. 更正要有更正稿：承接媒体在改好的稿件稿头加一行“更正：改了什么”，照常放进收稿文件夹。它同样要三审，
   读者看到的在签发之前不变。已经三审过的更正稿不再审。

### 它做什么

- **收更正稿**：只在更正时；等更正稿交来，最多三天。**初审、复审、终审**由三位不同的人完成；
  重大选题备案获准后再由第四个人**签发**。
- **下达**：没有发出的立即取消；已发出的逐账号下达。同一篇稿再下达一次不会重复。
- **逐账号处理**：能删的删、能隐藏的隐藏、能改的改成新版本；改不了的平台（如公众号）发一条更正说明，只发一次。
  “结果不明”的先核实再处理。平台暂时不应答会过一会儿再试，最多一天。
- **回执**：把每个账号做了什么、几点、平台怎么答的、是否已看不到，邮件发给活动的收件人。

### 任务变红怎么办

- **下达** 红：日志里写明了原因，多半是编号不对，或更正稿被退回：媒体再交之后，清除“收更正稿”及其后的任务。
- **收更正稿**、三审、**签发**红：等得太久。超时不等于同意，清除该任务接着等。
- **逐账号处理** 红：一天之内还有没处理完的，看日志里列出的账号；改好连接后清除它。
- “待人工处理”不会变红：回执里列出，做完用 `rongmei publish amended 编号` 登记。
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any

from airflow.sdk import DAG, Param, get_current_context, task
from airflow.sdk.bases.sensor import PokeReturnValue

from rongmei import publishing, stories
from rongmei.clock import utcnow
from rongmei_airflow.desk import story_desk
from rongmei_airflow.operators import CorrectionReview
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell

log = logging.getLogger(__name__)

RECALL, CORRECT = "recall", "correct"


def corrects(chosen: dict[str, Any]) -> bool:
    """Whether the form asks for a correction to be made."""
    return chosen["action"] == CORRECT and not chosen["look_only"]


@task.sensor(
    task_id="take_in",
    task_display_name="收更正稿",
    poke_interval=60,
    timeout=timedelta(days=3).total_seconds(),
    mode="reschedule",
)
def take_in() -> PokeReturnValue:
    """Wait for a version that says what it mends; one that is there, under review or signed off, will do."""
    chosen = get_current_context()["params"]
    if not corrects(chosen):
        return PokeReturnValue(is_done=True)
    with story_desk(chosen["story"]) as desk:
        wall = None if desk.rehearsal else utcnow()
        taken = stories.intake(desk.ledger, desk.plan, desk.key, settings=desk.settings, now=desk.now(), wall=wall)
        told = tell(log, taken)
        state = stories.review_record(desk.ledger, chosen["story"])["state"]
        if state == "returned" or publishing.lacks_correction(desk.ledger, chosen["story"]):
            log.info("还没有更正稿：请承接媒体在改好的稿件稿头加一行“更正：改了什么”，放进收稿文件夹")
            return PokeReturnValue(is_done=False)
        return PokeReturnValue(is_done=True, xcom_value=told)


@task(task_id="order", task_display_name="下达", trigger_rule="none_failed")
def order() -> dict[str, Any]:
    """Order what the form says; with 只看看, tell what would be touched."""
    context = get_current_context()
    chosen = context["params"]
    by = context["dag_run"].triggering_user_name or "airflow"
    with story_desk(chosen["story"]) as desk:
        if chosen["look_only"]:
            for line in publishing.standing_posts(desk.ledger, chosen["story"]):
                log.info("· %s %s %s", line.account, line.state, line.url or "")
            return {"look_only": True}
        do = publishing.order_recall if chosen["action"] == RECALL else publishing.order_correction
        return tell(log, do(desk.ledger, desk.plan, chosen["story"], by=by, why=chosen["why"], now=desk.now()))


@task.sensor(
    task_id="carry_out",
    task_display_name="逐账号处理",
    poke_interval=60,
    timeout=timedelta(days=1).total_seconds(),
    mode="reschedule",
)
def carry_out() -> PokeReturnValue:
    """Work until nothing is left that a machine can do."""
    chosen = get_current_context()["params"]
    if chosen["look_only"]:
        return PokeReturnValue(is_done=True)
    with story_desk(chosen["story"]) as desk:
        told = tell(
            log,
            publishing.carry_out(
                desk.ledger,
                desk.plan,
                rehearsal=desk.rehearsal,
                connect=desk.connect,
                media=desk.settings.media,
                clock=desk.now,
                story_id=chosen["story"],
            ),
        )
        return PokeReturnValue(is_done=publishing.next_amendment(desk.ledger, chosen["story"]) is None, xcom_value=told)


@task(task_id="mail_evidence", task_display_name="回执", trigger_rule="all_done")
def mail_evidence() -> dict[str, Any]:
    """Mail what became of it."""
    chosen = get_current_context()["params"]
    if chosen["look_only"]:
        return {}
    with story_desk(chosen["story"]) as desk:
        return tell(
            log,
            publishing.mail_evidence(desk.ledger, desk.plan, chosen["story"], transport=desk.transport, clock=desk.now),
        )


with DAG(
    dag_id="recall_story",
    dag_display_name="撤稿与更正",
    description="把一篇已发出的稿件从所有账号撤下，或更正为新版本，并留下回执。",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    tags=["应急"],
    default_args={**DEFAULT_ARGS, "owner": "制片"},
    max_active_runs=8,
    params={
        "story": Param(1, type="integer", minimum=1, title="稿件编号", description="要撤下或更正的稿件。"),
        "action": Param(
            RECALL,
            type="string",
            enum=[RECALL, CORRECT],
            values_display={RECALL: "撤稿", CORRECT: "更正"},
            title="做什么",
        ),
        "why": Param(
            "",
            type="string",
            minLength=1,
            maxLength=500,
            format="multiline",
            title="理由",
            description="记入日志和回执。",
        ),
        "look_only": Param(False, type="boolean", title="只看看", description="只列出会动到的账号，不作改动。"),
    },
):
    ordered = order()
    taken = take_in()
    for stage, name in stories.STAGE_NAMES.items():
        review = CorrectionReview(
            task_id=stage,
            task_display_name=name,
            stage=stage,
            wanted=corrects,
            response_timeout=timedelta(days=2),
            trigger_rule="none_failed",
        )
        taken >> review
        taken = review
    taken >> ordered >> carry_out() >> mail_evidence()
