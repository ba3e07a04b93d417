"""Sentences from figures: what changed, what moved it, how sure one can be; none where the figures carry none."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.reports import sentences
from rongmei.reports.sentences import Part


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (12_000, 10_000, "新增阅读 12,000，比上周的 10,000 多 2,000（增 20%）。"),
        (9_990, 10_000, "新增阅读 9,990，比上周的 10,000 少 10（不到 1%）。"),
        (5, 0, "新增阅读 5，比上周的 0 多 5。"),
        (7, 7, "新增阅读 7，与上周相同。"),
        (0, 7, "新增阅读 0，比上周的 7 少 7（减 100%）。"),
        (7, None, "新增阅读 7，上周没有可比的数。"),
        (None, 7, "新增阅读：平台还没有给出。"),
    ],
)
def test_a_change_is_said_with_both_figures(now, before, said):
    assert sentences.changed("新增阅读", now, before, "上周") == said


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ([Part("微信", 900, 100), Part("微博", 300, 100)], "多出的 1,000 里，微信占 800（80%）。"),
        ([Part("微信", 100, 900), Part("微博", 100, 300)], "少掉的 1,000 里，微信占 800（80%）。"),
        ([Part("微信", 900, 100), Part("微博", 100, 600)], "微信多 800，微博少 500，合计多 300。"),
        (
            [Part("微信", 900, 100), Part("微博", 300, 100), Part("网站", None, 5)],
            "多出的 1,000 里，微信占 800（80%）；网站有一边没有数，没有拆进来。",
        ),
        ([Part("微信", 900, 100)], ""),
        ([Part("微信", 900, 100), Part("微博", 100, 900)], ""),
        ([], ""),
    ],
    ids=["up", "down", "against each other", "unknown", "one alone", "even", "none"],
)
def test_what_moved_the_sum_most_is_named_with_its_share(parts, said):
    assert sentences.driver(parts, "渠道") == said


@settings(max_examples=60, deadline=None)
@given(
    now=st.integers(0, 99_000), before=st.integers(0, 99_000), times=st.integers(1, 60), times_before=st.integers(1, 60)
)
def test_the_split_adds_up_to_the_change(now, before, times, times_before):
    said = sentences.split(now, before, times, times_before, "上周")
    assert (said == "") == (now == before)
    signed = [int(sign.replace("＋", "1").replace("－", "-1")) * int(number.replace(",", ""))
              for sign, number in re.findall(r"约合 ([＋－])([\d,]+)[。；]", said)]  # fmt: skip
    if len(signed) == 2:  # in 万 they are rounded
        assert sum(signed) == now - before
        assert "不等于原因" in said


@pytest.mark.parametrize(
    ("now", "history", "said"),
    [
        (90, [100, 80, None, 120], "前 3 周在 80–120 之间，这一次在范围之内，涨跌可能只是起伏。"),
        (130, [100, 80, 120], "前 3 周在 80–120 之间，这一次高于其中每一周。"),
        (70, [100, 80, 120], "前 3 周在 80–120 之间，这一次低于其中每一周。"),
        (90, [100, 80], "可比的只有 2 周，还看不出平常是多少。"),
        (90, [], ""),
        (None, [1, 2, 3], ""),
    ],
)
def test_what_is_usual_needs_three_figures(now, history, said):
    assert sentences.usual(now, history, "周") == said


def test_why_a_story_stands_out():
    assert sentences.share_of(340, 1_000) == "占全部阅读的 34%"
    assert sentences.share_of(40, 1_000) == sentences.share_of(None, 1_000) == sentences.share_of(4, None) == ""
    assert sentences.against_median(8_000, [1_000, 2_000, 1_500, 900], "甲") == (
        "甲 8,000，是该渠道其余 4 次发布中位数 1,250 的 6.4 倍"
    )
    assert sentences.against_median(8_000, [1, 2], "甲") == sentences.against_median(9, [0, 0, 0], "甲") == ""
    assert sentences.leaning("稿", 400, 1_000, 900, "上周") == "《稿》一篇占 40%，去掉它则比上周减 33%。"
    assert sentences.leaning("稿", 100, 1_000, 900, "上周") == ""


def test_what_is_not_known_is_said():
    assert sentences.gaps(3, 20) == "20 次发布里有 3 次平台没有给出阅读数，没有当作零，实际只会更多。"
    assert sentences.doubtful(2) == "有 2 条数据异常待人工判断，目前仍计在内。"
    assert sentences.boards(2, "微博热搜第 3 位", 95).endswith("数据分不开。")
    assert sentences.gaps(0, 20) == sentences.doubtful(0) == sentences.boards(0, "", 0) == ""


@pytest.mark.parametrize(("now", "before", "said"), [(2, 5, "▲3"), (5, 2, "▼3"), (2, 2, "—"), (2, None, "新")])
def test_a_move_in_the_ranking(now, before, said):
    assert sentences.rank_moved(now, before) == said


def test_who_moved_most():
    moves = [("甲", 1, 4), ("乙", 5, 2), ("丙", 3, 3), ("丁", 2, None)]
    assert sentences.climbers(moves, "上周") == "名次变动最大的：甲从第 4 升到第 1，乙从第 2 降到第 5（与上周比）。"
    assert sentences.climbers([("丙", 3, 3)], "上周") == ""
