"""What a text says beside its story: read from either language, kept as said, refused with the mend."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.stories.draft import read_draft
from rongmei.stories.extras import Card, Extras, check_embargo, check_link
from rongmei.stories.head import Unfit

NOW = datetime(2026, 6, 6, 4, 0, tzinfo=UTC)
CARD = "服务卡: {标题: 预约看球, 链接: https://a.example/x}"


def extras(head: str) -> Extras:
    return read_draft(f"---\nassignment: 12\ntitle: 东城夺冠\n{head}\n---\n正文\n".encode()).extras


def problems(head: str) -> list[str]:
    with pytest.raises(Unfit, match="改法") as caught:
        extras(head)
    return [str(problem) for problem in caught.value.problems]


def test_nothing_said_nothing_stored() -> None:
    assert extras("") == Extras()
    assert Extras().stored() == {}
    assert extras("地点:\n来源: ''\n渠道标题:\n服务卡:\n解禁:").stored() == {}


def test_all_of_it_in_english() -> None:
    found = extras(
        "place: 东城体育公园\nsource: 东城融媒\ntitles: {weibo: 夺冠！, wechat: 东城昨夜夺冠}\n"
        "card: {title: 预约看球, link: 'https://a.example/book?id=1', benefit: 免费领票}\n"
        "embargo: 2026-06-06T18:00"
    )
    assert found.stored() == {
        "place": "东城体育公园",
        "source": "东城融媒",
        "titles": {"wechat": "东城昨夜夺冠", "weibo": "夺冠！"},
        "card": {"title": "预约看球", "link": "https://a.example/book?id=1", "benefit": "免费领票"},
        "embargo": "2026-06-06T10:00:00+00:00",
    }
    assert Extras.of(found.stored()) == found


def test_all_of_it_in_chinese_with_full_width_colons() -> None:
    found = extras(
        "地点：东城\n来源：东城融媒\n渠道标题：\n  微信公众号：昨夜夺冠\n  微博:夺冠\n"
        "服务卡：\n  标题：预约\n  链接：alipays://platformapi/startapp?appId=2021\n解禁：2026年6月6日 18时30分"
    )
    assert (found.place, found.source) == ("东城", "东城融媒")
    assert found.titles == {"wechat": "昨夜夺冠", "weibo": "夺冠"}
    assert found.card == Card("预约", "alipays://platformapi/startapp?appId=2021")
    assert found.embargo == datetime(2026, 6, 6, 10, 30, tzinfo=UTC)


def test_titles_may_stand_under_the_word_for_title() -> None:
    assert extras("标题: {WEIBO: 夺冠}").titles == {"weibo": "夺冠"}


@pytest.mark.parametrize(
    ("said", "hour", "minute"),
    [
        ("2026-06-06 18:05", 10, 5),
        ("2026-6-6T18:05:00", 10, 5),
        ("2026/06/06 18:05", 10, 5),
        ("2026.6.6 18：05", 10, 5),
        ("２０２６年６月６日18点", 10, 0),
        ("2026-06-06 18:05+08:00", 10, 5),
        ("2026-06-06T18:05Z", 18, 5),
        ("2026-06-06 18:05 -0330", 21, 35),
    ],
)
def test_moments_are_shanghais_unless_they_say_otherwise(said: str, hour: int, minute: int) -> None:
    assert extras(f"解禁: '{said}'").embargo == datetime(2026, 6, 6, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "said",
    [
        "2026-06-06",
        "明晚六点",
        "18:00",
        "20260606",
        "1.5",
        "true",
        "[2026-06-06]",
        "2026-02-30 10:00",
        "2026-06-06 25:00",
        "2026-06-06 10:61",
        "0000-01-01 00:00",
        "9999-12-31 23:59-12:00",
        "2026-06-06 10:00 +08:0",
        "x" * 5000,
    ],
)
def test_other_moments_are_refused_with_an_example(said: str) -> None:
    [problem] = problems(f"解禁: {said}")
    assert problem.startswith("第 4 行：解禁时间“")
    assert "2026-06-06 18:00" in problem


def test_an_embargo_of_the_wrong_year_is_refused() -> None:
    with pytest.raises(BadInput, match=r"一年以后.*核对年份"):
        check_embargo(NOW + timedelta(days=367), NOW)
    with pytest.raises(BadInput, match=r"已过去 30 天以上.*核对年份"):
        check_embargo(NOW - timedelta(days=31), NOW)
    assert check_embargo(NOW + timedelta(days=365), NOW) == ""
    assert check_embargo(NOW - timedelta(days=29), NOW) == "解禁时间 2026年5月8日 12:00 已过"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (f"地点: {'长' * 61}", "第 4 行：“地点”有 61 字，最多 60 字"),
        ("来源: [a]", "第 4 行：“来源”应为一行文字"),
        ("渠道标题: 夺冠", "第 4 行：“渠道标题”应为一组"),
        (
            "渠道标题:\n  weibo: 夺冠\n  朋友圈: 夺冠",
            "第 6 行：渠道标题里的“朋友圈”不是渠道。改法：可用的有：",
        ),
        ("渠道标题:\n  weibo: 夺冠\n  微博: 夺冠", "第 6 行：渠道标题里的“微博”写了两次"),
        ("渠道标题:\n  weibo:", "第 5 行：“weibo的标题”是空的"),
        (f"渠道标题:\n  weibo: {'长' * 201}", "第 5 行：“weibo的标题”有 201 字，最多 200 字"),
        ("渠道标题: {weibo: [a]}", "“weibo的标题”应为一行文字"),
        ("服务卡: https://a.example", "第 4 行：“服务卡”应为一组"),
        ("服务卡: {标题: 预约}", "第 4 行：服务卡没有链接"),
        ("服务卡:\n  链接: https://a.example/x", "第 4 行：服务卡没有标题"),
        (f"服务卡:\n  链接: https://a.example/x\n  标题: {'长' * 21}", "第 6 行：“服务卡标题”有 21 字，最多 20 字"),
        (f"{CARD[:-1]}, 权益: {'长' * 11}}}", "“服务卡权益”有 11 字，最多 10 字"),
        (f"{CARD[:-1]}, 价格: 3}}", "服务卡里没有“价格”这一项。改法：可用的有：标题、链接、权益"),
        (f"{CARD[:-1]}, link: https://b.example}}", "服务卡里“link”与“链接”重复"),
        ("服务卡: {标题: 预约, 链接: 'javascript:alert(1)'}", "链接以“javascript”开头，不能用"),
        ("服务卡: {标题: 预约, 链接: 12}", "链接"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(head: str, said: str) -> None:
    [problem] = problems(head)
    assert said in problem


@pytest.mark.parametrize(
    "link",
    [
        "http://a.example",
        "https://a.example:8443/x/%E4%B8%9C?a=b&c=[1]#d",
        "alipays://platformapi/startapp?appId=2021001&page=pages%2Findex",
        "HTTPS://A.example/",
    ],
)
def test_links_that_can_be_used(link: str) -> None:
    assert check_link(link) == ""


@pytest.mark.parametrize(
    "link",
    [
        "",
        "a.example/x",
        "//a.example",
        "javascript:alert(1)",
        "data:text/html,x",
        "weixin://dl/business",
        "file:///etc/passwd",
        "https:///x",
        "https://",
        "alipays:",
        "https://user:pass@a.example/",
        "https://a.example:0/",
        "https://a.example:x/",
        "https://[::1/",
        "https://a.example/a b",
        'https://a.example/"onclick=',
        "https://a.example/'",
        "https://a.example/<b>",
        "https://a.example/\\x",
        "https://东莞.example/",
        "https://a.example/\n",
        "https://a.example/" + "x" * 500,
    ],
)
def test_links_that_cannot(link: str) -> None:
    assert check_link(link)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_written_is_read_or_refused(key: str, value: str) -> None:
    for head in (f"解禁: {value}", f"服务卡: {{{key}: {value}}}", f"渠道标题:\n  {key}: {value}", f"{key}: {value}"):
        with suppress(Unfit):
            found = extras(head)
            assert Extras.of(found.stored()) == found
            assert found.card is None or check_link(found.card.link) == ""
