import pytest
from tests.rongmei.assignments.making import room, task

from rongmei.assignments.model import at_home, covers, lead_terms, partner_terms, recusal, spot
from rongmei.config import AssignmentWeights

USUAL = AssignmentWeights()


def test_without_a_place_the_text_is_searched_and_a_city_outlet_covers_no_single_place():
    town, city = room("a", regions=("石龙镇", "石龙")), room("b", kind="city", regions=("石龙",))
    assert covers(town, task(1, text="石龙镇村超开赛")) == "石龙镇"
    assert covers(town, task(1, place="虎门", text="石龙村超开赛")) is None
    assert covers(city, task(1, place="石龙")) is None


def test_the_longest_name_found_says_where_it_happens():
    rooms = [room("a", regions=("东城",)), room("b", regions=("东城二村",)), room("c", kind="city", regions=("东",))]
    assert spot(task(1, place="东城二村祠堂"), rooms) == rooms[1]
    assert spot(task(1, place="东城"), rooms) == rooms[0]
    assert spot(task(1, place="南城"), rooms) is None


def test_home_is_the_own_place_and_every_place_it_covers():
    here = room("a", regions=("东城", "东城街道"))
    assert at_home(here, here)
    assert at_home(room("b", regions=("东城", "南城")), here)
    assert not at_home(room("c", regions=("南城",)), here)


def test_reasons_weigh_what_the_campaign_says():
    weights = AssignmentWeights(pitcher=1.5, region=2, beat=9, rota=4, fairness=6)
    both = room("a", regions=("石龙",), beats=("体育",), on_duty=True, recent=4)
    terms = lead_terms(
        weights, both, task(1, place="石龙", subjects=("体育", "民生"), pitchers=frozenset("a")), mean=0.4
    )
    assert {name: term.points for name, term in terms.items()} == {
        "pitcher": 1.5,
        "region": 2.0,
        "beat": 4.5,
        "rota": 4.0,
        "fairness": -3.0,
    }
    assert terms["fairness"].why == "近期已承担 4 条，全社 10 人"


def test_a_partner_is_asked_for_a_reason_only():
    local, other = (
        room("a", regions=("石龙",), beats=("体育",)),
        room("b", beats=("体育",), channels=frozenset({"douyin"})),
    )
    one = task(1, place="石龙", subjects=("体育",))
    assert {name: term.points for name, term in partner_terms(USUAL, local, one).items()} == {
        "region": 16.0,
        "beat": 10.0,
        "effort": -4.0,
    }
    assert partner_terms(USUAL, other, one) == {}
    assert "beat" in partner_terms(USUAL, other, task(1, subjects=("体育",), from_board=True))
    assert "pitcher" in partner_terms(USUAL, other, task(1, pitchers=frozenset("b")))
    assert partner_terms(USUAL, other, task(1, channels=("douyin", "bilibili")))["channel"].why == "有抖音账号，可代发"


@pytest.mark.parametrize(
    ("pitchers", "from_board", "joint"),
    [("", False, False), ("", True, True), ("a", True, False), ("a", False, False), ("ab", False, True)],
)
def test_joint_is_what_several_pitched_or_only_a_board(pitchers, from_board, joint):
    assert task(1, pitchers=frozenset(pitchers), from_board=from_board).joint is joint


@pytest.mark.parametrize(
    ("name", "title", "why"),
    [
        ("石龙融媒体中心", "石龙融媒体中心搬新家", "选题说的就是它自己"),
        ("石龙融媒体中心", "石龙夜赛", None),
        ("东莞日报", "村超开赛_东莞日报", None),
        ("东莞日报", "村超开赛（东莞日报）", None),
        ("东莞日报", "【东莞日报】村超开赛", None),
        ("东莞日报", "东莞日报讯：村超开赛", None),
        ("东莞日报", "东莞日报讯：东莞日报创刊四十年", "选题说的就是它自己"),
        ("东莞发布", "东莞发布高温预警", None),
        ("东莞发布", "走进“东莞发布”", "选题说的就是它自己"),
        ("甲", "晨光厂夜赛", "与“晨光厂”有关联"),
    ],
)
def test_an_outlet_keeps_out_of_what_is_about_itself_or_its_own(name, title, why):
    made = room("a", avoids=("晨光厂",))
    assert recusal(type(made)(**{**vars(made), "name": name}), task(1, title=title)) == why


def test_a_weight_of_nothing_is_no_minus_nothing():
    weights = AssignmentWeights(fairness=0, partner_effort=0)
    points = [
        *lead_terms(weights, room("a", recent=1), task(1), mean=1).values(),
        *partner_terms(weights, room("a", regions=("石龙",)), task(1, place="石龙")).values(),
    ]
    assert all(str(term.points) != "-0.0" for term in points)


def test_a_channel_weighs_more_than_all_reasons_and_a_person_more_than_all_channels():
    assert USUAL.channel_missed > sum(USUAL.model_dump().values())
    assert USUAL.escalation > 8 * USUAL.channel_missed + sum(USUAL.model_dump().values())
