"""The WeChat communication index WCI (微信传播指数) in its versions, from articles or from totals.

All logarithms are natural. What each version rests on:

V14.2 with forwards: gsdata's usage page (清博, WCI(V14.2), mirrored at stevekatra.com/site/usage-1). Reads, watching
(在看), likes and forwards weigh 70/9/6/15 %; the whole period by day 60 %, by article 20 %, headlines by day 10 %, the
best single values 10 %.

V14.2 without forwards: the page's earlier text, 85/9/6 %, as code of 2021 has it (weizhi.cc/tech/detail-262353,
ispacesoft.com/289549). Four figures published with part of their inputs (dxphb.com/311, dzwww.com 2020-10) lie within
what it allows and outside what V13 allows.

V2.0: the formula with a complete published example, R=10000 … WCI=411.4875079 (gulangu.com/a/344).

Simplified: the text of the entries in 浙江省数据知识产权登记平台 (zjip.org.cn, trends 70030 and its sisters).

Unofficial, because no text of the formula was found, only what others say of it:

V11 reproduces an answer of gsdata's interface of 2016-05-31 (812.0233948) to its last digit when the likes are
multiplied by ten inside the logarithm and the mean is rounded to 9798.7 as the interface prints it.

V12.0 is said to have kept the indicators and weights of V11.3 and to have put the daily mean for the total
(m.xcditu.com/wz/20161214/6509), which leaves open whether the ten stayed, so both are here.

V13.0 has four parts, of reads and 在看 (zhangjunbk.com/article/28649); the weights are from code that has no ten
(github.com/erhagoose/govBigData), while 14.2 and the simplified one do, so here too are both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from rongmei.indexes.figures import TEN_MYRIAD_PLUS, UNKNOWN, Figure, figure, largest, total
from rongmei.indexes.formula import Formula, Part, Piece
from rongmei.indexes.model import Index, Inputs, Measure
from rongmei.indexes.relations import AtMost, BestOf, Relation

TITLE = "微信传播指数"
GSDATA = "清博指数使用说明页（gsdata.cn/site/usage-1）"


def _fits(count: str, label: str, *, headlines: bool = True) -> tuple[Relation, ...]:
    """What holds for each kind of count: headlines are some of all articles, and one article is one of all."""
    best = (
        AtMost(f"best_{count}", count, f"最高{label}比总{label}还多"),
        BestOf(f"best_{count}", count, "articles", f"最高{label}乘以篇数还不到总{label}"),
    )
    if not headlines:
        return best
    return (
        AtMost(f"headline_{count}", count, f"头条{label}比总{label}还多"),
        *best,
    )


@dataclass(frozen=True)
class WciInputs(Inputs):
    """What an account published in a period, for V14.2 without forwards.

    A headline (头条) is the article in first place of a push. The best values may come from different articles. Reads
    above 100 000 of one article are taken as 100 001, in the totals too.
    """

    days: Annotated[Figure, Measure("天数", "天", "d", least=1)] = UNKNOWN
    articles: Annotated[Figure, Measure("篇数", "篇", "n", least=1)] = UNKNOWN
    reads: Annotated[Figure, Measure("总阅读数", "次", "R")] = UNKNOWN
    watching: Annotated[Figure, Measure("总在看数", "次", "Z")] = UNKNOWN
    likes: Annotated[Figure, Measure("总点赞数", "次", "L")] = UNKNOWN
    headline_reads: Annotated[Figure, Measure("头条阅读数", "次", "Rt")] = UNKNOWN
    headline_watching: Annotated[Figure, Measure("头条在看数", "次", "Zt")] = UNKNOWN
    headline_likes: Annotated[Figure, Measure("头条点赞数", "次", "Lt")] = UNKNOWN
    best_reads: Annotated[Figure, Measure("最高阅读数", "次", "Rmax", ceiling=TEN_MYRIAD_PLUS)] = UNKNOWN
    best_watching: Annotated[Figure, Measure("最高在看数", "次", "Zmax")] = UNKNOWN
    best_likes: Annotated[Figure, Measure("最高点赞数", "次", "Lmax")] = UNKNOWN

    relations: ClassVar[tuple[Relation, ...]] = (
        *_fits("reads", "阅读数"),
        *_fits("watching", "在看数"),
        *_fits("likes", "点赞数"),
    )


@dataclass(frozen=True)
class WciForwardsInputs(WciInputs):
    """The same with forwards (转发)."""

    shares: Annotated[Figure, Measure("总转发数", "次", "RE")] = UNKNOWN
    headline_shares: Annotated[Figure, Measure("头条转发数", "次", "REt")] = UNKNOWN
    best_shares: Annotated[Figure, Measure("最高转发数", "次", "REmax")] = UNKNOWN

    relations: ClassVar[tuple[Relation, ...]] = (*WciInputs.relations, *_fits("shares", "转发数"))


@dataclass(frozen=True)
class Wci13Inputs(Inputs):
    """What an account published in a period, for V13; 在看 was called 点赞 until the end of 2018."""

    days: Annotated[Figure, Measure("天数", "天", "d", least=1)] = UNKNOWN
    articles: Annotated[Figure, Measure("篇数", "篇", "n", least=1)] = UNKNOWN
    headlines: Annotated[Figure, Measure("头条篇数", "篇", "nt")] = UNKNOWN
    reads: Annotated[Figure, Measure("总阅读数", "次", "R")] = UNKNOWN
    watching: Annotated[Figure, Measure("总在看数", "次", "Z")] = UNKNOWN
    headline_reads: Annotated[Figure, Measure("头条阅读数", "次", "Rt")] = UNKNOWN
    headline_watching: Annotated[Figure, Measure("头条在看数", "次", "Zt")] = UNKNOWN
    best_reads: Annotated[Figure, Measure("最高阅读数", "次", "Rmax", ceiling=TEN_MYRIAD_PLUS)] = UNKNOWN
    best_watching: Annotated[Figure, Measure("最高在看数", "次", "Zmax")] = UNKNOWN

    relations: ClassVar[tuple[Relation, ...]] = (
        AtMost("headlines", "articles", "头条篇数比篇数还多"),
        BestOf("best_reads", "headline_reads", "headlines", "最高阅读数乘以头条篇数还不到头条阅读数"),
        *_fits("reads", "阅读数"),
        *_fits("watching", "在看数"),
    )


@dataclass(frozen=True)
class WciTotalsInputs(Inputs):
    """What an account published in a period, for V2.0 and V11: no days, no headlines."""

    articles: Annotated[Figure, Measure("篇数", "篇", "n", least=1)] = UNKNOWN
    reads: Annotated[Figure, Measure("总阅读数", "次", "R")] = UNKNOWN
    likes: Annotated[Figure, Measure("总点赞数", "次", "Z")] = UNKNOWN
    best_reads: Annotated[Figure, Measure("最高阅读数", "次", "Rmax")] = UNKNOWN
    best_likes: Annotated[Figure, Measure("最高点赞数", "次", "Zmax")] = UNKNOWN

    relations: ClassVar[tuple[Relation, ...]] = (
        *_fits("reads", "阅读数", headlines=False),
        *_fits("likes", "点赞数", headlines=False),
    )


@dataclass(frozen=True)
class WciDailyInputs(WciTotalsInputs):
    """The same with the days, for the simplified one."""

    days: Annotated[Figure, Measure("天数", "天", "d", least=1)] = UNKNOWN


@dataclass(frozen=True)
class Wci12Inputs(WciDailyInputs):
    """The same for V12.0, whose notes put 100 001 for 10万+."""

    best_reads: Annotated[Figure, Measure("最高阅读数", "次", "Rmax", ceiling=TEN_MYRIAD_PLUS)] = UNKNOWN


@dataclass(frozen=True)
class Article:
    """The counts of one article, None where unknown; `headline` is whether it was in first place of its push."""

    reads: Figure | int | None = None
    watching: Figure | int | None = None
    likes: Figure | int | None = None
    shares: Figure | int | None = None
    headline: bool = True


def from_articles(articles: Iterable[Article], days: int) -> WciForwardsInputs:
    """The inputs of a period from its articles: reads of each capped at 100 001, then added up.

    Raises:
        BadInput: `days` or a count is negative.
    """
    kept = list(articles)
    columns: dict[str, Figure] = {}
    for count in ("reads", "watching", "likes", "shares"):
        ceiling = TEN_MYRIAD_PLUS if count == "reads" else None
        values = [(_column(one, count, ceiling), one.headline) for one in kept]
        columns[count] = total(value for value, _ in values)
        columns[f"headline_{count}"] = total(value for value, first in values if first)
        columns[f"best_{count}"] = largest(value for value, _ in values)
    return WciForwardsInputs.of(days=days, articles=len(kept), **columns)


def _column(article: Article, count: str, ceiling: int | None) -> Figure:
    value = figure(getattr(article, count))
    return value if ceiling is None else value.capped(ceiling)


Counted = tuple[tuple[float, str, str, int], ...]
"""(weight, input, what it is called, factor inside the logarithm) of each kind of count."""


def _part(weight: float, name: str, symbol: str, counted: Counted, prefix: str, per: str, word: str) -> Part:
    pieces = (Piece(share, f"{word}{label}", f"{prefix}{count}", per, times) for share, count, label, times in counted)
    return Part(weight, name, symbol, tuple(pieces))


def _of_14_2(counted: Counted) -> Formula:
    parts = (
        _part(0.6, "整体传播力", "O", counted, "", "days", "日均"),
        _part(0.2, "篇均传播力", "A", counted, "", "articles", "篇均"),
        _part(0.1, "头条传播力", "H", counted, "headline_", "days", "头条日均"),
        _part(0.1, "峰值传播力", "P", counted, "best_", "", "最高"),
    )
    return Formula(parts, power=2, factors=(1.2, 10))


def _of_13(times: int) -> Formula:
    counted: Counted = ((0.85, "reads", "阅读数", 1), (0.15, "watching", "在看数", times))
    parts = (
        _part(0.3, "整体传播力", "O", counted, "", "days", "日均"),
        _part(0.3, "篇均传播力", "A", counted, "", "articles", "篇均"),
        _part(0.3, "头条传播力", "H", counted, "headline_", "headlines", "头条篇均"),
        _part(0.1, "峰值传播力", "P", counted, "best_", "", "最高"),
    )
    return Formula(parts, power=2, factors=(10,))


def _simplified() -> Formula:
    counted: Counted = ((0.85, "reads", "阅读数", 1), (0.15, "likes", "点赞数", 10))
    parts = (
        _part(0.42, "整体传播力", "O", counted, "", "days", "日均"),
        _part(0.42, "篇均传播力", "A", counted, "", "articles", "篇均"),
        _part(0.16, "峰值传播力", "P", counted, "best_", "", "最高"),
    )
    return Formula(parts, power=2, factors=(10,))


def _early(per: str, times: int) -> Formula:
    """V2.0 to V12.0: reads 80 %, likes 20 %; of each the total or its daily mean 40, per article 45, best 15 %."""
    word = "日均" if per else "总"

    def part(weight: float, name: str, symbol: str, count: str, label: str, factor: int) -> Part:
        pieces = (
            Piece(0.40, f"{word}{label}", count, per, factor),
            Piece(0.45, f"篇均{label}", count, "articles", factor),
            Piece(0.15, f"最高{label}", f"best_{count}", "", factor),
        )
        return Part(weight, name, symbol, pieces)

    reads = part(0.8, "阅读指数", "阅读", "reads", "阅读数", 1)
    return Formula((reads, part(0.2, "点赞指数", "点赞", "likes", "点赞数", times)), power=2, factors=(10,))


WCI_14_2 = Index(
    key="wci-14.2",
    name="WCI",
    title=TITLE,
    edition="V14.2（不含转发）",
    official=True,
    inputs=WciInputs,
    formula=_of_14_2(((0.85, "reads", "阅读数", 1), (0.09, "watching", "在看数", 10), (0.06, "likes", "点赞数", 10))),
    source=f"{GSDATA} V14.2 较早的文本，见 2021 年的公开程序（weizhi.cc/tech/detail-262353）；四个公开的数与它相合",
)
WCI_14_2_FORWARDS = Index(
    key="wci-14.2-forwards",
    name="WCI",
    title=TITLE,
    edition="V14.2（含转发）",
    official=True,
    inputs=WciForwardsInputs,
    formula=_of_14_2(
        (
            (0.70, "reads", "阅读数", 1),
            (0.09, "watching", "在看数", 10),
            (0.06, "likes", "点赞数", 10),
            (0.15, "shares", "转发数", 10),
        )
    ),
    source=f"{GSDATA} V14.2",
)
WCI_SIMPLIFIED = Index(
    key="wci-simplified",
    name="WCI",
    title=TITLE,
    edition="简化版（浙江数据知识产权登记 70030）",
    official=True,
    inputs=WciDailyInputs,
    formula=_simplified(),
    source="浙江省数据知识产权登记平台（zjip.org.cn）70030 等各省微信影响力指数数据",
)
WCI_13 = Index(
    key="wci-13",
    name="WCI",
    title=TITLE,
    edition="V13.0（在看乘 10）",
    official=False,
    inputs=Wci13Inputs,
    formula=_of_13(times=10),
    source="公开的说明（zhangjunbk.com/article/28649）与计算程序，并按 V14.2 的写法乘 10；2017-07-01 起的榜单用这一版",
    caution="没有见到官方的公式表；在看数在对数里是否乘 10 不能确定，另一种见 wci-13-x1",
)
WCI_13_X1 = Index(
    key="wci-13-x1",
    name="WCI",
    title=TITLE,
    edition="V13.0（在看不乘 10）",
    official=False,
    inputs=Wci13Inputs,
    formula=_of_13(times=1),
    source="公开的说明（zhangjunbk.com/article/28649）与计算程序；2017-07-01 起的榜单用这一版",
    caution="没有见到官方的公式表；在看数在对数里是否乘 10 不能确定，另一种见 wci-13",
)
WCI_12 = Index(
    key="wci-12",
    name="WCI",
    title=TITLE,
    edition="V12.0（点赞不乘 10）",
    official=False,
    inputs=Wci12Inputs,
    formula=_early("days", times=1),
    source="2016 年 12 月引用清博的榜单说明（m.xcditu.com/wz/20161214/6509）：维度和权重不变，总阅读数改为日均阅读数",
    caution="只有说明文字，没有公式；点赞数在对数里是否乘 10 不能确定，另一种见 wci-12-x10",
)
WCI_12_X10 = Index(
    key="wci-12-x10",
    name="WCI",
    title=TITLE,
    edition="V12.0（点赞乘 10）",
    official=False,
    inputs=Wci12Inputs,
    formula=_early("days", times=10),
    source="同一说明，接在 V11 的算法上",
    caution="只有说明文字，没有公式；点赞数在对数里是否乘 10 不能确定，另一种见 wci-12",
)
WCI_11 = Index(
    key="wci-11",
    name="WCI",
    title=TITLE,
    edition="V11（2016 年 5 月的算法）",
    official=False,
    inputs=WciTotalsInputs,
    formula=_early("", times=10),
    source="由清博接口 2016-05-31 的一条数据反推，算出来与它公布的 812.0233948 一致",
    caution="没有见到公式原文；版本号是按时间推断的",
)
WCI_2 = Index(
    key="wci-2",
    name="WCI",
    title=TITLE,
    edition="V2.0",
    official=True,
    inputs=WciTotalsInputs,
    formula=_early("", times=1),
    source="公开的 V2.0 计算说明（gulangu.com/a/344），附完整算例 411.4875079",
)

INDEXES = (
    WCI_14_2,
    WCI_14_2_FORWARDS,
    WCI_SIMPLIFIED,
    WCI_2,
    WCI_13,
    WCI_13_X1,
    WCI_12,
    WCI_12_X10,
    WCI_11,
)
