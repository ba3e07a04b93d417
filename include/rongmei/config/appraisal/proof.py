"""Proves a rule set sane, for every input there can be: weights, bounds, directions, no division by zero.

What is proved of each line (by the rules in `algebra`): it never divides by zero; a line of a power is worth 0–100, a
bonus or deduction 0 to its `at_most`; no fact of which more is good ever lowers it, none of which less is good ever
raises it (the other way round for deductions). What follows for the whole: a power is a mean of its lines weighed by
positive weights, the total of the powers likewise, also when unknown lines are left out, since any subset scaled to 1
is again such a mean; adding bonuses and taking off deductions keeps the directions; floor and cap keep them and bound
the total. Rounding half up is monotone.

Beside the proof `sample` tries a rule set on random facts, as a check on the proof itself.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from itertools import pairwise

from rongmei.config.appraisal.bounds import Bounds, Ranges, Slope, UnsoundError
from rongmei.config.appraisal.facts import KINDS, NUMBERS, ROWS
from rongmei.config.appraisal.marking import Line, Ready, mark, ready
from rongmei.config.appraisal.measures import MEASURES, ranges, unused_keys
from rongmei.config.appraisal.rules import LEVELS, POWERS, SEVERITIES, Measured, PeriodRules, Scheme
from rongmei.config.fields import Fault, Path

FULL = Bounds(0.0, 100.0)
SLACK = 1e-9
"""What rounding of floating point may add to a bound."""
SAMPLES = 40
GOOD = {"more": Slope.UP, "less": Slope.DOWN}


def faults(rules: PeriodRules) -> list[Fault]:
    """Everything that keeps a rule set from being proved sane, each at its place in the file; empty when it is."""
    found = [*_tables(rules)]
    for kind, scheme, base in _schemes(rules):
        found += _weights(scheme, base)
        found += _keys(kind, scheme, base)
    if found:
        # The lines would be blamed for what the tables have wrong.
        return found
    known = ranges(rules)
    for kind, _, _ in _schemes(rules):
        for line in ready(rules, kind).lines:
            found += line_faults(line, known)
    return found


def sample(rules: PeriodRules, seed: int = 0, times: int = SAMPLES) -> Fault | None:
    """Try random facts, then the same with one fact better or worse; a fault when a score goes the wrong way.

    A fault here that `faults` did not find would be a fault of the proof.
    """
    # Not for secrets: the same rule set is to be tried on the same facts each time.
    dice = random.Random(seed)  # noqa: S311
    known = ranges(rules)
    for kind, _, _ in _schemes(rules):
        scheme = ready(rules, kind)
        for _ in range(times):
            if fault := _try(scheme, known, dice):
                return fault
    return None


def line_faults(line: Line, known: Ranges) -> Iterator[Fault]:
    """What cannot be proved of one line."""
    try:
        bounds = line.outer.bounds(known)
        slopes = line.outer.slopes(known)
    except UnsoundError as error:
        at = next((one for one in error.culprits if one), line.at)
        mend = "改成大于 0 的数" if "除数" in error.what else "改成不小于 0 的数"
        yield Fault(f"“{line.said.name}”算不出来：{error.what}", mend, at)
        return
    if found := [*_out_of_bounds(line, bounds)]:
        # A sign that is wrong turns the directions too; one word about it is enough.
        yield from found
        return
    for name, slope in slopes.items():
        wanted = GOOD.get(KINDS[name].good)
        if wanted is not None and slope is not (wanted.turned() if line.group == "deductions" else wanted):
            yield _wrong_way(line, name, slope)


def _schemes(rules: PeriodRules) -> Iterator[tuple[str, Scheme, Path]]:
    yield "outlet", rules, ()
    if rules.people:
        yield "person", rules.people, ("people",)


def _weights(scheme: Scheme, base: Path) -> Iterator[Fault]:
    powers = [(power.weight, (*base, "powers", name, "weight")) for name, power in scheme.powers.items()]
    yield from _shares(powers, "各力", (*base, "powers"))
    for name, power in scheme.powers.items():
        at = (*base, "powers", name, "terms")
        lines = [(term.weight, (*at, i, "weight")) for i, term in enumerate(power.terms)]
        yield from _shares(lines, f"{POWERS[name]}各项", at)
    total = scheme.total
    if total.floor >= total.cap:
        yield Fault(
            f"保底 {total.floor:g} 不小于封顶 {total.cap:g}，人人同分",
            "调低 floor 或调高 cap",
            (*base, "total", "floor" if "floor" in total.model_fields_set else "cap"),
        )


def _shares(weights: Sequence[tuple[float, Path]], what: str, at: Path) -> Iterator[Fault]:
    for weight, place in weights:
        if weight <= 0:
            yield Fault(f"权重 {weight:g} 不大于 0", "改成 0 到 1 之间的数；不要这一项就整项删掉", place)
    total = math.fsum(weight for weight, _ in weights)
    if abs(total - 1) > 1e-6:
        yield Fault(f"{what}权重之和是 {total:g}，应为 1", "调整权重，使它们加起来正好是 1", at)


def _keys(kind: str, scheme: Scheme, base: Path) -> Iterator[Fault]:
    """Keys that a measure does not look at, or lacks; measures that this kind of subject has no facts for."""
    for line, at in _written(scheme, base):
        measure = MEASURES[line.measure]
        for key in unused_keys(line):
            yield Fault(f"{line.measure}（{measure.label}）用不着 {key}", f"删掉 {key}，或换一个 measure", (*at, key))
        if measure.needs and all(getattr(line, key) is None for key in measure.needs):
            mend = f"补上 {' 或 '.join(measure.needs)}"
            yield Fault(f"{line.measure}（{measure.label}）缺少 {' 或 '.join(measure.needs)}", mend, (*at, "measure"))
        if measure.only and measure.only != kind:
            whose = "媒体" if measure.only == "outlet" else "人员"
            yield Fault(f"{line.measure}（{measure.label}）只能给{whose}计分", "换一个 measure", (*at, "measure"))


def _written(scheme: Scheme, base: Path) -> Iterator[tuple[Measured, Path]]:
    for name, power in scheme.powers.items():
        yield from ((term, (*base, "powers", name, "terms", i)) for i, term in enumerate(power.terms))
    for group in ("bonuses", "deductions"):
        yield from ((extra, (*base, group, i)) for i, extra in enumerate(getattr(scheme, group)))


def _out_of_bounds(line: Line, bounds: Bounds) -> Iterator[Fault]:
    if line.group in POWERS:
        if bounds.low < FULL.low - SLACK or bounds.high > FULL.high + SLACK:
            at = (*line.at, "steps") if getattr(line.said, "steps", ()) else line.at
            what = f"“{line.said.name}”可能得 {_end(bounds.low)} 到 {_end(bounds.high)} 分，应在 0 到 100 之间"
            yield Fault(what, "核对 full、steps 和各系数，不能有负数", at)
    elif bounds.low < -SLACK or math.isinf(bounds.high):
        sign = "减分" if line.group == "deductions" else "加分"
        what = f"{sign}“{line.said.name}”可能是 {_end(bounds.low)} 到 {_end(bounds.high)} 分，方向反了或没有上限"
        yield Fault(what, "points 和 at_most 都写不小于 0 的数；减分也写正数", _extra_at(line))


def _extra_at(line: Line) -> Path:
    points = getattr(line.said, "points", 0.0)
    return (*line.at, "points" if points < 0 else "at_most")


def _wrong_way(line: Line, name: str, slope: Slope) -> Fault:
    kind = KINDS[name]
    goes = "可能" if slope is Slope.MIXED else "会"
    better = "越多越好" if kind.good == "more" else "越少越好"
    turn = "下降" if kind.good == "more" else "上升"
    what = f"“{line.said.name}”：{kind.label}{better}，可是{kind.label}增加时得分{goes}{turn}"
    return Fault(what, *_how_to_mend(line))


def _how_to_mend(line: Line) -> tuple[str, Path]:
    """Advice, and the key that is most likely to blame."""
    if line.said.measure == "interactions" and line.said.per == "reads":
        return "把 per 改成 expected：按应有阅读算互动，阅读多了不会吃亏", (*line.at, "per")
    if getattr(line.said, "curve", "") == "steps":
        return "steps 从低到高写，分值只升不降", (*line.at, "steps")
    if line.group in POWERS and line.said.measure in {"late", "missing", "returned", "rejected", "recalled", "errors"}:
        return "扣分的事写到 deductions 里", (*line.at, "measure")
    if line.group == "deductions":
        return "做得多反而扣分的，不能写在 deductions 里；换一个 measure", (*line.at, "measure")
    return "核对系数有没有负数", line.at


def _tables(rules: PeriodRules) -> Iterator[Fault]:
    """Tables in which a better thing must not be worth less."""
    points = rules.points
    yield from _rising("adoption", points.adoption.model_dump(), LEVELS)
    yield from _rising("award", points.award.model_dump(), LEVELS)
    yield from _rising("error", points.error.model_dump(), SEVERITIES)
    yield from _boards(points.hot_search)
    own = rules.originality
    if not 0 <= own.reprint <= own.original or own.ai < 0:
        yield Fault(
            f"原创 {own.original:g}、转载 {own.reprint:g}、机器 {own.ai:g}：转载比原创值钱，或有负数",
            "写成 0 ≤ reprint ≤ original，ai 不小于 0",
            ("originality",),
        )
    for name, weight in rules.interactions.model_dump().items():
        if weight < 0:
            yield Fault(f"互动权重 {weight:g} 是负数", "改成不小于 0 的数", ("interactions", name))
    for i, coefficient in enumerate(rules.expected.positions):
        if coefficient <= 0:
            # An account's history is brought to the first place by dividing by it.
            yield Fault(f"位次系数 {coefficient:g} 不大于 0", "改成大于 0 的数", ("expected", "positions", i))
    for key in ("size", "history"):
        exponent = getattr(rules.expected, key)
        if not 0 <= exponent <= 1:
            yield Fault(f"{key} 是 {exponent:g}，应在 0 到 1 之间", "0 不看，1 全看", ("expected", key))


def _rising(table: str, values: dict[str, float], names: dict[str, str]) -> Iterator[Fault]:
    for (low, less), (high, more) in pairwise([("", 0.0), *((key, values[key]) for key in names)]):
        if more < less:
            below = f"{names[low]}的 {less:g}" if low else "0"
            what = f"{names[high]}的分值 {more:g} 小于{below}"
            yield Fault(what, "级别越高，分值只升不降", ("points", table, high))


def _boards(steps: Sequence[tuple[float, ...]]) -> Iterator[Fault]:
    for i, (earlier, later) in enumerate(pairwise(steps), 1):
        if later[0] <= earlier[0] or later[1] > earlier[1]:
            yield Fault(
                "名次要从前到后写，名次靠后的分值不能更高", "例如 [[3, 10], [10, 6]]", ("points", "hot_search", i)
            )
    for i, step in enumerate(steps):
        if step[1] < 0 or step[0] < 1:
            yield Fault("名次从 1 起，分值不小于 0", "例如 [3, 10]", ("points", "hot_search", i))


def _end(value: float) -> str:
    return "无穷" if math.isinf(value) else f"{value:g}"


def _try(scheme: Ready, known: Ranges, dice: random.Random) -> Fault | None:
    facts = _random_facts(known, dice)
    before = mark(scheme, facts).total
    if not (math.isfinite(before) and scheme.total.floor - 0.005 <= before <= scheme.total.cap + 0.005):
        return Fault(
            f"抽样得出 {before}，不在 {scheme.total.floor:g} 到 {scheme.total.cap:g} 之间", "核对各系数", ("total",)
        )
    name = dice.choice([name for name, kind in KINDS.items() if kind.good != "neither"])
    if not _raise(facts, name, dice):
        return None
    after = mark(scheme, facts).total
    kind = KINDS[name]
    if after < before if kind.good == "more" else after > before:
        return Fault(f"抽样：{kind.label}增加，总分却从 {before:g} 变成 {after:g}", "核对各系数", ("powers",))
    return None


def _random_facts(known: Ranges, dice: random.Random) -> dict[str, object]:
    facts: dict[str, object] = {name: _draw(name, known[name], dice) for name in NUMBERS}
    for rows in ROWS:
        kinds = [name for name in KINDS if name.startswith(f"{rows}.")]
        facts[rows] = [
            {name.partition(".")[2]: _draw(name, known[name], dice) for name in kinds}
            for _ in range(dice.choice((0, 1, 3)))
        ]
    return facts


def _draw(name: str, within: Bounds, dice: random.Random) -> float:
    """Ends of the range, small numbers and large ones, each often enough."""
    high = min(within.high, 1e12)
    span = high - within.low
    value = within.low + span * dice.choice((0.0, 1.0, dice.random(), dice.random() ** 12))
    return float(round(value)) if KINDS[name].whole else value


def _raise(facts: dict[str, object], name: str, dice: random.Random) -> bool:
    """Make more of a fact; whether there was one to be made more of."""
    rows, dot, field = name.partition(".")
    by = dice.choice((1.0, 10.0, 1e5))
    if not dot:
        facts[rows] = float(facts[rows]) + by  # type: ignore[arg-type]
        return True
    found = facts[rows]
    if not isinstance(found, list) or not found:
        return False
    row = dice.choice(found)
    row[field] += by
    return True
