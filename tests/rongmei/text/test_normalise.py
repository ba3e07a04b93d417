"""Tests of cleaning and of title keys."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.text.normalise import clean_line, clean_text, normalise


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ＶＩＶＯ　Ｘ１００发布", "vivo X100 发布"),
        ("贵州村超少年圆梦欧洲杯！", "贵州村超少年圆梦欧洲杯"),
        ("#贵州村超#今晚开赛", "贵州村超 今晚开赛"),
        ("贵州村超少年圆梦欧洲杯_新华网", "贵州村超少年圆梦欧洲杯"),
        ("贵州村超少年圆梦欧洲杯 | 南方日报", "贵州村超少年圆梦欧洲杯"),
        ("贵州村超少年圆梦欧洲杯（来源：央视新闻）", "贵州村超少年圆梦欧洲杯"),
        ("贵州村超少年圆梦欧洲杯——东莞日报（组图）", "贵州村超少年圆梦欧洲杯"),
        ("小师姐在村超赛场拍摄卡卡#萌萌小师姐 #旅行推荐官", "小师姐在村超赛场拍摄卡卡"),
        ("村\u200b超\u202e开赛\ufeff", "村超开赛"),
        ("“村超”爆红", "「村超」爆红"),
    ],
)
def test_the_same_title_by_different_hands_has_one_key(one: str, other: str) -> None:
    assert normalise(one) == normalise(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("车江队2-1忠诚队", "车江队21忠诚队"),
        ("第3轮战报", "第4轮战报"),
        ("ipad air", "ipadair"),
        ("涨3.5%", "涨35%"),
    ],
)
def test_titles_that_say_different_things_have_different_keys(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)


def test_a_tag_or_source_that_is_the_whole_title_stays() -> None:
    assert normalise("#村超") == "村超"
    assert normalise("南方日报") == "南方日报"
    assert normalise("！！？…") == ""


def test_clean_line_drops_the_invisible_and_keeps_chinese_punctuation() -> None:
    assert clean_line("村超\x00，\u202e开赛\r\n了！\u2028完") == "村超，开赛 了！ 完"
    assert clean_line("z" + "\u0335" * 40) == "z" + "\u0335" * 3


def test_clean_text_keeps_lines_and_bounds_length() -> None:
    assert clean_text(" a \r\n\r\n\r\n\r\n b\t c ") == "a\n\nb c"
    cut = clean_text("长" * 50, 10)
    assert cut == "长" * 9 + "…"
    with pytest.raises(ValueError, match="at least 1"):
        clean_line("x", 0)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_normalise_is_idempotent_on_any_text(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="村超#（来源：新华网）_|- 0123456789.:/%报aBﬁ", max_size=40))
def test_normalise_is_idempotent_on_titles_full_of_tails(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.integers(min_value=1, max_value=60))
def test_clean_line_is_bounded_one_line_and_printable(text: str, limit: int) -> None:
    line = clean_line(text, limit)
    assert len(line) <= limit
    assert "\n" not in line
    assert not [c for c in line if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")]
