"""版权: whose pictures they are, and whether a licence covers the day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rongmei.config import Lists, load_lists
from rongmei.config.lists import Agencies
from rongmei.ledger import StoryMedia
from rongmei.settings import PACKAGE_CONFIG

AGENCIES = Lists(
    agencies=Agencies(
        owner="lin",
        updated=date(2026, 1, 1),
        agencies=[
            {"name": "甲图片社", "also": ["ABC Images", "abc"], "kind": "licence"},
            {"name": "乙图片社", "kind": "licence", "licensed_until": date(2026, 6, 6)},
            {"name": "网络图片", "also": ["图源网络", "来自网络"], "kind": "unclear"},
        ],
    )
)


def picture(credit: str, alt: str = "捧杯") -> dict[str, Any]:
    return {"media": [StoryMedia(role="body", position=0, name="a.jpg", alt=alt, credit=credit)]}


@pytest.mark.parametrize("credit", ["甲图片社", "甲图片社/李四", "ABC Images", "ａｂｃ", "李四/ABC"])
def test_a_credit_that_asks_for_a_licence(codes: Any, credit: str) -> None:
    assert codes("正文。", AGENCIES, **picture(credit)) == ["needs_licence"]


@pytest.mark.parametrize("credit", ["李四", "ABCD 影像", "本报记者 张三"])
def test_other_credits(codes: Any, credit: str) -> None:
    assert codes("正文。", AGENCIES, **picture(credit)) == []


def test_a_licence_covers_its_last_day_and_no_more(found: Any, codes: Any) -> None:
    assert codes("正文。", AGENCIES, **picture("乙图片社")) == []
    [finding] = found("正文。", AGENCIES, day=date(2026, 6, 7), **picture("乙图片社"))
    assert "授权到 2026-06-06 为止" in finding.message


def test_a_credit_that_says_of_no_one_whose_it_is(found: Any) -> None:
    [finding] = found("正文。", AGENCIES, **picture("图源网络"))
    assert finding.code == "unclear_rights"
    assert finding.message.startswith("图片 a.jpg 的署名“网络图片”没有说明是谁的作品")


def test_a_description_counts_where_it_says_the_source_and_there_is_no_credit(codes: Any) -> None:
    assert codes("正文。", AGENCIES, **picture("", "捧杯（甲图片社发）")) == ["no_credit", "needs_licence"]
    assert codes("正文。", AGENCIES, **picture("", "甲图片社大楼")) == ["no_credit"]
    assert codes("正文。", AGENCIES, **picture("李四", "来源：甲图片社")) == []


def test_the_shipped_list(codes: Any) -> None:
    lists = load_lists(PACKAGE_CONFIG)
    assert codes("正文。", lists, **picture("新华社 张三")) == ["needs_licence"]
    assert codes("正文。", lists, **picture("AFP")) == ["needs_licence"]
    assert codes("正文。", lists, **picture("图源：网络")) == ["unclear_rights"]
    assert codes("正文。", lists, **picture("东莞日报 李四")) == []
