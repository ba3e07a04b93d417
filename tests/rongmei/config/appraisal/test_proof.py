"""A rule set is proved sane or refused, in Chinese, with the line that is to blame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.config import check_house, load_campaign, load_period_rules
from rongmei.config.appraisal import PeriodRules, faults, mark, ready, sample
from rongmei.config.appraisal.algebra import Fact, Number, Over, Rows, Steps, Times
from rongmei.config.appraisal.bounds import Bounds, Slope
from rongmei.config.appraisal.facts import KINDS, NUMBERS, ROWS
from rongmei.config.appraisal.measures import MEASURES, ranges
from rongmei.config.problems import ConfigErrors
from rongmei.settings import PACKAGE_CONFIG

SHIPPED = ("dongguan-cluster-v1", "county-centre-v1")

RULES = """\
id: try-v1
name: 试行规则
version: "1"
expected:
  other: {reads: 500, followers: 10000}
powers:
  spread:
    weight: 0.5
    terms:
      - {id: reads, name: 折算阅读, weight: 1, measure: reads, curve: log, full: 50}
  influence:
    weight: 0.5
    terms:
      - {id: talk, name: 折算互动, weight: 1, measure: interactions, curve: log, full: 50}
deductions:
  - {id: late, name: 迟交, measure: late, points: 1, at_most: 5}
"""


def told(folder: Any, old: str, new: str) -> list[str]:
    """What the check says of a rule set with one piece of text swapped, and that the line is right."""
    assert RULES.count(old) == 1
    text = RULES.replace(old, new)
    folder.write("appraisal/try.yaml", text)
    found = [problem for problem in check_house(folder.root) if problem.file.endswith("try.yaml")]
    lines = text.splitlines()
    return [f"{lines[one.line - 1].strip()[:16]} | {one.message} | {one.mend}" for one in found]


def test_the_shipped_rule_sets_and_the_one_above_are_sane(folder: Any) -> None:
    assert told(folder, "id: try-v1", "id: try-v1") == []
    for name in SHIPPED:
        assert sample(load_period_rules(PACKAGE_CONFIG, name), seed=7) is None


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("influence:\n    weight: 0.5", "influence:\n    weight: 0.6", "powers", "各力权重之和是 1.1"),
        ("折算互动, weight: 1", "折算互动, weight: 0.9", "terms", "影响力各项权重之和是 0.9"),
        ("折算互动, weight: 1", "折算互动, weight: -1", "- {id: talk", "权重 -1 不大于 0"),
        ("measure: reads, curve: log, full: 50", "measure: reads, curve: log, full: 0", "- {id: reads", "除数可能是 0"),
        ("reads: 500, followers: 10000", "reads: 500, followers: 0", "other", "除数可能是 0"),
        ("expected:\n", "expected:\n  least: 0\n", "least: 0", "除数可能是 0"),
        (
            "measure: interactions, curve",
            "measure: interactions, per: reads, curve",
            "- {id: talk",
            "阅读越多越好，可是阅读增加时得分会下降 | 把 per 改成 expected",
        ),
        (
            "measure: interactions, curve",
            "measure: interactions, per: reads, smoothing: 0, curve",
            "- {id: talk",
            "除数可能是 0",
        ),
        (
            "curve: log, full: 50}\n  influence",
            "curve: steps, steps: [[1, 60], [5, 40]]}\n  influence",
            "- {id: reads",
            "阅读增加时得分可能下降 | steps 从低到高写",
        ),
        (
            "curve: log, full: 50}\n  influence",
            "curve: steps, steps: [[1, 60], [5, 140]]}\n  influence",
            "- {id: reads",
            "可能得 0 到 140 分",
        ),
        ("points: 1, at_most: 5", "points: -1, at_most: 5", "- {id: late", "减分“迟交”可能是"),
        ("measure: late", "measure: reviews", "- {id: late", "只能给人员计分"),
        ("measure: late, points", "measure: late, weekly: 2, points", "- {id: late", "用不着 weekly"),
        ("measure: reads, curve: log", "measure: quota, curve: log", "- {id: reads", "缺少 weekly 或 monthly"),
        ("measure: reads, curve", "measure: late, curve", "- {id: reads", "得分会上升 | 扣分的事写到 deductions"),
        ("measure: late", "measure: on_time", "- {id: late", "按时交稿越多越好，可是按时交稿增加时得分会下降"),
        ("deductions:", "total: {floor: 100, cap: 100}\ndeductions:", "total: {floor", "人人同分"),
        ("powers:", "points:\n  award: {city: 5, province: 3, state: 8}\npowers:", "award", "省级的分值 3 小于"),
        ("powers:", "points:\n  hot_search: [[10, 3], [3, 10]]\npowers:", "hot_search", "名次要从前到后写"),
        ("powers:", "originality: {reprint: 2}\npowers:", "originality", "转载比原创值钱"),
        ("powers:", "interactions: {likes: -1}\npowers:", "interactions", "互动权重 -1 是负数"),
        ("expected:\n", "expected:\n  size: 3\n", "size: 3", "应在 0 到 1 之间"),
        ("expected:\n", "expected:\n  positions: [1, 0]\n", "positions", "位次系数 0 不大于 0"),
        ("curve: log, full: 50}\n  influence", "curve: log}\n  influence", "- {id: reads", "缺少 full"),
        ("measure: late", "measure: lateness", "- {id: late", "只能是 reads"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_its_line(folder: Any, old: str, new: str, line: str, said: str) -> None:
    found = told(folder, old, new)
    assert any(one.startswith(line) and said in one for one in found), found


def test_other_files_go_on_when_one_is_unsound(house: Path) -> None:
    text = RULES.replace("full: 50}\n  influence", "full: 0}\n  influence")
    (house / "appraisal" / "try.yaml").write_text(text, encoding="utf-8")
    assert load_campaign(house, "cunchao").rules.id == "dongguan-edition-v1"
    assert load_period_rules(house, "county-centre-v1").people is None
    with pytest.raises(ConfigErrors, match="除数可能是 0"):
        load_period_rules(house, "try-v1")
    with pytest.raises(ConfigErrors, match="没有周期考核规则“dongguan-edition-v1”"):
        load_period_rules(house, "dongguan-edition-v1")


def test_an_edition_cannot_be_scored_by_rules_for_periods(house: Path) -> None:
    file = house / "campaigns" / "cunchao.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("rules: dongguan-edition-v1", "rules: dongguan-cluster-v1"), encoding="utf-8")
    assert any("没有考核规则“dongguan-cluster-v1”" in problem.message for problem in check_house(house))


def test_the_edition_rules_are_untouched() -> None:
    text = (PACKAGE_CONFIG / "appraisal" / "dongguan.yaml").read_text(encoding="utf-8")
    weights = {"spread": 0.4, "engagement": 0.25, "delivery": 0.2, "collaboration": 0.15}
    assert yaml.safe_load(text)["weights"] == weights


# ── the proof itself ─────────────────────────────────────────────────────────────────────────────────────────────

RULE_SETS = {name: load_period_rules(PACKAGE_CONFIG, name) for name in SHIPPED}
COUNT = st.one_of(st.integers(0, 3), st.integers(0, 10**12))


@st.composite
def facts(draw: st.DrawFn, rules: PeriodRules) -> dict[str, Any]:
    """Any facts there can be, ends of the ranges often."""
    known = ranges(rules)

    def one(name: str) -> float:
        within = known[name]
        high = min(within.high, 1e12)
        if KINDS[name].whole:
            return float(draw(st.integers(int(within.low), int(high))))
        return draw(st.floats(within.low, high))

    found: dict[str, Any] = {name: one(name) for name in NUMBERS}
    for rows in ROWS:
        names = [name for name in KINDS if name.startswith(f"{rows}.")]
        size = draw(st.integers(0, 2))
        found[rows] = [{name.partition(".")[2]: one(name) for name in names} for _ in range(size)]
    return found


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_more_of_a_good_thing_never_lowers_and_bounds_hold(data: st.DataObject) -> None:
    rules = RULE_SETS[data.draw(st.sampled_from(SHIPPED))]
    kind = data.draw(st.sampled_from(["outlet", "person"])) if rules.people else "outlet"
    scheme = ready(rules, kind)
    found = data.draw(facts(rules))
    before = mark(scheme, found)
    assert scheme.total.floor <= before.total <= scheme.total.cap
    assert all(0 <= power.value <= 100 for power in before.powers if power.value is not None)
    for name, kind_of in KINDS.items():
        rows, dot, field = name.partition(".")
        if kind_of.good == "neither" or (dot and not found[rows]):
            continue
        there = found[rows][0] if dot else found
        key = field if dot else rows
        kept = there[key]
        there[key] = kept + data.draw(st.sampled_from([1.0, 1000.0]))
        after = mark(scheme, found).total
        there[key] = kept
        assert after >= before.total if kind_of.good == "more" else after <= before.total, name


@pytest.mark.parametrize("name", sorted(MEASURES))
def test_bounds_and_slopes_of_every_measure_are_true(name: str) -> None:
    """Each measure, sampled: within its proved bounds, and going the way that was proved."""
    rules = RULE_SETS["dongguan-cluster-v1"]
    keys = {"weekly": 2.0} if name == "quota" else {"accepted": 4.0} if name == "pitches" else {}
    keys |= {"partnered": 3.0} if name == "support" else {}
    extra = {"id": "x", "name": "x", "measure": name, "points": 1.0, "at_most": 5.0, **keys}
    tried = rules.model_copy(
        update={"bonuses": type(rules).model_validate({**RAW, "bonuses": [extra]}).bonuses, "deductions": ()}
    )
    line = next(one for one in ready(tried).lines if one.group == "bonuses")
    known = ranges(tried)
    bounds, slopes = line.inner.bounds(known), line.inner.slopes(known)
    assert all(slope is not Slope.MIXED for fact, slope in slopes.items() if KINDS[fact].good != "neither")

    @given(facts(tried))
    @settings(max_examples=4, deadline=None)
    def holds(found: dict[str, Any]) -> None:
        value = line.inner.value(found)
        assert bounds.low - 1e-6 <= value <= bounds.high
        for fact, slope in slopes.items():
            rows, dot, field = fact.partition(".")
            if (dot and not found[rows]) or slope is Slope.MIXED:
                continue
            there, key = (found[rows][0], field) if dot else (found, rows)
            kept = there[key]
            there[key] = kept + 1.0
            after = line.inner.value(found)
            there[key] = kept
            assert after >= value * (1 - 1e-12) if slope is Slope.UP else after <= value * (1 + 1e-12)

    holds()


RAW = yaml.safe_load(RULES)


def test_what_cannot_be_decided_is_mixed() -> None:
    x = Fact("x")
    known = {"x": Bounds(0, 10)}
    assert Over(x, Number(2)).slopes(known) == {"x": Slope.UP}
    assert Times(Number(-1), x).slopes(known) == {"x": Slope.DOWN}
    # x ÷ (x + 1) does rise, but the rule for quotients cannot see it: refused rather than believed.
    assert Over(x, Steps(x, ((0, 1),))).slopes(known) == {"x": Slope.MIXED}
    assert Steps(x, ((1, 5), (2, 3))).slopes(known) == {"x": Slope.MIXED}


def test_rows_of_which_nothing_is_known_are_left_out() -> None:
    node = Rows("posts", Fact("reads"), "阅读", "mean", ("reads",))
    assert node.value({"posts": [{"reads": None}, {"reads": 4}]}) == 4
    assert node.unknown({"posts": [{"reads": None}]})
    assert not node.unknown({"posts": []})


def test_sampling_finds_what_a_broken_proof_would_miss() -> None:
    wrong = PeriodRules.model_validate(yaml.safe_load(RULES.replace("points: 1, at_most", "points: -1, at_most")))
    assert faults(wrong)
    assert sample(wrong, times=2000) is not None
