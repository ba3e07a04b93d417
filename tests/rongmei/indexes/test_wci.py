import re
from math import log

import pytest

from rongmei.errors import BadInput
from rongmei.indexes import WCI_14_2, WCI_14_2_FORWARDS, Article, Figure, find_index, from_articles
from rongmei.indexes.wci import Wci12Inputs, Wci13Inputs, WciDailyInputs, WciForwardsInputs, WciInputs, WciTotalsInputs

REFERENCE = {
    "days": 7,
    "articles": 28,
    "reads": 70_000,
    "watching": 700,
    "likes": 1_400,
    "headline_reads": 35_000,
    "headline_watching": 350,
    "headline_likes": 700,
    "best_reads": 12_000,
    "best_watching": 120,
    "best_likes": 240,
}
FORWARDS = {"shares": 2_100, "headline_shares": 1_050, "best_shares": 360}
EXAMPLE = {"articles": 100, "reads": 10_000, "best_reads": 300, "likes": 4_000, "best_likes": 60}


def values(result):
    assert all(term.value.exact for term in result.terms)
    return [term.value.low for term in result.terms]


# ── published and reference figures ──────────────────────────────────────────────────────────────────────────────


def test_the_published_example_of_v2():
    reads, likes, whole = values(find_index("wci-2").compute(WciTotalsInputs.of(**EXAMPLE)))
    assert (reads, likes) == pytest.approx((6.617046919, 5.605458353), abs=1e-9)
    assert 0.8 * reads + 0.2 * likes == pytest.approx(6.414729206, abs=1e-9)
    assert whole == pytest.approx(411.4875079, abs=5e-8)
    assert whole == pytest.approx(411.4875078506, abs=1e-10)


def test_the_reference_vectors_of_v14_2():
    with_forwards = WCI_14_2_FORWARDS.compute(WciForwardsInputs.of(**REFERENCE, **FORWARDS))
    assert values(with_forwards) == pytest.approx(
        [8.726185454, 7.340610130, 8.033278081, 8.908467030, 846.318422], abs=1e-6
    )
    without = WCI_14_2.compute(WciInputs.of(**REFERENCE))
    assert values(without) == pytest.approx([8.906746382, 7.521066172, 8.213804032, 9.089033790, 883.097180], abs=1e-6)
    assert (str(with_forwards), str(without)) == ("WCI V14.2（含转发）：846.32", "WCI V14.2（不含转发）：883.10")
    assert (with_forwards.reasons, without.reasons) == ((), ())


def test_v11_reproduces_what_the_interface_gave_in_may_2016():
    """812.0233948 with 3 articles, 29 396 reads (9798.7 each, as rounded there), 72 likes, at most 22 858 and 49."""
    inputs = WciTotalsInputs.of(articles=3, reads=29_396, best_reads=22_858, likes=72, best_likes=49)
    found = find_index("wci-11").compute(inputs).value
    assert found.exact
    assert found.low == pytest.approx(812.0233948, abs=3e-4)
    reads, likes, _ = values(find_index("wci-11").compute(inputs))
    as_rounded_there = reads + 0.45 * (log(9798.7 + 1) - log(29_396 / 3 + 1))
    assert (0.8 * as_rounded_there + 0.2 * likes) ** 2 * 10 == pytest.approx(812.0233948, abs=5e-8)
    assert abs(find_index("wci-2").compute(inputs).value.low - 812.0233948) > 80


@pytest.mark.parametrize(("key", "times"), [("wci-12", 1), ("wci-12-x10", 10)])
def test_v12_is_v2_by_day(key, times):
    reads = 0.40 * log(10_000 / 7 + 1) + 0.45 * log(101) + 0.15 * log(301)
    likes = 0.40 * log(times * 4_000 / 7 + 1) + 0.45 * log(times * 40 + 1) + 0.15 * log(times * 60 + 1)
    found = values(find_index(key).compute(Wci12Inputs.of(days=7, **EXAMPLE)))
    assert found == pytest.approx([reads, likes, (0.8 * reads + 0.2 * likes) ** 2 * 10], abs=1e-9)
    assert not find_index(key).official


@pytest.mark.parametrize(("key", "times"), [("wci-13", 10), ("wci-13-x1", 1)])
def test_v13_takes_headlines_by_article(key, times):
    def part(reads, watching):
        return 0.85 * log(reads + 1) + 0.15 * log(times * watching + 1)

    given = {name: REFERENCE[name] for name in REFERENCE if "likes" not in name}
    parts = [part(10_000, 100), part(2_500, 25), part(5_000, 50), part(12_000, 120)]
    expected = sum(weight * one for weight, one in zip((0.3, 0.3, 0.3, 0.1), parts, strict=True)) ** 2 * 10
    found = values(find_index(key).compute(Wci13Inputs.of(headlines=7, **given)))
    assert found == pytest.approx([*parts, expected], abs=1e-9)


def test_the_registered_simplification():
    def part(reads, likes):
        return 0.85 * log(reads + 1) + 0.15 * log(10 * likes + 1)

    given = {"days": 7, "articles": 28, "reads": 70_000, "likes": 1_400, "best_reads": 12_000, "best_likes": 240}
    parts = [part(10_000, 200), part(2_500, 50), part(12_000, 240)]
    expected = sum(weight * one for weight, one in zip((0.42, 0.42, 0.16), parts, strict=True)) ** 2 * 10
    found = find_index("wci-simplified").compute(WciDailyInputs.of(**given))
    assert values(found) == pytest.approx([*parts, expected], abs=1e-9)


@pytest.mark.parametrize("key", ["wci-14.2", "wci-14.2-forwards", "wci-simplified", "wci-2", "wci-11", "wci-13"])
def test_nothing_read_is_zero(key):
    index = find_index(key)
    nothing = {one.name: max(0, one.least) for one in index.inputs.measures()}
    assert index.compute(index.read(nothing)).value == Figure(0, 0)


# ── published figures with part of their inputs ──────────────────────────────────────────────────────────────────

PUBLISHED = [
    pytest.param(68, 557_459, 4_949, 30, 1077, id="统计微讯 2021-05"),
    pytest.param(24, 130_149, 1_085, 30, 832, id="浙江统计 2021-05"),
    pytest.param(21, 83_131, 755, 30, 745, id="江苏统计 2021-05"),
    pytest.param(11, Figure(170_000, 179_999), 351, 7, 1046.97, id="济南交警 2020-10"),
]


def bounded(articles, reads, watching):
    """Headlines read at least like the mean; up to three likes for each 在看: all accounts together had 1.1."""
    low, high = (reads.low, reads.high) if isinstance(reads, Figure) else (reads, reads)
    mean = -(-low // articles)
    return {
        "articles": articles,
        "reads": reads,
        "watching": watching,
        "headline_reads": Figure(mean, high),
        "best_reads": Figure(mean, min(high, 100_001)),
    }, Figure(0, 3 * watching)


@pytest.mark.parametrize(("articles", "reads", "watching", "days", "published"), PUBLISHED)
def test_published_figures_lie_within_v14_2_and_outside_v13(articles, reads, watching, days, published):
    given, likes = bounded(articles, reads, watching)
    found = WCI_14_2.compute(WciInputs.of(days=days, likes=likes, **given)).value
    assert published in found
    assert found.high - found.low < 0.35 * published
    assert published > found.high / 1.2, "without the factor 1.2 it would not be possible"
    for key in ("wci-13", "wci-13-x1"):
        headlines = min(days, articles)
        old = find_index(key).compute(Wci13Inputs.of(days=days, headlines=headlines, **given)).value
        assert published > old.high


@pytest.mark.parametrize(("articles", "reads", "watching", "days", "published"), PUBLISHED)
def test_without_any_assumption_they_are_at_least_possible(articles, reads, watching, days, published):
    result = WCI_14_2.compute(WciInputs.of(days=days, articles=articles, reads=reads, watching=watching))
    assert published in result.value
    assert result.value.high is None, "nobody said how many likes there were"
    assert result.reasons[-1].endswith("总点赞数、头条点赞数、最高点赞数")


# ── missing and rounded inputs ───────────────────────────────────────────────────────────────────────────────────


def test_what_is_missing_gives_an_interval_with_its_reason():
    given = {name: value for name, value in REFERENCE.items() if name not in ("headline_reads", "best_reads")}
    result = WCI_14_2.compute(WciInputs.of(**given))
    assert 883.097180 in result.value
    assert not result.value.exact
    assert result.value.high is not None
    assert result.reasons == ("头条阅读数没有给，按 0 到 70,000 次计", "最高阅读数没有给，按 2,500 到 70,000 次计")
    assert re.fullmatch(r"WCI V14\.2（不含转发）：[\d.]+ 到 [\d.]+", str(result))


def test_a_best_article_is_not_below_the_mean():
    result = WCI_14_2.compute(WciInputs.of(**{**REFERENCE, "reads": 70_001, "best_reads": None}))
    assert result.reasons == ("最高阅读数没有给，按 2,501 到 70,001 次计",)


def test_a_missing_total_is_bounded_by_the_best_article():
    result = WCI_14_2.compute(WciInputs.of(**{**REFERENCE, "reads": None}))
    assert result.reasons == ("总阅读数没有给，按 35,000 到 336,000 次计",)
    assert 883.097180 in result.value


def test_a_single_article_is_its_own_best():
    given = {"days": 1, "articles": 1, "reads": 900, "watching": 3, "likes": 5}
    result = WCI_14_2.compute(WciInputs.of(**given))
    assert "最高阅读数没有给，由别的数推出是 900" in result.reasons
    assert result.value.high is not None


def test_nothing_at_all_is_unknown_and_not_zero():
    result = WCI_14_2.compute(WciInputs())
    assert result.value.unknown
    assert str(result) == "WCI V14.2（不含转发）：未知"
    assert result.reasons[-1].startswith("没有给，也推不出范围：天数、篇数、总阅读数")


def test_platform_roundings_stay_what_they_are():
    result = WCI_14_2.compute(WciInputs.of(**{**REFERENCE, "reads": "7.0万"}))
    assert 883.097180 in result.value
    assert result.reasons == ("总阅读数是“7.0万”，按 69,500 到 70,999 次计",)


def test_ten_myriad_plus_counts_as_100001():
    given = {**REFERENCE, "reads": 270_000, "headline_reads": 150_000}
    shown = WCI_14_2.compute(WciInputs.of(**{**given, "best_reads": "10万+"}))
    assert shown.value == WCI_14_2.compute(WciInputs.of(**{**given, "best_reads": 100_001})).value
    assert shown.value.exact
    assert shown.reasons == ("最高阅读数是“10万+”，指数规定计为 100,001",)


@pytest.mark.parametrize(
    ("key", "known"), [("wci-2", False), ("wci-11", False), ("wci-simplified", False), ("wci-12", True)]
)
def test_older_and_registered_versions_know_no_such_rule(key, known):
    index = find_index(key)
    days = {"days": 7} if index.inputs.named("days") else {}
    result = index.compute(index.inputs.of(**{**EXAMPLE, **days, "reads": 900_000, "best_reads": "10万+"}))
    assert result.value.exact == known


# ── what cannot be ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        ({"days": 0}, "天数", "算不出指数"),
        ({"articles": 0}, "篇数", "算不出指数"),
        ({"reads": -1}, "总阅读数", "负数"),
        ({"likes": "很多"}, "总点赞数", "看不懂"),
        ({"headline_reads": 70_001}, "", "头条阅读数比总阅读数还多"),
        ({"best_reads": 70_001}, "", "最高阅读数比总阅读数还多"),
        ({"best_reads": 2_499}, "", "最高阅读数乘以篇数还不到总阅读数"),
        ({"best_likes": 49}, "", "最高点赞数乘以篇数还不到总点赞数"),
        ({"headline_watching": "701以上"}, "", "头条在看数比总在看数还多"),
        ({"reads": 3_000_000, "best_reads": None}, "", "最高阅读数乘以篇数还不到总阅读数"),
        ({"reads": 900_000, "best_reads": 230_000}, "最高阅读数", "超过 100,001"),
    ],
)
def test_what_cannot_be_is_refused_in_chinese(change, where, what):
    with pytest.raises(BadInput, match=what) as refused:
        WCI_14_2.compute(WciInputs.of(**{**REFERENCE, **change}))
    assert (refused.value.where, bool(refused.value.mend)) == (where, True)


def test_headlines_of_v13():
    given = {name: REFERENCE[name] for name in REFERENCE if "likes" not in name}
    v13 = find_index("wci-13")
    with pytest.raises(BadInput, match="头条篇数比篇数还多"):
        v13.compute(Wci13Inputs.of(headlines=29, **given))
    with pytest.raises(BadInput, match="最高阅读数乘以头条篇数还不到头条阅读数"):
        v13.compute(Wci13Inputs.of(headlines=0, **given))
    without = {**given, "headlines": 0, "headline_reads": 0, "headline_watching": 0}
    assert v13.compute(Wci13Inputs.of(**without)).terms[2].value == Figure(0, 0)


# ── from articles ────────────────────────────────────────────────────────────────────────────────────────────────


def test_from_articles_caps_each_and_tells_headlines_apart():
    articles = [
        Article(230_000, 90, 400, 1_000),
        Article(3_000, 10, 700, 20, headline=False),
        Article(500, 95, 2, 3),
    ]
    made = from_articles(articles, days=2)
    assert made == WciForwardsInputs.of(
        days=2,
        articles=3,
        reads=103_501,
        watching=195,
        likes=1_102,
        shares=1_023,
        headline_reads=100_501,
        headline_watching=185,
        headline_likes=402,
        headline_shares=1_003,
        best_reads=100_001,
        best_watching=95,
        best_likes=700,
        best_shares=1_000,
    )
    assert WCI_14_2_FORWARDS.compute(made).value.exact


def test_an_article_without_reads_leaves_an_interval():
    made = from_articles([Article(3_000, 1, 1), Article(None, 1, 1)], days=1)
    assert made.reads == Figure(3_000, 103_001)
    assert made.best_reads == Figure(3_000, 100_001)
    found = WCI_14_2.compute(made).value
    for reads in (0, 40, 100_001):
        exact = WCI_14_2.compute(from_articles([Article(3_000, 1, 1), Article(reads, 1, 1)], days=1)).value
        assert exact.low in found
    assert WCI_14_2_FORWARDS.compute(made).value.high is None, "forwards are not known"


def test_no_article_has_no_index():
    with pytest.raises(BadInput, match="算不出指数"):
        WCI_14_2.compute(from_articles([], days=1))
