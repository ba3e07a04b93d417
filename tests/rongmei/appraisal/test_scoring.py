from dataclasses import replace
from math import log

import pytest

from rongmei.appraisal.facts import Part, Post, Task
from rongmei.appraisal.scoring import appraise, collaboration, delivery, engagement, rank, spread
from rongmei.errors import BadInput

EVEN = {"spread": 0.25, "engagement": 0.25, "delivery": 0.25, "collaboration": 0.25}
POST = Post(1, "chashan", "chashan", "chashan/wechat", "wechat", "live", None, 8_000, 4_000, 100, 20, 30, 10)
DONE = Task(answered=True, accepted=True, filed="on_time")


def with_posts(*posts: Post, **changes) -> Part:
    return replace(Part("chashan", posts=posts, stories=1), **changes)


def test_spread_is_half_absolute_and_half_per_follower():
    found = spread(with_posts(POST))
    absolute, relative = log(4_001) / log(100_002), log(51) / log(101)
    assert found.value == pytest.approx(50 * (absolute + relative), abs=0.05)
    assert "阅读 4,000" in found.how
    assert "每粉丝阅读 0.5000" in found.how


def test_a_town_read_by_half_its_followers_is_near_a_city_paper_read_by_half():
    city = replace(POST, reads=500_000, followers=1_000_000)
    town, metropolis = spread(with_posts(POST)).value, spread(with_posts(city)).value
    assert metropolis - town < 15
    assert spread(with_posts(replace(POST, reads=4_000, followers=1_000_000))).value < town


def test_two_posts_on_one_account_count_its_followers_once():
    twice = spread(with_posts(POST, replace(POST, story_id=2)))
    assert "每粉丝阅读 1.0000" in twice.how


def test_unknown_followers_leave_the_absolute_half():
    found = spread(with_posts(replace(POST, followers=None)))
    assert found.value == round(100 * log(4_001) / log(100_002), 1)
    assert "粉丝数不详" in found.how


def test_unknown_reads_are_not_zero_reads():
    silent = replace(POST, reads=None)
    assert spread(with_posts(silent)).value is None
    assert spread(with_posts(replace(POST, reads=0))).value == 0
    both = spread(with_posts(POST, replace(silent, account="chashan/weibo")))
    assert both.value == spread(with_posts(POST)).value
    assert "1 个发布单平台未给阅读数" in both.how


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (Part("a"), 0.0),
        (Part("a", stories=1), 0.0),
        (Part("a", stories=1, posts=(replace(POST, state="failed", reads=None),)), None),
        (Part("a", stories=1, posts=(replace(POST, reads=None),)), None),
    ],
    ids=["no story", "not signed off", "did not go out", "no numbers yet"],
)
def test_zero_and_unknown_are_told_apart(part, value):
    assert spread(part).value == value
    assert engagement(part).value == value


def test_engagement_weighs_and_smooths():
    found = engagement(with_posts(POST))
    rate = (100 + 2 * 20 + 3 * 30 + 10) / 4_100
    assert found.value == pytest.approx(100 * log(1 + 100 * rate) / log(21), abs=0.05)
    assert "评论 20×2" in found.how


def test_an_interaction_nobody_reports_is_left_out_and_named():
    found = engagement(with_posts(replace(POST, watching=None)))
    assert "平台未给在看" in found.how
    assert "在看 0" not in found.how


def test_three_readers_do_not_make_a_hit():
    assert engagement(with_posts(replace(POST, reads=3, likes=3, comments=0, shares=0, watching=0))).value < 50


@pytest.mark.parametrize(
    ("tasks", "value"),
    [
        ([], 0.0),
        ([DONE], 100.0),
        ([Task(True, False, "missing")], 100.0),
        ([Task(False, False, "missing")], 0.0),
        ([Task(None, False, "open")], None),
        ([Task(True, True, "open")], 100.0),
        ([Task(True, True, "missing")], 37.5),
        ([Task(True, True, "late")], 75.0),
        ([replace(DONE, returned=1)], 95.0),
        ([replace(DONE, returned=9)], 80.0),
        ([replace(DONE, rejected=True)], 80.0),
        ([DONE, Task(False, False, "missing")], 76.9),
    ],
    ids=["none", "perfect", "declined in time", "never answered", "not due", "deadline ahead", "never filed", "late",
         "returned", "returned often", "rejected", "mixed"],
)  # fmt: skip
def test_delivery(tasks, value):
    assert delivery(Part("a", tasks=tuple(tasks))).value == value


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (Part("a"), 0.0),
        (Part("a", pitches=("accepted", "joined", "held", "other")), 75.0),
        (Part("a", supported=2, hosted=3), 75.0),
        (Part("a", pitches=("accepted",) * 5), 100.0),
    ],
)
def test_collaboration(part, value):
    assert collaboration(part).value == value


def test_the_points_add_up_to_the_total():
    found = appraise(with_posts(POST, tasks=(DONE,), pitches=("accepted",)), EVEN)
    assert found.total == pytest.approx(sum(one["points"] for one in found.terms["dimensions"]))
    assert found.terms["complete"]
    assert f"合计 {found.total:.2f}" in found.terms["summary"]


def test_an_unknown_dimension_is_left_out_and_the_others_scaled_up():
    part = with_posts(replace(POST, reads=None), tasks=(DONE,), pitches=("accepted",))
    found = appraise(part, EVEN)
    assert found.total == 70.0
    assert not found.terms["complete"]
    assert found.terms["summary"].startswith("传播未知；互动未知；交付 100×50%=50.00")


def test_a_dimension_without_weight_does_not_count():
    found = appraise(with_posts(POST, tasks=(DONE,)), {"delivery": 1.0})
    assert (found.total, len(found.terms["dimensions"])) == (100.0, 1)


def test_a_weight_for_a_dimension_nobody_knows_is_refused():
    with pytest.raises(BadInput, match="beauty"):
        appraise(Part("a"), {"beauty": 1.0})


def test_equal_totals_share_a_rank():
    tasks = {"a": (), "b": (DONE,), "c": (DONE,), "d": (Task(True, True, "late"),)}
    results = [appraise(Part(outlet, tasks=theirs), EVEN) for outlet, theirs in tasks.items()]
    assert [(place, one.outlet) for place, one in rank(results)] == [(1, "b"), (1, "c"), (3, "d"), (4, "a")]
