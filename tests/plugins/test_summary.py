"""What a producer reads in the log of a task, and what goes into XCom."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, fields, is_dataclass
from datetime import UTC, datetime

import pytest

from rongmei import appraisal, assignments, metrics, pitches, publishing, reports, stories
from rongmei.pitches import DecisionSummary
from rongmei_airflow.summary import LABELS, tell


@dataclass(frozen=True)
class Summary:
    new: int = 7
    known: int = 0
    merged: int = 2
    key: str = "cunchao/2026-06-06"
    at: datetime = datetime(2026, 6, 6, 10, tzinfo=UTC)
    problems: tuple[str, ...] = ("表.xlsx 第 3 行：没有题目。改法：补上题目",)


def test_counts_are_named_in_chinese_and_problems_have_a_line_each(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    told = tell(logging.getLogger("task"), Summary())
    assert "新增 7，合并重复 2，问题 1" in caplog.text
    assert "第 3 行：没有题目" in caplog.text
    assert told["at"] == "6月6日 18:00"
    json.dumps(told)


def test_an_empty_summary_says_nothing_happened(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert tell(logging.getLogger("task"), {}) == {}
    assert "结果：无" in caplog.text


def test_what_a_word_means_in_one_summary_is_said_there(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    tell(logging.getLogger("task"), DecisionSummary(accepted=6, held=5, declined=0))
    assert "结果：采用 6，缓议 5" in caplog.text
    assert "落选" not in caplog.text


def test_an_account_that_a_person_must_mend_is_named(caplog: pytest.LogCaptureFixture) -> None:
    tell(logging.getLogger("task"), metrics.CollectSummary(snapshots=1, refused_accounts=("humen/weibo",)))
    assert "凭据被拒，请管理员改正连接：humen/weibo" in caplog.text


def test_every_count_of_every_stage_has_a_chinese_name() -> None:
    stages = (pitches, assignments, stories, publishing, metrics, appraisal, reports)
    exported = [getattr(stage, name) for stage in stages for name in stage.__all__]
    summaries = [one for one in exported if is_dataclass(one) and one.__name__.endswith("Summary")]
    assert len(summaries) > 10
    for summary in summaries:
        # Only the command line shows these.
        by_hand = (pitches.DirectSummary, pitches.MarkSummary, pitches.UnmergeSummary)
        if summary in (assignments.AnswerSummary, metrics.ImportSummary, *by_hand):
            continue
        for field in fields(summary):
            if str(field.type).startswith(("int", "tuple")):
                assert field.name in LABELS, (summary.__name__, field.name)
