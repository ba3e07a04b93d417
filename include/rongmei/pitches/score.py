"""Scores a pitch from 0 to 100 and says why: six aspects, each worth 0–1 times its weight in the campaign.

| term | 中文 | value |
|---|---|---|
| news_value | 新闻价值 | sum of the `SIGNALS` found in title and summary, at most 1 |
| heat | 热度 | `HEAT_SHARE` × log(1+peak) / log(1+highest of the board in the window) + the rest × place on the board |
| fit | 契合 | topic named in the title 0.6 (only in the summary 0.4), a column of the campaign 0.25, its beats 0.15 |
| local | 本地 | a place of the cluster 1.0, of the campaign 0.8 (`text.places`), none but from a town's outlet 0.4 |
| track_record | 以往表现 | see `history.TrackRecord` |
| freshness | 时效 | halves every `HALF_LIFE_HOURS` hours since submission |

Heat is compared within one board only, since boards count differently. A place that was paid for is no heat at all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from rongmei.config import Campaign, Cluster, Column, ShortlistWeights
from rongmei.pitches.history import TrackRecord
from rongmei.text.places import Places, homes_among
from rongmei.text.topics import TopicWatch

HALF_LIFE_HOURS = 24.0
HEAT_SHARE = 0.7
BOARD_LENGTH = 50
TERM_NAMES: dict[str, str] = {
    "news_value": "新闻价值",
    "heat": "热度",
    "fit": "契合",
    "local": "本地",
    "track_record": "以往表现",
    "freshness": "时效",
}
SIGNALS: tuple[tuple[str, float, re.Pattern[str]], ...] = (
    ("有新意", 0.2, re.compile(r"首[次个届场家位支批]|第一[次个届场位支]|创新|新纪录|破纪录|揭晓|亮相|发布")),
    ("赛事节点", 0.2, re.compile(r"决赛|揭幕|开幕|闭幕|开赛|收官|冠军|夺冠|晋级|对阵|争霸|德比|绝杀|主场|客场")),
    (
        "有人物",
        0.15,
        re.compile(r"少年|小将|球员|球王|队长|教练|老师|教师|医生|工人|村民|夫妻|父子|母女|爷爷|奶奶|志愿者|讲述|专访"),
    ),
    ("有数据", 0.15, re.compile(r"\d+(?:\.\d+)?\s*(?:[万亿人名场年岁次%]|公里|小时|平方|支|吨|元)")),
    ("公共关切", 0.15, re.compile(r"回应|通报|安全|交通|救援|预警|就医|上学|就业|食品|防汛|台风|高温|便民|惠民")),
    ("打动人", 0.15, re.compile(r"圆梦|梦想|追梦|逆袭|坚守|感动|泪|公益|慈善|助力|重逢|团圆|热血|温暖")),
    ("跨地联动", 0.1, re.compile(r"联动|结对|对口|协作|携手|走进|奔赴|粤港澳|东西部|交流")),
)
SUBSTANTIAL_SUMMARY = 40
SUBSTANTIAL_VALUE = 0.15


@dataclass(frozen=True)
class Heat:
    """A pitch's place on a board.

    Attributes:
        board_peak: highest heat of any unpaid line of the board in the window, None when unknown.
        promoted: seen only as a paid place.
    """

    board_name: str
    best_position: int | None
    peak: int | None
    board_peak: int | None
    promoted: bool


@dataclass(frozen=True)
class Facts:
    """What the score looks at, taken from the ledger.

    Attributes:
        outlet_kind: kind of the outlet that pitched, None for a lead or a citizen.
        column: id, or None.
        heat: boards that the pitch or a merged twin came from.
        record: of the outlet, None when no outlet pitched.
    """

    title: str
    summary: str
    place: str | None
    outlet_kind: str | None
    column: str | None
    submitted_at: datetime
    heat: tuple[Heat, ...] = ()
    record: TrackRecord | None = None


@dataclass(frozen=True)
class Term:
    """One aspect: value 0–1 and why, in Chinese."""

    value: float
    why: str


@dataclass(frozen=True)
class Scored:
    """A score and its arithmetic as it is stored: {term: {"value", "weight", "points", "why"}}."""

    total: float
    terms: dict[str, Any] = field(default_factory=dict)


class Judge:
    """Scores pitches for one campaign; made once for an edition.

    Args:
        cutoff: the edition's moment, from which age is counted.
    """

    def __init__(self, campaign: Campaign, cluster: Cluster, cutoff: datetime) -> None:
        watch = campaign.watch
        self._watch = TopicWatch(watch.keywords, watch.aliases, watch.places, watch.exclusions, watch.ambiguous)
        self._columns: Mapping[str, Column] = {column.id: column for column in campaign.columns}
        city = [region for outlet in cluster.outlets if outlet.kind == "city" for region in outlet.regions]
        towns = [region for outlet in cluster.outlets for region in outlet.regions]
        self._cluster_places = Places(sorted(towns, key=lambda name: (-len(name), name)), city)
        self._campaign_places = Places(watch.places, homes_among(watch.places))
        self._weights: ShortlistWeights = campaign.pitching.weights
        self._cutoff = cutoff

    def score(self, facts: Facts) -> Scored:
        """The total (0–100, two decimals) is the sum of the terms' points."""
        found = {
            "news_value": news_value(facts),
            "heat": _heat(facts.heat),
            "fit": self._fit(facts),
            "local": self._local(facts),
            "track_record": _track_record(facts.record),
            "freshness": self._freshness(facts),
        }
        terms: dict[str, Any] = {}
        for name, term in found.items():
            weight: float = getattr(self._weights, name)
            points = round(100 * weight * term.value, 2)
            terms[name] = {"value": round(term.value, 4), "weight": weight, "points": points, "why": term.why}
        return Scored(round(math.fsum(term["points"] for term in terms.values()), 2), terms)

    def _fit(self, facts: Facts) -> Term:
        parts: list[tuple[float, str]] = []
        at_home = facts.outlet_kind is not None
        if self._watch.match(facts.title, at_home=at_home):
            parts.append((0.6, "标题点题"))
        elif self._watch.match(facts.summary, at_home=at_home):
            parts.append((0.4, "简介点题"))
        column = self._columns.get(facts.column or "")
        text = f"{facts.title} {facts.summary}"
        if column:
            parts.append((0.25, f"报到栏目《{column.name}》"))
            beats = [beat for beat in column.beats if beat in text]
            if beats:
                parts.append((0.15, f"内容含{'、'.join(beats)}"))
        elif suited := next((c for c in self._columns.values() if any(beat in text for beat in c.beats)), None):
            parts.append((0.15, f"可进栏目《{suited.name}》"))
        return Term(
            min(1.0, sum(value for value, _ in parts)), "，".join(why for _, why in parts) or "没有点到活动主题"
        )

    def _local(self, facts: Facts) -> Term:
        text = f"{facts.place or ''}\n{facts.title}\n{facts.summary}"
        # An outlet that writes 长安 means its own; a hot board may mean any of the others, or the cars.
        at_home = facts.outlet_kind is not None
        if found := self._cluster_places.find(text, at_home=at_home):
            return Term(1.0, f"发生在集群内：{found[0]}")
        if found := self._campaign_places.find(text, at_home=at_home):
            return Term(0.8, f"涉及活动地点：{found[0]}")
        if facts.outlet_kind in ("town", "park"):
            return Term(0.4, "没写地点，但由属地媒体报来")
        return Term(0.0, "没有涉及本地或活动地点")

    def _freshness(self, facts: Facts) -> Term:
        age = max(0.0, (self._cutoff - facts.submitted_at).total_seconds() / 3600)
        return Term(math.pow(2, -age / HALF_LIFE_HOURS), f"{age:.0f} 小时前" if age >= 1 else "一小时内")


def news_value(facts: Facts) -> Term:
    """Signals of news value found in the words; a summary of some length counts as one of them."""
    text = f"{facts.title} {facts.summary}"
    found = [(name, value) for name, value, pattern in SIGNALS if pattern.search(text)]
    if len(facts.summary) >= SUBSTANTIAL_SUMMARY:
        found.append(("简介充实", SUBSTANTIAL_VALUE))
    why = "、".join(name for name, _ in found) or "没有明显的新闻点"
    return Term(min(1.0, math.fsum(value for _, value in found)), why)


def _heat(boards: Sequence[Heat]) -> Term:
    if not boards:
        return Term(0.0, "没有上热榜")
    return max((_board_heat(board) for board in boards), key=lambda term: (term.value, term.why))


def _board_heat(board: Heat) -> Term:
    if board.promoted:
        return Term(0.0, f"{board.board_name}上只见于付费推广位，不计热度")
    position = board.best_position or BOARD_LENGTH + 1
    high = max(0.0, 1 - (position - 1) / BOARD_LENGTH)
    strength = 0.0
    if board.peak and board.board_peak:
        strength = min(1.0, math.log1p(board.peak) / math.log1p(board.board_peak))
    place = f"最高第 {position} 位" if board.best_position else "名次不明"
    amount = f"，峰值热度 {board.peak:,}" if board.peak else ""
    return Term(HEAT_SHARE * strength + (1 - HEAT_SHARE) * high, f"{board.board_name}{place}{amount}")


def _track_record(record: TrackRecord | None) -> Term:
    if record is None:
        return Term(0.5, "不是媒体报题，按中等计")
    why = f"近三个月报题 {record.pitched} 条用 {record.accepted} 条，派单 {record.given} 次交稿 {record.delivered} 次"
    return Term(record.value, why)
