"""An index of a certain version: what it needs, what of it fits together, and what comes out, version printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, get_type_hints

from rongmei.errors import BadInput
from rongmei.indexes.figures import Figure, figure
from rongmei.indexes.formula import Formula, Term
from rongmei.indexes.relations import Relation, fit

DIGITS = 2
UNOFFICIAL = "〔非官方〕"
MAX_SHOWN = 30
NOTHING_KNOWN = "没有给，也推不出范围"


@dataclass(frozen=True)
class Measure:
    """What an input is; the annotation of a field of an input dataclass.

    Attributes:
        label: what a newsroom calls it, and the column of its table.
        unit: 天, 篇, 次 …
        symbol: its letter in the published formula.
        least: below it there is no index.
        ceiling: what the index takes for anything above it.
        name: the field's.
    """

    label: str
    unit: str
    symbol: str
    least: int = 0
    ceiling: int | None = None
    name: str = ""


@dataclass(frozen=True)
class Inputs:
    """Root of the input dataclasses. Numbers and texts are read as `figure` reads them; what is not given is unknown.

    Raises:
        BadInput: a value is no number.
    """

    relations: ClassVar[tuple[Relation, ...]] = ()

    def __post_init__(self) -> None:
        for one in self.measures():
            try:
                object.__setattr__(self, one.name, figure(getattr(self, one.name)))
            except BadInput as problem:
                raise BadInput(problem.what, where=one.label, mend=problem.mend) from None

    @classmethod
    def measures(cls) -> tuple[Measure, ...]:
        """Its fields, in order."""
        kind: Any = cls
        return _measures(kind)

    @classmethod
    def named(cls, name: str) -> Measure | None:
        """The field by its identifier, its Chinese label or its symbol in the formula; None if there is none."""
        wanted = name.strip()
        for one in cls.measures():
            if wanted in (one.label, one.symbol) or wanted.casefold() == one.name:
                return one
        return None

    @classmethod
    def of(cls, **values: Any) -> Self:
        """Made of numbers or of what people write: `WciInputs.of(reads="3.2万", days=7)`."""
        return cls(**values)


@cache
def _measures(kind: Any) -> tuple[Measure, ...]:
    hints = get_type_hints(kind, include_extras=True)
    return tuple(replace(hints[one.name].__metadata__[0], name=one.name) for one in fields(kind))


Given = TypeVar("Given", bound=Inputs)


@dataclass(frozen=True)
class Used:
    """An input as given, as reckoned with, and in Chinese why these differ or are not exact ("" if they do not)."""

    measure: Measure
    given: Figure
    used: Figure
    why: str


@dataclass(frozen=True)
class Result:
    """What an index comes to.

    Attributes:
        version: as it is to be printed beside the figure: `WCI V14.2（不含转发）`.
        value: exact, an interval, or unknown; it has no unit.
        terms: the arithmetic, step by step, the whole last.
        inputs: what went in.
        reasons: in Chinese, why the value is not exact.
    """

    version: str
    value: Figure
    terms: tuple[Term, ...]
    inputs: tuple[Used, ...]
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.version}：{self.value.words(DIGITS)}"


@dataclass(frozen=True)
class Index(Generic[Given]):
    """One version of one index.

    Attributes:
        key: how it is named on the command line: `wci-14.2`.
        name: WCI.
        title: 微信传播指数.
        edition: the version and what tells it from others: `V14.2（不含转发）`.
        official: whether the formula was read in a text of its publisher or in one that quotes it whole. Any other is
            printed with 〔非官方〕.
        source: where the formula is from, in Chinese.
        caution: what is not known of it, in Chinese; "" where all is.
    """

    key: str
    name: str
    title: str
    edition: str
    official: bool
    inputs: type[Given]
    formula: Formula
    source: str
    caution: str = ""

    @property
    def version(self) -> str:
        """As it is to be printed beside every figure."""
        return f"{self.name} {self.edition}{'' if self.official else UNOFFICIAL}"

    def read(self, values: Mapping[str, Any]) -> Given:
        """Inputs from names (identifier, Chinese label or symbol) and what is written.

        Raises:
            BadInput: a name that the index does not know, the same one twice, or a value that is no number.
        """
        found: dict[str, Any] = {}
        for name, value in values.items():
            one = self.inputs.named(name)
            if one is None:
                known = "、".join(f"{each.label}（{each.name}）" for each in self.inputs.measures())
                raise BadInput(f"{self.version} 不用“{name[:MAX_SHOWN]}”", mend=f"它用的是：{known}")
            if one.name in found:
                raise BadInput(f"“{one.label}”写了两次", mend="留一个")
            found[one.name] = value
        return self.inputs(**found)

    def compute(self, inputs: Given) -> Result:
        """The index of `inputs`: an interval where they are not exact, never a guess.

        Raises:
            BadInput: inputs that cannot be (days = 0) or contradict each other (more headline reads than reads).
        """
        given = {one: getattr(inputs, one.name) for one in self.inputs.measures()}
        used = fit({one.name: _possible(one, known) for one, known in given.items()}, self.inputs.relations)
        rows = tuple(Used(one, known, used[one.name], _why(one, known, used[one.name])) for one, known in given.items())
        terms = self.formula.terms(self.name, used)
        return Result(self.version, terms[-1].value, terms, rows, _reasons(rows))


def _possible(one: Measure, given: Figure) -> Figure:
    """The input within what the index allows.

    Raises:
        BadInput: it is below the least for which there is an index, or above what the index takes: then the totals that
            came with it are not the index's either.
    """
    if given.high is not None and given.high < one.least:
        raise BadInput(
            f"{given.words()} {one.unit}，算不出指数",
            where=one.label,
            mend=f"至少是 {one.least} {one.unit}；没有发布就没有指数",
        )
    possible = given.at_least(one.least)
    if one.ceiling is None:
        return possible
    if possible.low > one.ceiling:
        raise BadInput(
            f"{possible.words()} 超过 {one.ceiling:,}，指数里一篇最多按 {one.ceiling} 计",
            where=one.label,
            mend=f"先把每一篇封顶到 {one.ceiling}，再合计总数和头条数；这里写 {one.ceiling} 或 10万+",
        )
    return possible.capped(one.ceiling)


def _why(one: Measure, given: Figure, used: Figure) -> str:
    """Why an input is not what was given, or not exact."""
    if given.exact and used == given:
        return ""
    if given.unknown and used.high is None and used.low == one.least:
        return NOTHING_KNOWN
    said = "没有给" if given.unknown else f"是“{given.said or given.words()}”"
    if used.exact and used.low == one.ceiling and not given.unknown:
        return f"{one.label}{said}，指数规定计为 {one.ceiling:,}"
    if used.exact:
        return f"{one.label}{said}，由别的数推出是 {used.words()}"
    if used.high is None:
        return f"{one.label}{said}，按至少 {used.low:,.0f} {one.unit}计，推不出上限"
    return f"{one.label}{said}，按 {used.words()} {one.unit}计"


def _reasons(rows: Sequence[Used]) -> tuple[str, ...]:
    """Every reason once; inputs of which nothing is known share one."""
    silent = [row.measure.label for row in rows if row.why == NOTHING_KNOWN]
    reasons = [row.why for row in rows if row.why not in ("", NOTHING_KNOWN)]
    return (*reasons, f"{NOTHING_KNOWN}：{'、'.join(silent)}") if silent else tuple(reasons)
