"""Tests of the topic watch: 村超 the league, not 村超 the neighbouring characters."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path

import pytest

from rongmei.text.topics import TopicWatch

WATCH = TopicWatch(("村超",), ("贵州村超", "村BA"), ("贵州", "榕江", "东莞"))


def titles(joined: str) -> list[str]:
    """The titles of a "|"-joined list."""
    return joined.split("|")


# Real titles, then the ways in which the press writes the word.
MEANT = titles(
    "卡纳瓦罗助力奇瑞村超公益慈善赛|贵州村超少年圆梦欧洲杯|邱贻可出战村超联赛|卡卡现身贵州村超|“村超”爆红背后有“高人”|"
    "龙岗村超夜场|首届村超冠军|今年村超赛程有调整|这也是我们村超不同于职业联赛的地方|万州围棋村超|村超市集开张|"
    "全新村超赛季|村超出圈|贵州村超出海|村超越来越火|村超越办越好|村超前瞻|村超人气爆棚|榕江乡村村超|"
    "贵州村超40支球队集结|东莞村超过年档|村超一起来|火热的村超|村超十强出炉|美丽乡村村超赛场|村超三连冠|"
    "榕江村超火出圈|村超总决赛|村超2024|卡卡现身村超|村超市民观赛区|村超大舞台|村超时间表|#村超#|村超|村ba决赛"
)
NOT_MEANT = titles(
    "乡村超市|乡村超模|山东一村超千人在沪卖煎饼|中国游客被困俄罗斯极光村超40小时|极光村超40小时|"
    "乡村超市发现十多年前的顶流|农村超生|农村超标|全村超开心|城中村超高租金|某村超过百人|中关村超算|古村超火|渔村超美|"
    "新农村超百个|一村超标|年均驻村超过120天|乡村超级英雄|乡村超有爱|该村超七成|村村超车|这个村超美|朱家村超好看|"
    "我们村超喜欢他|山西一村超半数村民姓王|村超市开张|云南一村超八成|河南某村超3000人|村超声波检查|该村超额完成|"
    "全村超一半人|西江苗寨一个村超万人|华西村超级富豪|浙江一农村超豪华墓地|村BAT大会|乡 村 超 市"
)
# Every distinct title with 村超 in the shared boards, labelled by eye: all six mean the league. The False ones are the
# real titles of other years that the boards' READMEs and public board archives name.
LABELLED = {
    "贵州村超少年圆梦欧洲杯": True,
    "邱贻可出战村超联赛": True,
    "卡纳瓦罗助力奇瑞村超公益慈善赛": True,
    "摄影师不可能同时拥有50-1000镜头和自卑 小师姐在村超赛场拍摄卡卡特写#萌萌小师姐 #村超最小摄影师 #贵州村超"
    " #旅行推荐官 #摄影器材": True,
    "卡卡现身贵州村超": True,
    "“村超”爆红背后有“高人”": True,
    "乡村超模": False,
    "极光村超40小时": False,
    "中国游客被困俄罗斯极光村超40小时": False,
    "山东一村超千人在沪卖煎饼": False,
    "乡村超市发现十多年前的顶流": False,
}
BOARDS = (
    "weibo_hot_daily/weibo_hot_2024-05_to_2024-08.csv.gz",
    "weibo_hot_hourly/weibo_hourly_2024-05-20_to_2024-06-30.csv.gz",
    "multi_board_daily/multi_2024-05_to_2024-08.csv.gz",
)
KEYWORD_HITS = ("weibo_hot_daily", "weibo_hot_hourly", "multi_board_daily")


def shared_data() -> Path:
    """The shared data beside the project; skips, saying so, where there is none."""
    root = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).resolve().parents[4] / "shared") / "data"
    if not root.is_dir():
        pytest.skip("the shared data is not here (set RONGMEI_SHARED)")
    return root


@pytest.mark.parametrize("title", MEANT)
def test_the_league_is_found(title: str) -> None:
    assert WATCH.match(title) is not None


@pytest.mark.parametrize("title", NOT_MEANT)
def test_neighbouring_characters_are_not_the_league(title: str) -> None:
    assert WATCH.match(title) is None


@pytest.mark.parametrize(
    ("term", "title"), [("国足", "中国足球少年跑向世界"), ("日报", "6月15日报道，广州"), ("亚马", "梅西亚马尔夺冠")]
)
def test_the_rule_holds_for_other_terms(term: str, title: str) -> None:
    assert TopicWatch((term,)).match(title) is None


@pytest.mark.parametrize(
    ("term", "title"), [("国足", "国足落后韩国"), ("中超", "中超联赛第23轮"), ("奥运", "巴黎奥运会开幕")]
)
def test_a_term_inside_its_own_longer_name_counts(term: str, title: str) -> None:
    assert TopicWatch((term,)).match(title) is not None


def test_the_evidence_says_what_where_and_which_places() -> None:
    match = WATCH.match("卡卡现身贵州村超，榕江沸腾")
    assert match is not None
    assert (match.term, match.hits[0].start, match.places) == ("贵州村超", 4, ("贵州", "榕江"))
    assert match.text[4:8] == "贵州村超"
    assert match.explain() == "命中「贵州村超」（第 5 字）；地点：贵州、榕江"


def test_a_second_mention_decides_when_the_first_is_none() -> None:
    match = WATCH.match("乡村超市老板去踢村超")
    assert match is not None
    assert [hit.start for hit in match.hits] == [8]


def test_positions_hold_for_full_width_and_upper_case() -> None:
    match = WATCH.match("ＧＯ！村ＢＡ来了")
    assert match is not None
    assert match.text[match.hits[0].start :][:3] == "村ＢＡ"


def test_places_alone_are_no_match() -> None:
    assert WATCH.match("榕江县今日有雨") is None


def test_an_exclusion_that_touches_the_term_rules_it_out() -> None:
    watch = TopicWatch(("村超",), exclusions=("村超市集",))
    assert watch.match("村超市集开张") is None
    assert watch.match("村超开赛，村超市集开张") is not None


def test_empty_terms_and_texts_are_harmless() -> None:
    assert TopicWatch(("", "  ")).match("村超") is None
    assert WATCH.match("") is None
    assert WATCH.match("村超" * 10_000) is not None


@pytest.mark.data
def test_every_labelled_title_of_the_real_boards_is_judged_rightly() -> None:
    root = shared_data()
    extra = [str(path.relative_to(root)) for name in KEYWORD_HITS for path in (root / name).glob("keyword_*.csv*")]
    found: set[str] = set()
    for name in (*BOARDS, *extra):
        opener = gzip.open if name.endswith(".gz") else open
        with opener(root / name, "rb") as packed:
            rows = csv.DictReader(io.TextIOWrapper(packed, encoding="utf-8", newline=""))
            found.update(row["title"] for row in rows if "村超" in row["title"])
    assert {title for title, meant in LABELLED.items() if meant} <= found
    if not extra:
        assert found <= set(LABELLED), "a title that nobody has labelled"
    judged = {title: WATCH.match(title) is not None for title in LABELLED}
    assert judged == LABELLED


def test_a_name_that_no_dictionary_has_does_not_take_a_known_word_apart() -> None:
    watch = TopicWatch(("台风", "足协"))
    assert watch.match("台风格美登陆福建")
    assert watch.match("全力防抗台风格美")
    assert watch.match("中国足协会议纪要")
    assert watch.match("舞上台风采依旧") is None


def test_ambiguous_terms_need_a_place_unless_our_own_newsrooms_write_them() -> None:
    watch = TopicWatch(("新莞人", "打工人", "长安镇"), (), ("东莞", "长安镇"), (), ("打工人", "长安镇"))
    assert watch.match("打工人累点低到离谱") is None
    assert watch.match("新莞人和打工人").hits[0].term == "新莞人"
    assert [hit.term for hit in watch.match("东莞打工人回家过年").hits] == ["打工人"]
    assert watch.match("打工人的一天", at_home=True)
    assert watch.match("长安镇今晚开赛") is None
    assert watch.match("东莞长安镇今晚开赛").places == ("东莞", "长安镇")
    assert watch.match("长安镇今晚开赛", at_home=True).explain() == "命中「长安镇」（第 1 字）；地点：长安镇"
    assert watch.match("陕西大荔县长安镇，对阵东莞", at_home=True) is None
