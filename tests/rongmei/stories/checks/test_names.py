"""名称: titles, terms, order and spelling of listed leaders; names of places."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from rongmei.config import Lists, load_lists
from rongmei.config.lists import Leaders, Places
from rongmei.settings import PACKAGE_CONFIG

HEAD = {"owner": "lin", "updated": date(2026, 1, 1)}
# Nobody's names.
PEOPLE = [
    {"name": "示例甲", "title": "示例市委书记", "also": ["市委书记"], "rank": 1},
    {"name": "示例乙", "title": "示例市委副书记、市长", "also": ["市委副书记"], "rank": 2},
    {"name": "示例丙", "title": "副市长", "since": date(2024, 6, 1), "rank": 3},
    {"name": "示例丁", "title": "副市长", "until": date(2025, 12, 31), "rank": 3},
    {"name": "示例丁", "title": "市政协主席", "since": date(2026, 1, 1), "rank": 4},
]
LEADERS = Lists(leaders=Leaders(**HEAD, people=PEOPLE))


@pytest.mark.parametrize(
    "text",
    [
        "示例市委书记示例甲讲话。",
        "市委书记示例甲、市长示例乙出席。",
        "示例市委副书记、市长示例乙调研。",
        "副市长示例丙和市政协主席示例丁参加。",
        "原副市长示例丁回忆，时任副市长示例丁说。",
        "示例乙陪同示例甲调研。",
        "受示例甲委托，示例乙看望了群众。示例丙说，示例甲很关心。",
        "记者示例乙报道，示例甲表示。",
        "村民示例申、记者示例中报道。",
        "副市长示例丙、市政协主席示例丁。",
    ],
)
def test_right_names_are_passed_over(codes: Any, text: str) -> None:
    assert codes(text, LEADERS) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("市长示例甲讲话。", "leader_title"),
        ("市委副书记示例甲讲话。", "leader_title"),
        ("常务副市长示例丙出席。", "leader_title"),
        ("副市长示例乙出席。", "leader_title"),
        ("副市长示例丁出席。", "leader_term"),
        ("示例乙、示例甲出席。", "leader_order"),
        ("市长示例乙和市委书记示例甲出席。", "leader_order"),
        ("市委书记示例申讲话。", "leader_name"),
        ("市委书记甲例示讲话。", "leader_name"),
        ("示例甲说完，局长示例申接着说。", "leader_name"),
    ],
)
def test_what_contradicts_the_list(codes: Any, text: str, code: str) -> None:
    assert codes(text, LEADERS) == [code]


def test_a_wrong_title_is_told_with_the_listed_one(found: Any) -> None:
    [finding] = found("昨天，市长示例甲讲话。", LEADERS)
    assert finding.group == "names"
    assert "示例甲的职务与名单不符，名单上是：示例市委书记" in finding.message


def test_a_term_is_held_against_the_day(found: Any, codes: Any) -> None:
    [finding] = found("副市长示例丁出席。", LEADERS)
    assert "“副市长”不在任期内（到 2025-12-31 为止），示例丁现为：市政协主席" in finding.message
    assert codes("副市长示例丁出席。", LEADERS, day=date(2025, 12, 31)) == []
    assert codes("副市长示例丁出席。", LEADERS, day=None) == []
    assert codes("副市长示例丙出席。", LEADERS, day=date(2024, 5, 31)) == ["leader_term"]


PLACES = Lists(
    places=Places(
        **HEAD,
        places=[
            {"full": "长安镇", "short": "长安", "wrong": ["长安街道", "常安镇"]},
            {"full": "道滘镇", "short": "道滘", "wrong": ["道窖"], "except": ["大道窖藏"]},
        ],
    )
)


def test_wrong_forms_of_places(found: Any, codes: Any) -> None:
    [finding] = found("长安街道昨天举行比赛。", PLACES)
    assert finding.message == "第 1 段“长安街道昨天举行比赛。”：“长安街道”应为“长安镇”"
    [finding] = found("道窖今天下雨。", PLACES)
    assert finding.message.endswith("“道窖”应为“道滘”（全称“道滘镇”）")
    assert codes("道窖镇和道窖。", PLACES) == ["place_name"]
    assert codes("长安镇和长安的大道窖藏，道滘镇。", PLACES) == []


def test_shipped_places_and_examples(codes: Any) -> None:
    lists = load_lists(PACKAGE_CONFIG)
    assert lists.leaders
    assert "虚构" in lists.leaders.source
    assert {leader.name[:2] for leader in lists.leaders.people} == {"示例"}
    assert codes("东城街道、南城街道、长安镇、寮步镇、道滘镇、松山湖、滨海湾新区。", lists) == []
    assert codes("寮埗镇、石碣街道、万江镇。", lists) == ["place_name"] * 3
