"""Says in words why a task is where it is: the reasons the ledger keeps, with the numbers that decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rongmei.assignments.model import spoken_channels
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Ledger, Pitch


def explain(ledger: Ledger, plan: Plan, assignment_id: int) -> tuple[str, ...]:
    """Lines in Chinese: whose task it is and why, who supports it and why, why nobody else.

    Raises:
        BadInput: there is no such assignment.
    """
    with ledger.read() as session:
        assignment = session.get(Assignment, assignment_id)
        if assignment is None:
            raise BadInput(
                "没有这条任务", where=f"任务 #{assignment_id}", mend="用 rongmei assignments list 期次 核对编号"
            )
        title = session.get_one(Pitch, assignment.pitch_id).title
        names = {outlet.id: outlet.name for outlet in plan.cluster.outlets}
        return tuple(_lines(assignment, title, names))


def edition_of(ledger: Ledger, assignment_id: int) -> str | None:
    """The key of the edition an assignment belongs to; None when there is no such assignment."""
    with ledger.read() as session:
        found = session.get(Assignment, assignment_id)
        return session.get_one(Edition, found.edition_id).key if found else None


def terms_in(reasons: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The reasons among what is kept with an assignment; the rest of it is lists and sums."""
    return [term for term in reasons.values() if isinstance(term, dict) and {"why", "points"} <= term.keys()]


def in_words(term: Mapping[str, Any]) -> str:
    """A reason as people read it, with its points if it has any."""
    return f"{term['why']}（{term['points']:+g}）" if term["points"] else str(term["why"])


def _lines(assignment: Assignment, title: str, names: Mapping[str, str]) -> Iterator[str]:
    reasons = assignment.reasons
    yield f"任务 #{assignment.id} {title} → {_name(names, assignment.outlet)}（第 {assignment.round} 轮）"
    if terms := terms_in(reasons):
        total = reasons.get("total")
        yield "理由：" + "；".join(map(in_words, terms)) + (f"；合计 {total:g} 分" if total is not None else "")
    for partner in assignment.partners:
        why = "；".join(map(in_words, terms_in(reasons.get("partners", {}).get(partner, {}))))
        yield f"协同 {_name(names, partner)}：{why or '人工指定'}"
    if missed := reasons.get("missed"):
        yield f"没有账号的渠道：{spoken_channels(missed)}"
    for other in reasons.get("alternatives", []):
        yield f"没有派给{other['name']}（{other['points']:g} 分）：{other.get('why', '')}".rstrip("：")
    for other in reasons.get("recused", []):
        yield f"没有派给{other['name']}：{other['why']}"
    yield from (f"越过限制：{words}" for words in reasons.get("passed", []))


def _name(names: Mapping[str, str], outlet: str) -> str:
    return names.get(outlet, outlet)
