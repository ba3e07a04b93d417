"""What-if and fairness."""

from __future__ import annotations

import random

import pytest

from rongmei import appraisal
from rongmei.appraisal.fairness import pearson, spearman
from rongmei.config import load_period_rules
from rongmei.errors import BadInput
from rongmei.settings import PACKAGE_CONFIG


@pytest.fixture
def key(room, now):
    for outlet, reads in (("humen", 500), ("daily", 90_000), ("shipai", 20)):
        room.post(room.story(outlet), f"{outlet}/wechat", (20, {"reads": reads, "likes": 9}))
    return appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now).key


def test_the_same_period_under_other_rules(room, key):
    county = load_period_rules(PACKAGE_CONFIG, "county-centre-v1")
    with room.ledger.read() as session:
        same = appraisal.what_if(session, key, room.rules)
        found = appraisal.what_if(session, key, county)
        with pytest.raises(BadInput, match="没有给人员计分"):
            appraisal.what_if(session, key, county, kind="person")
        assert appraisal.recompute(session, key) == appraisal.as_kept(session, key)
    assert all(line.moved == 0 and line.total == line.other_total for line in same.lines)
    assert same.notes == ()
    assert [line.rank for line in found.lines] == [1, 2, 3]
    assert any(line.total != line.other_total for line in found.lines)
    assert "72 小时" in found.notes[0]
    assert "168 小时" in found.notes[0]


def test_fairness_says_what_it_found(room, key):
    with room.ledger.read() as session:
        found, again = (appraisal.fairness(session, key, seed=3) for _ in range(2))
    assert found == again
    assert [line.spearman for line in found.correlations] == [None, None]
    assert "知道的只有 3 家" in found.words[0]
    assert {line.subject for line in found.ranks} == {"daily", "humen", "shipai"}
    assert all(line.best <= line.rank <= line.worst for line in found.ranks)
    assert any("浮动 10%" in line for line in found.words)


def test_correlations_against_pandas():
    import pandas

    dice = random.Random(1)
    one = [float(dice.randint(0, 9)) for _ in range(40)]
    other = [a + dice.gauss(0, 3) for a in one]
    frame = pandas.DataFrame({"a": one, "b": other})
    assert pearson(one, other) == pytest.approx(frame["a"].corr(frame["b"]), abs=1e-4)
    ranks = frame.rank()
    assert spearman(one, other) == pytest.approx(ranks["a"].corr(ranks["b"]), abs=1e-4)
    assert spearman([1, 1, 1], [1, 2, 3]) is None
    assert spearman([1, 2, 3], [30, 20, 10]) == -1
