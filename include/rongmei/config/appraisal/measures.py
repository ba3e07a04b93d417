"""What a line of a rule set can measure: each measure as a formula over facts, and the curve from it to points."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rongmei.config.appraisal.algebra import (
    Fact,
    Least,
    Log,
    Minus,
    Most,
    Node,
    Number,
    Over,
    Power,
    Rows,
    Share,
    Steps,
    Sum,
    Times,
)
from rongmei.config.appraisal.bounds import Bounds
from rongmei.config.appraisal.facts import KINDS
from rongmei.config.appraisal.rules import Measured, PeriodRules, Term
from rongmei.config.fields import Path

FULL_MARKS = 100.0
PRIOR, PRIOR_WEIGHT = 0.5, 2.0
RATE, SMOOTHING = 0.02, 100.0
MISSING_COUNTS = 2.0
"""A story that never came weighs as much in a rate of punctuality as two that came late."""


@dataclass(frozen=True)
class Measure:
    """A measure.

    Attributes:
        unit: of what it comes to.
        keys: of `Measured`, those it understands.
        needs: of those, the ones of which at least one must be written.
        only: a kind of subject that alone has such facts.
    """

    label: str
    unit: str
    build: Callable[[PeriodRules, Measured, Path], Node]
    keys: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    only: str = ""


def measured(rules: PeriodRules, line: Measured, at: Path) -> Node:
    """What a line measures, as a formula; `at` is the line's place in the rule set."""
    return MEASURES[line.measure].build(rules, line, at)


def curved(term: Term, inner: Node, at: Path) -> Node:
    """The points of a term, 0–100, as a formula over what it measures."""
    hundred, one = Number(FULL_MARKS), Number(1.0)
    if term.curve == "rate":
        return Times(hundred, Least(one, inner))
    if term.curve == "steps":
        return Steps(inner, tuple((step[0], step[1]) for step in term.steps))
    full = Number(term.full or 0.0, (*at, "full"))
    shape: Callable[[Node], Node] = {"linear": _same, "log": Log, "sqrt": _root}[term.curve]
    return Times(hundred, Least(one, Over(shape(inner), shape(full))))


def extra_points(points: float, at_most: float, inner: Node, at: Path) -> Node:
    """The points of a bonus or deduction as a formula over what it measures."""
    return Least(Number(at_most, (*at, "at_most")), Times(Number(points, (*at, "points")), inner))


def ranges(rules: PeriodRules) -> dict[str, Bounds]:
    """What each fact can be under these rules: coefficients are no more than what the rules say."""
    found = {name: kind.range for name, kind in KINDS.items()}
    platforms = (*rules.expected.platforms.values(), rules.expected.other)
    decided = {
        "posts.base": [one.reads for one in platforms],
        "posts.reference": [one.followers for one in platforms],
        "posts.position": list(rules.expected.positions),
        "posts.original": list(rules.originality.model_dump().values()),
        "works.original": list(rules.originality.model_dump().values()),
        "adoptions.points": [0.0, *rules.points.adoption.model_dump().values()],
        "adoptions.before": [0.0, *rules.points.adoption.model_dump().values()],
        "awards.points": list(rules.points.award.model_dump().values()),
        "hits.points": [0.0, *(step[1] for step in rules.points.hot_search)],
        "errors.points": list(rules.points.error.model_dump().values()),
    }
    found.update({name: Bounds(min(values), max(values)) for name, values in decided.items()})
    return found


def expected_reads(rules: PeriodRules) -> Node:
    """应有阅读 of a post, as a formula over the facts of its row."""
    said, at = rules.expected, ("expected",)
    reads = (("expected", "other", "reads"), *(("expected", "platforms", name, "reads") for name in said.platforms))
    fans = (
        ("expected", "other", "followers"),
        *(("expected", "platforms", name, "followers") for name in said.platforms),
    )
    per_follower = Power(Over(Fact("followers"), Fact("reference", fans)), said.size, (*at, "size"))
    size = Times(Times(Fact("base", reads), Fact("position", ((*at, "positions"),))), per_follower)
    mixed = Times(
        Power(size, round(1 - said.history, 12), (*at, "history")),
        Power(Fact("history"), said.history, (*at, "history")),
    )
    return Most(Number(said.least, (*at, "least")), mixed)


def by_size(rules: PeriodRules, facts: dict[str, float]) -> float:
    """应有阅读 by size alone: what stands for the history of an account that has none."""
    said = rules.expected
    return float(facts["base"] * facts["position"] * (facts["followers"] / facts["reference"]) ** said.size)


def weighed_interactions(rules: PeriodRules) -> Node:
    """The interactions of a post, weighed, as a formula over the facts of its row."""
    weights = rules.interactions.model_dump()
    return Sum(tuple(Times(Number(weight, ("interactions", name)), Fact(name)) for name, weight in weights.items()))


def _same(node: Node) -> Node:
    return node


def _root(node: Node) -> Node:
    return Power(node, 0.5)


def _reads(rules: PeriodRules, line: Measured, at: Path) -> Node:
    each = Over(Fact("reads"), expected_reads(rules))
    return _posts(rules, line, at, each, "折算阅读", needs=("reads",), original=True)


def _raw_reads(rules: PeriodRules, line: Measured, at: Path) -> Node:
    return _posts(rules, line, at, Fact("reads"), "阅读", needs=("reads",), original=False)


def _interactions(rules: PeriodRules, line: Measured, at: Path) -> Node:
    if line.per == "reads":
        smoothing = Number(SMOOTHING if line.smoothing is None else line.smoothing, (*at, "smoothing"))
        by: Node = Sum((Fact("reads"), smoothing))
    else:
        by = Times(expected_reads(rules), Number(RATE if line.rate is None else line.rate, (*at, "rate")))
    each = Over(weighed_interactions(rules), by)
    return _posts(rules, line, at, each, "折算互动", needs=tuple(rules.interactions.model_dump()), original=True)


def _posts(
    rules: PeriodRules, line: Measured, at: Path, each: Node, label: str, *, needs: tuple[str, ...], original: bool
) -> Node:
    if line.each_at_most is not None:
        each = Least(Number(line.each_at_most, (*at, "each_at_most")), each)
    if original:
        # The coefficients come after the cap: half a share of a great success is half of what it may count for.
        each = Times(each, _originality(rules))
    return Rows("posts", Times(each, Fact("part")), label, line.how or "sum", needs)


def _works(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    return Rows("works", Times(_originality(rules), Fact("part")), "折算发稿")


def _originality(rules: PeriodRules) -> Node:
    return Fact("original", tuple(("originality", key) for key in type(rules.originality).model_fields))


def _quota(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    """The share of the period's days in whose week (month) enough came out, a part of it counting in proportion."""
    shares: list[Node] = []
    if line.weekly is not None:
        wanted = Over(Times(Number(line.weekly, (*at, "weekly")), Fact("days")), Number(7.0))
        shares.append(_met("weeks", wanted, "周定额达标天数"))
    if line.monthly is not None:
        wanted = Over(Times(Number(line.monthly, (*at, "monthly")), Fact("days")), Fact("length"))
        shares.append(_met("months", wanted, "月定额达标天数"))
    return shares[0] if len(shares) == 1 else Over(Sum(tuple(shares)), Number(float(len(shares))))


def _met(rows: str, wanted: Node, label: str) -> Node:
    each = Times(Fact("days"), Least(Number(1.0), Over(Fact("works"), wanted)))
    return Over(Rows(rows, each, label), Fact("days"))


def _adoption(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    fresh = Most(Number(0.0), Minus(Fact("points", _levels("adoption")), Fact("before")))
    return Rows("adoptions", Times(fresh, Fact("part")), "上级采用分")


def _awards(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    return Rows("awards", Times(Fact("points", _levels("award")), Fact("part")), "获奖分")


def _hot_search(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    places: tuple[Path, ...] = (("points", "hot_search"),)
    return Rows("hits", Times(Fact("points", places), Fact("part")), "上榜分")


def _errors(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
    each = Times(Times(Fact("points", _levels("error")), Fact("times")), Fact("part"))
    return Rows("errors", each, "差错分")


def _levels(kind: str) -> tuple[Path, ...]:
    return (("points", kind),)


def _share(good: Node, *bad: Node) -> Callable[[PeriodRules, Measured, Path], Node]:
    def build(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
        prior = Number(PRIOR if line.prior is None else line.prior, (*at, "prior"))
        weight = Number(PRIOR_WEIGHT if line.prior_weight is None else line.prior_weight, (*at, "prior_weight"))
        return Share(good, Sum(bad) if len(bad) > 1 else bad[0], prior, weight)

    return build


def _weighed(**facts: str) -> Callable[[PeriodRules, Measured, Path], Node]:
    """Σ what a case is worth × how many there are; `facts` by the key that says what one is worth."""

    def build(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
        said = [(key, name, getattr(line, key)) for key, name in facts.items()]
        return Sum(tuple(Times(Number(value or 0.0, (*at, key)), Fact(name)) for key, name, value in said))

    return build


def _count(name: str) -> Callable[[PeriodRules, Measured, Path], Node]:
    def build(rules: PeriodRules, line: Measured, at: Path) -> Node:  # noqa: ARG001
        return Fact(name)

    return build


_POSTS = ("how", "each_at_most")
_SHARE = ("prior", "prior_weight")
_PITCHES = ("accepted", "joined", "held", "other")
_SUPPORT = ("partnered", "hosted")
_LATENESS = (Fact("late"), Times(Number(MISSING_COUNTS), Fact("missing")))

MEASURES: dict[str, Measure] = {
    "reads": Measure("折算阅读", "倍", _reads, _POSTS),
    "raw_reads": Measure("总阅读", "次", _raw_reads, _POSTS),
    "interactions": Measure("折算互动", "倍", _interactions, (*_POSTS, "per", "rate", "smoothing")),
    "works": Measure("折算发稿", "篇", _works),
    "quota": Measure("定额完成率", "", _quota, ("weekly", "monthly"), ("weekly", "monthly")),
    "adoption": Measure("上级采用", "分", _adoption),
    "awards": Measure("获奖", "分", _awards),
    "hot_search": Measure("上热搜", "分", _hot_search, only="outlet"),
    "on_time": Measure("按时交稿率", "", _share(Fact("on_time"), *_LATENESS), _SHARE),
    "answered": Measure("按时答复率", "", _share(Fact("answered"), Fact("unanswered")), _SHARE, only="outlet"),
    "first_pass": Measure("一次过审率", "", _share(Fact("passed"), Fact("returned"), Fact("rejected")), _SHARE),
    "pitch_adoption": Measure(
        "报题采用率", "", _share(Sum((Fact("pitches_accepted"), Fact("pitches_joined"))), Fact("pitches_other")), _SHARE
    ),
    "pitches": Measure("报题", "分", _weighed(**{key: f"pitches_{key}" for key in _PITCHES}), _PITCHES, ("accepted",)),
    "support": Measure("协同", "分", _weighed(**{key: key for key in _SUPPORT}), _SUPPORT, _SUPPORT, only="outlet"),
    "reviews": Measure("审稿", "件", _count("reviews"), only="person"),
    "late": Measure("迟交", "次", _count("late")),
    "missing": Measure("未交", "次", _count("missing"), only="outlet"),
    "returned": Measure("被退稿", "篇", _count("returned")),
    "rejected": Measure("被否决", "篇", _count("rejected")),
    "recalled": Measure("撤稿", "篇", _count("recalled")),
    "corrected": Measure("更正", "篇", _count("corrected")),
    "errors": Measure("见报差错", "分", _errors),
}
"""Every measure by its name in a rule set."""


def unused_keys(line: Measured) -> Iterator[str]:
    """Keys that were written and that the line's measure does not look at."""
    known = {"id", "name", "measure", *MEASURES[line.measure].keys}
    optional = set(Measured.model_fields) - {"id", "name", "measure"}
    yield from (key for key in Measured.model_fields if key in optional - known and getattr(line, key) is not None)
