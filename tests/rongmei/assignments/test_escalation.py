"""值班台指派: what the desk sees, what its decision does, what it cannot decide."""

from datetime import date, timedelta

import pytest

from rongmei.assignments import (
    DeskSummary,
    answer,
    assign,
    declined,
    desk_assign,
    desk_sheet,
    hand_out,
    notify,
    read_choices,
    reassign,
    unplaced,
    waiting,
)
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent, PitchEvent

HOUR = timedelta(hours=1)


@pytest.fixture
def refused(ledger, plan, key, pitch, now) -> int:
    """A pitch that two outlets have declined, which is all the campaign's rounds."""
    first = pitch(key, "石龙夜赛|<b>", place="石龙", outlet="shilong", column="live")
    assign(ledger, plan, key, now=now)
    for number in (1, 2):
        answer(ledger, number, accept=False, by="李主任", reason="人手不够", now=now)
        reassign(ledger, plan, key, now=now)
    return first


@pytest.fixture
def decide(ledger, plan, key, now):
    def run(placed=(), dropped=(), *, by: str = "chen-ce") -> DeskSummary:
        return desk_assign(ledger, plan, key, placed=dict(placed), dropped=dict(dropped), by=by, now=now + HOUR)

    return run


def test_nothing_waits_for_the_desk_while_outlets_are_asked(ledger, plan, key, pitch, now):
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    assert not unplaced(ledger, key)
    assert desk_sheet(ledger, plan, key).options == ()


def test_a_no_is_news_until_it_has_been_dealt_with(ledger, plan, key, pitch, now):
    for title in ("石龙夜赛", "石龙早赛"):
        pitch(key, title, outlet="shilong")
    assign(ledger, plan, key, now=now)
    assert not declined(ledger, key)
    for expected in (1, 0):
        answer(ledger, 1 if expected else 3, accept=False, by="李", reason="忙", now=now)
        assert declined(ledger, key)
        assert reassign(ledger, plan, key, now=now).offered == expected
        assert not declined(ledger, key)
    assert unplaced(ledger, key)


def test_what_nobody_has_room_for_is_news_only_once(ledger, plan, key, pitch, held, now):
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    for outlet in plan.cluster.outlets:
        for _ in range(outlet.capacity_per_day):
            held(outlet.id, date(2026, 6, 6), "accepted")
    answer(ledger, 1, accept=False, by="李", reason="忙", now=now)
    assert declined(ledger, key)
    assert reassign(ledger, plan, key, now=now).offered == 0
    assert not declined(ledger, key)


def test_the_page_says_who_was_asked_and_who_could(ledger, plan, key, refused, dump):
    before = dump()
    sheet = desk_sheet(ledger, plan, key)
    assert dump() == before
    assert sheet.subject == "值班台指派：村超比赛日 06-06，1 条任务没有媒体接"
    assert sheet.people == ("chen-ce",)
    assert "### #1 石龙夜赛\\|&lt;b&gt;" in sheet.body
    assert "- 问过 石龙融媒体中心：人手不够" in sheet.body
    assert "- 问过 南城融媒体中心：人手不够" in sheet.body
    assert "| 虎门融媒体中心 | 10 | 本周轮值 | 0/2 条 | — |" in sheet.body
    assert [(option.label, option.outlet) for option in sheet.options] == [
        ("#1 石龙夜赛|<b> → 虎门融媒体中心", "humen"),
        ("或 #1 石龙夜赛|<b> → 东莞日报", "daily"),
        ("或 #1 石龙夜赛|<b> → 东城融媒体中心", "dongcheng"),
        ("或 #1 撤下，这期不做", None),
    ]


def test_what_expired_between_two_looks_is_offered_again_and_never_forgotten(ledger, plan, key, pitch, now):
    """The task looks whether anything is open just when the last offer's time is over: rounds are left."""
    first = pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    late = now + 4 * HOUR
    assert waiting(ledger, key, now=late) == 0
    assert declined(ledger, key)
    assert unplaced(ledger, key)
    assert desk_sheet(ledger, plan, key).options[0].pitch_id == first
    assert reassign(ledger, plan, key, now=late).offered == 1
    assert not declined(ledger, key)
    assert not unplaced(ledger, key)


def test_what_was_never_offered_waits_too(ledger, plan, key, pitch):
    pitch(key, "石龙夜赛")
    pitch(key, "还没决定", state="shortlisted")
    assert unplaced(ledger, key)
    assert [option.pitch_id for option in desk_sheet(ledger, plan, key).options] == [1] * 4


def test_who_must_bend_comes_last_and_the_smallest_bend_is_said(ledger, plan, key, pitch, held, now):
    for outlet in plan.cluster.outlets:
        for _ in range(outlet.capacity_per_day):
            held(outlet.id, date(2026, 6, 6), "accepted")
    first = pitch(key, "石龙夜赛", place="石龙")
    assign(ledger, plan, key, now=now)
    sheet = desk_sheet(ledger, plan, key)
    assert "怎样才派得出：选题 \\#" in sheet.body
    assert "的日产能由 2 条放宽到 3 条（多 1 条）就能派出" in sheet.body
    assert sheet.options[0].label == f"#{first} 石龙夜赛 → 石龙融媒体中心"
    assert "当日已有 2 条，日产能 2 条，再接就超了" in sheet.body


def test_an_order_is_accepted_by_the_desks_authority_and_told(
    ledger, plan, key, refused, decide, carrier, rows, dump, now
):
    assert decide({refused: "humen"}) == DeskSummary((3,), (), (), 1, ())
    order = rows(Assignment)[-1]
    assert (order.outlet, order.state, order.deadline_at) == ("humen", "accepted", now + 9 * HOUR)
    assert [(event.to_state, event.by, event.why) for event in rows(AssignmentEvent)][-2:] == [
        ("offered", "chen-ce", "值班台指派"),
        ("accepted", "chen-ce", "值班台指派，不用媒体答复"),
    ]
    before = dump()
    assert decide({refused: "humen"}) == DeskSummary((3,), (), (), 0, ())
    assert dump() == before
    assert not unplaced(ledger, key)
    notify(ledger, plan, key, transport=carrier, clock=lambda: now)
    (mail,) = carrier.sent["humen@example.com"]
    assert mail["Subject"] == "指派：村超比赛日 06-06，1 条任务由你们承担"
    for kind in ("plain", "html"):
        words = mail.get_body((kind,)).get_content()
        assert "不用答复" in words
        assert "6月7日 05:00" in words
        assert "chen-ce代表值班台指派" in words
        assert "token=" not in words
        assert "assignments answer" not in words


def test_what_is_dropped_is_left_alone_and_says_why(ledger, plan, key, refused, decide, rows, dump, now):
    assert decide((), {refused: "赛事\n取消"}) == DeskSummary((), (refused,), (), 0, ())
    assert (rows(PitchEvent)[-1].by, rows(PitchEvent)[-1].why) == ("chen-ce", "值班台撤下：赛事 取消")
    before = dump()
    assert decide((), {refused: "赛事取消"}).dropped == (refused,)
    for again in (assign, reassign):
        done = again(ledger, plan, key, now=now + HOUR)
        assert (done.offered, done.escalated) == (0, ())
    assert dump() == before
    assert not unplaced(ledger, key)
    assert not declined(ledger, key)


def test_nothing_chosen_decides_nothing(key, ledger, refused, decide, dump):
    before = dump()
    assert decide() == DeskSummary((), (), (refused,), 0, ())
    assert dump() == before
    assert unplaced(ledger, key)


def test_all_or_nothing(ledger, plan, key, pitch, refused, decide, dump, now):
    other = pitch(key, "虎门制衣")
    before = dump()
    for placed, dropped, said in (
        ({refused: "shilong"}, {}, "已推辞过"),
        ({refused: "humen", other: "nobody"}, {}, "没有媒体"),
        ({refused: "humen", 999: "daily"}, {}, "不是本期已采用的选题"),
        ({refused: "nobody"}, {}, "没有媒体"),
        ({refused: "humen"}, {refused: "不做"}, "既指派又撤下"),
        ({}, {refused: " "}, "没有写理由"),
        ({}, {999: "不做"}, "不是本期已采用的选题"),
    ):
        with pytest.raises(BadInput, match=said):
            decide(placed, dropped)
    with pytest.raises(BadInput, match="不是值班台的人"):
        decide({refused: "humen"}, by="lin-chu")
    assert dump() == before
    hand_out(ledger, plan, key, refused, "daily", by="chen-ce", now=now)
    with pytest.raises(BadInput, match="已派给 daily"):
        decide({refused: "humen"})
    decide((), {other: "不做了"})
    with pytest.raises(BadInput, match="不在等值班台指派"):
        decide({other: "humen"})


def test_the_pages_answer_is_read(refused):
    chosen = [(1, "humen"), (2, None), (3, None)]
    assert read_choices(chosen, " 2 赛事取消\n\n#3：没有\u3000车\n") == (
        {1: "humen"},
        {2: "赛事取消", 3: "没有\u3000车"},
    )
    assert read_choices([], "") == ({}, {})
    for wrong, reasons, said in (
        ([(1, "humen"), (1, "daily")], "", "选了不止一项"),
        ([(1, "humen"), (1, None)], "", "选了不止一项"),
        (chosen, "1 不做", "不是一条撤下的选题"),
        (chosen, "取消", "不是一条撤下的选题"),
    ):
        with pytest.raises(BadInput, match=said):
            read_choices(wrong, reasons)
