from datetime import date

import pytest

from rongmei.assignments import HandedOut, answer, assign, hand_out, notify
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent


def no(ledger, assignment_id: int, now) -> None:
    answer(ledger, assignment_id, accept=False, by="李主任", reason="人手不够", now=now)


@pytest.fixture
def place(ledger, plan, key, now):
    """Hands a pitch out by hand."""

    def run(pitch_id: int, outlet: str, *partners: str) -> HandedOut:
        return hand_out(ledger, plan, key, pitch_id, outlet, by="chen-ce", partners=partners, now=now)

    return run


def test_what_was_placed_before_stays_when_the_rest_is_handed_out(ledger, plan, key, pitch, place, rows, now):
    mine, other = pitch(key, "石龙夜赛", place="石龙", outlet="shilong"), pitch(key, "虎门制衣", outlet="humen")
    assert place(mine, "daily", "nancheng") == HandedOut(1, "daily", ())
    summary = assign(ledger, plan, key, now=now)
    assert (summary.offered, summary.round) == (1, 2)
    by_hand, by_machine = rows(Assignment)
    assert (by_hand.pitch_id, by_hand.outlet, by_hand.partners, by_hand.state) == (
        mine,
        "daily",
        ["nancheng"],
        "offered",
    )
    assert (by_machine.pitch_id, by_machine.outlet) == (other, "humen")
    assert rows(AssignmentEvent)[0].why == "人工指定"
    assert by_hand.reasons["desk"] == {"points": 0.0, "why": "chen-ce 指定"}
    assert by_hand.reasons["region"]["why"] == "市级媒体，可跑全市"


def test_what_was_escalated_is_placed_once(ledger, plan, key, pitch, place, rows, dump, now):
    first = pitch(key, "石龙夜赛")
    assign(ledger, plan, key, now=now)
    no(ledger, 1, now)
    declined = rows(Assignment)[0].outlet
    offer = place(first, "daily")
    before = dump()
    assert place(first, "daily") == offer
    with pytest.raises(BadInput, match="已派给 daily"):
        place(first, "humen" if declined != "humen" else "shilong")
    assert dump() == before
    no(ledger, offer.assignment_id, now)
    with pytest.raises(BadInput, match="已推辞过"):
        place(first, declined)


def test_what_cannot_be_placed(key, pitch, place, dump):
    first, undecided = pitch(key, "石龙夜赛"), pitch(key, "还没决定", state="shortlisted")
    before = dump()
    for pitch_id in (undecided, 999):
        with pytest.raises(BadInput, match="不是本期已采用"):
            place(pitch_id, "daily")
    with pytest.raises(BadInput, match="没有媒体"):
        place(first, "nobody")
    with pytest.raises(BadInput, match="没有媒体"):
        place(first, "daily", "nobody")
    with pytest.raises(BadInput, match="不能协同自己"):
        place(first, "daily", "daily")
    assert dump() == before


def test_the_limits_it_passes_are_said_and_kept(key, pitch, held, place, rows, plan, ledger, now):
    for _ in range(2):
        held("shilong", date(2026, 6, 6), "accepted")
    first = pitch(key, "石龙融媒体中心搬新家")
    assert place(first, "shilong").passed == (
        "石龙融媒体中心选题说的就是它自己，本应回避",
        "石龙融媒体中心当日已有 2 条，日产能 2 条，再接就超了",
    )
    assert rows(AssignmentEvent)[-1].why.startswith("人工指定；石龙融媒体中心选题说的就是它自己")
    assert assign(ledger, plan, key, now=now).problems == (
        "石龙融媒体中心手上的任务已超出日产能 2 条，多 1 条；本次不再给它派",
    )


def test_the_other_side_by_hand_is_said(ledger, plan, key, pitch, now):
    rules = plan.campaign.assignment.model_copy(update={"opponents": (("万江队", "道滘队"),)})
    campaign = plan.campaign.model_copy(update={"assignment": rules})
    divided = type(plan)(campaign, plan.cluster, plan.rules)
    one, other = pitch(key, "万江队备战"), pitch(key, "道滘队备战")
    hand_out(ledger, divided, key, one, "humen", by="chen-ce", now=now)
    passed = hand_out(ledger, divided, key, other, "humen", by="chen-ce", now=now).passed
    assert passed == (f"虎门融媒体中心已承担与它对立的选题 #{one}",)


def test_it_is_mailed_like_any_offer(ledger, plan, key, pitch, place, carrier, now):
    place(pitch(key, "石龙夜赛"), "humen", "nancheng")
    notify(ledger, plan, key, transport=carrier, clock=lambda: now)
    (mail,) = carrier.sent["humen@example.com"]
    assert "为什么派给你们：chen-ce 指定；本周轮值（+10）" in mail.get_body(("plain",)).get_content()
    assert "nancheng@example.com" in carrier.sent
