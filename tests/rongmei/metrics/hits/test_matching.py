"""Which entries concern whom: topic watches on the boards a campaign names, publications on every board."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rongmei.config import load_campaign
from rongmei.metrics.hits.matching import Matcher, Published
from rongmei.settings import PACKAGE_CONFIG

LIVE_AT = datetime(2026, 6, 5, 12, 0, tzinfo=UTC)
CAMPAIGNS = [load_campaign(PACKAGE_CONFIG, name).campaign for name in ("cunchao", "dongguan_haomai", "zhumeng_taxiang")]


def published(
    number: int, title: str, *tags: str, campaign: str = "zhumeng_taxiang", channel: str = "wechat"
) -> Published:
    return Published(number, campaign, channel, title, tags, LIVE_AT)


def matched(board: str, title: str, *out: Published) -> dict[str, tuple[int | None, list[str]]]:
    concerns = Matcher(CAMPAIGNS, out).concerns(board, [title]).get(title, [])
    return {one.campaign: (one.publication_id, one.evidence["how"]) for one in concerns}


def test_a_topic_is_looked_for_on_the_boards_that_the_campaign_names() -> None:
    assert matched("weibo", "东莞村超补时绝杀") == {"cunchao": (None, ["topic"])}
    assert matched("baidu", "东莞村超补时绝杀") == {}
    # 逐梦他乡 names no board, and its words are too common to be watched for everywhere.
    assert matched("weibo", "打工人的心思已经在端午假期了") == {}


@pytest.mark.parametrize("title", ["乡村超市又涨价", "极光村超40小时"])
def test_characters_that_happen_to_be_neighbours_are_no_topic(title: str) -> None:
    assert matched("weibo", title) == {}


def test_an_entry_about_a_publication_is_found_on_any_board() -> None:
    story = published(7, "从贵州大山到松山湖实验室：一位焊工的二十年")
    for title in ("松山湖实验室一位焊工的二十年", "从贵州大山到松山湖实验室"):
        assert matched("zhihu", title, story) == {"zhumeng_taxiang": (7, ["publication"])}
    assert matched("zhihu", "松山湖今日天气", story) == {}


def test_a_topic_tag_that_says_the_same_counts_and_a_short_one_does_not() -> None:
    story = published(8, "街角人间", "#我在东莞开早餐店#", "东莞")
    assert matched("douyin", "我在东莞开早餐店", story) == {"zhumeng_taxiang": (8, ["publication"])}
    assert matched("douyin", "东莞", story) == {}


def test_stages_of_one_thing_are_told_apart() -> None:
    story = published(9, "梁王组合晋级羽毛球男双决赛，多次使用偷后场，这是什么战术？稳拿分吗？")
    assert matched("weibo", "羽毛球男单决赛", story) == {}


def test_of_equals_the_one_on_the_boards_own_platform_then_the_newest() -> None:
    same = "东莞村超补时绝杀虎门队"
    out = [
        published(number, same, campaign="cunchao", channel=channel)
        for number, channel in ((1, "weibo"), (2, "wechat"))
    ]
    assert matched("weibo", same, *out)["cunchao"] == (1, ["topic", "publication"])
    assert matched("baidu", same, *out)["cunchao"] == (2, ["publication"])


def test_the_evidence_says_why_in_chinese() -> None:
    story = published(7, "东莞村超补时绝杀虎门队", campaign="cunchao")
    (concern,) = Matcher(CAMPAIGNS, [story]).concerns("weibo", ["东莞村超补时绝杀"])["东莞村超补时绝杀"]
    assert "命中「东莞村超」" in concern.evidence["words"]
    assert "发布单 #7《东莞村超补时绝杀虎门队》" in concern.evidence["words"]
    assert concern.evidence["published_at"] == LIVE_AT.isoformat()
