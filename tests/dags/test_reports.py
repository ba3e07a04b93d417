"""The DAGs of the reports: mapped over clusters and campaigns, on the newsroom's clock, silent about the past."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk.exceptions import AirflowSkipException
from tests.rongmei.migrated import migrated

from rongmei.errors import CredentialRefused, TryLater
from rongmei.ledger import Ledger, Mail, open_edition
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow import reporting
from rongmei_airflow.reporting import each_day_at, when_the_post_is_away

pytestmark = pytest.mark.airflow
DAGS = PACKAGE_CONFIG.parent / "dags"
NAMES = ("daily_brief", "weekly_review", "campaign_wrapup")


@pytest.fixture(scope="module")
def dags() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in NAMES:
        bag = DagBag(str(DAGS / f"{name}.py"))
        assert bag.import_errors == {}
        found |= bag.dags
    return found


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ledger]:
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    for name in ("RONGMEI_LEDGER", "RONGMEI_SANDBOX", "RONGMEI_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    made = Ledger(f"sqlite:///{tmp_path / 'ledger.db'}")
    with made.begin() as session:
        now = datetime(2026, 6, 5, 10, tzinfo=UTC)
        open_edition(session, "cunchao", date(2026, 6, 5), rehearsal=False, options={}, now=now)
    yield made
    made.close()


class PostOffice:
    """Takes every mail."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def send(self, message: Any, recipient: str) -> None:
        self.sent.append(recipient)


Run = Callable[..., Any]


@pytest.fixture
def run(dags: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call a task's function as a run of some moment would."""

    def call(dag: str, task: str, over: str, *, at: datetime, run_type: str = "scheduled", **params: Any) -> Any:
        function = dags[dag].get_task(task).python_callable
        context = {
            "dag_run": SimpleNamespace(logical_date=at, run_after=at, run_type=run_type),
            "params": {"rehearsal": False, **params},
        }
        monkeypatch.setitem(function.__globals__, "get_current_context", lambda: context)
        return function(over)

    return call


def test_each_report_runs_on_the_newsrooms_clock(dags: dict[str, Any]) -> None:
    lines = {name: (dag.timetable.summary, dag.timetable.serialize()["timezone"]) for name, dag in dags.items()}
    assert lines == {
        "daily_brief": ("30 8 * * *", "Asia/Shanghai"),
        "weekly_review": ("0 9 * * 1", "Asia/Shanghai"),
        "campaign_wrapup": ("0 21 * * *", "Asia/Shanghai"),
    }
    assert each_day_at(["08:30", "08:30"]).summary == "30 8 * * *"
    assert each_day_at(["08:30", "09:15"]).summary == "30 8 * * *, 15 9 * * *"
    for dag in dags.values():
        assert dag.catchup is False
        assert set(dag.params) == {"day", "mail_past", "rehearsal"}
        assert dag.params["mail_past"] is False


def test_a_red_freeze_is_not_hidden_by_a_review_that_is_well(dags: dict[str, Any]) -> None:
    dag = dags["weekly_review"]
    assert {task.task_id for task in dag.leaves} == {"review.email", "review.frozen"}
    assert dag.get_task("review.build").trigger_rule == "none_skipped"


def test_a_brief_of_the_past_is_made_and_mailed_to_nobody_unless_asked(
    run: Run, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    office = PostOffice()
    monkeypatch.setattr(reporting, "smtp_connection", lambda: office)
    past = {"at": datetime(2026, 6, 6, 0, 30, tzinfo=UTC), "run_type": "backfill"}
    made = run("daily_brief", "brief.build", "dongguan", **past)
    assert made["key"] == "daily:dongguan:2026-06-05"
    assert (Path(made["folder"]) / "report.html").is_file()
    caplog.set_level(logging.INFO)
    assert run("daily_brief", "brief.email", "dongguan", **past)["held"] is True
    assert "没有要求补发" in caplog.text
    assert office.sent == []
    assert run("daily_brief", "brief.email", "dongguan", mail_past=True, **past)["sent"] == 3
    run("daily_brief", "brief.email", "dongguan", mail_past=True, **past)
    assert len(office.sent) == 3
    with ledger.read() as session:
        assert session.query(Mail).count() == 3


def test_a_cluster_whose_time_it_is_not_is_skipped(run: Run, ledger: Ledger) -> None:
    with pytest.raises(AirflowSkipException, match="不在这个时刻"):
        run("daily_brief", "brief.build", "dongguan", at=datetime(2026, 6, 6, 1, 15, tzinfo=UTC))


def test_a_campaign_that_does_not_end_has_no_wrap_up(run: Run, ledger: Ledger) -> None:
    with pytest.raises(AirflowSkipException, match="没有一季"):
        run("campaign_wrapup", "wrapup.build", "cunchao", at=datetime(2026, 6, 6, 13, tzinfo=UTC))
    chosen = {"at": datetime(2026, 6, 6, 13, tzinfo=UTC), "run_type": "manual", "day": "2026-06-05"}
    assert run("campaign_wrapup", "wrapup.build", "cunchao", **chosen)["key"] == "wrapup:cunchao:2026-12-31"


@pytest.mark.parametrize(("tries", "problem"), [(1, CredentialRefused("535")), (6, TryLater("没有应答"))])
def test_an_edition_is_done_though_nobody_takes_its_mail(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tries: int, problem: Exception
) -> None:
    context = {"ti": SimpleNamespace(try_number=tries, max_tries=5)}
    monkeypatch.setattr(reporting, "get_current_context", lambda: context)

    def send() -> None:
        raise problem

    assert when_the_post_is_away(send) is None
    assert "巡检会接着发" in caplog.text


def test_a_server_that_is_away_is_waited_for_while_there_are_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    context = {"ti": SimpleNamespace(try_number=5, max_tries=5)}
    monkeypatch.setattr(reporting, "get_current_context", lambda: context)

    def send() -> None:
        raise TryLater("没有应答")

    with pytest.raises(TryLater):
        when_the_post_is_away(send)
