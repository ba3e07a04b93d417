"""Orders from above: accepted without the meeting, logged, locked to their outlet, and out of everybody's way."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from rongmei.errors import BadInput
from rongmei.ledger import Edition, Pitch, PitchEvent, Submission, close_edition
from rongmei.pitches import Directive, direct, meeting, record_decisions, shortlist

ORDER = Directive(
    "防汛值守第一线", "市里部署", "chen-ce", outlet="shilong", place="石龙镇", column="村味人情", channels=("微信",)
)


@pytest.fixture
def order(ledger, plan, now):
    def give(wanted=ORDER, *, when=now, **how):
        return direct(ledger, plan, replace(wanted, **how), now=when)

    return give


def test_an_order_to_an_open_edition_is_accepted_at_once_and_locked(plan, key, order, rows, dump):
    done = order()
    (pitch,), (row,) = rows(Pitch), rows(Submission)
    assert (done.pitch, done.edition, done.submission) == (pitch.id, key, row.id)
    assert (pitch.state, pitch.outlet, pitch.column, pitch.channels) == ("accepted", None, "people", ["wechat"])
    assert (row.kind, row.state, row.pitch_id, row.why) == ("directive", "taken", pitch.id, "市里部署")
    birth, accepted = rows(PitchEvent)
    assert (birth.to_state, birth.why) == ("submitted", "编辑部指令：市里部署")
    assert (accepted.by, accepted.from_state, accepted.to_state) == ("chen-ce", "submitted", "accepted")
    assert accepted.why == "自上而下指令，不经选题会：市里部署"
    assert accepted.detail == {"assign_to": "shilong"}, "what assignments.byhand reads"
    before = dump()
    assert order() == done
    assert dump() == before


def test_an_order_waits_for_its_edition_and_the_meeting_goes_on_as_before(
    ledger, plan, open_day, order, pitch, rows, now
):
    assert order(day=date(2026, 6, 7)).pitch is None
    order(title="另一条指令", outlet=None, when=now - timedelta(days=1))
    first = open_day()
    assert shortlist(ledger, plan, first, now=now).ordered == 1
    pitch(first, "村超揭幕战首次亮相")
    pitch(first, "龙舟少年逐梦绿茵")
    listed = shortlist(ledger, plan, first, now=now).shortlisted
    assert len(listed) == 2, "the meeting is not over because of an order"
    body = meeting(ledger, plan, first).body.partition("## 指令")[2]
    assert "另一条指令" in body
    assert "由求最优分工决定 | chen\\-ce | 市里部署" in body
    summary = record_decisions(ledger, plan, first, accepted=listed, by="chen-ce", now=now)
    assert (summary.accepted, summary.held, summary.declined) == (2, 0, 0), "two may be accepted beside it"
    assert record_decisions(ledger, plan, first, accepted=listed, by="chen-ce", now=now) == summary
    second = open_day(date(2026, 6, 7))
    assert shortlist(ledger, plan, second, now=now).ordered == 1
    assert [one.state for one in rows(Pitch)] == ["accepted"] * 4


def test_what_outlets_pitch_of_an_order_is_merged_into_it(ledger, plan, key, order, pitch, rows, now):
    done = order()
    pitch(key, "防汛值守第一线", outlet="humen", author="张三")
    shortlist(ledger, plan, key, now=now)
    assert [one.merged_into_id for one in rows(Pitch)] == [None, done.pitch]
    assert rows(Pitch)[0].score_terms["joint"][0]["outlet"] == "humen"


def test_an_order_whose_day_had_no_edition_goes_to_the_next(ledger, plan, open_day, order, now):
    order(day=date(2026, 6, 7))
    assert shortlist(ledger, plan, open_day(date(2026, 6, 9), rehearsal=True), now=now).ordered == 0
    assert shortlist(ledger, plan, open_day(date(2026, 6, 9)), now=now).ordered == 1


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"by": "lin-chu"}, "不能下指令"),
        ({"by": "nobody"}, "没有人员"),
        ({"why": "  "}, "没有写理由"),
        ({"title": "！！"}, "没有题目"),
        ({"outlet": "nowhere"}, "没有媒体"),
        ({"column": "没有的"}, "没有栏目"),
        ({"channels": ("小广播",)}, "不认识渠道"),
        ({"day": date(2026, 6, 5)}, "已经过去"),
    ],
)
def test_orders_that_are_refused_leave_nothing(order, key, dump, how, said):
    before = dump()
    with pytest.raises(BadInput, match=said):
        order(**how)
    assert dump() == before


def test_a_closed_edition_takes_no_orders(ledger, key, order, rows, now):
    with ledger.begin() as session:
        close_edition(session, key, now=now)
    with pytest.raises(BadInput, match="已经结束"):
        order(day=date(2026, 6, 6))
    assert order().pitch is None, "without a day it waits for the next"
    assert rows(Edition)[0].state == "closed"
