"""Every DAG of the house: it loads, it says in Chinese what it is, and a broken campaign harms no other."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException
from tests.rongmei.migrated import migrated

from rongmei import assignments
from rongmei.config import RunOptions, campaign_files
from rongmei.settings import PACKAGE_CONFIG
from rongmei_airflow.retries import DEFAULT_ARGS

DAGS = PACKAGE_CONFIG.parent / "dags"
GROUPS = ["pitching", "assignment", "production", "publishing", "measurement", "reporting"]

pytestmark = pytest.mark.airflow


def load() -> DagBag:
    return (
        DagBag(str(DAGS), include_examples=False)
        if "include_examples" in DagBag.__init__.__code__.co_varnames
        else DagBag(str(DAGS))
    )


@pytest.fixture(scope="module")
def bag() -> DagBag:
    return load()


@pytest.fixture
def broken_house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("campaigns", "clusters", "appraisal"):
        shutil.copytree(PACKAGE_CONFIG / name, tmp_path / name)
    file = tmp_path / "campaigns" / "dongguan_haomai.yaml"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines.append("colour: red")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.setenv("RONGMEI_CONFIG", str(tmp_path))
    return file


def test_every_campaign_file_is_a_dag(bag: DagBag) -> None:
    assert bag.import_errors == {}
    assert {file.stem for file in campaign_files(PACKAGE_CONFIG)} <= set(bag.dags)


def test_every_dag_starts_from_the_house_defaults_and_is_documented_in_chinese(bag: DagBag) -> None:
    for dag in bag.dags.values():
        for name, value in DEFAULT_ARGS.items():
            assert dag.default_args[name] == value, (dag.dag_id, name)
        assert dag.tags, dag.dag_id
        assert "任务变红" in (dag.doc_md or ""), dag.dag_id
        assert dag.dag_display_name != dag.dag_id
        for task in dag.tasks:
            assert task.owner != "airflow", task.task_id


def test_an_edition_goes_through_six_groups_in_order(bag: DagBag) -> None:
    dag: DAG = bag.dags["cunchao"]
    assert [group for group in dag.task_group_dict if group and "." not in group] == GROUPS
    grouped = [task.task_id for task in dag.topological_sort() if "." in task.task_id]
    order = list(dict.fromkeys(task_id.split(".")[0] for task_id in grouped))
    assert order == GROUPS
    assert [task.task_id for task in dag.roots] == ["pitching.open_edition"]
    assert {task.task_id for task in dag.leaves} == {"reporting.email_report", "check_accounts", "tell_outcomes"}
    assert dag.get_task("tell_outcomes").upstream_task_ids == {"pitching.record_decisions"}


def test_an_account_that_waits_for_a_person_holds_up_nothing(bag: DagBag) -> None:
    check = bag.dags["cunchao"].get_task("check_accounts")
    assert check.upstream_task_ids == {"publishing.publish"}
    assert check.downstream_task_ids == set()


def test_an_edition_without_stories_still_reports(bag: DagBag) -> None:
    assert bag.dags["cunchao"].get_task("reporting.score").trigger_rule == "none_failed"


def test_feeds_are_written_whatever_became_of_the_sweep_and_hide_nothing(bag: DagBag) -> None:
    dag = bag.dags["sweep"]
    assert dag.get_task("feeds").upstream_task_ids == {"sweep"}
    assert dag.get_task("feeds").trigger_rule == "all_done"
    # A run is as red as its leaves.
    assert {(task.task_id, task.trigger_rule) for task in dag.leaves} == {
        ("feeds", "all_done"),
        ("mailbag", "all_success"),
        ("swept", "all_success"),
    }


def test_without_a_mailbox_its_task_is_skipped(bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RONGMEI_IMAP", raising=False)
    with pytest.raises(AirflowSkipException, match="RONGMEI_IMAP"):
        bag.dags["sweep"].get_task("mailbag").python_callable()


def test_the_feeds_task_counts_what_it_wrote(bag: DagBag, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    monkeypatch.delenv("RONGMEI_LEDGER", raising=False)
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    told = bag.dags["sweep"].get_task("feeds").python_callable()
    assert told == [{"feeds": 0, "written": 0, "unchanged": 0, "problems": []}] * 2


def test_a_human_step_with_nothing_to_decide_does_not_skip_what_follows(bag: DagBag) -> None:
    dag = bag.dags["cunchao"]
    for step in (task for task in dag.tasks if hasattr(task, "response_timeout")):
        for after in step.downstream_task_ids:
            assert dag.get_task(after).trigger_rule == "none_failed", after


def test_no_human_step_decides_by_itself_when_time_is_up(bag: DagBag) -> None:
    steps = [task for task in bag.dags["cunchao"].tasks if hasattr(task, "response_timeout")]
    reviews = ["first_review", "second_review", "final_review", "countersign"]
    asked = [task.task_id for task in steps if task.task_id.startswith("production.")]
    assert asked == [*(f"production.{one}" for one in reviews), *(f"production.again_2.{one}" for one in reviews)]
    assert "pitching.pitch_meeting" in [task.task_id for task in steps]
    for task in steps:
        assert task.response_timeout is not None
        assert task.defaults is None


def test_an_offer_that_expires_between_two_looks_is_offered_again(bag: DagBag, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is open any more and not everything has its outlet: the task goes round once more."""
    more = bag.dags["cunchao"].get_task("assignment.await_answers").more
    desk = SimpleNamespace(ledger=None, key="cunchao/2026-06-06", now=lambda: None)
    looked = []

    def waiting(*_: object, **__: object) -> int:
        looked.append("closed")
        return 0

    def declined(*_: object) -> bool:
        return bool(looked)

    monkeypatch.setattr(assignments, "waiting", waiting)
    monkeypatch.setattr(assignments, "declined", declined)
    assert more(desk)
    monkeypatch.setattr(assignments, "declined", lambda *_: False)
    assert not more(desk)


def test_a_further_round_of_reviews_is_skipped_as_a_whole_by_the_task_before_it(bag: DagBag) -> None:
    again = bag.dags["cunchao"].get_task("production.again_2.await_stories")
    assert again.upstream_task_ids == {"production.countersign"}
    assert again.trigger_rule == "none_failed"
    after = [task.task_id for task in again.get_flat_relatives(upstream=False) if "production." in task.task_id]
    assert sorted(again.round_tasks) == sorted(after)
    plan = bag.dags["cunchao"].get_task("publishing.plan")
    assert plan.upstream_task_ids == {"production.again_2.countersign"}
    assert plan.trigger_rule == "none_failed"


def test_only_what_citizens_sent_waits_for_a_moderator_and_other_campaigns_have_none(bag: DagBag) -> None:
    assert not [task_id for task_id in bag.dags["cunchao"].task_ids if "moderate" in task_id or "citizens" in task_id]
    dag = bag.dags["zhumeng_taxiang"]
    step = dag.get_task("pitching.moderate")
    assert (step.upstream_task_ids, step.downstream_task_ids) == (
        {"pitching.open_edition"},
        {"pitching.collect_citizens"},
    )
    assert step.response_timeout is not None
    assert step.defaults is None
    assert dag.get_task("pitching.collect").upstream_task_ids == {"pitching.open_edition"}
    taken = dag.get_task("pitching.collect_citizens")
    assert taken.trigger_rule == "none_failed"
    assert dag.get_task("pitching.shortlist").upstream_task_ids == {"pitching.collect", "pitching.collect_citizens"}


def test_a_broken_campaign_takes_no_other_down_and_is_named_with_its_line(broken_house: Path) -> None:
    bag = load()
    assert "dongguan_haomai" not in bag.dags
    assert {"cunchao", "zhumeng_taxiang", "sweep", "recall_story", "daily_brief", "weekly_review"} <= set(bag.dags)
    (file, error), *others = bag.import_errors.items()
    assert not others
    assert file.endswith("campaign_errors.py")
    count = len(broken_house.read_text(encoding="utf-8").splitlines())
    assert f"dongguan_haomai.yaml:{count}" in error
    assert "colour" in error


def test_the_form_belongs_to_the_dag_and_no_task_carries_a_copy(bag: DagBag) -> None:
    dag = bag.dags["cunchao"]
    assert set(dag.params) == set(RunOptions.model_fields)
    copies = [task.task_id for task in dag.tasks if set(getattr(task, "params", None) or {}) & set(dag.params)]
    assert copies == []


def test_parsing_reads_yaml_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No ledger is opened and no folder made: RONGMEI_HOME stays as it was."""
    home = tmp_path / "home"
    monkeypatch.setenv("RONGMEI_HOME", str(home))
    assert "cunchao" in load().dags
    assert not home.exists()
