"""The tasks of an edition: one step of a stage, a step repeated while something is waited for, and the human steps."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator, Context, Param, ParamsDict
from airflow.sdk.exceptions import AirflowException, AirflowSkipException, DownstreamTasksSkipped

from rongmei import assignments, pitches, stories
from rongmei.access import links_of
from rongmei.desk import Desk
from rongmei.errors import BadInput, RongmeiError
from rongmei_airflow.desk import open_desk, story_desk
from rongmei_airflow.summary import tell
from rongmei_airflow.waiting import READY, LedgerTrigger, Wait, linger, waiting_files

NOTHING = "本次都不选"
ASKED = "asked"


class StageOperator(BaseOperator):
    """One step of a stage; with `until`, the step again whenever what it waits for is there.

    Args:
        step: takes the desk (and `over`, when mapped) and returns the stage's summary; None only waits.
        over: what this mapped task is about: a source, a channel.
        over_name: how a producer calls it; the label of the mapped task.
        until: key of `rongmei_airflow.waiting.READY`.
        more: whether the step is to be repeated after waiting; needed with `until`.
    """

    template_fields: Sequence[str] = ()
    ui_color: ClassVar[str] = "#e8f3ff"

    def __init__(
        self,
        *,
        step: Callable[..., Any] | None = None,
        over: str | None = None,
        over_name: str | None = None,
        until: str | None = None,
        more: Callable[..., bool] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if until is not None and until not in READY:
            raise ValueError(f"until={until!r} 不在 {sorted(READY)} 之中")
        self.step, self.until, self.more = step, until, more
        self.over, self.over_name = over, over_name

    def execute(self, context: Context) -> dict[str, Any]:
        """Do the step, and again while `more` says so: at once if what it waits for comes soon, else deferred."""
        desk = open_desk(context)
        args = (desk,) if self.over is None else (desk, self.over)
        try:
            while True:
                before = waiting_files(desk) if self.until == "stories" else frozenset()
                told = tell(self.log, self.step(*args)) if self.step else {}
                if self.until is None or self.more is None or not self.more(*args):
                    return told
                # What the step has left alone is not news; what comes while it works is.
                known = before & waiting_files(desk) if before else before
                if not linger(desk, Wait(self.until, self.over, known)):
                    break
        finally:
            desk.ledger.close()
        trigger = LedgerTrigger(desk.plan.campaign.id, desk.key, self.until, self.over, sorted(known))
        return self.defer(trigger=trigger, method_name="resume")

    def resume(self, context: Context, event: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002
        """What was waited for is there: the step again."""
        return self.execute(context)


class AnotherRound(StageOperator):
    """收稿 of a further round of reviews; where nothing is there to review, the round is skipped in one go.

    Args:
        needed: whether anything waits for a review.
        round_tasks: ids of the tasks of this round after this one.
    """

    def __init__(self, *, needed: Callable[[Desk], bool], round_tasks: Sequence[str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.needed, self.round_tasks = needed, list(round_tasks)

    def execute(self, context: Context) -> dict[str, Any]:
        """Take in what comes back in time.

        Raises:
            DownstreamTasksSkipped: nothing is there to review. One message to the server, instead of a process for
                each task of the round that would find out by itself.
        """
        told = super().execute(context)
        desk = open_desk(context)
        try:
            needed = self.needed(desk)
        finally:
            desk.ledger.close()
        if needed:
            return told
        self.log.info("没有退回后重交的稿件，也没有留下待审的，这一轮不用审")
        raise DownstreamTasksSkipped(tasks=self.round_tasks)


class HumanStep(HITLOperator):
    """A decision asked on the 待操作 page; what is asked is read from the ledger when the task runs.

    What stood on the page is kept as an XCom beside the question, so that the answer is read against what the person
    saw, whatever has changed in the meantime.
    """

    def __init__(self, **kwargs: Any) -> None:
        # Subject, options and people are filled in by `ask`; Airflow wants something at parse time.
        super().__init__(subject="待处理", options=[NOTHING], multiple=True, **kwargs)
        self.blocked: set[str] = set()

    def open(self, context: Context) -> Desk:
        """The desk of the edition that the decision is about."""
        return open_desk(context)

    @abstractmethod
    def ask(self, desk: Desk) -> dict[str, Any]:
        """Fill in subject, body, people and form; returns option label → what it stands for, empty to skip.

        Labels put into `blocked` are part of the question but cannot be chosen.
        """

    @abstractmethod
    def record(self, desk: Desk, asked: dict[str, Any], chosen: list[str], params: dict[str, Any], by: str) -> Any:
        """Write the decision to the ledger and return its summary."""

    def execute(self, context: Context) -> Any:
        """Put the question."""
        desk = self.open(context)
        try:
            asked = self.ask(desk)
        finally:
            desk.ledger.close()
        if not asked:
            raise AirflowSkipException("没有需要决定的，跳过")
        self.options = [*(label for label in asked if label not in self.blocked), NOTHING]
        context["ti"].xcom_push(key=ASKED, value=asked)
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer; one that cannot be recorded fails the task, and a clear puts the question again."""
        if "error" in event:
            self.process_trigger_event_error(event)
        asked = context["ti"].xcom_pull(task_ids=self.task_id, key=ASKED)
        chosen = [option for option in event["chosen_options"] if option != NOTHING]
        if chosen and NOTHING in event["chosen_options"]:
            raise BadInput(f"既选了稿件又选了“{NOTHING}”，不知以哪个为准", mend="清除本任务，重新选择")
        by = event["responded_by_user"]["name"]
        desk = self.open(context)
        try:
            self.log.info("%s 作出了决定", desk.plan.cluster.person(by).name)
            return tell(self.log, self.record(desk, asked, chosen, event["params_input"] or {}, by))
        finally:
            desk.ledger.close()

    def assign(self, desk: Desk, people: Sequence[str]) -> None:
        """Only `people` may answer."""
        self.assigned_users = [{"id": person, "name": desk.plan.cluster.person(person).name} for person in people]

    def form(self, **params: Param) -> None:
        """The extra fields of the answer."""
        self.params = ParamsDict(params)


class PitchMeeting(HumanStep):
    """选题会: choose among the shortlisted pitches and the leads."""

    def ask(self, desk: Desk) -> dict[str, Any]:
        """The table of pitches, one option each."""
        sheet = pitches.meeting(desk.ledger, desk.plan, desk.key)
        self.subject, self.body = sheet.subject, sheet.body
        self.assign(desk, desk.plan.campaign.pitching.meeting)
        self.form(note=_lines("会议意见", "可不填。写明取舍的理由，记入每条选题的日志。"))
        return {option.label: option.pitch_id for option in sheet.options}

    def record(self, desk: Desk, asked: dict[str, Any], chosen: list[str], params: dict[str, Any], by: str) -> Any:
        """The choice as `record_decisions`, the next task, takes it.

        Raises:
            BadInput: too many are chosen; said here, where a clear puts the question again.
        """
        most = pitches.meeting(desk.ledger, desk.plan, desk.key).most
        if len(chosen) > most:
            raise BadInput(f"选了 {len(chosen)} 条，最多 {most} 条", where="选题会", mend="清除本任务，重新选择")
        return {"accepted": [asked[label] for label in chosen], "by": by, "note": params.get("note") or ""}


class DeskAssigns(HumanStep):
    """值班台指派: place what no outlet takes, or let it go.

    The edition never waits longer than the time it was given, and nothing is placed by default.
    """

    def ask(self, desk: Desk) -> dict[str, Any]:
        """What waits for the desk, with the best outlets for each."""
        if not assignments.unplaced(desk.ledger, desk.key):
            return {}
        sheet = assignments.desk_sheet(desk.ledger, desk.plan, desk.key)
        self.subject, self.body = sheet.subject, sheet.body
        self.assign(desk, sheet.people)
        self.form(
            reasons=_lines("撤下的理由", "撤下的选题须写理由，记入日志。每条一行：编号 理由，如“12 天气原因赛事取消”。")
        )
        return {option.label: [option.pitch_id, option.outlet] for option in sheet.options}

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Take the answer; without one the edition goes on with what is placed."""
        if event.get("error_type") == "timeout":
            self.log.warning("值班台没有在时限内决定，期次带着已派出的任务继续；补派用 rongmei assignments hand-out")
            return {}
        return super().execute_complete(context, event)

    def record(self, desk: Desk, asked: dict[str, Any], chosen: list[str], params: dict[str, Any], by: str) -> Any:
        """Write the decisions down and tell the outlets.

        Raises:
            BadInput: two choices for one task; dropped without a reason; meanwhile taken by somebody.
        """
        links = links_of(desk.settings)
        placed, dropped = assignments.read_choices([asked[label] for label in chosen], str(params.get("reasons") or ""))
        summary = assignments.desk_assign(
            desk.ledger, desk.plan, desk.key, placed=placed, dropped=dropped, by=by, links=links, now=desk.now()
        )
        try:
            assignments.notify(desk.ledger, desk.plan, desk.key, transport=desk.transport, clock=desk.now, links=links)
        except (RongmeiError, AirflowException) as problem:
            self.log.warning("指派的邮件还在发件箱，巡检会接着发：%s", problem)
        return summary


class Review(HumanStep):
    """三审之一, or 签发: choose what passes, say why the rest does not, confirm what its grade asks for.

    Args:
        stage: first_review, second_review, final_review or countersign.
    """

    only: int | None = None
    """The one story to be reviewed; None for all of the edition."""

    def __init__(self, *, stage: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.stage = stage

    def ask(self, desk: Desk) -> dict[str, Any]:
        """All stories of the edition that are ready for this stage, on one page."""
        sheet = stories.review_sheet(desk.ledger, desk.plan, desk.key, self.stage, now=desk.now(), only=self.only)
        self.subject, self.body = sheet.subject, sheet.body
        self.assign(desk, sheet.reviewers)
        ticks = {
            check: _ticks(f"{name}：核对过的稿件", stories.CHECK_MEANINGS[check], labels)
            for check, name in stories.CHECKS.items()
            if (labels := [item.label for item in sheet.items if check in item.to_confirm])
        }
        self.form(
            opinions=_lines(
                "不通过的意见",
                "没有勾选的稿件退回媒体，须写意见。每篇一行：编号 意见，如“3 比分与正文不符”；否决写“3 否决 理由”。",
            ),
            **ticks,
        )
        if sheet.unfiled:
            listed = "、".join(f"#{story}" for story in sheet.unfiled)
            mend = "获准后登记 rongmei stories file-topic，再清除本任务，或等下一轮"
            self.log.warning("重大选题等备案，没有列入：%s。%s", listed, mend)
        self.blocked = {item.label for item in sheet.items if item.blocked}
        return {item.label: [item.story_id, item.content_hash] for item in sheet.items}

    def record(self, desk: Desk, asked: dict[str, Any], chosen: list[str], params: dict[str, Any], by: str) -> Any:
        """Bind each decision to the content hash that the reviewer saw; tell the outlets whose stories came back."""
        seen = {int(story): str(content_hash) for story, content_hash in asked.values()}
        opinions, rejected = stories.parse_opinions(str(params.get("opinions") or ""), known=seen)
        passed = [asked[label] for label in chosen]
        summary = stories.record_reviews(
            desk.ledger,
            desk.plan,
            desk.key,
            self.stage,
            by=by,
            passed={int(story): str(content_hash) for story, content_hash in passed},
            opinions=opinions,
            rejected=rejected,
            now=desk.now(),
            seen=seen,
            confirmed=_confirmed(asked, params),
        )
        self._post(desk)
        return summary

    def _post(self, desk: Desk) -> None:
        """Send the mails that the decisions put into the outbox.

        The decisions stand, whatever the mail server says; what it does not take now, the sweep sends.
        """
        try:
            mails = stories.post_returns(desk.ledger, desk.key, transport=desk.transport, clock=desk.now)
        except (RongmeiError, AirflowException) as problem:
            self.log.warning("审稿意见的邮件还在发件箱，巡检会接着发：%s", problem)
            return
        if mails.pending:
            self.log.warning("还有 %d 封审稿意见没有发出，邮件服务器恢复后由巡检接着发", mails.pending)
        if mails.failed or mails.unknown:
            self.log.warning(
                "有 %d 封审稿意见对方服务器不收、%d 封不知道收到没有，请制片转告媒体", mails.failed, mails.unknown
            )


class CorrectionReview(Review):
    """三审之一 of one story that is out: of what the form of 撤稿与更正 names, and only when it says 更正.

    Args:
        wanted: whether the form's answers ask for a correction.
    """

    def __init__(self, *, wanted: Callable[[dict[str, Any]], bool], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.wanted = wanted
        self.chosen: dict[str, Any] = {}

    def open(self, context: Context) -> Desk:
        """The desk of the story's edition."""
        # The step's own form takes the place of `params` later on, so the run's is kept.
        self.chosen = dict(context["params"])
        self.only = self.chosen["story"]
        return story_desk(self.chosen["story"])

    def ask(self, desk: Desk) -> dict[str, Any]:
        """The story, if it waits for this stage."""
        return super().ask(desk) if self.wanted(self.chosen) else {}


def _lines(title: str, description: str) -> Param:
    return Param("", description=description, title=title, type=["string", "null"], format="multiline", maxLength=4000)


def _ticks(title: str, description: str, labels: list[str]) -> Param:
    """A list of stories to tick; Airflow's form shows a choice of several for an array with examples."""
    items = {"type": "string", "enum": labels}
    return Param([], description=description, title=title, type=["array", "null"], items=items, examples=labels)


def _confirmed(asked: dict[str, Any], params: dict[str, Any]) -> dict[int, list[str]]:
    """What was ticked, by story id.

    Raises:
        BadInput: a tick is for something that was not asked about.
    """
    confirmed: dict[int, list[str]] = {}
    for check, name in stories.CHECKS.items():
        ticked = params.get(check) or []
        for label in ticked if isinstance(ticked, list) else [ticked]:
            if not isinstance(label, str) or label not in asked:
                raise BadInput(f"“{name}”里的“{str(label)[:40]}”不在审稿单上", mend="清除本任务，重新选择")
            confirmed.setdefault(int(asked[label][0]), []).append(check)
    return confirmed


def hours(count: int) -> timedelta:
    """`count` hours."""
    return timedelta(hours=count)
