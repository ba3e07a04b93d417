"""What holds for every index, whatever its formula."""

import ast
import math
import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.indexes import UNKNOWN, Article, Figure, all_indexes, from_articles
from rongmei.indexes.figures import MAX_COUNT

INDEXES = [pytest.param(index, id=index.key) for index in all_indexes()]
OF_ARTICLES = [pytest.param(index, id=index.key) for index in all_indexes() if index.name == "WCI"]
COUNT = st.integers(0, 10**7)
ARTICLES = st.lists(
    st.builds(Article, *(st.integers(0, most) for most in (250_000, 3_000, 9_000, 9_000)), st.booleans()),
    min_size=1,
    max_size=6,
)
FEW = settings(max_examples=10, deadline=None)


def exact_inputs(index, data):
    """Values that need not fit each other, for the bare formula."""
    return {
        one.name: data.draw(st.integers(max(1, one.least) if one.unit in "天篇" else 0, 10**7), label=one.name)
        for one in index.inputs.measures()
    }


def of_articles(index, articles, days):
    """The inputs of `index` from articles; headlines and likes under the name it knows them by."""
    made = from_articles(articles, days)
    known = {one.name: getattr(made, one.name, UNKNOWN) for one in index.inputs.measures()}
    if "headlines" in known:
        count = sum(1 for one in articles if one.headline)
        known["headlines"] = Figure(count, count)
    return known


def figures(values):
    return {name: Figure(value, value) for name, value in values.items()}


def wider(value, data):
    """A figure that holds `value`, or unknown."""
    how = data.draw(st.sampled_from(("same", "around", "at least", "unknown")))
    if how == "same":
        return Figure(value, value)
    if how == "unknown":
        return UNKNOWN
    low = data.draw(st.integers(0, value))
    return Figure(low, None if how == "at least" else value + data.draw(st.integers(0, 1000)))


@pytest.mark.parametrize("index", INDEXES)
@given(data=st.data())
@FEW
def test_more_of_a_count_is_never_less_and_longer_never_more(index, data):
    values = exact_inputs(index, data)
    name = data.draw(st.sampled_from(sorted(values)))
    more = {**values, name: values[name] + data.draw(st.integers(1, 10**6))}
    before, after = (index.formula.value(figures(one)).low for one in (values, more))
    divides = name in {piece.per for part in index.formula.parts for piece in part.pieces}
    assert (before >= after) if divides else (before <= after)
    if not divides and name in index.formula.names:
        assert before < after


@pytest.mark.parametrize("index", INDEXES)
@given(data=st.data())
@FEW
def test_the_formula_over_intervals_holds_every_value_inside(index, data):
    values = exact_inputs(index, data)
    exact = index.formula.value(figures(values))
    assert exact.exact
    over = {name: wider(value, data) for name, value in values.items()}
    for piece in (piece for part in index.formula.parts for piece in part.pieces if piece.per):
        over[piece.per] = over[piece.per].at_least(1)
    assert exact.low in index.formula.value(over)


@pytest.mark.parametrize("index", OF_ARTICLES)
@given(articles=ARTICLES, days=st.integers(1, 31), data=st.data())
@FEW
def test_whatever_is_left_out_the_interval_holds_the_true_index(index, articles, days, data):
    known = of_articles(index, articles, days)
    result = index.compute(index.inputs(**known))
    assert result.value.exact
    over = {name: wider(one.low, data) for name, one in known.items()}
    if "best_reads" in over and over["best_reads"].low > 100_001:
        over["best_reads"] = known["best_reads"]
    vague = index.compute(index.inputs(**over))
    assert result.value.low in vague.value
    assert vague.value.exact or vague.reasons


@pytest.mark.parametrize("index", OF_ARTICLES)
@given(articles=ARTICLES, days=st.integers(1, 31), seed=st.integers(0, 99))
@FEW
def test_the_order_of_articles_and_inputs_is_irrelevant(index, articles, days, seed):
    shuffled = list(articles)
    random.Random(seed).shuffle(shuffled)
    known = of_articles(index, articles, days)
    names = list(known)
    random.Random(seed).shuffle(names)
    again = index.read({name: known[name] for name in names})
    assert index.compute(again) == index.compute(index.inputs(**of_articles(index, shuffled, days)))


@pytest.mark.parametrize("index", INDEXES)
def test_huge_inputs_are_finite(index):
    most = {one.name: one.ceiling or MAX_COUNT for one in index.inputs.measures()}
    most |= {name: 1 for name in ("days", "articles", "headlines") if name in most}
    found = index.formula.value(figures(most))
    assert found.exact
    assert 0 < found.low < 10**6
    assert math.isfinite(index.formula.value(dict.fromkeys(most, UNKNOWN)).low)


@pytest.mark.parametrize("index", INDEXES)
def test_nothing_given_is_unknown_with_its_reason(index):
    result = index.compute(index.inputs())
    assert result.value.unknown
    assert result.reasons
    assert all(re.search(r"[一-鿿]", reason) for reason in result.reasons)
    assert str(result) == f"{index.version}：未知"


# ── the arithmetic can be gone over in a spreadsheet ─────────────────────────────────────────────────────────────


def spreadsheet(cell):
    """The value of a cell such as `=0.85*LN(70000/7+1)`."""
    assert re.fullmatch(r"=[0-9.+*/^()eLN-]+", cell), cell
    tree = ast.parse(cell[1:].replace("^", "**"), mode="eval")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert names <= {"LN"}
    return eval(compile(tree, "cell", "eval"), {"__builtins__": {}, "LN": math.log})


@pytest.mark.parametrize("index", INDEXES)
@given(data=st.data())
@FEW
def test_the_cells_of_every_step_come_to_its_value(index, data):
    values = exact_inputs(index, data)
    over = {
        name: wider(value, data) if data.draw(st.booleans()) else Figure(value, value) for name, value in values.items()
    }
    terms = index.formula.terms(index.name, over)
    assert terms[-1].value == index.formula.value(over)
    for term in terms:
        ends = [term.value.low, *([] if term.value.exact or term.value.high is None else [term.value.high])]
        assert [spreadsheet(cell) for cell in term.cells] == pytest.approx(ends, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("index", INDEXES)
def test_the_words_of_every_step_name_its_numbers(index):
    for part, term in zip(index.formula.parts, index.compute(index.inputs()).terms, strict=False):
        assert term.name == f"{part.name} {part.symbol}"
        for label, _ in term.numbers:
            assert f"{label}+1)" in term.formula
    whole = index.compute(index.inputs()).terms[-1]
    for symbol, _ in whole.numbers:
        assert f"×{symbol}" in whole.formula
