"""The arithmetic of the appraisal: pure functions from an outlet's part in an edition to points and a Chinese account.

Four dimensions of 0–100 each, weighed by the rule set:

传播 spread — reads of the outlet's stories wherever they stand. Half is absolute, ln(1+R) / ln(1+100001), where 100001
is what the WeChat index puts for 10万+; half is relative to those who follow the accounts concerned,
ln(1+100r) / ln(101) with r = reads per follower, so that a town of 8 000 followers read by 4 000 stands as well as a
city paper of a million read by half. Where nobody knows the followers the absolute half is the whole.

互动 engagement — e = (likes + 2·comments + 3·shares + watching) / (R + 100), score ln(1+100e) / ln(21), full at
e = 20 %. The 100 added reads keep three friends of the author from deciding the figure.

交付 delivery — of each assignment: answered in time 30, then, where accepted, filed by the deadline 50 (late 25),
and where filed 20 less 5 for each return, nothing when rejected. Points won / points that could be won; what is not due
yet is not counted; declining in time costs nothing.

协作 collaboration — a pitch accepted 40, merged into an accepted one 20, held 10, any other 5; a partner's part in
a filed assignment 30; another outlet's story carried on an own account 5. At most 100.

A count that a platform does not give is left out, never taken as zero. When stories should have numbers but none are
known, the dimension is unknown: it is left out and the other weights are scaled up to 1, and the account says so. An
outlet without any story scores a true 0 in spread and engagement, and one without any assignment a 0 in delivery.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import Any

from rongmei.appraisal.facts import Part, Post, Task
from rongmei.errors import BadInput
from rongmei.indexes import TEN_MYRIAD_PLUS

NAMES: dict[str, str] = {"spread": "传播", "engagement": "互动", "delivery": "交付", "collaboration": "协作"}
FULL_ENGAGEMENT = 0.20
SMOOTHING_READS = 100
INTERACTIONS = {"likes": ("赞", 1), "comments": ("评论", 2), "shares": ("转发", 3), "watching": ("在看", 1)}
ANSWER, FILING, LATE_FILING, QUALITY, PER_RETURN = 30, 50, 25, 20, 5
PITCH_POINTS = {"accepted": ("采用", 40), "joined": ("并入采用选题", 20), "held": ("留用", 10), "other": ("报题", 5)}
PARTNER_POINTS, HOSTING_POINTS = 30, 5


@dataclass(frozen=True)
class Dimension:
    """A dimension's value, 0–100 to one decimal, or None when it cannot be known; and how it came about."""

    value: float | None
    how: str


@dataclass(frozen=True)
class Result:
    """An outlet's total, 0–100 to two decimals, with the terms that go into the ledger (JSON)."""

    outlet: str
    total: float
    terms: dict[str, Any]


def appraise(part: Part, weights: Mapping[str, float]) -> Result:
    """Score one outlet.

    Args:
        weights: share of each dimension, adding up to 1; a dimension that is not named does not count.

    Raises:
        BadInput: a weight is for a dimension nobody knows.
    """
    if strangers := sorted(set(weights) - set(NAMES)):
        raise BadInput(f"考核规则里没有维度“{strangers[0]}”", mend=f"只能用 {'、'.join(NAMES)}")
    measured = {key: MEASURES[key](part) for key in NAMES if weights.get(key, 0) > 0}
    known = sum(weights[key] for key, dimension in measured.items() if dimension.value is not None)
    dimensions: list[dict[str, Any]] = []
    for key, dimension in measured.items():
        share = weights[key] / known if dimension.value is not None else 0.0
        points = round(share * dimension.value, 2) if dimension.value is not None else None
        dimensions.append(
            {
                "key": key,
                "name": NAMES[key],
                "value": dimension.value,
                "weight": weights[key],
                "share": round(share, 4),
                "points": points,
                "how": dimension.how,
            }
        )
    total = round(sum(one["points"] or 0.0 for one in dimensions), 2)
    complete = all(dimension.value is not None for dimension in measured.values())
    terms = {"dimensions": dimensions, "complete": complete, "summary": _summary(dimensions, total)}
    return Result(part.outlet, total, terms)


def rank(results: Sequence[Result]) -> list[tuple[int, Result]]:
    """Best first; equal totals share a rank and the next rank leaves room for them: 1, 2, 2, 4."""
    ordered = sorted(results, key=lambda one: (-one.total, one.outlet))
    ranks: list[tuple[int, Result]] = []
    for position, one in enumerate(ordered, start=1):
        tied = ranks and ranks[-1][1].total == one.total
        ranks.append((ranks[-1][0] if tied else position, one))
    return ranks


def spread(part: Part) -> Dimension:
    """传播: reads, absolute and per follower."""
    gap = _no_numbers(part, [post.reads for post in part.posts if post.live])
    if gap is not None:
        return gap
    counted = [post for post in part.posts if post.live and post.reads is not None]
    reads = sum(post.reads or 0 for post in counted)
    absolute = min(1.0, log(1 + reads) / log(1 + TEN_MYRIAD_PLUS))
    how = f"阅读 {reads:,}，绝对分 ln(1+{reads})÷ln(1+{TEN_MYRIAD_PLUS})={absolute:.3f}"
    followed = [post for post in counted if post.followers]
    followers = sum({post.account: post.followers or 0 for post in followed}.values())
    if not followers:
        return Dimension(_hundred(absolute), f"{how}；账号粉丝数不详，只用绝对分")
    per_follower = sum(post.reads or 0 for post in followed) / followers
    relative = min(1.0, log(1 + 100 * per_follower) / log(101))
    how += f"；每粉丝阅读 {per_follower:.4f}，相对分 ln(1+100×{per_follower:.4f})÷ln(101)={relative:.3f}；两者各半"
    return Dimension(_hundred((absolute + relative) / 2), how + _missing_posts(part.posts))


def engagement(part: Part) -> Dimension:
    """互动: weighed interactions per read."""
    counted = [post for post in part.posts if post.live and post.reads is not None and _interactions(post)]
    gap = _no_numbers(part, [post.reads for post in counted])
    if gap is not None:
        return gap
    reads = sum(post.reads or 0 for post in counted)
    sums: Counter[str] = Counter()
    for post in counted:
        sums.update(_interactions(post))
    weighed = sum(INTERACTIONS[name][1] * count for name, count in sums.items())
    rate = weighed / (reads + SMOOTHING_READS)
    value = min(1.0, log(1 + 100 * rate) / log(1 + 100 * FULL_ENGAGEMENT))
    said = "＋".join(
        _times(label, factor, sums[name]) for name, (label, factor) in INTERACTIONS.items() if name in sums
    )
    unsaid = "、".join(label for name, (label, _) in INTERACTIONS.items() if name not in sums)
    how = f"（{said}）÷（阅读 {reads:,}＋{SMOOTHING_READS}）={rate:.4f}，ln(1+100×{rate:.4f})÷ln(21)={value:.3f}"
    return Dimension(_hundred(value), how + (f"；平台未给{unsaid}，不计" if unsaid else ""))


def delivery(part: Part) -> Dimension:
    """交付: answers, deadlines and returns."""
    if not part.tasks:
        return Dimension(0.0, "本期没有派到任务，不得交付分")
    scored = [_task_points(task) for task in part.tasks]
    won, possible = sum(one for one, _ in scored), sum(one for _, one in scored)
    if not possible:
        return Dimension(None, "任务都还没到期，暂不计")
    how = f"{len(part.tasks)} 项任务：{_task_story(part.tasks)}；得 {won}÷满 {possible}"
    return Dimension(_hundred(won / possible), how)


def collaboration(part: Part) -> Dimension:
    """协作: pitches, partner work, hosting."""
    fates = Counter(part.pitches)
    pieces = [(label, points, fates[fate]) for fate, (label, points) in PITCH_POINTS.items()]
    pieces += [("协办", PARTNER_POINTS, part.supported), ("转载联动", HOSTING_POINTS, part.hosted)]
    pieces = [piece for piece in pieces if piece[2]]
    if not pieces:
        return Dimension(0.0, "没有报题、协办或转载")
    total = sum(points * count for _, points, count in pieces)
    how = "＋".join(f"{label} {count}×{points}" for label, points, count in pieces) + f"={total}"
    return Dimension(float(min(100, total)), how + ("，封顶 100" if total > 100 else ""))


MEASURES: dict[str, Callable[[Part], Dimension]] = {
    "spread": spread,
    "engagement": engagement,
    "delivery": delivery,
    "collaboration": collaboration,
}


def _no_numbers(part: Part, known: Sequence[int | None]) -> Dimension | None:
    """A true zero without stories, an unknown without numbers, None when there is something to reckon with."""
    if any(value is not None for value in known):
        return None
    if not part.stories:
        return Dimension(0.0, "本期没有交稿")
    if not part.posts:
        return Dimension(0.0, "稿件没有安排发布，或已撤下")
    if not any(post.live for post in part.posts):
        return Dimension(None, "作品没有发布成功，不计此项")
    return Dimension(None, "平台还没有给出数据，不计此项")


def _missing_posts(posts: Sequence[Post]) -> str:
    silent = sum(1 for post in posts if post.live and post.reads is None)
    return f"；另有 {silent} 个发布单平台未给阅读数，不计" if silent else ""


def _interactions(post: Post) -> dict[str, int]:
    values = {name: getattr(post, name) for name in INTERACTIONS}
    return {name: value for name, value in values.items() if value is not None}


def _times(label: str, factor: int, count: int) -> str:
    return f"{label} {count:,}" + (f"×{factor}" if factor > 1 else "")


def _task_points(task: Task) -> tuple[int, int]:
    """Points won and points that could be won."""
    won = possible = 0
    if task.answered is not None:
        possible += ANSWER
        won += ANSWER if task.answered else 0
    if task.accepted and task.filed != "open":
        possible += FILING
        won += {"on_time": FILING, "late": LATE_FILING}.get(task.filed, 0)
    if task.accepted and task.filed in {"on_time", "late"}:
        possible += QUALITY
        won += 0 if task.rejected else max(0, QUALITY - PER_RETURN * task.returned)
    return won, possible


def _task_story(tasks: Sequence[Task]) -> str:
    accepted = [task for task in tasks if task.accepted]
    filed = Counter(task.filed for task in accepted)
    counts = [
        ("按时答复", sum(1 for task in tasks if task.answered)),
        ("答复超时", sum(1 for task in tasks if task.answered is False)),
        ("按时交稿", filed["on_time"]),
        ("迟交", filed["late"]),
        ("未交", filed["missing"]),
        ("退稿次数", sum(task.returned for task in tasks)),
        ("否决", sum(1 for task in tasks if task.rejected)),
    ]
    return "，".join(f"{label} {count}" for label, count in counts if count) or "都还没到期"


def _summary(dimensions: Sequence[dict[str, Any]], total: float) -> str:
    pieces = []
    for one in dimensions:
        if one["value"] is None:
            pieces.append(f"{one['name']}未知")
        else:
            pieces.append(f"{one['name']} {one['value']:g}×{one['share'] * 100:.4g}%={one['points']:.2f}")
    return "；".join(pieces) + f"；合计 {total:.2f}"


def _hundred(ratio: float) -> float:
    return round(100 * ratio, 1)
