"""What must hold between the inputs of an index: it finds contradictions, and bounds what was not given.

Each relation is true of every period that really was; it says in Chinese what is wrong where it does not hold, and how
to mend it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rongmei.errors import BadInput
from rongmei.indexes.figures import Figure

ROUNDS = 20
"""More than any chain of relations needs; stopping earlier only leaves an interval wider than it could be."""


@dataclass(frozen=True)
class AtMost:
    """`part` is some of `whole`, or one of them: it cannot be more."""

    part: str
    whole: str
    broken: str
    mend: str = "核对两个数是不是填反了，统计的时间是不是一样"

    def narrow(self, figures: Mapping[str, Figure]) -> dict[str, Figure]:
        """What follows for each of the two from the other.

        Raises:
            ValueError: no values satisfy it.
        """
        part, whole = figures[self.part], figures[self.whole]
        return {self.part: part.at_most(whole.high), self.whole: whole.at_least(part.low)}


@dataclass(frozen=True)
class BestOf:
    """`best` is the largest of `count` numbers that add up to `total`: it is not below their mean."""

    best: str
    total: str
    count: str
    broken: str
    mend: str = "核对篇数、合计与最高的一篇；10万+ 的文章要先逐篇按 100001 计，再合计"

    def narrow(self, figures: Mapping[str, Figure]) -> dict[str, Figure]:
        """What follows for each of the three from the others.

        Raises:
            ValueError: no values satisfy it.
        """
        best, whole, count = figures[self.best], figures[self.total], figures[self.count]
        if count.high:
            best = best.at_least(_ceil(whole.low, count.high))
        if best.high is not None and count.high is not None:
            whole = whole.at_most(best.high * count.high)
        if best.high:
            count = count.at_least(_ceil(whole.low, best.high))
        return {self.best: best, self.total: whole, self.count: count}


Relation = AtMost | BestOf


def fit(figures: Mapping[str, Figure], relations: Sequence[Relation]) -> dict[str, Figure]:
    """The figures within what the relations leave possible.

    Raises:
        BadInput: nothing is possible; says which relation does not hold.
    """
    found = dict(figures)
    for _ in range(ROUNDS):
        before = dict(found)
        for relation in relations:
            try:
                found.update(relation.narrow(found))
            except ValueError:
                raise BadInput(relation.broken, mend=relation.mend) from None
        if found == before:
            break
    return found


def _ceil(numerator: float, denominator: float) -> int:
    """Whole numbers divided and rounded up."""
    return -(-int(numerator) // int(denominator))
