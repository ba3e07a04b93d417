"""数字 (amounts): parts that do not make the total, shares above the whole, and a title that the text contradicts.

Only what is stated plainly is added up. Rounded and approximate figures (约、近、逾、万) are left alone, and so is an
enumeration that need not be complete.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Final

from rongmei.stories.checks.finding import Finding, Passage

_UNIT: Final = "人次|人|名|位|家|件|个|支|枚|场|项|篇|条|辆|台|套|户|宗|起|所|间|亩|元|吨|对|张|本|组|队"
# A plain whole number and its unit; 1.2 万人 and 3 个百分点 are none.
_COUNT: Final = rf"(?<![\d.:：第])(?P<{{n}}>\d{{{{1,7}}}})\s*(?P<{{u}}>{_UNIT})(?![百分月]|小时|多|余|以上|左右)"
_TOTAL: Final = re.compile(
    r"(?:共有?|总共|一共|共计|总计|合计|总数为?)[^，。；、：:\d]{0,10}?" + _COUNT.format(n="n", u="u")
)
_PARTS_FOLLOW: Final = re.compile(r"[^，。；、：:\d]{0,8}[，,：:（(]\s*(?:其中|分别是|分别为|包括|即)[，,：:]?")
_PART: Final = re.compile(r"[^，。；、\d]{0,14}?(?<![\d.])(?P<n>\d{1,7})\s*(?P<u>" + _UNIT + r")?[^，。；、\d]{0,8}")
_PARTS_END: Final = re.compile(r"[。！？；\n）)]")
_PARTS_REACH: Final = 200
_ROUGH: Final = re.compile(
    r"约|近\d|逾|超过?\d|多[人名家件个]|余[人名家件个]|以上|以下|左右|上下|至少|不少于|万|亿|\d\.\d|%|％|比例"
)
_SUM_AFTER: Final = re.compile(
    r"(?P<parts>(?:[^，。；、：:\d]{1,12}\d{1,7}(?P<u>" + _UNIT + r")[、，和]){1,9}[^，。；、：:\d]{1,12}\d{1,7}(?P=u))"
    r"[，,](?:总共|一共|共计|总计|合计|共有?)\s*(?P<n>\d{1,7})\s*(?P=u)(?![多余以])"
)
_NUMBER: Final = re.compile(r"\d+")
# Two or three labels that leave nobody out; with them a smaller sum is a contradiction too.
_WHOLES: Final = (("男", "女"), ("金", "银", "铜"), ("胜", "平", "负"), ("一等奖", "二等奖", "三等奖"))
# Labels by which somebody is counted twice.
_OVERLAPPING: Final = re.compile(
    r"党员|青年|老年|老人|学生|干部|儿童|户籍|外来|岁|硕士|博士|本科|高级|女性?$|获奖|新增|新|重点|占|以来|同比|增"
)
_SHARE: Final = re.compile(r"占(?:比|到|据|了|全\w{0,6}?的?)?[^，。；、\d%％]{0,10}?(?P<n>\d{1,4}(?:\.\d+)?)\s*[%％]")
# Rates of a whole, which cannot be above 100 %; 完成率, 上座率 and 真实命中率 can.
_RATE: Final = re.compile(
    r"(?:合格|及格|优良|覆盖|出勤|到会|到课|满意|知晓|普及|就业|成活|投票|录取|入学|接种|治愈|准确|正确|破案)率"
    r"(?:高?达到?|为|是|超过?|均为|仅为|只有|约为?)?(?P<n>\d{1,4}(?:\.\d+)?)\s*[%％]"
)
_GROWTH: Final = re.compile(r"增|升|涨|降|减|提高|扩大|同比|环比|比[上去前]|翻|倍|GDP|生产总值", re.IGNORECASE)
_TITLE_COUNT: Final = re.compile(_COUNT.format(n="n", u="u") + r"(?P<noun>[一-鿿]{2})")
_SCORE: Final = re.compile(r"(?<![\d:：比.\-])(\d{1,3})\s*(?:[:：比])\s*(\d{1,3})(?![\d:：比.%％])")


def check_sums(parts: Sequence[Passage]) -> Iterator[Finding]:
    """Totals, shares and, between the title and the text, counts and scores that contradict each other."""
    for part in parts:
        yield from _totals(part)
        yield from _sums_after(part)
        yield from _shares(part)
    yield from _title(parts)


def _remark(part: Passage, start: int, end: int, code: str, what: str) -> Finding:
    return Finding(code, f"{part.around(start, end)}：{what}", group="numbers")


# ── totals ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _totals(part: Passage) -> Iterator[Finding]:
    """共 38 家，其中市级 3 家、园区 3 家、镇街 33 家."""
    for total in _TOTAL.finditer(part.text):
        follow = _PARTS_FOLLOW.match(part.text, total.end())
        if not follow:
            continue
        reach = follow.end() + _PARTS_REACH
        close = _PARTS_END.search(part.text, follow.end(), reach)
        end = close.start() if close else len(part.text)
        if end > reach or _ROUGH.search(part.text[max(0, total.start() - 1) : end]):
            continue
        items = _items(part.text[follow.end() : end], total["u"])
        whole = int(total["n"])
        if wrong := _contradiction(whole, items, total["u"]):
            yield _remark(part, total.start(), total.end(), "sum", wrong)


def _items(said: str, unit: str) -> list[tuple[str, int]]:
    """Label and number of each part; none when one is not a plain number of the total's unit."""
    items = []
    for piece in re.split(r"[，,、]|以及|和(?=[^\d]{1,8}\d)", said):
        found = _PART.fullmatch(piece.strip())
        if not found or (found["u"] or unit) != unit:
            return []
        items.append(
            (piece[: piece.index(found["n"])] + piece[piece.index(found["n"]) + len(found["n"]) :], int(found["n"]))
        )
    return items


def _contradiction(whole: int, items: list[tuple[str, int]], unit: str) -> str | None:
    if not items:
        return None
    most = max(number for _, number in items)
    added = sum(number for _, number in items)
    if most > whole:
        return f"其中一项 {most}{unit}，比总数 {whole}{unit} 还多，核对数字"
    complete = len(items) > 1 and any(_leaves_nobody_out(items, labels) for labels in _WHOLES)
    apart = len(items) > 1 and not any(_OVERLAPPING.search(label) for label, _ in items)
    if (complete and added != whole) or (apart and added > whole):
        return f"各项相加是 {added}{unit}，总数写的是 {whole}{unit}，核对数字"
    return None


def _leaves_nobody_out(items: list[tuple[str, int]], labels: Sequence[str]) -> bool:
    return len(items) == len(labels) and all(sum(label in text for text, _ in items) == 1 for label in labels)


def _sums_after(part: Passage) -> Iterator[Finding]:
    """男生 12 人、女生 13 人，共 26 人."""
    for found in _SUM_AFTER.finditer(part.text):
        added = sum(map(int, _NUMBER.findall(found["parts"])))
        before = part.text[max(0, found.start() - 1) : found.start()]
        begins = not before or before in "。！？；\n："
        whole = int(found["n"])
        if _ROUGH.search(found.group()) or added == whole or (added < whole and not begins):
            continue
        what = f"各项相加是 {added}{found['u']}，总数写的是 {whole}{found['u']}，核对数字"
        yield _remark(part, found.start(), found.end(), "sum", what)


# ── shares ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _shares(part: Passage) -> Iterator[Finding]:
    for pattern in (_SHARE, _RATE):
        for found in pattern.finditer(part.text):
            if float(found["n"]) > 100 and not _GROWTH.search(found.group()):
                yield _remark(part, found.start(), found.end(), "share", f"比例 {found['n']}% 超过了 100%，核对数字")


# ── title and text ───────────────────────────────────────────────────────────────────────────────────────────────


def _title(parts: Sequence[Passage]) -> Iterator[Finding]:
    title = next((part for part in parts if part.where == "标题"), None)
    body = [part for part in parts if part.where.startswith("第 ")]
    if title is None or not body:
        return
    counts: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    scores: set[tuple[int, int]] = set()
    for part in body:
        for found in _TITLE_COUNT.finditer(part.text):
            counts[found["u"], found["noun"]].add(int(found["n"]))
        scores |= {score for score, _ in _scores(part.text)}
    for found in _TITLE_COUNT.finditer(title.text):
        number, others = int(found["n"]), counts.get((found["u"], found["noun"]), set())
        # One other figure of much the same size; 3 名学生 beside 全校 1200 名学生 is no contradiction.
        if len(others) == 1 and number not in others and _alike(number, *others):
            what = f"正文写的是 {next(iter(others))}{found['u']}{found['noun']}，与标题不一致"
            yield _remark(title, found.start(), found.end(), "title_number", what)
    for score, found in _scores(title.text):
        if scores and score not in scores and score[::-1] not in scores:
            shown = "、".join(f"{one}比{other}" for one, other in sorted(scores)[:3])
            yield _remark(title, found.start(), found.end(), "title_score", f"正文里的比分是 {shown}，与标题不一致")


def _alike(one: int, other: int) -> bool:
    return one > 1 and other > 1 and max(one, other) <= 2 * min(one, other)


def _scores(text: str) -> Iterator[tuple[tuple[int, int], re.Match[str]]]:
    """Scores, and no times of day: with 比, or with figures that no clock shows."""
    for found in _SCORE.finditer(text):
        one, other = int(found[1]), int(found[2])
        clock = one <= 24 and len(found[2]) == 2 and other <= 59
        if "比" in found.group() or not clock:
            yield (one, other), found
