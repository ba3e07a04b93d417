"""Is a rule set fair: do scores follow the size of an outlet, and do ranks hold when weights change a little."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from sqlalchemy.orm import Session

from rongmei.appraisal.freezing import thaw
from rongmei.appraisal.reckoning import Result, reckon
from rongmei.config.appraisal.marking import GROUPS, Marked, rounded
from rongmei.config.appraisal.rules import POWERS, PeriodRules

CHANGE = 0.10
RANDOM_TRIES = 200
BIG_MOVE = 3
FEW = 5
"""With fewer subjects a correlation says nothing."""
STRONG, WEAK = 0.6, 0.3


@dataclass(frozen=True)
class Correlation:
    """How totals go with a measure of size; None where it cannot be reckoned."""

    name: str
    subjects: int
    spearman: float | None
    pearson: float | None


@dataclass(frozen=True)
class Held:
    """A subject's rank, and the best and worst it gets when weights change; `most_by`: by which single weight most."""

    subject: str
    name: str
    rank: int
    best: int
    worst: int
    most_by: str


@dataclass(frozen=True)
class Fairness:
    """The report; `words` is what it says to people.

    Attributes:
        first_holds: share of the random tries in which the first stays first.
        agreement: the mean Spearman correlation of the ranks under random weights with those as they are.
    """

    key: str
    rules: str
    correlations: tuple[Correlation, ...]
    ranks: tuple[Held, ...]
    first_holds: float
    agreement: float | None
    words: tuple[str, ...]


def fairness(session: Session, key: str, *, seed: int = 0) -> Fairness:
    """The fairness of a period's scores, outlets only; the same seed gives the same report.

    Raises:
        BadInput: there is no such period.
    """
    frozen = thaw(session, key)
    results = reckon(frozen.rules, frozen.inputs)
    return assess(frozen.rules, frozen.inputs, results, key=key, seed=seed)


def assess(
    rules: PeriodRules, inputs: Mapping[str, Any], results: Sequence[Result], *, key: str, seed: int = 0
) -> Fairness:
    """The report of scores that were reckoned already."""
    rows = {row["id"]: row for row in inputs["outlets"]}
    totals = {one.case.id: one.marks.total for one in results}
    correlations = tuple(
        _correlation(name, totals, {one: rows[one][field] for one in totals})
        for name, field in (("采编人数", "size"), ("粉丝总数", "followers"))
    )
    base = _ranks(results, {})
    spans = {one: [rank, rank] for one, rank in base.items()}
    blame = dict.fromkeys(base, ("", 0))
    for label, ranks in _singles(results):
        _widen(spans, ranks)
        for one, rank in ranks.items():
            if abs(rank - base[one]) > blame[one][1]:
                blame[one] = (label, abs(rank - base[one]))
    tries = list(_shaken(results, seed))
    for ranks in tries:
        _widen(spans, ranks)
    held = tuple(_held(one, base[one.case.id], spans[one.case.id], blame[one.case.id][0]) for one in results)
    firsts = {one for one, rank in base.items() if rank == 1}
    first_holds = mean(1.0 if {one for one, rank in ranks.items() if rank == 1} <= firsts else 0.0 for ranks in tries)
    agreements = [
        found for ranks in tries if (found := spearman(_column(base, base), _column(ranks, base))) is not None
    ]
    agreement = rounded(mean(agreements), 4) if agreements else None
    words = (*_size_words(correlations), *_hold_words(held, first_holds, agreement))
    return Fairness(key, rules.id, correlations, held, rounded(first_holds, 4), agreement, words)


def _held(one: Result, rank: int, span: Sequence[int], most_by: str) -> Held:
    return Held(one.case.id, one.case.name, rank, span[0], span[1], most_by)


def pearson(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The correlation of two columns; None where one of them does not vary."""
    if len(one) < 2:
        return None
    mean_one, mean_other = math.fsum(one) / len(one), math.fsum(other) / len(other)
    pairs = [(a - mean_one, b - mean_other) for a, b in zip(one, other, strict=True)]
    spread = math.sqrt(math.fsum(a * a for a, _ in pairs) * math.fsum(b * b for _, b in pairs))
    return None if spread < 1e-12 else rounded(max(-1.0, min(1.0, math.fsum(a * b for a, b in pairs) / spread)), 4)


def spearman(one: Sequence[float], other: Sequence[float]) -> float | None:
    """The correlation of two columns' ranks, equal values sharing their mean rank."""
    return pearson(_mean_ranks(one), _mean_ranks(other))


def _mean_ranks(values: Sequence[float]) -> list[float]:
    order = sorted(range(len(values)), key=lambda i: values[i])
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for i in order[start : end + 1]:
            ranks[i] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _correlation(name: str, totals: Mapping[str, float], sizes: Mapping[str, float | None]) -> Correlation:
    known = [(totals[one], float(size)) for one, size in sizes.items() if size is not None]
    if len(known) < FEW:
        return Correlation(name, len(known), None, None)
    scores, of_size = [score for score, _ in known], [size for _, size in known]
    return Correlation(name, len(known), spearman(scores, of_size), pearson(scores, of_size))


def _singles(results: Sequence[Result]) -> Iterator[tuple[str, dict[str, int]]]:
    """The ranks when one weight is a tenth more or less; the others of its group are scaled to make room."""
    if not results:
        return
    marks = results[0].marks
    for up in (1 + CHANGE, 1 - CHANGE):
        sign = "＋" if up > 1 else "－"
        for power in marks.powers:
            yield f"{POWERS[power.id]}{sign}10%", _ranks(results, {power.id: up})
        for one in marks.lines:
            yield f"{one.line.said.name}{sign}10%", _ranks(results, {one.line.key: up})


def _shaken(results: Sequence[Result], seed: int) -> Iterator[dict[str, int]]:
    """The ranks when all weights change at once, each by up to a tenth."""
    # Not for secrets: the same report each time.
    dice = random.Random(seed)  # noqa: S311
    if not results:
        return
    names = [power.id for power in results[0].marks.powers] + [one.line.key for one in results[0].marks.lines]
    for _ in range(RANDOM_TRIES):
        yield _ranks(results, {name: 1 + dice.uniform(-CHANGE, CHANGE) for name in names})


def _ranks(results: Sequence[Result], factors: Mapping[str, float]) -> dict[str, int]:
    totals = {one.case.id: _total(one, factors) for one in results}
    ordered = sorted(totals.values(), reverse=True)
    return {one: ordered.index(total) + 1 for one, total in totals.items()}


def _total(result: Result, factors: Mapping[str, float]) -> float:
    """The total with every weight times its factor, and the weights of each group scaled to 1 again."""
    marks = result.marks
    powers: list[tuple[float, float]] = []
    for power in marks.powers:
        lines = [one for one in marks.lines if one.line.group == power.id]
        if (value := _mean(lines, factors)) is not None:
            powers.append((power.weight * factors.get(power.id, 1.0), value))
    weights = math.fsum(weight for weight, _ in powers)
    total = math.fsum(weight * value for weight, value in powers) / weights if weights else 0.0
    extras = (one for one in marks.lines if one.line.group in GROUPS)
    total += math.fsum((one.points or 0.0) * factors.get(one.line.key, 1.0) for one in extras)
    return rounded(total, 2)


def _mean(lines: Sequence[Marked], factors: Mapping[str, float]) -> float | None:
    known = [(one.line.weight * factors.get(one.line.key, 1.0), one.value) for one in lines if one.value is not None]
    weights = math.fsum(weight for weight, _ in known)
    return math.fsum(weight * value for weight, value in known) / weights if weights else None


def _widen(spans: dict[str, list[int]], ranks: Mapping[str, int]) -> None:
    for one, rank in ranks.items():
        spans[one] = [min(spans[one][0], rank), max(spans[one][1], rank)]


def _column(ranks: Mapping[str, int], order: Mapping[str, int]) -> list[float]:
    return [float(ranks[one]) for one in order]


def _size_words(correlations: Sequence[Correlation]) -> Iterator[str]:
    for one in correlations:
        if one.spearman is None:
            yield f"{one.name}：知道的只有 {one.subjects} 家，或各家相同，看不出与得分的关系"
            continue
        strength = "明显" if abs(one.spearman) >= STRONG else "有一些" if abs(one.spearman) >= WEAK else "看不出"
        turn = "越大得分越高" if one.spearman > 0 else "越大得分越低"
        what = f"{strength}关系（{turn}）" if abs(one.spearman) >= WEAK else "看不出关系"
        advice = "；大媒体占便宜，可调高 expected.size" if one.spearman >= STRONG else ""
        advice = "；小媒体占便宜，可调低 expected.size" if one.spearman <= -STRONG else advice
        linear = "" if one.pearson is None else f"，皮尔逊相关 {one.pearson:.2f}"
        yield f"{one.name}与得分{what}：斯皮尔曼相关 {one.spearman:.2f}{linear}（{one.subjects} 家）{advice}"


def _hold_words(held: Sequence[Held], first_holds: float, agreement: float | None) -> Iterator[str]:
    moved = [one for one in held if one.worst - one.best >= BIG_MOVE]
    yield f"各项权重上下浮动 10%（逐项试过，再随机试 {RANDOM_TRIES} 次）：第一名在 {first_holds:.0%} 的随机尝试里不变"
    if agreement is not None:
        yield f"随机尝试的名次与现在的名次平均相关 {agreement:.3f}"
    if not moved:
        yield f"没有一家的名次变动达到 {BIG_MOVE} 位，排名是稳的"
        return
    worst = sorted(moved, key=lambda one: (one.best - one.worst, one.subject))[:5]
    said = "；".join(
        f"{one.name} 现在第 {one.rank}，最好第 {one.best}、最差第 {one.worst}"
        + (f"（{one.most_by}时变得最多）" if one.most_by else "")
        for one in worst
    )
    yield f"{len(moved)} 家的名次可能变动 {BIG_MOVE} 位以上，用名次定奖惩时宜分档不宜分名：{said}"
