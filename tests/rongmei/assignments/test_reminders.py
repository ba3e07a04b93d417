"""Reminders: before the end of the time to answer, once, with the links."""

from datetime import timedelta

import pytest

from rongmei.access import Links, Sealer
from rongmei.assignments import NudgeSummary, answer, assign, extend, notify, nudge, nudge_due
from rongmei.ledger import AssignmentEvent

HOUR = timedelta(hours=1)
LINKS = Links("https://rm.example", Sealer(b"k" * 32))


@pytest.fixture
def sweep(ledger, plan, carrier):
    """What the sweep does at a moment, for real editions or rehearsals."""

    def run(at, *, rehearsal: bool = False, with_plan=None) -> NudgeSummary | None:
        asked = with_plan or plan
        if not nudge_due(ledger, asked, rehearsal=rehearsal, now=at):
            return None
        return nudge(ledger, asked, rehearsal=rehearsal, transport=carrier, clock=lambda: at, links=LINKS)

    return run


@pytest.fixture
def offers(ledger, plan, key, pitch, carrier, now) -> None:
    for title in ("石龙夜赛", "石龙早赛"):
        pitch(key, title, outlet="shilong")
    pitch(key, "虎门制衣", outlet="humen")
    assign(ledger, plan, key, now=now)
    notify(ledger, plan, key, transport=carrier, clock=lambda: now, links=LINKS)
    carrier.sent.clear()


def test_once_in_the_last_third_one_mail_an_outlet(ledger, offers, sweep, carrier, rows, dump, now):
    answer(ledger, 3, accept=True, by="李", now=now)
    assert sweep(now + 2 * HOUR - timedelta(seconds=1)) is None
    assert sweep(now + 2 * HOUR) == NudgeSummary(queued=1, reminded=2, sent=1)
    (mail,) = carrier.sent.pop("shilong@example.com")
    assert not carrier.sent
    assert mail["Subject"] == "提醒：村超比赛日 06-06，2 条任务还没有答复，6月6日 23:00 截止"
    text = mail.get_body(("plain",)).get_content()
    assert "下面的任务还没有收到答复" in text
    assert text.count("https://rm.example/rongmei/answers/?token=") == 2
    assert [event.why for event in rows(AssignmentEvent)][-2:] == ["提醒答复，截止 6月6日 23:00"] * 2
    before = dump()
    assert sweep(now + 2.5 * HOUR) is None
    assert dump() == before


def test_nobody_after_the_end_nor_after_an_answer(ledger, offers, sweep, now):
    assert sweep(now + 3 * HOUR) is None
    for number in (1, 2, 3):
        answer(ledger, number, accept=number == 1, by="李", reason="忙", now=now)
    assert sweep(now + 2.5 * HOUR) is None


def test_who_has_more_time_is_reminded_later(ledger, plan, offers, sweep, carrier, now):
    extend(ledger, plan, 3, hours=2, by="李", reason="等人", now=now)
    assert sweep(now + 2 * HOUR).reminded == 2
    assert sweep(now + 4 * HOUR - timedelta(seconds=1)) is None
    assert sweep(now + 4 * HOUR).reminded == 1
    assert sweep(now + 4.5 * HOUR) is None
    assert len(carrier.sent["humen@example.com"]) == 1


def test_the_campaign_says_when_and_whether(plan, offers, sweep, now):
    def with_hours(hours: int):
        rules = plan.campaign.assignment.model_copy(update={"remind_hours": hours})
        return type(plan)(plan.campaign.model_copy(update={"assignment": rules}), plan.cluster, plan.rules)

    assert sweep(now + 2.9 * HOUR, with_plan=with_hours(0)) is None
    assert sweep(now + HOUR - timedelta(seconds=1), with_plan=with_hours(2)) is None
    assert sweep(now + HOUR, with_plan=with_hours(2)).reminded == 3


def test_what_the_server_did_not_take_goes_out_with_a_later_sweep(offers, sweep, carrier, now):
    carrier.away = True
    assert sweep(now + 2 * HOUR).pending == 2
    carrier.away = False
    assert sweep(now + 2.1 * HOUR) == NudgeSummary(sent=2)
    assert sweep(now + 2.2 * HOUR) is None


def test_rehearsals_and_other_campaigns_are_left_alone(ledger, plan, open_day, offers, sweep, pitch, now):
    rehearsed = open_day(rehearsal=True)
    pitch(rehearsed, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, rehearsed, now=now)
    other = type(plan)(plan.campaign.model_copy(update={"id": "zhumeng"}), plan.cluster, plan.rules)
    assert sweep(now + 2 * HOUR, with_plan=other) is None
    assert sweep(now + 2 * HOUR, rehearsal=True).reminded == 1
    assert sweep(now + 2 * HOUR).reminded == 3
