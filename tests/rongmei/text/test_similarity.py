"""Tests of near-duplicate titles."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.text.keys import story_key
from rongmei.text.similarity import compare, find_duplicates, find_repeats, likeness

VARIANTS = [
    f"{place}村超{number}{what}"
    for place in ("贵州", "东莞")
    for number in ("第三轮", "第3輪", "第四轮")
    for what in ("今晚在榕江开赛", "今晚榕江开赛！", "少年圆梦欧洲杯")
]
TITLES = st.text("村超贵州第34轮不再0123-ab 東东，🎉称", max_size=24)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("贵州村超少年圆梦欧洲杯！_新华网", "贵州村超少年圆梦欧洲杯"),
        ("男孩街头猛扯母亲头发并施暴", "男孩街头猛扯母亲头发施暴"),
        ("住持与女主播发生关系被敲诈案宣判", "住持和女主播发生关系被敲诈案宣判"),
        ("2岁女童失踪7小时在深山中找到", "两岁女童失踪7小时在深山中找到"),
        ("女子笔面试第一被判无效 教育局回应", "教育局回应女子笔面试第一被判无效"),
    ],
)
def test_the_same_story_is_certain(a: str, b: str) -> None:
    verdict = compare(a, b)
    assert verdict is not None
    assert verdict.tier == "certain"


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("贵州村超第3轮精彩战报集锦来了", "贵州村超第4轮精彩战报集锦来了", "数字"),
        ("贵州村超第三轮精彩战报集锦来了", "贵州村超第四轮精彩战报集锦来了", "数字"),
        ("车江队2-1战胜忠诚队晋级", "车江队2-3战胜忠诚队晋级", "数字"),
        ("6月6日村超开赛观众如潮", "6月7日村超开赛观众如潮", "数字"),
        ("山东高考分数线今天正式公布", "湖北高考分数线今天正式公布", "地点"),
        ("虎门龙舟赛今天上午热闹开锣", "厚街龙舟赛今天上午热闹开锣", "地点"),
        ("贵州村超半决赛门票开售", "贵州村超总决赛门票开售", "阶段"),
        ("卡卡确认出战贵州村超表演赛", "卡卡确认不出战贵州村超表演赛", "否定"),
        ("唐嫣工作室回应白玉兰提名", "胡歌工作室回应白玉兰提名", "不同"),
        ("作为程序员的你大学最后悔没有好好学哪门课", "作为设计师的你大学最后悔没有好好学哪门课", "不同"),
        ("刊文账号回应外地女孩死在出租公寓", "刊文账号再回应外地女孩死在出租公寓", "改变意思"),
        ("原国务委员李尚福、魏凤和受到开除党籍处分", "原国务委员李尚福受到开除党籍处分", "多出「魏凤和」"),
        ("痞老板发文道歉", "痞老板发长文道歉", "太短"),
    ],
)
def test_a_telling_difference_forbids_merging_but_is_shown(a: str, b: str, reason: str) -> None:
    verdict = compare(a, b, places=("虎门", "厚街"))
    assert verdict is not None
    assert verdict.tier == "similar"
    assert reason in verdict.reason


def test_a_title_inside_a_longer_one_is_similar() -> None:
    verdict = compare("卡卡现身贵州村超", "巴西球星卡卡现身贵州村超并与当地孩子们一起踢球合影留念还品尝了美食")
    assert verdict is not None
    assert verdict.tier == "similar"


def test_unrelated_and_empty_titles_have_no_verdict() -> None:
    assert compare("卡卡现身贵州村超", "东莞地铁一号线通车") is None
    assert compare("！！", "！！") is None


def test_pairs_are_found_among_the_new_and_against_the_existing() -> None:
    new = [("n1", "贵州村超少年圆梦欧洲杯"), ("n2", "贵州村超少年圆梦欧洲杯。"), ("n3", "东莞地铁一号线通车")]
    found = find_duplicates(new, [("e1", "【贵州村超少年圆梦欧洲杯】")])
    assert [(pair.new, pair.existing) for pair in found] == [("n1", "e1"), ("n2", "e1"), ("n2", "n1")]
    assert {pair.verdict.tier for pair in found} == {"certain"}


def test_the_index_finds_whatever_comparing_everything_finds() -> None:
    words = ("卡卡", "现身", "贵州", "村超", "第3轮", "开赛", "少年", "榕江", "回应", "不")
    titles = [(n, "".join(words[(n * k + k) % 10] for k in range(1, 6))) for n in range(60)]
    found = {(pair.new, pair.existing) for pair in find_duplicates(titles)}
    every = {(i, j) for i, a in titles for j, b in titles if j < i and compare(a, b) is not None}
    assert found == every


def test_hundreds_of_titles_find_themselves() -> None:
    existing = [(n, f"贵州村超{n % 97}号球员{n * 7919 % 10007}在榕江讲述{n * 31 % 1009}的故事") for n in range(300)]
    found = find_duplicates([(-n, title) for n, title in existing[:100]], existing)
    assert {pair.new for pair in found if pair.verdict.score == 1} == {-n for n in range(100)}


def test_past_titles_are_not_compared_with_each_other_nor_new_ones() -> None:
    new = [(1, "贵州村超少年圆梦欧洲杯"), (2, "贵州村超少年圆梦欧洲杯。")]
    past = [("a", "贵州村超少年圆梦欧洲杯！"), ("b", "贵州村超少年圆梦欧洲杯？")]
    found = [(pair.new, pair.existing) for pair in find_repeats(new, past)]
    assert found == [(1, "a"), (1, "b"), (2, "a"), (2, "b")]
    assert find_repeats(new, []) == find_repeats([], past) == []


@settings(max_examples=300, deadline=None)
@given(TITLES, TITLES)
def test_it_is_symmetric_and_bounded(a: str, b: str) -> None:
    verdict = compare(a, b, places=("贵州", "东莞"))
    assert verdict == compare(b, a, places=("东莞", "贵州"))
    assert verdict is None or verdict.score == likeness(a, b)
    assert 0 <= likeness(a, b) == likeness(b, a) <= 1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=40) | TITLES)
def test_every_title_that_says_something_is_certainly_itself(title: str) -> None:
    verdict = compare(title, title)
    if story_key(title):
        assert verdict is not None
        assert (verdict.tier, verdict.score) == ("certain", 1.0)
    else:
        assert likeness(title, title) == 0
        assert verdict is None


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(VARIANTS), max_size=12), st.integers(min_value=0))
def test_what_is_found_does_not_depend_on_the_order(titles: list[str], seed: int) -> None:
    keyed = list(enumerate(titles))
    shuffled = random.Random(seed).sample(keyed, len(keyed))
    one, other = (
        {(frozenset((pair.new, pair.existing)), pair.verdict) for pair in find_duplicates(given_)}
        for given_ in (keyed, shuffled)
    )
    assert one == other
