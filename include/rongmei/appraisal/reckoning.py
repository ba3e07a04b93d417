"""Scores all subjects of a period from frozen rules and inputs; pure, and the same bytes each time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rongmei.appraisal.subjects import Case, cases
from rongmei.config.appraisal.algebra import Rows
from rongmei.config.appraisal.marking import GROUPS, Marked, Marks, Ready, as_json, mark, ready
from rongmei.config.appraisal.rules import POWERS, PeriodRules
from rongmei.config.appraisal.writing import Figures, Words, figure

KINDS = ("outlet", "person")


@dataclass(frozen=True)
class Result:
    """A subject with its marks and its rank; equal totals share a rank: 1, 2, 2, 4."""

    case: Case
    marks: Marks
    rank: int


def reckon(rules: PeriodRules, inputs: Mapping[str, Any], kind: str = "outlet") -> list[Result]:
    """Score every outlet, or everybody; by rank, then id. Nobody where the rules have no scheme for people."""
    if kind == "person" and rules.people is None:
        return []
    scheme = ready(rules, kind)
    found = [(case, mark(scheme, case.facts)) for case in cases(inputs, rules, kind)]
    return ranked(found)


def ranked(found: Sequence[tuple[Case, Marks]]) -> list[Result]:
    """In order of the totals, with ranks."""
    ordered = sorted(found, key=lambda one: (-one[1].total, one[0].id))
    results: list[Result] = []
    for place, (case, marks) in enumerate(ordered, start=1):
        tied = bool(results) and results[-1].marks.total == marks.total
        results.append(Result(case, marks, results[-1].rank if tied else place))
    return results


def terms(result: Result, scheme: Ready) -> dict[str, Any]:
    """What the ledger keeps of a score, ready to be read without the inputs; plain JSON."""
    kept = as_json(result.marks)
    for line, marked in zip(kept["lines"], result.marks.lines, strict=True):
        line["how"] = how(marked, result.case.facts)
    return {
        **kept,
        "name": result.case.name,
        "outlet": result.case.outlet,
        "summary": summary(result.marks, scheme),
        "notes": notes(result.case),
    }


def how(marked: Marked, facts: Mapping[str, Any]) -> str:
    """The arithmetic of a line: in words, with the figures, and what it comes to."""
    if marked.value is None:
        return "平台没有给出数据，不计此项，其余各项的权重按比例放大"
    node = marked.line.outer
    said, filled = node.write(Words()), node.write(Figures(facts=facts))
    return f"{said} ＝ {filled} ＝ {figure(marked.value)}"


def row_how(node: Rows, row: Mapping[str, Any]) -> str:
    """The arithmetic of one row, in figures."""
    return f"{node.each.write(Figures(scope=node.of, facts=row))} ＝ {figure(node.each.value(row))}"


def rows_words(node: Rows) -> str:
    """How the rows of a line are reckoned and put together, in words."""
    how = {"sum": "各行相加", "mean": "取各行平均", "best": "取最高一行"}[node.how]
    return f"{node.label}，每行 {node.each.write(Words(scope=node.of))}，{how}"


def summary(marks: Marks, scheme: Ready) -> str:
    """One line: powers with weight and points, bonuses, deductions, the total."""
    pieces = []
    for power in marks.powers:
        name = POWERS[power.id]
        if power.value is None:
            pieces.append(f"{name}未知")
        else:
            pieces.append(f"{name} {power.value:.2f}×{power.share * 100:.4g}%={power.share * power.value:.2f}")
    for group, name in GROUPS.items():
        extra = sum(one.points or 0.0 for one in marks.lines if one.line.group == group)
        if extra:
            pieces.append(f"{name} {extra:+.2f}")
    end = "（封顶）" if marks.raw > scheme.total.cap else "（保底）" if marks.raw < scheme.total.floor else ""
    return "；".join(pieces) + f"；合计 {marks.total:.2f}{end}"


def notes(case: Case) -> list[str]:
    """What a reader should know beside the figures."""
    found = []
    posts = case.sources["posts"]
    if silent := sum(1 for post in posts if post["figures"].get("reads") is None):
        found.append(f"{silent} 个发布单平台没有给阅读数，不计阅读")
    if gone := sum(1 for post in posts if post.get("gone")):
        found.append(f"{gone} 个发布单在平台上已被删除，按删除前最后的数计")
    if cleaned := sum(1 for post in posts if post.get("excluded")):
        found.append(f"{cleaned} 个发布单有经人工排除的异常数据，按排除后的数计")
    if rounded := sum(1 for post in posts if post.get("upper")):
        found.append(f"{rounded} 个发布单平台只给约数（如 10万+），按最少可能的数计")
    return found


def line_of(result: Result, key: str) -> Marked | None:
    """The line of that key."""
    return next((one for one in result.marks.lines if one.line.key == key), None)
