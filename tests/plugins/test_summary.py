"""What a producer reads in the log of a task, and what goes into XCom."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from rongmei_airflow.summary import tell


@dataclass(frozen=True)
class Summary:
    new: int = 7
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
