from datetime import timedelta

import pytest

from rongmei.assignments import AnswerSummary, answer, assign, waiting
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent

HOURS = timedelta(hours=1)


@pytest.fixture
def offer(ledger, plan, key, pitch, now) -> int:
    pitch(key, "石龙夜赛", place="石龙", outlet="shilong")
    assign(ledger, plan, key, now=now)
    return 1


def test_a_yes_starts_the_time_to_file(ledger, key, offer, rows, now):
    said = answer(ledger, offer, accept=True, by="李主任", reason="", now=now + HOURS)
    assert said == AnswerSummary(offer, "shilong", "accepted")
    (one,) = rows(Assignment)
    assert (one.answered_at, one.deadline_at) == (now + HOURS, now + 9 * HOURS)
    assert (rows(AssignmentEvent)[-1].by, rows(AssignmentEvent)[-1].why) == ("李主任", "接受任务")
    assert waiting(ledger, key, now=now + HOURS) == 0


def test_a_no_keeps_its_reason(ledger, offer, rows, now):
    assert answer(ledger, offer, accept=False, by="李主任", reason="人手\n不够", now=now).state == "declined"
    assert rows(AssignmentEvent)[-1].why == "人手 不够"


@pytest.mark.parametrize("accept", [True, False])
def test_the_same_answer_twice_changes_nothing_and_the_opposite_is_refused(ledger, offer, dump, now, accept):
    answer(ledger, offer, accept=accept, by="李", reason="忙", now=now)
    before = dump()
    answer(ledger, offer, accept=accept, by="李", reason="忙", now=now + HOURS)
    answer(ledger, offer, accept=accept, by="李", reason="忙", now=now + 9 * HOURS)
    with pytest.raises(BadInput, match="已经答复过"):
        answer(ledger, offer, accept=not accept, by="李", reason="改主意", now=now)
    assert dump() == before


@pytest.mark.parametrize("accept", [True, False])
def test_an_answer_after_its_time_is_refused_and_closes_the_offer(ledger, offer, rows, now, accept):
    with pytest.raises(BadInput, match="答复时限（6月6日 23:00）已过"):
        answer(ledger, offer, accept=accept, by="李", reason="忙", now=now + 3 * HOURS + timedelta(seconds=1))
    assert rows(Assignment)[0].state == "expired"


def test_an_answer_in_the_last_second_counts(ledger, offer, now):
    assert answer(ledger, offer, accept=True, by="李", reason="", now=now + 3 * HOURS).state == "accepted"


def test_what_cannot_be_an_answer(ledger, offer, dump, now):
    before = dump()
    with pytest.raises(BadInput, match="没有写理由"):
        answer(ledger, offer, accept=False, by="李", reason=" \n", now=now)
    with pytest.raises(BadInput, match="谁答复"):
        answer(ledger, offer, accept=True, by="", reason="", now=now)
    with pytest.raises(BadInput, match="没有这条任务"):
        answer(ledger, 999, accept=True, by="李", reason="", now=now)
    assert dump() == before


def test_waiting_counts_open_offers_and_closes_overdue_ones(ledger, plan, key, offer, pitch, rows, dump, now):
    pitch(key, "虎门制衣", outlet="humen")
    assign(ledger, plan, key, now=now + HOURS)
    assert waiting(ledger, key, now=now + 2 * HOURS) == 2
    assert waiting(ledger, key, now=now + 3.5 * HOURS) == 1
    assert [one.state for one in rows(Assignment)] == ["expired", "offered"]
    before = dump()
    assert waiting(ledger, key, now=now + 3.5 * HOURS) == 1
    assert dump() == before
    assert waiting(ledger, key, now=now + 5 * HOURS) == 0
    assert [one.state for one in rows(Assignment)] == ["expired", "expired"]
    assert "视为不接" in rows(AssignmentEvent)[-1].why
