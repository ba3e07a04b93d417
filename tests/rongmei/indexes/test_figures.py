import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.indexes.figures import MAX_COUNT, UNKNOWN, Figure, figure, largest, total

COUNTS = st.integers(min_value=0, max_value=MAX_COUNT)
BOUNDS = st.builds(
    lambda low, more: Figure(low, None if more is None else low + more), COUNTS, st.none() | st.integers(0, 10**9)
)


@pytest.mark.parametrize(
    ("written", "low", "high"),
    [
        (1200, 1200, 1200),
        (1200.0, 1200, 1200),
        ("1200", 1200, 1200),
        (" 1,200 ", 1200, 1200),
        ("１，２００", 1200, 1200),  # full-width, as a Chinese input method writes it
        ("1200.0", 1200, 1200),
        ("0", 0, 0),
        ("3.2万", 31_500, 32_999),
        ("3.2w", 31_500, 32_999),
        ("3.20万", 31_950, 32_099),
        ("3万", 25_000, 39_999),
        ("0万", 0, 9_999),
        ("12.3456万", 123_456, 123_456),
        ("1.1亿", 105_000_000, 119_999_999),
        ("1.2k", 1_150, 1_299),
        ("2百万", 1_500_000, 2_999_999),
        ("3千万", 25_000_000, 39_999_999),
        ("10万+", 100_001, None),
        ("10W+", 100_001, None),
        ("１０Ｗ＋", 100_001, None),
        ("100000+", 100_001, None),
        ("17万+", 170_000, None),
        ("20.5万以上", 205_000, None),
        ("<100", 0, 99),
        ("不足 100", 0, 99),
        ("≤100", 0, 100),
        ("100以内", 0, 100),
        (">100", 101, None),
        ("超10万", 100_001, None),
        ("至少30", 30, None),
        ("100~200", 100, 200),
        ("100～200", 100, 200),
        ("100-200", 100, 200),
        ("3万至5万", 30_000, 50_000),
        (None, 0, None),
        (math.nan, 0, None),
        ("", 0, None),
        ("  ", 0, None),
        ("—", 0, None),
        ("暂无", 0, None),
        ("N/A", 0, None),
    ],
)
def test_what_platforms_and_people_write(written, low, high):
    found = figure(written)
    assert (found.low, found.high) == (low, high)
    assert found.exact == (low == high)


def test_what_is_missing_is_not_nothing():
    assert figure("") != figure("0")
    assert figure("").unknown
    assert not figure("0").unknown


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("-5", "负数"),
        (-5, "负数"),
        ("1.5", "不是整数"),
        (1.5, "不是整数"),
        ("1.23456万", "不是整数"),
        ("1,2", "看不懂"),
        ("约3万", "看不懂"),
        ("三万", "看不懂"),
        ("3万元", "看不懂"),
        ("12e3", "看不懂"),
        ("10²", "看不懂"),
        ("①", "看不懂"),
        ("٣", "看不懂"),
        ("<100+", "看不懂"),
        ("1" * 41, "看不懂"),
        ("9" * 30, "大得不可能"),
        (10**30, "大得不可能"),
        (float("inf"), "大得不可能"),
        ("3-5万", "没有单位"),
        ("200~100", "比后一个大"),
        ("<0", "比 0 还小"),
        (True, "不是数"),
        ([1], "不是数"),
    ],
)
def test_what_is_no_count_is_refused_in_chinese(written, what):
    with pytest.raises(BadInput, match=what) as refused:
        figure(written)
    assert refused.value.mend
    assert len(str(refused.value)) < 120


@given(st.text(max_size=60))
@settings(max_examples=100)
def test_any_text_is_a_figure_or_refused(text):
    try:
        found = figure(text)
    except BadInput:
        return
    assert found.low >= 0


@given(st.integers(0, 10**9), st.integers(0, 3), st.sampled_from([("万", 10**4), ("亿", 10**8)]))
def test_a_rounded_figure_holds_what_was_rounded_and_what_was_cut_off(count, places, unit):
    word, size = unit
    step = size // 10**places
    for shown in (count // step, (count + step // 2) // step):
        written = f"{shown // 10**places}" + (f".{shown % 10**places:0{places}d}" if places else "") + word
        assert count in figure(written)


@given(COUNTS)
@settings(max_examples=30)
def test_a_number_that_is_written_out_stays_what_it_is(count):
    assert figure(str(count)) == figure(f"{count:,}") == figure(count) == Figure(count, count)


@pytest.mark.parametrize(("low", "high"), [(-1, None), (2, 1), (math.nan, None), (0, math.inf)])
def test_bounds_that_cannot_be(low, high):
    with pytest.raises(ValueError, match="限"):
        Figure(low, high)


@given(st.lists(st.tuples(COUNTS, COUNTS), max_size=6), st.data())
@settings(max_examples=30)
def test_sums_and_maxima_hold_every_value_inside(pairs, data):
    figures = [Figure(min(pair), max(pair)) for pair in pairs]
    inside = [data.draw(st.integers(one.low, one.high)) for one in figures]
    assert sum(inside) in total(figures)
    assert max(inside, default=0) in largest(figures)
    if figures:
        assert sum(inside) in total([*figures, UNKNOWN])
        assert total([*figures, UNKNOWN]).high is None
        assert largest([*figures, UNKNOWN]).high is None


@given(BOUNDS, COUNTS)
def test_capping_holds_every_capped_value(one, ceiling):
    capped = one.capped(ceiling)
    assert capped.high <= ceiling
    for value in (one.low, one.low + 7 if one.high is None else one.high):
        assert min(value, ceiling) in capped


def test_bounds_only_ever_tighten():
    assert Figure(5, 10).at_least(3) == Figure(5, 10)
    assert Figure(5, 10).at_least(7).at_most(8).at_most(None) == Figure(7, 8)
    with pytest.raises(ValueError, match="上限"):
        Figure(5, 10).at_most(4)


@pytest.mark.parametrize(
    ("known", "digits", "words"),
    [
        (UNKNOWN, 2, "未知"),
        (Figure(1200, 1200), 0, "1,200"),
        (Figure(883.0971, 883.0971), 2, "883.10"),
        (Figure(883.0971, 883.0971), 0, "883"),
        (Figure(100_001, None), 0, "至少 100,001"),
        (Figure(31_500, 32_999), 0, "31,500 到 32,999"),
        # Outwards, so that the printed interval still holds what the true one holds.
        (Figure(846.189, 1096.951), 2, "846.18 到 1,096.96"),
        (Figure(883.1, 883.2), 2, "883.10 到 883.20"),
    ],
)
def test_in_words(known, digits, words):
    assert known.words(digits) == words
