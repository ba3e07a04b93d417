from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.pitches.history import TrackRecord
from rongmei.pitches.score import TERM_NAMES, Facts, Heat, Judge, news_value


@pytest.fixture
def judge(plan, now):
    return Judge(plan.campaign, plan.cluster, now)


def facts(now, **values) -> Facts:
    base = {
        "title": "村超揭幕",
        "summary": "",
        "place": None,
        "outlet_kind": "town",
        "column": None,
        "submitted_at": now,
        "record": TrackRecord(),
    }
    return Facts(**{**base, **values})


def value(judge, now, term: str, **values) -> float:
    return judge.score(facts(now, **values)).terms[term]["value"]


def test_every_term_is_explained_and_the_points_add_up(judge, now, plan):
    scored = judge.score(facts(now, summary="首次有12支球队参赛", place="石龙", column="live"))
    assert list(scored.terms) == list(TERM_NAMES)
    for name, term in scored.terms.items():
        assert term["weight"] == getattr(plan.campaign.pitching.weights, name)
        assert term["points"] == pytest.approx(100 * term["weight"] * term["value"], abs=0.01)
        assert term["why"]
    assert scored.total == pytest.approx(sum(term["points"] for term in scored.terms.values()))


def test_the_best_imaginable_pitch_has_nearly_a_hundred_points_and_the_worst_nearly_none(judge, now):
    heat = Heat("微博热搜", 1, 100, 100, False)
    best = facts(
        now,
        title="石龙村超首届决赛开幕 少年圆梦 2000人联动助力公益",
        summary="体育" * 30 + "回应安全",
        column="live",
        heat=(heat,),
        record=TrackRecord(98, 98, 98, 98),
    )
    assert judge.score(best).total > 98
    worst = facts(
        now, title="日常", outlet_kind=None, submitted_at=now - timedelta(days=30), record=TrackRecord(98, 0, 98, 0)
    )
    assert judge.score(worst).total < 2


def test_heat_grows_with_the_logarithm_and_with_the_place(judge, now):
    def heat(position, peak, top=1_000_000):
        return value(judge, now, "heat", heat=(Heat("微博热搜", position, peak, top, False),))

    assert heat(1, 1_000_000) == 1.0
    assert heat(5, 1_000_000) > heat(20, 1_000_000)
    assert heat(5, 1_000_000) - heat(5, 100_000) == pytest.approx(heat(5, 100_000) - heat(5, 10_000), abs=0.001)
    assert heat(60, None) == 0.0
    assert heat(None, None) == 0.0
    assert value(judge, now, "heat") == 0.0


def test_a_paid_place_has_no_heat_but_a_twin_on_the_board_lends_its_own(judge, now):
    paid = Heat("微博热搜", 1, 900, 1000, True)
    scored = judge.score(facts(now, heat=(paid,)))
    assert scored.terms["heat"]["points"] == 0
    assert "付费推广" in scored.terms["heat"]["why"]
    assert value(judge, now, "heat", heat=(paid, Heat("知乎热榜", 3, 10, 10, False))) > 0.9


def test_fit_knows_the_title_from_the_summary_and_the_accident(judge, now):
    assert value(judge, now, "fit", title="村超揭幕") == pytest.approx(0.6)
    assert value(judge, now, "fit", title="今晚揭幕", summary="石龙村超") == pytest.approx(0.4)
    assert value(judge, now, "fit", title="乡村超市促销") == 0.0
    assert value(judge, now, "fit", title="村超揭幕", column="live") == pytest.approx(0.85)
    assert value(judge, now, "fit", title="体育村超揭幕", column="live") == pytest.approx(1.0)
    assert value(judge, now, "fit", title="体育村超揭幕") == pytest.approx(0.75)


def test_local_prefers_the_cluster_to_the_campaigns_places(judge, now):
    assert value(judge, now, "local", place="石龙镇西湖") == 1.0
    assert value(judge, now, "local", title="榕江来客") == 0.8
    assert value(judge, now, "local") == 0.4
    assert value(judge, now, "local", outlet_kind=None) == 0.0


def test_freshness_halves_in_a_day_and_never_exceeds_one(judge, now):
    assert value(judge, now, "freshness") == 1.0
    assert value(judge, now, "freshness", submitted_at=now - timedelta(days=1)) == 0.5
    assert value(judge, now, "freshness", submitted_at=now + timedelta(days=1)) == 1.0


def test_a_newcomer_stands_between_the_good_and_the_bad():
    good, bad = TrackRecord(10, 9, 10, 10), TrackRecord(10, 1, 10, 2)
    assert bad.value < TrackRecord().value == 0.5 < good.value
    assert TrackRecord(1, 1).value < good.value


@given(st.text(max_size=200), st.text(max_size=400))
def test_news_value_is_a_share_whatever_is_written(title, summary):
    term = news_value(Facts(title, summary, None, None, None, None))  # type: ignore[arg-type]
    assert 0 <= term.value <= 1
    assert term.why
