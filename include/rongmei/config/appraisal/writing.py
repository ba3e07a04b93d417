"""Formulas in writing for people: once with the names of the facts, once with their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rongmei.config.appraisal.algebra import Rows, Signs, Values
from rongmei.config.appraisal.facts import KINDS

CHINESE = Signs()


def figure(value: float) -> str:
    """A number as people read it: at most six significant decimals, no tail of zeros."""
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value)}"
    return f"{value:.6f}".rstrip("0").rstrip(".")


@dataclass(frozen=True)
class Words:
    """Writes a formula with the names of its facts.

    Attributes:
        scope: the kind of rows inside whose formula it writes, "" outside.
    """

    scope: str = ""
    signs: Signs = CHINESE

    def number(self, value: float) -> str:
        """A number of the rules."""
        return figure(value)

    def fact(self, name: str) -> str:
        """A fact by its name."""
        return KINDS[f"{self.scope}.{name}" if self.scope else name].label

    def rows(self, node: Rows) -> str:
        """What rows come to, by its name."""
        before, after = {"sum": ("", "合计"), "mean": ("平均", ""), "best": ("最高", "")}[node.how]
        return f"{before}{node.label}{after}"

    def steps(self, inner: str, steps: Sequence[tuple[float, float]]) -> str:
        """A staircase."""
        said = "，".join(f"满 {figure(start)} 得 {figure(to)}" for start, to in steps)
        return f"按{inner}分档（{said}）"


@dataclass(frozen=True)
class Figures(Words):
    """Writes a formula with the figures of one subject, or of one row, in place of the names."""

    facts: Values = field(default_factory=dict)

    def fact(self, name: str) -> str:
        """A fact's figure; a dash for one that nobody knows, which adds nothing and is no 0."""
        value = self.facts[name]
        return "—" if value is None else figure(float(value))

    def rows(self, node: Rows) -> str:
        """What rows come to, as a figure."""
        return figure(node.value(self.facts))
