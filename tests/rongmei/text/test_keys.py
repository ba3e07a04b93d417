"""Tests of the key by which stories are compared."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.text.keys import _long_way, clauses, simplified_characters, simplify, story_key

TITLES = st.text(
    "村超第三轮二比一5:6-/%.,，：|丨_—()（）【】\n 报新闻网来源：aB0９Ａ#🎉️⃣東①㎡～@+'“”。?網華來轉自", max_size=24
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("東莞融媒體中心發佈村超賽程", "东莞融媒体中心发布村超赛程"),
        ("臺灣隊來東莞踢村超，為什麼這麼受歡迎", "台湾队来东莞踢村超，为什么这么受欢迎"),
        ("東莞村超開賽_新華網", "东莞村超开赛"),
        ("ＶＩＶＯ　Ｘ１００发布", "vivo X100 发布"),
        ("iPhone 15 发布", "iPhone15发布"),
        ("🎉村超开赛🇧🇷❤️！", "村超开赛"),
        ("村超 开 赛", "村超开赛"),
        ("《村超》·开赛——今晚!!!", "村超开赛今晚"),
        ("文脉华章丨遇见三苏祠", "文脉华章 | 遇见三苏祠"),
        ("村\u200b超\u202e开赛\ufeff", "村超开赛"),
        ("第1️⃣轮开赛", "第1轮开赛"),
        ("第三轮战罢", "第3轮战罢"),
        ("石龙队三比一战胜虎门队", "石龙队3:1战胜虎门队"),
        ("石龙队3-1战胜虎门队", "石龙队3：1战胜虎门队"),
        ("六月十三日开赛", "6月13日开赛"),
        ("１，０００人齐跳", "1000人齐跳"),
        ("2,000万人次", "2000万人次"),
    ],
)
def test_script_width_marks_spacing_pictures_and_numerals_do_not_matter(one: str, other: str) -> None:
    assert story_key(one) == story_key(other) != ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("石龙队2:1虎门队", "石龙队1:2虎门队"),
        ("石龙队2:1虎门队", "石龙队21虎门队"),
        ("涨3.5%", "涨35%"),
        ("3 2 1 开赛", "321开赛"),
        ("第三轮", "第十三轮"),
        ("1/2决赛", "12决赛"),
    ],
)
def test_numbers_stay_apart(one: str, other: str) -> None:
    assert story_key(one) != story_key(other)


def test_nothing_to_compare_has_no_key() -> None:
    assert [story_key(title) for title in ("", "！！？…", "🎉🎉", "\u200b", "\ufe0f")] == [""] * 5


def test_the_table_of_characters_is_closed() -> None:
    table = simplified_characters()
    assert len(table) > 2_500
    assert all(ord(simplified) not in table for simplified in table.values())
    assert simplify("東城街道舉辦龍舟賽 乾隆 著名") == simplify(simplify("东城街道举办龙舟赛 干隆 着名"))


def test_clauses_end_at_marks_and_blanks_but_not_inside_numbers_or_latin() -> None:
    assert clauses("女子：被判无效 教育局回应，iPhone 15 发布 3:1") == (
        "女子",
        "被判无效",
        "教育局回应",
        "iphone15",
        "发布",
        "3:1",
    )


@settings(max_examples=400, deadline=None)
@given(TITLES)
def test_the_short_way_gives_what_the_long_way_gives(title: str) -> None:
    assert story_key(title) == _long_way(title)


@settings(max_examples=400, deadline=None)
@given(TITLES | st.text(max_size=60))
def test_a_key_is_its_own_key(title: str) -> None:
    key = story_key(title)
    assert story_key(key) == key


@settings(max_examples=200, deadline=None)
@given(st.text("村超开赛东莞今晚直播龙舟少年", min_size=1, max_size=12), st.data())
def test_dressing_a_title_up_does_not_change_its_key(title: str, data: st.DataObject) -> None:
    dress = st.sampled_from(("", " ", "，", "！", "“", "🎉", "\u200b", "·", "❤️"))
    dressed = "".join(char + data.draw(dress) for char in title)
    assert story_key(dressed) == story_key(title)
