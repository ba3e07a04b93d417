"""Takes one edition through Airflow as its people would: the producer triggers, editors answer on the 待操作 page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import requests
from sqlalchemy import select

from rongmei.clock import local_date
from rongmei.ledger import Edition, Ledger, edition_key
from stack.airflow_api import AirflowUser
from stack.services import StackError

GROUPS = {
    "pitching": "选题征集",
    "assignment": "跨媒体派单",
    "production": "采编送审",
    "publishing": "发布分发",
    "measurement": "效果采集",
    "reporting": "考核报告",
}
STEPS = {
    "pitch_meeting": "选题会",
    "desk_assigns": "值班台指派",
    "first_review": "初审",
    "second_review": "复审",
    "final_review": "终审",
    "countersign": "签发",
    "moderate": "投稿初筛",
}
AS_QUICK_AS_A_PERSON = timedelta(seconds=1.5)
"""An answer given before the executor has reported that the task parked would be taken for a kill from outside."""
DONE = frozenset({"success", "skipped"})


@dataclass
class Progress:
    """How far each task group is.

    Attributes:
        done, total: finished and all task instances by group id.
        now: what runs or waits, by group id.
    """

    done: dict[str, int] = field(default_factory=dict)
    total: dict[str, int] = field(default_factory=dict)
    now: dict[str, str] = field(default_factory=dict)


Watch = Callable[[Progress], None]
Tell = Callable[[str], None]


def measure(tasks: list[dict[str, Any]]) -> Progress:
    """The progress that a run's task instances amount to."""
    progress = Progress()
    for group in GROUPS:
        mine = [task for task in tasks if task["task_id"].startswith(f"{group}.")]
        progress.total[group] = len(mine)
        progress.done[group] = sum(task["state"] in DONE for task in mine)
        busy = [task for task in mine if task["state"] not in DONE and task["state"] is not None]
        progress.now[group] = busy[0]["task_display_name"] if busy else ""
    return progress


def free_day(ledger: Ledger, campaign: str, sandbox_url: str) -> date:
    """The first day, from the sandbox's today on, on which `campaign` has had no rehearsal."""
    now = datetime.fromisoformat(requests.get(f"{sandbox_url}/_sandbox/clock", timeout=10).json()["now"])
    day = local_date(now)
    with ledger.read() as session:
        used = set(session.scalars(select(Edition.key).where(Edition.campaign == campaign)))
    while edition_key(campaign, day, rehearsal=True) in used:
        day += timedelta(days=1)
    return day


@dataclass
class Drive:
    """One run being taken through.

    Attributes:
        users: everybody who may have to answer, by user name.
        names: user name → Chinese name and title.
        wanted: pitches chosen at the meeting.
        tries: how often a task may fail before the drive is given up.
    """

    users: Mapping[str, AirflowUser]
    names: Mapping[str, str]
    producer: str
    dag: str
    run: str = ""
    wanted: int = 6
    tries: int = 2

    def trigger(self, conf: Mapping[str, Any]) -> None:
        """As the producer."""
        self.run = self._as_producer.trigger(self.dag, conf)

    def to_the_end(self, *, watch: Watch, tell: Tell, patience: timedelta) -> None:
        """Answer every human step until the run is over.

        Raises:
            StackError: the run failed, or took longer than `patience`.
        """
        give_up = time.monotonic() + patience.total_seconds()
        while time.monotonic() < give_up:
            tasks = self._as_producer.tasks(self.dag, self.run)
            watch(measure(tasks))
            if any(task["try_number"] > self.tries and task["state"] == "up_for_retry" for task in tasks):
                raise StackError(f"有任务反复出错：\n{self.why(tasks)}")
            self.answer_all(tell)
            state = self._as_producer.run_state(self.dag, self.run)
            if state == "success":
                watch(measure(self._as_producer.tasks(self.dag, self.run)))
                return
            if state == "failed":
                raise StackError(f"期次没有走完：\n{self.why(tasks)}")
            time.sleep(0.4)
        raise StackError(f"{patience} 内没有走完：\n{self.why(tasks)}")

    def answer_all(self, tell: Tell) -> None:
        """Answer what waits now, each question as the first of the people it was put to."""
        for question in self._as_producer.questions(self.dag, self.run):
            if datetime.now(UTC) - datetime.fromisoformat(question["created_at"]) < AS_QUICK_AS_A_PERSON:
                continue
            person = next((user["id"] for user in question["assigned_users"] if user["id"] in self.users), None)
            if person is None:
                raise StackError(f"“{question['subject']}”没有可以作答的人")
            chosen = [option for option in question["options"] if option.startswith("#")]
            step = question["task_instance"]["task_id"].split(".")[-1]
            if step == "pitch_meeting":
                chosen = chosen[: self.wanted]
            params = {name: param["value"] for name, param in question["params"].items()}
            self.users[person].answer(question, chosen, params)
            tell(f"{self.names[person]} 以本人账号完成{STEPS.get(step, step)}：选中 {len(chosen)} 项")

    @property
    def _as_producer(self) -> AirflowUser:
        return self.users[self.producer]

    def why(self, tasks: list[dict[str, Any]]) -> str:
        """The end of the log of every task that failed or is about to be tried again."""
        logs = []
        for task in tasks:
            if task["state"] in {"failed", "up_for_retry"}:
                text = self._as_producer.log(self.dag, self.run, task)
                logs.append(f"── {task['task_id']} [{task['map_index']}]\n" + "\n".join(text.splitlines()[-12:]))
        return "\n".join(logs) or "（没有失败的任务，可能仍在等待）"
