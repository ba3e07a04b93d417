"""The hourly collection: one task a channel that reports, red only where a person or another try helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from tests.rongmei.migrated import migrated

from rongmei.errors import CredentialRefused, TryLater
from rongmei.settings import PACKAGE_CONFIG

pytestmark = pytest.mark.airflow


@pytest.fixture(scope="module")
def dag() -> DAG:
    return DagBag(str(PACKAGE_CONFIG.parent / "dags" / "collect_metrics.py")).dags["collect_metrics"]


def test_every_channel_that_reports_is_a_task_and_news_is_announced_once(dag: DAG) -> None:
    tasks = dag.get_task("collect").op_kwargs_expand_input.value
    assert sorted(one["channel"] for one in tasks) == sorted(
        ("wechat", "weibo", "wordpress", "douyin", "kuaishou", "bilibili", "alipay")
    )
    assert [asset.name for asset in dag.get_task("announce").outlets] == ["snapshots"]
    assert dag.get_task("announce").trigger_rule == "one_success"
    assert "check_accounts" in {task.task_id for task in dag.leaves}


def test_an_account_that_waits_for_a_person_is_named(dag: DAG) -> None:
    check = dag.get_task("check_accounts").python_callable
    good, bad = {"refused_accounts": []}, {"refused_accounts": ["humen/weibo"]}
    check([[good], []], 2)
    with pytest.raises(CredentialRefused, match="humen/weibo"):
        check([[good], [good, bad]], 2)
    with pytest.raises(TryLater, match="下一小时"):
        check([[good]], 2)


def test_with_nothing_out_nobody_is_asked(dag: DAG, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RONGMEI_HOME", str(tmp_path))
    # Nobody listens there: a rehearsal's clock is not asked while no rehearsal is out.
    monkeypatch.setenv("RONGMEI_SANDBOX", "http://127.0.0.1:9")
    monkeypatch.delenv("RONGMEI_LEDGER", raising=False)
    migrated(f"sqlite:///{tmp_path / 'ledger.db'}")
    assert dag.get_task("collect").python_callable(channel="weibo", channel_name="微博") == []
