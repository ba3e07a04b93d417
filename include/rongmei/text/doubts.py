"""Why two titles of nearly the same words may still be two stories; a pair without a doubt may be merged unasked.

Merging loses a pitch, showing costs a glance, so every doubt wins: other numbers, dates, rounds or scores, or the same
in another order; other places; other stage, result or time words; a negation or a passive in one only; words in
another order (甲胜乙 and 乙胜甲); a stretch replaced by another one; a stretch added inside; a turning word added.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz.distance import Indel

from rongmei.text.keys import clauses, story_key
from rongmei.text.normalise import fold
from rongmei.text.topics import PROVINCES

MIN_LENGTH = 8
# A clause of fewer characters may be a team, a score or a verb; exchanging such ones can turn a title around.
_MIN_CLAUSE = 4
_MOVED = 2
_SHOWN = 8
_TWO = 2

_RUN = re.compile(r"[a-z0-9.:%]+")
_NUMBER = re.compile(r"\d+(?:\.\d+)?%?")
_SCORE = re.compile(r"\d:\d")
_SIGN = re.compile(r"(?<!\d)[-−]\s*\d+(?:\.\d+)?\s*[%％℃°度]")
_SUFFIX = re.compile(r"(?<=..)(?:街道|省|市|县|区|镇|乡|村)$")

# Words of one row exclude each other: a title that has one of them and a title that has another, or none, are not
# certainly the same story.
_CONTRASTS = tuple(
    re.compile("|".join(sorted(row.split(), key=len, reverse=True)))
    for row in (
        "决赛 半决赛 总决赛 四分之一决赛 八分之一决赛 预选赛 小组赛 淘汰赛 资格赛 揭幕战 收官战 附加赛 季军赛 友谊赛",
        "今日 明日 昨日 今天 明天 昨天 今晚 明晚 昨晚 今晨 上午 下午 凌晨 本周 下周 上周 今年 明年 去年 后天 前天",
        "周一 周二 周三 周四 周五 周六 周日 星期一 星期二 星期三 星期四 星期五 星期六 星期日",
        "上半场 下半场 上半年 下半年 首日 次日 首轮 次轮 末轮 春季 夏季 秋季 冬季",
        "男子 女子 男篮 女篮 男足 女足 男排 女排 男单 女单 男双 女双 混双 男团 女团 男孩 女孩 青年 少年 老年",
        "胜 负 平 赢 输 击败 战胜 不敌 惜败 负于 夺冠 亚军 季军 冠军 金牌 银牌 铜牌 淘汰 晋级 出局",
        "开幕 闭幕 开赛 收官 开始 结束 启动 开播 杀青 开机 上映 定档 撤档 首映 开通 关闭 恢复 暂停 取消 延期 推迟 提前",
        "上涨 下跌 上调 下调 涨 跌 升 降 增 减 突破 跌破 新高 新低 涨停 跌停",
        "蓝色预警 黄色预警 橙色预警 红色预警 解除",
        "否认 承认 回应 辟谣 道歉 致歉 通报 证实 澄清 起诉 撤诉 宣判 被查 被抓 被捕 行拘 刑拘 身亡 死亡 受伤 失联 获救",
        "网传 据传 传闻 疑似",
        "解读 解析 盘点 图解 速览 全文 公报 评论 快评 短评 时评 锐评 社论 专访 对话 回顾 综述 特写 揭秘",
        "允许 禁止 支持 反对 同意 停止 叫停 免费 收费",
        "东部 西部 南部 北部 中部",
        "预告 直播 回放 集锦 海报 剧照 路透 花絮 名单 赛程 时间表",
    )
)
_NEGATION = re.compile(r"(?<!是)[不未没無无非勿](?![断仅少止过同只]|论|比|限|数)|别|假|拒|谣言|免|停")
_PASSIVE = re.compile(r"[被遭]")

# Characters that may be exchanged for one another without changing what is reported.
_LIGHT = frozenset("的得地了着过与和及被遭获受称说曝已是为在约个名位并也都")
# What a title may have more at its beginning or its end.
_FILLER = re.compile("媒体|官方|最新|快讯|直击|大家|请问|来了|火了|事件|一事|消息|元")
# Characters whose addition makes another story: 再回应, 副市长, 前主帅, 将开赛 …
_TURNING = frozenset("再又二另副原前新疑拟欲或首将")


def doubt(a: str, b: str, places: frozenset[str] = frozenset()) -> str | None:
    """Why titles `a` and `b` are not certainly the same story, in Chinese; None where nothing speaks against it.

    Symmetric.

    Args:
        a, b: titles as they were written.
        places: names from `place_names`.
    """
    if _signs(a) != _signs(b):
        return "数字的正负不同"
    one, other = sorted((story_key(a), story_key(b)))
    if one == other:
        return None
    if _facts(one).length < MIN_LENGTH or _facts(other).length < MIN_LENGTH:
        return "标题太短，不足以认定"
    return _conflict(one, other, places) or _difference(one, other)


def turned_round(a: str, b: str) -> bool:
    """Whether two titles say the same two clauses in the other order (甲被判无效 教育局回应); symmetric.

    Not where a clause is so short that it may be a team or a verb, nor where a score belongs to what stands before it.
    """
    return _turned_round(clauses(a), story_key(b)) or _turned_round(clauses(b), story_key(a))


def _turned_round(parts: tuple[str, ...], other: str) -> bool:
    whole = len(parts) == _TWO and all(len(part) >= _MIN_CLAUSE for part in parts)
    return whole and parts[1] + parts[0] == other and _SCORE.search(other) is None


def place_names(names: Iterable[str]) -> frozenset[str]:
    """Names that tell stories apart, for `doubt`: those given and the provinces, which always do."""
    return _place_names(frozenset(names))


@lru_cache(maxsize=8)
def _place_names(names: frozenset[str]) -> frozenset[str]:
    return frozenset(story_key(name) for name in (*names, *PROVINCES)) - {""}


def same_places(a: str, b: str, places: frozenset[str]) -> bool:
    """Whether two keys name the same of the places; 东城街道 and 东城 are one."""
    return _places(a, places) == _places(b, places)


@lru_cache(maxsize=20_000)
def _signs(title: str) -> list[str]:
    return sorted(re.sub(r"\s", "", found.replace("−", "-")) for found in _SIGN.findall(fold(title)))


@dataclass(frozen=True)
class _Facts:
    """What of a key tells its story from another one; `length` in characters, a run of Latin or digits being one."""

    length: int
    numbers: tuple[str, ...]
    contrasts: tuple[frozenset[str], ...]
    negations: int
    passive: bool


@lru_cache(maxsize=20_000)
def _facts(key: str) -> _Facts:
    return _Facts(
        length=len(_RUN.sub("0", key)),
        numbers=tuple(_NUMBER.findall(key)),
        contrasts=tuple(frozenset(row.findall(key)) for row in _CONTRASTS),
        negations=len(_NEGATION.findall(key)),
        passive=_PASSIVE.search(key) is not None,
    )


@lru_cache(maxsize=8)
def _place_pattern(places: frozenset[str]) -> re.Pattern[str]:
    longest_first = sorted(places, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


@lru_cache(maxsize=20_000)
def _places(key: str, places: frozenset[str]) -> frozenset[str]:
    return frozenset(_SUFFIX.sub("", name) for name in _place_pattern(places).findall(key))


def _conflict(a: str, b: str, places: frozenset[str]) -> str | None:
    one, other = _facts(a), _facts(b)
    if one.numbers != other.numbers:
        return "数字、日期、轮次或比分不同"
    if not same_places(a, b, places):
        return "地点不同"
    if one.contrasts != other.contrasts:
        return "阶段、结果或时间用词不同"
    if one.negations != other.negations:
        return "一条含否定说法"
    return "一条是被动说法" if one.passive != other.passive else None


def _difference(a: str, b: str) -> str | None:
    """Why the differing stretches carry meaning; None if one title only adds or drops words of no weight."""
    removed, added = _stretches(a, b)
    if _moved(removed, added):
        return "用字相同而次序不同"
    for place, (left, right) in enumerate(zip(removed, added, strict=True)):
        if left and right and not _LIGHT.issuperset(left + right):
            return f"「{_cut(left)}」与「{_cut(right)}」不同"
        surplus = left or right
        if _TURNING.intersection(surplus):
            return f"多出的「{_cut(surplus)}」可能改变意思"
        at_an_end = place in (0, len(removed) - 1)
        if not _LIGHT.issuperset(_FILLER.sub("", surplus) if at_an_end else surplus):
            return f"多出「{_cut(surplus)}」"
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


def _moved(removed: list[str], added: list[str]) -> bool:
    """Whether characters that one title lacks here it has elsewhere."""
    return (Counter("".join(removed)) & Counter("".join(added))).total() >= _MOVED


def _cut(stretch: str) -> str:
    return stretch if len(stretch) <= _SHOWN else stretch[:_SHOWN] + "…"
