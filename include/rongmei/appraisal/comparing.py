"""What-if: the same period under another rule set, ranks side by side; nothing is written."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.orm import Session

from rongmei.appraisal.freezing import thaw
from rongmei.appraisal.reckoning import Result, reckon
from rongmei.config.appraisal import PeriodRules
from rongmei.errors import BadInput


@dataclass(frozen=True)
class Compared:
    """A subject under both rule sets; `rank` as frozen, without later corrections."""

    subject: str
    name: str
    total: float
    rank: int
    other_total: float
    other_rank: int

    @property
    def moved(self) -> int:
        """Places gained under the other rules; below 0 for places lost."""
        return self.rank - self.other_rank


@dataclass(frozen=True)
class WhatIf:
    """The comparison, in order of the frozen ranks, and what a reader should know of it."""

    key: str
    rules: str
    other: str
    lines: tuple[Compared, ...]
    notes: tuple[str, ...]


def what_if(session: Session, key: str, other: PeriodRules, *, kind: str = "outlet") -> WhatIf:
    """The period's frozen inputs under another rule set.

    Raises:
        BadInput: there is no such period, or one of the rule sets has no scheme for people.
    """
    frozen = thaw(session, key)
    before = reckon(frozen.rules, frozen.inputs, kind)
    after = {one.case.id: one for one in reckon(other, frozen.inputs, kind)}
    if not before or not after:
        raise BadInput(
            "有一套规则没有给人员计分", where=f"{frozen.rules.id}、{other.id}", mend="换有 people 一节的规则"
        )
    lines = tuple(_line(one, after[one.case.id]) for one in before)
    notes = []
    taken = frozen.inputs["figures"]
    if taken["hours"] != other.figures.hours:
        notes.append(f"数据按冻结时的 {taken['hours']} 小时取，{other.id} 规定的是 {other.figures.hours} 小时")
    if taken["history_days"] != other.figures.history_days:
        notes.append(
            f"往期水平取冻结时的 {taken['history_days']} 天，{other.id} 规定的是 {other.figures.history_days} 天"
        )
    return WhatIf(key, frozen.rules.id, other.id, lines, tuple(notes))


def _line(one: Result, other: Result) -> Compared:
    return Compared(one.case.id, one.case.name, one.marks.total, one.rank, other.marks.total, other.rank)
