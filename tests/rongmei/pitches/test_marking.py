"""The desk's pins and vetoes: before, between and after shortlists, on the page, and in what is decided."""

import pytest

from rongmei.errors import BadInput
from rongmei.ledger import Pitch, PitchEvent
from rongmei.pitches import (
    PINNED,
    VETOED,
    close_without_meeting,
    mark_pitch,
    meeting,
    record_decisions,
    shortlist,
    unmerge,
)

STRONG = (
    "村超揭幕战首次亮相，球迷 3 万人",
    "龙舟少年逐梦绿茵圆梦决赛",
    "村民合唱团首次走进村超主场看台",
    "石龙队夺冠晋级总决赛",
)


@pytest.fixture
def pitches_of_five(key, pitch) -> list[int]:
    """Four good ones and, last, a weak one."""
    outlets = ("dongcheng", "shilong", "humen", "dongguan-daily")
    return [
        *(pitch(key, title, outlet=who) for title, who in zip(STRONG, outlets, strict=True)),
        pitch(key, "一条小事"),
    ]


@pytest.fixture
def mark(ledger, plan, now):
    def mark_(pitch_id, mark, *, by="chen-ce", why="领导关心"):
        return mark_pitch(ledger, plan, pitch_id, mark, by=by, why=why, now=now)

    return mark_


def test_what_is_pinned_is_first_and_counts_in_the_size(ledger, plan, key, pitches_of_five, mark, now):
    weak = pitches_of_five[-1]
    assert weak not in shortlist(ledger, plan, key, now=now).shortlisted
    assert mark(weak, PINNED).listed == 1, "the list that stands is put right at once"
    summary = shortlist(ledger, plan, key, now=now)
    assert (summary.shortlisted[0], len(summary.shortlisted), summary.pinned) == (weak, 4, 1)
    row = next(line for line in meeting(ledger, plan, key).body.splitlines() if line.startswith("| 1 |"))
    assert f"#{weak}" in row
    assert "【置顶】chen\\-ce：领导关心" in row
    assert "编辑部置顶，不扣分" in meeting(ledger, plan, key).body


def test_pins_may_outgrow_the_list(ledger, plan, key, pitches_of_five, pitch, mark, now):
    for one in (*pitches_of_five, extra := pitch(key, "另一条小事", outlet="humen")):
        mark(one, PINNED)
    listed = shortlist(ledger, plan, key, now=now).shortlisted
    assert set(listed) == {*pitches_of_five, extra}


def test_what_is_vetoed_is_never_listed_and_the_decision_says_so(ledger, plan, key, pitches_of_five, mark, rows, now):
    best = pitches_of_five[0]
    mark(best, VETOED, why="没有核实", by="zhou-dai")
    listed = shortlist(ledger, plan, key, now=now).shortlisted
    assert best not in listed
    assert "没有核实" in meeting(ledger, plan, key).body.partition("## 编辑部否决")[2]
    record_decisions(ledger, plan, key, accepted=listed[:1], by="chen-ce", now=now)
    last = [event for event in rows(PitchEvent) if event.thing_id == best][-1]
    assert (last.to_state, last.by, last.why) == ("declined", "zhou-dai", "编辑部否决：没有核实")


def test_a_veto_after_the_page_went_out_is_still_honoured(ledger, plan, key, pitches_of_five, mark, rows, now):
    listed = shortlist(ledger, plan, key, now=now).shortlisted
    assert mark(listed[0], VETOED).listed == 0
    states = {one.id: one.state for one in rows(Pitch)}
    assert (states[listed[0]], list(states.values()).count("shortlisted")) == ("submitted", 4)
    with pytest.raises(BadInput, match=f"#{listed[0]} 已被编辑部否决"):
        record_decisions(ledger, plan, key, accepted=[listed[0]], by="chen-ce", now=now)


def test_taking_it_back_and_saying_it_twice(ledger, plan, key, pitches_of_five, mark, rows, dump, now):
    weak = pitches_of_five[-1]
    mark(weak, PINNED)
    shortlist(ledger, plan, key, now=now)
    before = dump()
    mark(weak, PINNED, by="zhou-dai", why="再说一遍")
    assert dump() == before
    assert mark(weak, None, why="不用了").mark == ""
    assert weak not in shortlist(ledger, plan, key, now=now).shortlisted
    said = [(event.by, event.why) for event in rows(PitchEvent) if "mark" in event.detail]
    assert said == [("chen-ce", "编辑部置顶：领导关心"), ("chen-ce", "取消置顶：不用了")]


def test_a_mark_goes_with_the_pitch_that_is_merged(ledger, plan, key, pitch, mark, rows, now):
    first = pitch(key, STRONG[0])
    twin = pitch(key, STRONG[0], ref="b", outlet="humen")
    mark(twin, VETOED, why="没有核实")
    assert shortlist(ledger, plan, key, now=now).shortlisted == ()
    marks = {one.id: (one.state, one.desk_mark) for one in rows(Pitch)}
    assert marks == {first: ("submitted", VETOED), twin: ("merged", VETOED)}
    with pytest.raises(BadInput, match=f"已并入 #{first}"):
        mark(twin, None)
    unmerge(ledger, twin, by="chen-ce", why="两回事", now=now)
    assert mark(twin, None).mark == ""


def test_when_all_is_vetoed_nobody_meets_and_they_are_declined(ledger, plan, key, pitch, mark, rows, now):
    one = pitch(key, STRONG[0])
    assert close_without_meeting(ledger, key, now=now) == 0, "there is something to decide"
    mark(one, VETOED, by="zhou-dai", why="没有核实")
    assert shortlist(ledger, plan, key, now=now).shortlisted == meeting(ledger, plan, key).options == ()
    assert close_without_meeting(ledger, key, now=now) == 1
    assert close_without_meeting(ledger, key, now=now) == 0
    last = rows(PitchEvent)[-1]
    assert (last.to_state, last.by, last.why) == ("declined", "zhou-dai", "编辑部否决：没有核实")


def test_who_may_and_when(ledger, plan, key, pitches_of_five, mark, dump, now):
    first = pitches_of_five[0]
    listed = shortlist(ledger, plan, key, now=now).shortlisted
    before = dump()
    for refused, how in (("不能置顶", {"by": "lin-chu"}), ("理由", {"why": " "}), ("没有人员", {"by": "nobody"})):
        with pytest.raises(BadInput, match=refused):
            mark(first, PINNED, **how)
    with pytest.raises(BadInput, match="没有这条选题"):
        mark(999, PINNED)
    assert dump() == before
    record_decisions(ledger, plan, key, accepted=listed[:1], by="chen-ce", now=now)
    with pytest.raises(BadInput, match="选题会已有决定"):
        mark(first, VETOED)
