"""### 怎么跑一期

1. 点右上角 **触发**，看一眼选项（日期、渠道、采用条数、留言、是否彩排），再点 **触发**。
   有排期的活动到点自己开期。
2. 轮到人决定时，**浏览 → 待响应的任务实例** 里会出现一项，只有名单上的人能答。
3. 走完六个任务组，考核报告发到收件人的邮箱。

### 六个任务组

- **选题征集**：收报题表格、报题表、邮件、投稿、订阅源、热榜，合并重复，打分入围；由选题会成员拍板，结果邮件告知媒体。
  开放市民投稿的活动先由人初筛，到时没人看就留到下一期，不耽误本期。
- **跨媒体派单**：按领域、地点、产能、公平、轮值求最优分工，邮件派单；推辞或超时的随时改派，
  几轮没有媒体接的由值班台指派。
- **采编送审**：收稿并预检、定级；初审、复审、终审由三位不同的人完成，重大选题再由第四个人签发。
  退回的稿件改好交来，在“再审”里接着审；没有这样的稿件，“再审”整组跳过。
- **发布分发**：按时段逐账号发布，一篇稿在一个账号只发一次，再到平台核实上线。
- **效果采集**：到了采集时点（活动文件里的 `checkpoint_hours`）读各平台数据。
- **考核报告**：计分，生成报告，发给收件人。

“等待输入”和紫色“已延迟”都是正常的等待，不占资源；橙色“等待重试”过一会儿会自己再试。

### 任务变红怎么办

1. 点开任务看日志里 ERROR 下面那一行：写明了 **哪里、什么问题、怎么改**；再往下的“文件…”是给工程师看的。
2. 改好后在任务上点 **清除**，它和后面的任务会重跑。清除、重试、补跑都不会重复发布，已完成的步骤不会再做。
3. 选题会或审稿超时：超时不等于同意，清除该任务即可重新发起。值班台指派超时：不等，也不替人指派，
   期次带着已派出的任务往下走；要补派，清除该任务重新发起。
4. “结果不明”：先到平台看一眼，再清除该渠道的“发布”任务；系统先读平台，读到就记上线，确认没发出才再发。
   “账号凭据”变红：日志里点名账号，管理员改好连接后清除那个渠道的“发布”；别的渠道和报告不受影响。
   “等人工发布”（视频号、学习强国等）不会变红：按通知里的文件夹发布后登记网址，见报告“要处理的事”。
5. 有稿件被退回：媒体会收到写明意见的邮件；在时限内交来新版本，“再审”会接着审，不用人管。最后一轮退回的、
   过了时限才交的，清除最后一轮“再审”的“收退改稿”及其后的任务。重大选题要先备案：
   `rongmei stories file-topic`，获准之前不会摆上终审单。
6. 全部渠道都红：多半是平台或网络中断，恢复后清除即可。
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from airflow.sdk import DAG, Asset, get_current_context, get_parsing_context, task, task_group
from airflow.sdk.exceptions import AirflowException, AirflowSkipException

from rongmei import appraisal, assignments, metrics, pitches, publishing, reports, stories
from rongmei.access import links_of
from rongmei.channels import Capabilities, describe
from rongmei.clock import utcnow
from rongmei.config import CHANNEL_NAMES, ConfigErrors, Plan, campaign_files, load_campaign
from rongmei.desk import Desk
from rongmei.errors import CredentialRefused, RongmeiError, TryLater
from rongmei.ledger import close_edition, get_edition, open_edition
from rongmei.settings import load_settings
from rongmei_airflow.desk import new_desk, open_desk
from rongmei_airflow.form import params_of
from rongmei_airflow.moderation import Moderation
from rongmei_airflow.operators import AnotherRound, DeskAssigns, PitchMeeting, Review, StageOperator, hours
from rongmei_airflow.reporting import when_the_post_is_away
from rongmei_airflow.retries import DEFAULT_ARGS
from rongmei_airflow.summary import tell
from rongmei_airflow.timetable import SeasonTimetable

log = logging.getLogger(__name__)

PUBLICATIONS = Asset("publications")
SNAPSHOTS = Asset("snapshots")


def campaign_dag(plan: Plan) -> DAG:
    """The DAG of one campaign: six task groups, one after the other."""
    campaign = plan.campaign
    with DAG(
        dag_id=campaign.id,
        dag_display_name=campaign.name,
        description=campaign.description,
        doc_md=f"{campaign.description.strip()}\n\n{__doc__}",
        schedule=season(plan),
        tags=["活动", *campaign.tags],
        default_args={**DEFAULT_ARGS, "owner": plan.cluster.person(campaign.owner).name},
        max_active_runs=4,
        catchup=False,
    ) as dag:
        (
            pitching(plan)
            >> assignment(plan)
            >> production(plan)
            >> publication(plan)
            >> measurement(plan)
            >> reporting()
        )
        dag.get_task("pitching.record_decisions") >> outcomes()
        dag.get_task("publishing.publish") >> accounts()
    # After the tasks, or each of them would carry a copy of the form: nine tenths of the time that storing a DAG takes.
    dag.params = params_of(campaign)
    return dag


def season(plan: Plan) -> SeasonTimetable | None:
    """When editions begin by themselves; None for campaigns that are only triggered by hand."""
    schedule = plan.campaign.schedule
    if schedule is None:
        return None
    return SeasonTimetable(
        schedule.cron,
        timezone=plan.cluster.timezone,
        seasons=[(one.start, one.end) for one in plan.campaign.seasons],
        matchdays=schedule.matchdays,
    )


def pitching(plan: Plan) -> Any:
    """选题征集: 开期 → 收选题 → 入围 → 选题会 → 记录决定."""
    campaign = plan.campaign
    names = {source.id: source.name for source in campaign.sources}

    def collect(desk: Desk, source: str) -> pitches.CollectSummary:
        return pitches.collect(desk.ledger, desk.plan, desk.key, source, settings=desk.settings, now=desk.now())

    def shortlist(desk: Desk) -> pitches.ShortlistSummary:
        return pitches.shortlist(desk.ledger, desk.plan, desk.key, now=desk.now())

    @task_group(group_id="pitching", group_display_name="选题征集")
    def group() -> None:
        opened = open_the_edition()
        collected = StageOperator.partial(
            task_id="collect", task_display_name="收选题", step=collect, map_index_template="{{ task.over_name }}"
        ).expand_kwargs([{"over": source, "over_name": name} for source, name in names.items()])
        shortlisted = StageOperator(task_id="shortlist", task_display_name="打分入围", step=shortlist)
        meeting = PitchMeeting(
            task_id="pitch_meeting",
            task_display_name="选题会",
            response_timeout=hours(campaign.pitching.meeting_hours),
        )
        opened >> collected >> shortlisted >> meeting >> record_decisions()
        forms = pitches.forms_of(campaign)
        if forms is not None and forms.citizens:
            # Beside the other sources, which do not wait for a person.
            moderated = Moderation(
                task_id="moderate", task_display_name="投稿初筛", response_timeout=hours(forms.moderation_hours)
            )
            passed = StageOperator(
                task_id="collect_citizens",
                task_display_name="收过了初筛的投稿",
                step=collect,
                over=forms.id,
                over_name=forms.name,
                trigger_rule="none_failed",
            )
            opened >> moderated >> passed >> shortlisted

    return group()


def assignment(plan: Plan) -> Any:
    """跨媒体派单: 求最优分工 → 邮件通知 → 等答复，随时改派 → 值班台指派."""

    def assign(desk: Desk) -> assignments.AssignSummary:
        return assignments.assign(desk.ledger, desk.plan, desk.key, now=desk.now())

    def notify(desk: Desk) -> assignments.NotifySummary:
        links = links_of(desk.settings)
        summary = assignments.notify(
            desk.ledger, desk.plan, desk.key, transport=desk.transport, clock=desk.now, links=links
        )
        if summary.pending:
            raise TryLater(f"还有 {summary.pending} 封派单邮件没有发出，邮件服务器恢复后会接着发")
        return summary

    def reassign(desk: Desk) -> assignments.ReassignSummary:
        summary = assignments.reassign(desk.ledger, desk.plan, desk.key, now=desk.now())
        notify(desk)
        return summary

    def unanswered(desk: Desk) -> bool:
        # First what may still be answered: it closes what expired in the meantime, and that is to be offered again.
        still_open = assignments.waiting(desk.ledger, desk.key, now=desk.now()) > 0
        return still_open or assignments.declined(desk.ledger, desk.key)

    @task_group(group_id="assignment", group_display_name="跨媒体派单")
    def group() -> None:
        (
            StageOperator(task_id="assign", task_display_name="求最优分工", step=assign)
            >> StageOperator(task_id="notify_outlets", task_display_name="通知媒体", step=notify)
            >> StageOperator(
                task_id="await_answers",
                task_display_name="等答复与改派",
                step=reassign,
                until="answers",
                more=unanswered,
            )
            >> DeskAssigns(
                task_id="desk_assigns",
                task_display_name="值班台指派",
                response_timeout=hours(plan.campaign.assignment.desk_hours),
            )
        )

    return group()


def production(plan: Plan) -> Any:
    """采编送审: 收稿 → 初审 → 复审 → 终审 → 签发, and 再审 of what was returned and came back."""
    rules = plan.campaign.production
    stages = {
        stage: name
        for stage, name in stories.STAGE_NAMES.items()
        # Without people for it there are no major topics, and nothing to sign a fourth time.
        if stage != stories.COUNTERSIGN or rules.reviews.countersign
    }

    def take_in(desk: Desk) -> stories.IntakeSummary:
        # Rehearsal outlets rename their files into place; people copy straight into the folder.
        wall = None if desk.rehearsal else utcnow()
        return stories.intake(desk.ledger, desk.plan, desk.key, settings=desk.settings, now=desk.now(), wall=wall)

    def outstanding(desk: Desk) -> bool:
        return stories.waiting(desk.ledger, desk.key, now=desk.now(), rework=rules.rework) > 0

    def to_review(desk: Desk) -> bool:
        return stories.pending(desk.ledger, desk.key).in_review > 0

    def reviews(first: Any) -> Any:
        """The stages after `first`, one after the other; the last of them."""
        for stage, name in stages.items():
            # A stage with nothing to review is skipped; stories may still wait in the stages after it.
            review = Review(
                task_id=stage,
                task_display_name=name,
                stage=stage,
                response_timeout=hours(rules.deadline_hours),
                trigger_rule="none_failed",
            )
            first >> review
            first = review
        return first

    def again(number: int) -> Any:
        """再审: the reviews once more; nothing waits in most editions, and then one task skips all of it."""

        @task_group(group_id=f"again_{number}", group_display_name=f"再审（第 {number} 轮）")
        def group() -> None:
            reviews(
                AnotherRound(
                    task_id="await_stories",
                    task_display_name="收退改稿",
                    step=take_in,
                    until="stories",
                    more=outstanding,
                    needed=to_review,
                    round_tasks=[f"production.again_{number}.{stage}" for stage in stages],
                    trigger_rule="none_failed",
                )
            )

        return group()

    @task_group(group_id="production", group_display_name="采编送审")
    def group() -> None:
        last = reviews(
            StageOperator(
                task_id="await_stories",
                task_display_name="收稿",
                step=take_in,
                until="stories",
                more=outstanding,
                # In most editions the desk has nothing to place.
                trigger_rule="none_failed",
            )
        )
        for number in range(2, rules.rounds + 1):
            following = again(number)
            last >> following
            last = following

    return group()


def publication(plan: Plan) -> Any:
    """发布分发: 排期 → 发布 → 核实上线, each channel a mapped task."""

    def schedule(desk: Desk) -> publishing.PlanSummary:
        return publishing.plan_publications(desk.ledger, desk.plan, desk.key, now=desk.now())

    def publish(desk: Desk, channel: str) -> publishing.PublishSummary:
        chosen(desk, channel)
        return publishing.publish(
            desk.ledger,
            desk.plan,
            desk.key,
            channel,
            connect=desk.connect,
            settings=desk.settings,
            clock=desk.now,
        )

    def slots_left(desk: Desk, channel: str) -> bool:
        if publishing.stuck(desk.ledger, desk.key, channel):
            return False  # Only a person helps; the accounts' task says so.
        return publishing.next_due(desk.ledger, desk.key, channel) is not None

    def confirm(desk: Desk, channel: str) -> publishing.ConfirmSummary:
        chosen(desk, channel)
        return publishing.confirm(
            desk.ledger,
            desk.plan,
            desk.key,
            channel,
            connect=desk.connect,
            clock=desk.now,
        )

    def unconfirmed(desk: Desk, channel: str) -> bool:
        return publishing.next_poll(desk.ledger, desk.key, channel) is not None

    @task_group(group_id="publishing", group_display_name="发布分发")
    def group() -> None:
        planned = StageOperator(task_id="plan", task_display_name="排期", step=schedule, trigger_rule="none_failed")
        published = StageOperator.partial(
            task_id="publish",
            task_display_name="发布",
            step=publish,
            until="slots",
            more=slots_left,
            map_index_template="{{ task.over_name }}",
        ).expand_kwargs(by_channel(plan))
        confirmed = StageOperator.partial(
            task_id="confirm",
            task_display_name="核实上线",
            step=confirm,
            until="polls",
            more=unconfirmed,
            outlets=[PUBLICATIONS],
            trigger_rule="none_failed",
            map_index_template="{{ task.over_name }}",
        ).expand_kwargs(by_channel(plan, lambda can: can.kind == "platform"))
        planned >> published >> confirmed

    return group()


def outcomes() -> StageOperator:
    """告知报题结果: one mail to each outlet that pitched, beside the way to assignment, which it must not hold up."""

    def post(desk: Desk) -> pitches.OutcomeSummary | None:
        try:
            return pitches.tell_outcomes(desk.ledger, desk.plan, desk.key, transport=desk.transport, clock=desk.now)
        except (RongmeiError, AirflowException) as problem:
            log.warning("报题结果的邮件没有发完，巡检会接着发：%s", problem)
            return None

    return StageOperator(task_id="tell_outcomes", task_display_name="告知报题结果", step=post)


def accounts() -> StageOperator:
    """账号凭据: red when an account waits for a person, beside the way to the report, which it must not hold up."""

    def check(desk: Desk) -> None:
        held = [
            one
            for channel in desk.plan.campaign.publishing.channels
            for one in publishing.stuck(desk.ledger, desk.key, channel)
        ]
        if held:
            waiting = "；".join(f"{one.account}（{one.publications} 条在等）：{one.why}" for one in held)
            mend = "请管理员改正账号连接，再清除这些渠道的“发布”"
            raise CredentialRefused(f"账号凭据被拒，{mend}。其余都已发出。{waiting}")

    return StageOperator(task_id="check_accounts", task_display_name="账号凭据", step=check, trigger_rule="none_failed")


def measurement(plan: Plan) -> Any:
    """效果采集: 等到采集时点 → 读各平台数据."""

    def early(desk: Desk) -> bool:
        return not metrics.checkpoint_due(desk.ledger, desk.plan, desk.key, now=desk.now())

    def collect(desk: Desk, channel: str) -> metrics.CollectSummary:
        chosen(desk, channel)
        return metrics.collect(desk.ledger, desk.plan, desk.key, channel, connect=desk.connect, clock=desk.now)

    @task_group(group_id="measurement", group_display_name="效果采集")
    def group() -> None:
        waited = StageOperator(
            task_id="wait_for_checkpoint",
            task_display_name="等采集时点",
            until="checkpoint",
            more=early,
            trigger_rule="none_failed",
        )
        collected = StageOperator.partial(
            task_id="collect_metrics",
            task_display_name="读平台数据",
            step=collect,
            outlets=[SNAPSHOTS],
            map_index_template="{{ task.over_name }}",
        ).expand_kwargs(by_channel(plan, lambda can: can.reports))
        waited >> collected

    return group()


def reporting() -> Any:
    """考核报告: 计分 → 生成报告 → 发邮件. An edition without a single story still reports."""

    def score(desk: Desk) -> appraisal.ScoreSummary:
        return appraisal.score(desk.ledger, desk.plan, desk.key, now=desk.now())

    def build(desk: Desk) -> reports.BuildSummary:
        return reports.build(desk.ledger, desk.plan, desk.key, settings=desk.settings, now=desk.now())

    def email(desk: Desk) -> reports.EmailSummary | None:
        # The edition is done when its report is made: mail that nobody takes is tried on by the sweep.
        summary = when_the_post_is_away(
            lambda: reports.email(desk.ledger, desk.plan, desk.key, transport=desk.transport, clock=desk.now)
        )
        with desk.ledger.begin() as session:
            close_edition(session, desk.key, now=desk.now())
        return summary

    @task_group(group_id="reporting", group_display_name="考核报告")
    def group() -> None:
        (
            StageOperator(task_id="score", task_display_name="计分", step=score, trigger_rule="none_failed")
            >> StageOperator(task_id="build_report", task_display_name="生成报告", step=build)
            >> StageOperator(task_id="email_report", task_display_name="发送报告", step=email)
        )

    return group()


@task(task_id="open_edition", task_display_name="开出期次")
def open_the_edition() -> str:
    """Open the edition of the chosen day and hand its key to every later task."""
    context = get_current_context()
    desk, day, options = new_desk(context)
    desk.play(options["scenario"])
    with desk.ledger.begin() as session:
        edition = open_edition(
            session, desk.plan.campaign.id, day, rehearsal=desk.rehearsal, options=options, now=desk.now()
        )
    desk.ledger.close()
    log.info("期次 %s", edition.key)
    return edition.key


@task(task_id="record_decisions", task_display_name="记录决定", trigger_rule="none_failed")
def record_decisions() -> dict[str, Any]:
    """Write the meeting's choice to the ledger; what was not chosen is held or declined with the reason.

    A meeting that had nothing (more) to decide is skipped; what stands in the ledger then goes on to assignment.
    """
    context = get_current_context()
    decision = context["ti"].xcom_pull(task_ids="pitching.pitch_meeting")
    desk = open_desk(context)
    if not decision:
        log.info("选题会没有要决定的，照账本上已有的决定继续")
        pitches.close_without_meeting(desk.ledger, desk.key, now=desk.now())
        desk.ledger.close()
        return {}
    summary = pitches.record_decisions(desk.ledger, desk.plan, desk.key, now=desk.now(), **decision)
    desk.ledger.close()
    return tell(log, summary)


def by_channel(plan: Plan, which: Callable[[Capabilities], Any] = bool) -> list[dict[str, str]]:
    """What a task mapped over the campaign's channels is given; `which` leaves some out."""
    channels = plan.campaign.publishing.channels
    wanted = [name for name in channels if which(describe(name).capabilities)]
    return [{"over": name, "over_name": CHANNEL_NAMES[name]} for name in wanted]


def chosen(desk: Desk, channel: str) -> None:
    """Skip the mapped task of a channel that this run was told to leave out."""
    with desk.ledger.read() as session:
        channels = get_edition(session, desk.key).options.get("channels")
    if channels and channel not in channels:
        raise AirflowSkipException(f"本期没有选择{CHANNEL_NAMES.get(channel, channel)}")


def build_all() -> dict[str, DAG]:
    """Every campaign that reads well; a broken file is reported by `campaign_errors` and takes no other DAG down."""
    root = load_settings().config
    wanted = get_parsing_context().dag_id
    dags = {}
    for file in campaign_files(root):
        if wanted not in (None, file.stem):
            continue
        try:
            dags[file.stem] = campaign_dag(load_campaign(root, file.stem))
        except ConfigErrors:
            continue
    return dags


globals().update(build_all())
