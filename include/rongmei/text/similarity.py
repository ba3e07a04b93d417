"""Tell whether two titles are the same story (`certain`, merged) or look alike (`similar`, shown to the desk).

A pair's score is the mean of two features of the normalised titles: the Jaccard ratio of their character bigrams
(deaf to word order) and rapidfuzz's Indel ratio (not deaf). From `SIMILAR` on, or when one title nearly lies in the
other (`CONTAINED` of the shorter one's bigrams), a pair is similar. From `CERTAIN` on it is certain unless something
speaks against it: a title under eight characters, other numbers, dates, rounds or scores (第3轮 and 第4轮), other
places, other stage, result or time words, a negation, a stretch replaced by another one, or a turning word added
(再回应). Merging loses a pitch, showing costs a glance: every doubt falls to similar.

Measured on the daily boards of May to August 2024 (six platforms, titles of one day compared; 40 days, 37,577
titles): 340 certain pairs, of which 101 have equal keys, and 3,205 similar ones. All 239 certain pairs with unequal
keys were read: 237 the same story, precision 0.992; the two others pair a meeting with its communiqué and a report
with its reading. That list also set the rules against insertions, so take the figure as fitted. Of pairs without a
veto, 5 of 25 drawn with a score of 0.45 to 0.55 and 18 of 40 with 0.55 to 0.65 were the same story.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Generic, Literal, TypeVar

from rapidfuzz import fuzz
from rapidfuzz.distance import Indel

from rongmei.text.normalise import normalise
from rongmei.text.topics import PROVINCES

CERTAIN = 0.75
SIMILAR = 0.45
CONTAINED = 0.85
_MIN_BIGRAMS = 4
_MIN_CERTAIN_LENGTH = 8
# As many characters added between common stretches are a name or a clause of their own (李尚福[、魏凤和]被处分).
_INSERTED = 3
# Below this share of bigrams no title of newsroom length reaches SIMILAR through its Indel ratio.
_LEAST_JACCARD = 0.2

Tier = Literal["certain", "similar"]
Key = TypeVar("Key", bound=Hashable)

_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_NUMERALS = frozenset("0123456789〇零一二三四五六七八九十百千两第")
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1_000}
_COUNTED = (
    "轮届场次名人日月年天岁强支队个位期集站回季周号元米里分球胜负比倍成小时分钟连冠金银铜项县镇村万亿度级家所条起死伤点"
)
_NUMBER = re.compile(
    rf"\d+(?:[.:/-]\d+)*%?|第[零〇一二两三四五六七八九十百千]+|[零〇一二两三四五六七八九十百千]+(?=[{_COUNTED}])"
)

# Words of one row exclude each other: a title that has one of them and a title that has another, or none, are not
# certainly the same story.
_CONTRASTS = tuple(
    re.compile("|".join(sorted(row.split(), key=len, reverse=True)))
    for row in (
        "决赛 半决赛 总决赛 四分之一决赛 八分之一决赛 预选赛 小组赛 淘汰赛 资格赛 揭幕战 收官战 附加赛 季军赛 友谊赛",
        "今日 明日 昨日 今天 明天 昨天 今晚 明晚 昨晚 今晨 上午 下午 凌晨 本周 下周 上周 今年 明年 去年",
        "周一 周二 周三 周四 周五 周六 周日 星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        "上半场 下半场 上半年 下半年 首日 次日 春季 夏季 秋季 冬季",
        "男子 女子 男篮 女篮 男足 女足 男排 女排 男单 女单 男双 女双 混双 男团 女团 男子 女子 男孩 女孩 青年 少年 老年",
        "胜 负 平 赢 输 击败 战胜 不敌 惜败 负于 夺冠 亚军 季军 冠军 金牌 银牌 铜牌 淘汰 晋级",
        "开幕 闭幕 开赛 收官 开始 结束 启动 开播 收官 杀青 开机 上映 定档 撤档 首映 开通 关闭 恢复 暂停 取消 延期",
        "上涨 下跌 上调 下调 涨 跌 升 降 增 减 突破 跌破 新高 新低 涨停 跌停",
        "蓝色预警 黄色预警 橙色预警 红色预警 解除",
        "否认 承认 回应 辟谣 道歉 通报 证实 澄清 起诉 撤诉 宣判 被查 被抓 身亡 死亡 受伤 失联 获救",
        "东部 西部 南部 北部 中部",
        "预告 直播 回放 集锦 海报 剧照 路透 花絮 名单 赛程 时间表",
    )
)
_NEGATION = re.compile(r"(?<!是)[不未没无非](?![断仅少止过同只]|论|比|限|数)|别|假|拒绝|谣言")


# Characters that may be exchanged for one another without changing what is reported.
_LIGHT = frozenset("的得地了着过与和及同被遭获受称说曝爆将已是为在于至到约个名位")
# Characters whose addition makes another story: 再回应, 副市长, 前主帅, 疑似 …
_TURNING = frozenset("再又二另副原前新疑拟欲或首")


@dataclass(frozen=True)
class Verdict:
    """What two titles are to each other.

    Attributes:
        tier: `certain` may be merged without asking, `similar` is shown to the desk.
        score: 0 … 1, the mean of bigram Jaccard and order-aware Indel ratio of the normalised titles.
        reason: one Chinese sentence.
    """

    tier: Tier
    score: float
    reason: str


@dataclass(frozen=True)
class Duplicate(Generic[Key]):
    """A pair found by `find_duplicates`: `new` is the later of the two."""

    new: Key
    existing: Key
    verdict: Verdict


@lru_cache(maxsize=20_000)
def _key(title: str) -> str:
    return normalise(title)


@lru_cache(maxsize=20_000)
def bigrams(key: str) -> frozenset[str]:
    """Neighbouring pairs of characters of a normalised title; the title itself if it has one character."""
    return frozenset(key[i : i + 2] for i in range(len(key) - 1)) or frozenset((key,) if key else ())


def _chinese_number(numeral: str) -> int:
    """The value below 10,000 of a numeral such as 二十三; digit strings (二〇二四) are read digit by digit."""
    if not any(char in _CHINESE_UNITS for char in numeral):
        return int("".join(str(_CHINESE_DIGITS[char]) for char in numeral))
    total, digit = 0, 0
    for char in numeral:
        if char in _CHINESE_UNITS:
            total += (digit or 1) * _CHINESE_UNITS[char]
            digit = 0
        else:
            digit = _CHINESE_DIGITS[char]
    return total + digit


def _numbers(key: str) -> Counter[str]:
    """Numbers, dates and scores of a normalised title, Chinese numerals before a counted word included."""
    found: Counter[str] = Counter()
    for match in _NUMBER.finditer(key):
        token = match.group().lstrip("第")
        found[token if token[0].isdecimal() else str(_chinese_number(token))] += 1
    return found


@dataclass(frozen=True)
class _Facts:
    """What of a normalised title tells its story from another one."""

    numbers: Counter[str]
    contrasts: tuple[frozenset[str], ...]
    negations: int


@lru_cache(maxsize=20_000)
def _facts(key: str) -> _Facts:
    contrasts = tuple(frozenset(row.findall(key)) for row in _CONTRASTS)
    return _Facts(_numbers(key), contrasts, len(_NEGATION.findall(key)))


def _conflict(a: str, b: str, places: frozenset[str]) -> str | None:
    """Why two alike keys cannot certainly be the same story, in Chinese; None where nothing speaks against it."""
    one, other = _facts(a), _facts(b)
    if one.numbers != other.numbers:
        return "数字、日期或轮次不同"
    if any((place in a) != (place in b) for place in places):
        return "地点不同"
    if one.contrasts != other.contrasts:
        return "阶段、结果或时间用词不同"
    if one.negations != other.negations:
        return "一条含否定说法"
    return None


def _difference(a: str, b: str) -> str | None:
    """Why the differing stretches carry meaning; None if one title only adds or drops words of no weight."""
    removed, added = _stretches(a, b)
    for place, (left, right) in enumerate(zip(removed, added, strict=True)):
        exchanged = left and right and not (_NUMERALS.issuperset(left + right))  # numbers are already compared
        if exchanged and not _LIGHT.issuperset(left + right):
            return f"「{left}」与「{right}」不同"
        inside = 0 < place < len(removed) - 1
        if inside and max(len(left), len(right)) >= _INSERTED:
            return f"中间多出「{left or right}」"
        if _TURNING.intersection(left + right):
            return f"多出的「{left or right}」可能改变意思"
    return None


def _stretches(a: str, b: str) -> tuple[list[str], list[str]]:
    """What stands between the common stretches of two keys: the parts only in `a`, the parts only in `b`."""
    only_a, only_b = [""], [""]
    for op in Indel.opcodes(a, b):
        if op.tag == "equal":
            only_a.append("")
            only_b.append("")
            continue
        only_a[-1] += a[op.src_start : op.src_end]
        only_b[-1] += b[op.dest_start : op.dest_end]
    return only_a, only_b


def compare(a: str, b: str, *, places: Iterable[str] = ()) -> Verdict | None:
    """What titles `a` and `b` are to each other, or None; symmetric.

    Args:
        places: names that tell stories apart (the cluster's regions), beside the provinces, which always do.
    """
    return _compare_keys(_key(a), _key(b), _place_names(places))


def _place_names(places: Iterable[str]) -> frozenset[str]:
    return frozenset((*(normalise(place) for place in places), *PROVINCES)) - {""}


def _compare_keys(a: str, b: str, places: frozenset[str]) -> Verdict | None:
    if not a or not b:
        return None
    if a == b:
        return Verdict("certain", 1.0, "标题相同（不计标点、空格和来源标记）")
    pairs_a, pairs_b = bigrams(a), bigrams(b)
    common = len(pairs_a & pairs_b)
    jaccard = common / (len(pairs_a) + len(pairs_b) - common)
    score = round((jaccard + fuzz.ratio(a, b) / 100) / 2, 4)
    shorter = min(len(pairs_a), len(pairs_b))
    contained = shorter >= _MIN_BIGRAMS and common / shorter >= CONTAINED
    if score < SIMILAR and not contained:
        return None
    if score < CERTAIN:
        return Verdict("similar", score, f"用字相近（{score:.0%}）" if score >= SIMILAR else "一条几乎包含在另一条之中")
    doubt = _doubt(min(a, b), max(a, b), places)
    if doubt is None:
        return Verdict("certain", score, f"用字几乎一致（{score:.0%}），数字、地点、阶段均无出入")
    return Verdict("similar", score, f"用字相近（{score:.0%}），但{doubt}")


def _doubt(a: str, b: str, places: frozenset[str]) -> str | None:
    if min(len(a), len(b)) < _MIN_CERTAIN_LENGTH:
        return "标题太短，不足以认定"
    return _conflict(a, b, places) or _difference(a, b)


def find_duplicates(
    new: Sequence[tuple[Key, str]],
    existing: Sequence[tuple[Key, str]] = (),
    *,
    places: Iterable[str] = (),
) -> list[Duplicate[Key]]:
    """Every certain or similar pair of a new title with an existing one or with an earlier new one.

    An inverted index of bigrams finds the candidates, so hundreds against thousands take about a second. The pairs
    come in the order of `new`; for one new title certain ones first, then by falling score, then the oldest first.

    Args:
        new: (key, title) of the titles to judge, in order of arrival.
        existing: (key, title) of the titles already there.
        places: as for `compare`.
    """
    names = _place_names(places)
    index = _Index()
    for key, title in existing:
        index.add(key, _key(title))
    found: list[Duplicate[Key]] = []
    for key, title in new:
        normal = _key(title)
        mine: list[Duplicate[Key]] = []
        for other, other_normal in index.candidates(normal):
            verdict = _compare_keys(normal, other_normal, names)
            if verdict is not None:
                mine.append(Duplicate(key, other, verdict))
        found.extend(sorted(mine, key=lambda pair: (pair.verdict.tier != "certain", -pair.verdict.score)))
        index.add(key, normal)
    return found


class _Index:
    """Which titles hold a bigram."""

    def __init__(self) -> None:
        self._titles: list[tuple[Any, str, int]] = []
        self._holders: defaultdict[str, list[int]] = defaultdict(list)

    def add(self, key: Any, normal: str) -> None:
        if not normal:
            return
        pairs = bigrams(normal)
        for pair in pairs:
            self._holders[pair].append(len(self._titles))
        self._titles.append((key, normal, len(pairs)))

    def candidates(self, normal: str) -> Iterator[tuple[Any, str]]:
        """Titles that share enough bigrams for either tier, in order of arrival."""
        pairs = bigrams(normal)
        shared: Counter[int] = Counter()
        for pair in pairs:
            shared.update(self._holders.get(pair, ()))
        for number in sorted(shared):
            key, other, size = self._titles[number]
            common, shorter = shared[number], min(size, len(pairs))
            jaccard = common / (size + len(pairs) - common)
            if jaccard >= _LEAST_JACCARD or common / shorter >= CONTAINED:
                yield key, other
