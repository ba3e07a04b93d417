"""差错 and 敏感: wrong words outside right ones, sensitive words however they are hidden."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rongmei.config import Lists, load_lists
from rongmei.config.lists import SensitiveWords, WrongWords
from rongmei.settings import PACKAGE_CONFIG
from rongmei.stories.checks.matching import Terms, inside_words, skeleton

HEAD = {"owner": "lin", "updated": date(2026, 1, 1)}


def wrong(*words: dict[str, Any]) -> Lists:
    return Lists(wrong_words=WrongWords(**HEAD, words=words))


def sensitive(*words: dict[str, Any]) -> Lists:
    return Lists(sensitive_words=SensitiveWords(**HEAD, words=words))


UNTIL_NOW = wrong({"wrong": "截止目前", "right": "截至目前"})


def test_a_wrong_word_is_told_with_place_words_around_and_right_form(found: Any) -> None:
    [finding] = found("第一段。\n\n东城街道的报名人数，截止目前共有三百余人。", UNTIL_NOW)
    assert (finding.code, finding.group, finding.blocks) == ("wrong_word", "errors", False)
    assert finding.message == "第 2 段“…街道的报名人数，截止目前共有三百余人。”：“截止目前”应为“截至目前”"


def test_the_same_wrong_word_is_told_once_and_counted(found: Any) -> None:
    [finding] = found("截止目前，三人。截止目前，五人。\n\n截止目前。", UNTIL_NOW)
    assert finding.message.endswith("（全文共 3 处）")


@pytest.mark.parametrize(
    ("parts", "where"),
    [
        ({"title": "截止目前"}, "标题“截止目前”"),
        ({"digest": "截止目前"}, "摘要“截止目前”"),
        ({"extras": {"titles": {"weibo": "截止目前"}}}, "微博标题“截止目前”"),
    ],
)
def test_title_digest_and_titles_for_channels_are_read(found: Any, parts: dict[str, Any], where: str) -> None:
    [finding] = found("正文。", UNTIL_NOW, **parts)
    assert finding.message.startswith(where)


@pytest.mark.parametrize(
    ("word", "right", "text"),
    [
        ("象样", "像样", "孩子画的大象样子可爱"),
        ("以经", "已经", "以经济建设为中心"),
        ("部份", "部分", "占了全部份额"),
        ("复盖", "覆盖", "窗口恢复盖章"),
        ("布署", "部署", "名单公布署名"),
    ],
)
def test_a_piece_of_right_words_is_no_wrong_word(codes: Any, word: str, right: str, text: str) -> None:
    lists = wrong({"wrong": word, "right": right})
    assert codes(text, lists) == []
    assert codes(f"他说{word}了。", lists) == ["wrong_word"]


def test_exceptions_and_the_right_form_itself_are_passed_over(codes: Any) -> None:
    lists = wrong(
        {"wrong": "成份", "right": "成分", "except": ["成份股"]}, {"wrong": "横沥", "right": "横沥镇", "except": []}
    )
    assert codes("成份股上涨，横沥镇下雨。", lists) == []
    assert codes("营养成份很高，横沥下雨。", lists) == ["wrong_word", "wrong_word"]


SECRET = sensitive(
    {"word": "第一品牌", "level": "careful", "reason": "绝对化用语", "except": ["行业第一品牌奖"]},
    {"word": "包治百病", "level": "forbidden", "reason": "医疗功效"},
    {"word": "best", "level": "careful", "reason": "绝对化用语"},
)


@pytest.mark.parametrize(
    "text",
    [
        "第一品牌",
        "第 一 品 牌",
        "第\u200b一\u200d品\u2060牌",
        "第·一·品*牌",
        "第　一　品　牌",
        "第_一_品_牌",
        "BEST",
        "ＢＥＳＴ",
        "B e s t",
    ],
)
def test_hidden_sensitive_words_are_found(codes: Any, text: str) -> None:
    assert codes(f"这是{text}。", SECRET) == ["sensitive"]


@pytest.mark.parametrize("text", ["这是第一。品牌很多。", "获得行业第一品牌奖。", "bestow", "第一\n\n品牌"])
def test_what_only_looks_like_a_sensitive_word_is_not(codes: Any, text: str) -> None:
    assert codes(text, SECRET) == []


def test_traditional_characters_are_the_same_word(codes: Any) -> None:
    lists = sensitive({"word": "国家级", "level": "careful", "reason": "绝对化用语"})
    assert codes("國家級產品", lists) == ["sensitive"]


def test_forbidden_words_come_first_and_say_why_and_how_they_were_written(found: Any) -> None:
    first, second = found("第 一 品牌，包治百病。", SECRET)
    assert first.message == "第 1 段“第 一 品牌，包治百病。”：禁用词“包治百病”，医疗功效"
    assert second.message.endswith("慎用词“第一品牌”（写作“第 一 品牌”），绝对化用语")
    [finding] = found("第一\u200b品牌", SECRET)
    assert "\u200b" not in finding.message
    assert "看不见的字符" in finding.message


def test_a_skeleton_knows_where_its_characters_stood() -> None:
    bare, places = skeleton("a 國\u200b①！")
    assert bare == "a国1!"
    assert places == [0, 2, 4, 5]


def test_of_terms_that_begin_together_the_longest_is_found() -> None:
    terms = Terms([("第一", "short", ()), ("第一品牌", "long", ())])
    assert [(hit.start, hit.end, hit.entry) for hit in terms.find("第一品牌第一")] == [(0, 4, "long"), (4, 6, "short")]
    assert not list(Terms([]).find("第一"))


def test_words_of_the_dictionary_that_cross_an_end() -> None:
    assert inside_words("大象样子", 1, 3)
    assert not inside_words("他很象样", 2, 4)


@pytest.mark.parametrize(
    "text", ["截止目前，共有三十人。", "他必竟年轻。", "气侯宜人", "再接再励", "布署工作", "寻人启示"]
)
def test_the_shipped_list_finds_what_newsrooms_get_wrong(codes: Any, text: str) -> None:
    assert codes(text, load_lists(PACKAGE_CONFIG)) == ["wrong_word"]


@pytest.mark.parametrize(
    "text",
    [
        "截至目前，报名截止时间是 6 月 30 日，截止今天 18 时。",
        "以经济建设为中心，以经验为师，以经开区为平台。",
        "一座落在山间的小院，坐落于东江边。",
        "立即然后出发，究竟相信谁，毕竟相处多年。",
        "一如既往，再接再厉，名列前茅，座无虚席，脍炙人口。",
        "他既使群众得到实惠，又使企业得到发展。",
        "账号、账户、账单，度假、欢度佳节。",
        "部分、成分股与成份股，全部份额。",
        "产业园满负荷生产，公园满是游客。",
        "国家级非物质文化遗产、最高级别响应、赛事最佳射手。",
    ],
)
def test_the_shipped_lists_are_silent_on_right_texts(codes: Any, text: str) -> None:
    assert codes(text, load_lists(PACKAGE_CONFIG)) == []
