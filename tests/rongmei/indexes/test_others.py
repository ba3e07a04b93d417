"""BCI, VCI, BVCI and DCI."""

from dataclasses import replace
from math import log

import pytest

from rongmei.errors import BadInput
from rongmei.indexes import Figure, find_index
from rongmei.indexes.bci import Bci7Inputs, BciInputs
from rongmei.indexes.bvci import BvciInputs
from rongmei.indexes.dci import DciInputs, DciWeights, dci
from rongmei.indexes.vci import VciInputs

VECTOR = {"posts": 100, "reposts": 1_000, "comments": 800, "likes": 5_000}


@pytest.mark.parametrize(("key", "kind"), [("bci", BciInputs), ("vci", VciInputs)])
def test_the_registered_ones(key, kind):
    index = find_index(key)
    result = index.compute(kind.of(**VECTOR))
    assert result.value.exact
    assert result.value.low == pytest.approx(1061.773447, abs=1e-6)
    assert index.compute(kind.of(**dict.fromkeys(VECTOR, 0))).value == Figure(0, 0)
    assert str(result).startswith(f"{index.name} 登记版（浙江数据知识产权登记 7557")


def test_a_missing_count_of_bci_leaves_a_lower_bound():
    result = find_index("bci").compute(BciInputs.of(**{**VECTOR, "comments": None}))
    assert result.value.low == pytest.approx(1061.773447 - 0.8 * 0.4 * log(801) * 160, abs=1e-6)
    assert result.value.high is None
    assert result.reasons == ("没有给，也推不出范围：评论数",)


def test_bci_of_seven_counts_is_unofficial():
    index = find_index("bci-7")
    given = {**VECTOR, "originals": 60, "original_reposts": 700, "original_comments": 500}
    activity = 0.3 * log(101) + 0.7 * log(61)
    spread = 0.2 * log(1001) + 0.2 * log(801) + 0.25 * log(701) + 0.25 * log(501) + 0.1 * log(5001)
    result = index.compute(Bci7Inputs.of(**given))
    assert result.value.low == pytest.approx((0.2 * activity + 0.8 * spread) * 160, abs=1e-9)
    assert result.version == "BCI 七项〔非官方〕"
    assert "没有核实" in index.caution
    with pytest.raises(BadInput, match="原创微博数比发博数还多"):
        index.compute(Bci7Inputs.of(**{**given, "originals": 101}))
    bounded = index.compute(Bci7Inputs.of(**{**given, "originals": None}))
    assert "原创微博数没有给，按 0 到 100 条计" in bounded.reasons


def test_bvci_divides_plays_and_comments_by_days():
    given = {"days": 7, "videos": 20, "plays": 70_000, "comments": 1_400, "followers": 50_000, "new_followers": 300}
    expected = (
        0.15 * log(21) + 0.25 * log(10_001) + 0.3 * log(201) + 0.18 * log(50_001) + 0.12 * log(301)
    ) * 100  # fmt: skip
    result = find_index("bvci").compute(BvciInputs.of(**given))
    assert result.value.low == pytest.approx(expected, abs=1e-9)
    assert result.version == "BVCI V2.0"
    with pytest.raises(BadInput, match=r"新增粉丝数：.*负数"):
        BvciInputs.of(**{**given, "new_followers": -20})


def test_dci_is_unofficial_and_its_weights_are_ones_own():
    given = {"posts": 10, "likes": 900, "comments": 80, "shares": 40, "new_followers": 60, "followers": 9_000}
    inner = 0.17 * log(901) + 0.37 * log(81) + 0.46 * log(41)
    cover = 0.11 * log(61) + 0.89 * log(9_001)
    plain = dci().compute(DciInputs.of(**given))
    assert plain.value.low == pytest.approx((0.10 * log(11) + 0.76 * inner + 0.14 * cover) * 100, abs=1e-9)
    assert plain.version == "DCI 自定权重（发布/互动/覆盖 10/76/14）〔非官方〕"
    other = dci(DciWeights(publishing=0.2, interaction=0.6, coverage=0.2)).compute(DciInputs.of(**given))
    assert other.value.low == pytest.approx((0.2 * log(11) + 0.6 * inner + 0.2 * cover) * 100, abs=1e-9)
    assert other.version == "DCI 自定权重（改过，发布/互动/覆盖 20/60/20）〔非官方〕"


@pytest.mark.parametrize("change", [{"publishing": 0.2}, {"likes": -0.1, "shares": 0.73}, {"followers": float("nan")}])
def test_weights_of_dci_add_up(change):
    with pytest.raises(BadInput, match="加起来是 1"):
        replace(DciWeights(), **change)
