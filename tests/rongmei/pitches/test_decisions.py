import pytest

from rongmei.errors import BadInput
from rongmei.ledger import Pitch, PitchEvent
from rongmei.pitches import DecisionSummary, record_decisions, shortlist

TITLES = ("村超揭幕战首次亮相", "龙舟少年逐梦绿茵", "村民合唱团走进看台", "夜市烟火里的球迷", "制衣厂赶制球衣")


@pytest.fixture
def listed(ledger, plan, key, pitch, now) -> tuple[int, ...]:
    for title in TITLES:
        pitch(key, title)
    return shortlist(ledger, plan, key, now=now).shortlisted


def test_chosen_are_accepted_the_list_is_held_the_rest_declined(ledger, plan, key, listed, rows, now):
    summary = record_decisions(ledger, plan, key, accepted=listed[:2], by="chen-ce", note="稳", now=now)
    assert summary == DecisionSummary(accepted=2, held=2, declined=1)
    states = {one.id: one.state for one in rows(Pitch)}
    assert [states[one] for one in listed] == ["accepted", "accepted", "held", "held"]
    decided = [event for event in rows(PitchEvent) if event.to_state in ("accepted", "held", "declined")]
    assert {event.by for event in decided} == {"chen-ce"}
    assert sorted({event.why for event in decided}) == ["未入围", "缓议，下一期再上会：稳", "选题会采用：稳"]


def test_recording_again_changes_nothing_and_another_decision_is_refused(ledger, plan, key, listed, dump, now):
    first = record_decisions(ledger, plan, key, accepted=listed[:1], by="chen-ce", now=now)
    before = dump()
    assert record_decisions(ledger, plan, key, accepted=listed[:1], by="zhou-dai", now=now) == first
    with pytest.raises(BadInput, match="已有决定"):
        record_decisions(ledger, plan, key, accepted=listed[1:2], by="chen-ce", now=now)
    assert dump() == before


def test_accepting_none_is_a_decision(ledger, plan, key, listed, now):
    summary = record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now)
    assert summary == DecisionSummary(accepted=0, held=4, declined=1)
    assert record_decisions(ledger, plan, key, accepted=(), by="chen-ce", now=now) == summary


def test_only_members_of_the_meeting_decide(ledger, plan, key, listed, dump, now):
    before = dump()
    with pytest.raises(BadInput, match="不是选题会成员"):
        record_decisions(ledger, plan, key, accepted=listed[:1], by="lin-chu", now=now)
    assert dump() == before


def test_only_what_is_on_the_list_can_be_accepted(ledger, plan, key, listed, rows, now):
    outside = next(one.id for one in rows(Pitch) if one.state == "submitted")
    with pytest.raises(BadInput, match=f"#{outside}"):
        record_decisions(ledger, plan, key, accepted=[outside], by="chen-ce", now=now)


def test_no_more_than_the_campaign_allows(ledger, plan, key, listed, now):
    with pytest.raises(BadInput, match="选了 3 条，最多 2 条"):
        record_decisions(ledger, plan, key, accepted=listed[:3], by="chen-ce", now=now)


def test_the_runs_own_number_goes_before_the_campaigns(ledger, plan, open_day, pitch, now):
    key = open_day(stories=3)
    for title in TITLES:
        pitch(key, title)
    listed = shortlist(ledger, plan, key, now=now).shortlisted
    assert record_decisions(ledger, plan, key, accepted=listed[:3], by="chen-ce", now=now).accepted == 3


def test_merged_pitches_stay_merged(ledger, plan, key, pitch, rows, now):
    kept = pitch(key, TITLES[0])
    pitch(key, TITLES[0], ref="b", outlet="humen")
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=[kept], by="chen-ce", now=now)
    assert [one.state for one in rows(Pitch)] == ["accepted", "merged"]
