import re

import pytest

from rongmei.errors import BadInput
from rongmei.indexes import all_indexes, find_index

INDEXES = [pytest.param(index, id=index.key) for index in all_indexes()]


def test_each_is_found_by_its_key_and_no_two_print_the_same_version():
    keys = [index.key for index in all_indexes()]
    versions = [index.version for index in all_indexes()]
    assert len(set(keys)) == len(keys) == len(set(versions))
    assert [find_index(f" {key.upper()} ") for key in keys] == list(all_indexes())


def test_what_is_verified_and_what_is_not():
    official = {index.key for index in all_indexes() if index.official}
    assert official == {"wci-14.2", "wci-14.2-forwards", "wci-simplified", "wci-2", "bci", "vci", "bvci"}


def test_an_unknown_one_names_those_there_are():
    with pytest.raises(BadInput, match="没有指数“wci-99”") as refused:
        find_index("wci-99")
    assert "wci-14.2" in refused.value.mend


@pytest.mark.parametrize("index", INDEXES)
def test_each_says_what_a_newsroom_needs(index):
    assert re.search(r"[一-鿿]", index.title)
    assert index.source
    assert bool(index.caution) == (not index.official)
    assert ("〔非官方〕" in index.version) == (not index.official)


@pytest.mark.parametrize("index", INDEXES)
def test_the_formula_reads_exactly_the_inputs(index):
    assert set(index.formula.names) == {one.name for one in index.inputs.measures()}
    for part in index.formula.parts:
        if len(part.pieces) > 1:
            assert sum(piece.weight for piece in part.pieces) == pytest.approx(1)
    assert sum(part.weight for part in index.formula.parts) == pytest.approx(1)


@pytest.mark.parametrize("index", INDEXES)
def test_inputs_are_named_unambiguously(index):
    measures = index.inputs.measures()
    for one in measures:
        for name in (one.name, one.label, one.symbol, f" {one.name.upper()} "):
            assert index.inputs.named(name) == one
    assert index.inputs.named("没有的") is None


def test_reading_inputs():
    index = find_index("wci-14.2")
    made = index.read({"总阅读数": "3.2万", "n": 4, "days": 7})
    assert (made.reads.low, made.articles.low, made.days.low) == (31_500, 4, 7)
    assert made.likes.unknown
    with pytest.raises(BadInput, match=r"WCI V14\.2（不含转发） 不用“shares”") as refused:
        index.read({"shares": 1})
    assert "总阅读数（reads）" in refused.value.mend
    with pytest.raises(BadInput, match="“总阅读数”写了两次"):
        index.read({"R": 1, "总阅读数": 1})
    with pytest.raises(BadInput, match=r"^天数：“几天”看不懂"):
        index.read({"d": "几天"})
