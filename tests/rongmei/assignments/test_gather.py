from datetime import date

import pytest
from sqlalchemy import select

from rongmei.assignments.gather import newsrooms, side_of, tasks
from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Edition, Pitch


@pytest.fixture
def ruled(plan):
    """The plan with other rules of its campaign, and accounts of its outlets."""

    def make(accounts=None, publishing=None, **rules) -> Plan:
        campaign = plan.campaign.model_dump(by_alias=True)
        campaign["assignment"].update(rules)
        campaign["publishing"].update(publishing or {})
        cluster = plan.cluster.model_dump(by_alias=True)
        for outlet in cluster["outlets"]:
            owned = (accounts or {}).get(outlet["id"], ())
            outlet["accounts"] = [{"channel": channel, "handle": outlet["name"]} for channel in owned]
        return Plan(
            type(plan.campaign).model_validate(campaign), type(plan.cluster).model_validate(cluster), plan.rules
        )

    return make


@pytest.fixture
def gathered(ledger, key):
    """The tasks to hand out, and those held, by pitch id."""

    def run(plan, key=key) -> dict:
        with ledger.read() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            held = select(Assignment.pitch_id)
            pitches = session.scalars(
                select(Pitch).where(Pitch.edition_id == edition.id, Pitch.state == "accepted", Pitch.id.not_in(held))
            ).all()
            return {one.pitch_id: one for one in tasks(session, plan, edition, pitches)}

    return run


def rooms(ledger, plan, key) -> dict:
    with ledger.read() as session:
        edition = session.scalars(select(Edition).where(Edition.key == key)).one()
        return {one.id: one for one in newsrooms(session, plan, edition)}


def test_a_part_as_partner_counts_half_today_and_lately(ledger, plan, key, held):
    held("humen", date(2026, 6, 6), "accepted")
    held("humen", date(2026, 6, 1))
    with ledger.begin() as session:
        for one in session.scalars(select(Assignment)):
            one.partners = ["shilong", "nancheng"]
    made = rooms(ledger, plan, key)
    assert [(made[one].halves_used, made[one].recent) for one in ("humen", "shilong", "daily")] == [
        (2, 1),
        (1, 0.5),
        (0, 0),
    ]


@pytest.mark.parametrize(
    ("accounts", "wanted"),
    [("author", ("wechat", "douyin")), ("author_and_city", ("douyin",)), ("city", ())],
)
def test_a_channel_must_be_brought_in_where_no_city_account_posts(ruled, key, pitch, gathered, accounts, wanted):
    plan = ruled({"daily": ["wechat", "weibo"]}, {"channels": ["wechat", "douyin"], "accounts": accounts})
    pitch(key, "石龙夜赛")
    first = pitch(key, "石龙早赛", channels=["wechat", "weibo", "douyin", "wechat"])
    found = gathered(plan)
    assert found[first].channels == wanted
    assert found[first - 1].channels == ()


def test_only_the_editions_channels_are_wanted(ruled, open_day, pitch, gathered):
    plan = ruled(publishing={"channels": ["wechat", "douyin"]})
    key = open_day(date(2026, 6, 7), channels=["wechat"])
    first = pitch(key, "石龙夜赛", channels=["wechat", "douyin"])
    assert gathered(plan, key)[first].channels == ("wechat",)


def test_what_is_held_that_day_is_gathered_with_its_place(plan, key, open_day, pitch, held, gathered, ledger):
    held("humen", date(2026, 6, 6), "accepted")
    held("humen", date(2026, 6, 6), "declined")
    held("humen", date(2026, 6, 5), "accepted")
    held("humen", date(2026, 6, 6), "accepted", rehearsal=True)
    with ledger.begin() as session:
        session.get(Assignment, 1).partners = ["daily"]
        session.get(Pitch, 1).place = "虎门镇"
    first = pitch(key, "石龙夜赛")
    found = gathered(plan)
    assert {one.pitch_id: (one.holder, one.hands) for one in found.values()} == {
        1: ("humen", {"humen", "daily"}),
        first: (None, frozenset()),
    }
    assert found[1].place == "虎门镇"


def test_sides_are_kept_apart_whoever_holds_them(ruled, key, pitch, held, gathered, ledger):
    plan = ruled(opponents=[["万江队", "道滘队", "沙田队"]])
    held("humen", date(2026, 6, 6), "accepted")
    with ledger.begin() as session:
        session.get(Pitch, 1).title = "沙田队训练"
    one, other, both = (pitch(key, title) for title in ("万江队备战", "道滘队备战", "万江队迎战道滘队"))
    found = gathered(plan)
    assert {n: set(found[n].apart) for n in (1, one, other, both)} == {
        1: {one, other},
        one: {1, other},
        other: {1, one},
        both: set(),
    }


def test_a_side_is_the_one_that_is_named_alone():
    sides = ("东城队", "东城二队", "南城队")
    assert side_of(sides, "东城二队夺冠") == "东城二队"
    assert side_of(sides, "东城队夺冠") == "东城队"
    assert side_of(sides, "东城二队胜东城队") is None
    assert side_of(sides, "石龙夜赛") is None
    assert side_of(("东城", "东城队"), "东城队夺冠") == "东城队"


def test_who_keeps_out_of_what(ruled, ledger, key):
    plan = ruled(recusals=[{"outlet": "humen", "words": ["晨光服装厂"]}])
    made = rooms(ledger, plan, key)
    assert (made["humen"].avoids, made["daily"].avoids) == (("晨光服装厂",), ())
    with pytest.raises(BadInput, match="没有媒体“nobody”"):
        rooms(ledger, ruled(recusals=[{"outlet": "nobody", "words": ["甲"]}]), key)


def test_outlets_know_their_channels(ruled, ledger, key):
    made = rooms(ledger, ruled({"humen": ["wechat", "douyin"]}), key)
    assert (made["humen"].channels, made["daily"].channels) == ({"wechat", "douyin"}, frozenset())
