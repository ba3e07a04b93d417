"""A DAG with the task graph of a campaign's edition in which nothing is done; the rival of the edition benchmark."""

from __future__ import annotations

from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import DAG, BaseOperator, TaskGroup


class Nothing(BaseOperator):
    """Does nothing in a process of its own."""

    def __init__(self, *, over: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.over = over

    def execute(self, context: Any) -> None:
        """Nothing."""


def human(task_id: str) -> HITLOperator:
    """A human step with one thing to choose, asked of the same people as the campaign's."""
    people = {
        "pitch_meeting": "chen-ce",
        "first_review": "lin-chu",
        "second_review": "zhao-fu",
        "final_review": "sun-zhong",
    }
    return HITLOperator(
        task_id=task_id,
        subject=task_id,
        options=["#1", "#2"],
        multiple=True,
        assigned_users=[{"id": people[task_id], "name": people[task_id]}],
    )


def step(task_id: str, times: int = 1) -> Any:
    """A task, mapped when it is to run more than once."""
    if times == 1:
        return Nothing(task_id=task_id)
    return Nothing.partial(task_id=task_id).expand(over=[str(number) for number in range(times)])


with DAG("empty_edition", schedule=None):
    groups = []
    for name, tasks in {
        "pitching": ["open_edition", "collect*7", "shortlist", "pitch_meeting?", "record_decisions"],
        "assignment": ["assign", "notify_outlets", "await_answers", "desk_assigns"],
        # What the campaign's run skips (a second round of reviews) is not there; what decides to skip it is.
        "production": ["await_stories", "first_review?", "second_review?", "final_review?", "countersign", "again"],
        "publishing": ["plan", "publish*5", "confirm*4"],
        "measurement": ["wait_for_checkpoint", "collect_metrics*4"],
        "reporting": ["score", "build_report", "email_report"],
    }.items():
        with TaskGroup(name) as group:
            last: Any = None
            for task in tasks:
                task_id, _, times = task.rstrip("?").partition("*")
                made = human(task_id) if task.endswith("?") else step(task_id, int(times or 1))
                if last is not None:
                    last >> made
                last = made
        if groups:
            groups[-1] >> group
        groups.append(group)
    groups[3].children["publishing.publish"] >> step("check_accounts")
    groups[0].children["pitching.record_decisions"] >> step("tell_outcomes")
