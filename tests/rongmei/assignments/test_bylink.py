"""Answers by link: shown without changing anything, done once, never for another outlet."""

from datetime import date, timedelta
from itertools import count
from threading import Barrier, Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rongmei.access import BadLink, Links, Sealer, SpentLink, find, revoke_all
from rongmei.assignments import (
    answer,
    answer_by_link,
    assign,
    extend,
    new_link,
    notify,
    offer_by_link,
    reassign,
    ticket,
    waiting,
)
from rongmei.assignments.handles import answer_link, subject_id
from rongmei.errors import BadInput, RongmeiError
from rongmei.ledger import Assignment, AssignmentEvent, Link

HOUR = timedelta(hours=1)


@pytest.fixture
def links() -> Links:
    return Links("https://rm.example", Sealer(b"k" * 32))


@pytest.fixture
def offers(ledger, plan, key, pitch, now) -> None:
    pitch(key, "石龙夜赛", place="石龙", outlet="shilong", column="live", summary="两队争冠")
    pitch(key, "虎门制衣", outlet="humen")
    assign(ledger, plan, key, now=now)


@pytest.fixture
def token(ledger, links, offers, now):
    return lambda number: token_of(ledger, links, number, now)


def token_of(ledger, links, number: int, now) -> str:
    with ledger.begin() as session:
        address = answer_link(session, links, session.get_one(Assignment, number), by="rongmei", now=now)
    return address.partition("token=")[2]


@pytest.fixture
def reply(ledger, plan, links, now):
    def run(token: str, what: str, **how):
        at = how.pop("at", now)
        return answer_by_link(ledger, plan, links.sealer, token, what, now=at, **how)

    return run


@pytest.fixture
def show(ledger, plan, links, now):
    return lambda token, at=None: offer_by_link(ledger, plan, links.sealer, token, now=at or now)


def test_the_mail_has_one_link_a_task_and_the_page_shows_it(ledger, plan, key, links, offers, carrier, show, now):
    notify(ledger, plan, key, transport=carrier, clock=lambda: now, links=links)
    (mail,) = carrier.sent["shilong@example.com"]
    text, html = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))
    (line,) = [line.strip() for line in text.splitlines() if "token=" in line]
    assert f'href="{line}"' in html
    assert "rongmei assignments answer" not in text + html
    shown = show(line.partition("token=")[2])
    assert (shown.assignment_id, shown.outlet, shown.title, shown.column) == (
        1,
        "石龙融媒体中心",
        "石龙夜赛",
        "赛场直击",
    )
    assert (shown.answer_by, shown.extra_hours, shown.closed) == (now + 3 * HOUR, 2, "")
    assert "选题是它报的（+50）" in shown.reasons


def test_looking_changes_nothing(token, show, dump):
    one = token(1)
    before = dump()
    for _ in range(3):
        show(one)
    assert dump() == before


def test_a_yes_uses_the_link_up_and_names_outlet_and_person(token, reply, show, rows, now):
    done = reply(token(1), "accept", name="李 主任", at=now + HOUR)
    assert (done.state, done.told) == ("accepted", "已接受任务 #1，请在 6月7日 05:00 前交稿")
    assert rows(AssignmentEvent)[-1].by == "石龙融媒体中心（李 主任，邮件链接）"
    assert show(token(1), now + 2 * HOUR).closed == (
        "6月6日 21:00 已接受这项任务，交稿截止 6月7日 05:00。要更改请联系制片人"
    )
    for what in ("accept", "decline", "extend"):
        with pytest.raises(SpentLink, match="已接受这项任务"):
            reply(token(1), what, reason="改主意", hours=1)


def test_a_no_needs_a_reason_and_leaves_the_link_good_without(token, reply, show, rows, dump):
    before = dump() if token(1) else None
    with pytest.raises(BadInput, match="写明理由"):
        reply(token(1), "decline", reason=" \n")
    assert dump() == before
    assert reply(token(1), "decline", reason="人手\n不够").state == "declined"
    assert rows(AssignmentEvent)[-1].why == "人手 不够"
    assert "已推辞这项任务（人手 不够）" in show(token(1)).closed


def test_more_time_once_and_the_link_goes_on_with_it(ledger, key, links, token, reply, show, rows, now):
    mine = token(1)
    done = reply(mine, "extend", hours=2, reason="等记者回话", at=now + HOUR)
    assert done.told == "已延时 2 小时。请在 6月7日 01:00 前用原来的链接答复"
    (moved, other) = rows(Assignment)
    assert (moved.state, moved.answer_by, moved.deadline_at) == ("offered", now + 5 * HOUR, now + 13 * HOUR)
    assert other.answer_by == now + 3 * HOUR
    assert rows(AssignmentEvent)[-1].why == "申请延时 2 小时，答复截止改为 6月7日 01:00：等记者回话"
    assert show(mine, now + 4 * HOUR).extra_hours == 0
    with pytest.raises(BadInput, match="不能再延时"):
        reply(mine, "extend", hours=1, reason="再等等", at=now + 2 * HOUR)
    assert waiting(ledger, key, now=now + 4 * HOUR) == 1
    done = reply(mine, "accept", at=now + 4 * HOUR)
    assert rows(Assignment)[0].deadline_at == now + 12 * HOUR


@pytest.mark.parametrize(("hours", "reason"), [(0, "忙"), (3, "忙"), (-1, "忙"), (1, ""), (1, " ")])
def test_what_is_no_request_for_time(token, reply, dump, hours, reason):
    before = dump() if token(1) else None
    with pytest.raises(BadInput):
        reply(token(1), "extend", hours=hours, reason=reason)
    assert dump() == before


def test_a_campaign_may_give_none(ledger, plan, links, token, now):
    rules = plan.campaign.assignment.model_copy(update={"extend_hours": 0})
    strict = type(plan)(plan.campaign.model_copy(update={"assignment": rules}), plan.cluster, plan.rules)
    assert offer_by_link(ledger, strict, links.sealer, token(1), now=now).extra_hours == 0
    with pytest.raises(BadInput, match="不许延时"):
        extend(ledger, strict, 1, hours=1, by="李", reason="忙", now=now)


def test_after_its_time_it_opens_nothing(ledger, plan, key, token, reply, show, dump, now):
    mine, late = token(1), now + 3 * HOUR
    before = dump()
    assert "答复到 6月6日 23:00 截止" in show(mine, late).closed
    with pytest.raises(SpentLink, match="已经过时"):
        reply(mine, "accept", at=late)
    assert dump() == before
    assert reply(mine, "accept", at=late - timedelta(seconds=1)).state == "accepted"


def test_what_went_to_another_outlet_says_so(ledger, plan, key, token, reply, show, now):
    mine = token(1)
    reassign(ledger, plan, key, now=now + 4 * HOUR)
    assert "另行安排给别的媒体" in show(mine, now + 4 * HOUR).closed
    with pytest.raises(SpentLink, match="另行安排"):
        reply(mine, "accept", at=now + 4 * HOUR)


def test_what_was_answered_by_telephone_is_answered(ledger, token, reply, now):
    answer(ledger, 1, accept=False, by="制片人", reason="电话里推辞", now=now)
    with pytest.raises(SpentLink, match="电话里推辞"):
        reply(token(1), "accept")


def test_a_link_opens_the_task_of_its_outlet_and_no_other(ledger, plan, links, token, reply, rows, now):
    first, second = token(1), token(2)
    assert [ticket(ledger, links.sealer, one).assignment_id for one in (first, second)] == [1, 2]
    reply(first, "accept")
    assert [one.state for one in rows(Assignment)] == ["accepted", "offered"]
    with ledger.begin() as session:
        link = find(session, links.sealer, "answer", second)
        link.outlet = "dongcheng"
    for refused in (
        lambda: reply(second, "accept"),
        lambda: ticket(ledger, links.sealer, second),
        lambda: offer_by_link(ledger, plan, links.sealer, second, now=now),
    ):
        with pytest.raises(BadLink):
            refused()


@pytest.mark.parametrize("subject", ["assignment:99", "assignment:", "assignment:-1", "pitch:1", "assignment:１", "1"])
def test_a_link_that_leads_nowhere(ledger, links, offers, reply, now, subject):
    with ledger.begin() as session:
        address = links.give(session, "answer", subject, outlet="shilong", by="x", now=now, expires_at=now + HOUR)
    with pytest.raises(BadLink):
        reply(address.partition("token=")[2], "accept")
    assert subject_id(subject) in (None, 99)


def test_another_doors_link_opens_nothing(ledger, links, offers, reply, now):
    with ledger.begin() as session:
        address = links.give(session, "pitch", "assignment:1", outlet="shilong", by="x", now=now, expires_at=now + HOUR)
    with pytest.raises(BadLink):
        reply(address.partition("token=")[2], "accept")


def test_a_new_link_makes_the_old_one_void(ledger, plan, links, token, reply, show, rows, now):
    old = token(1)
    new = new_link(ledger, links, 1, by="chen-ce", now=now).partition("token=")[2]
    assert new == token(1) != old
    assert "作废" in show(old).closed
    with pytest.raises(SpentLink, match="作废"):
        reply(old, "accept")
    assert reply(new, "accept").state == "accepted"
    for number, said in ((1, "不在等答复"), (99, "没有这条任务")):
        with pytest.raises(BadInput, match=said):
            new_link(ledger, links, number, by="chen-ce", now=now)
    assert {link.issued_by for link in rows(Link)} == {"rongmei", "chen-ce"}


def test_taken_back_before_it_was_used(ledger, token, reply, now):
    with ledger.begin() as session:
        revoke_all(session, "answer", "assignment:1", now=now)
    with pytest.raises(BadLink):
        reply("x" * 75, "accept")
    assert reply(token(1), "accept").state == "accepted"


def test_of_two_who_answer_together_one_does(token, reply, rows):
    mine, barrier, outcomes = token(1), Barrier(4), []

    def press(what: str) -> None:
        barrier.wait()
        try:
            outcomes.append(reply(mine, what, reason="忙").state)
        except RongmeiError as late:
            outcomes.append(type(late).__name__)

    threads = [Thread(target=press, args=(what,)) for what in ("accept", "decline") * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([one for one in outcomes if one in ("accepted", "declined")]) == 1
    assert len(rows(AssignmentEvent)) == 3


PRESSED = st.lists(
    st.tuples(
        st.sampled_from(["accept", "decline", "extend", "look", "expire", "new"]),
        st.integers(0, 3),
        st.integers(0, 90),
    ),
    max_size=8,
)


_days = count(1)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(PRESSED)
def test_whatever_is_pressed_the_assignment_is_answered_once_and_in_time(
    ledger, plan, links, open_day, pitch, now, pressed
):
    """A model beside the offer: until when it may be answered, whether it was given more time, what came of it."""
    key = open_day(date(2026, 6, 6) + timedelta(days=next(_days)))
    pitch_id = pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    with ledger.read() as session:
        number = session.scalars(select(Assignment.id).where(Assignment.pitch_id == pitch_id)).one()
    good, void = token_of(ledger, links, number, now), []
    state, answer_by, more, at = "offered", now + 3 * HOUR, True, now
    for what, hours, minutes in pressed:
        at += timedelta(minutes=minutes)
        still = state == "offered" and at < answer_by
        if what == "expire":
            waiting(ledger, key, now=at)
            state = "expired" if state == "offered" and answer_by < at else state
        elif what == "new":
            try:
                void.append(good)
                good = new_link(ledger, links, number, by="chen-ce", now=at).partition("token=")[2]
            except BadInput:
                good = void.pop()
                assert not still
        elif what == "look":
            assert bool(offer_by_link(ledger, plan, links.sealer, good, now=at).closed) != still
        else:
            may = still and (what != "extend" or (more and 1 <= hours <= 2))
            try:
                done = answer_by_link(ledger, plan, links.sealer, good, what, reason="忙", hours=hours, now=at)
            except BadInput:
                assert not may
                continue
            assert may
            if what == "extend":
                more, answer_by = False, answer_by + hours * HOUR
            else:
                state = {"accept": "accepted", "decline": "declined"}[what]
            assert done.state == state
    with ledger.read() as session:
        found = session.get_one(Assignment, number)
        assert (found.state, found.answer_by) == (state, answer_by)
        moves = session.scalars(select(AssignmentEvent.to_state).where(AssignmentEvent.thing_id == number)).all()
        used = session.scalars(
            select(Link.id).where(Link.subject == f"assignment:{number}", Link.used_at.is_not(None))
        ).all()
    answered = [one for one in moves if one in ("accepted", "declined")]
    assert len(answered) == len(used) == (state in ("accepted", "declined"))
    for token in void:
        with pytest.raises(SpentLink):
            answer_by_link(ledger, plan, links.sealer, token, "accept", now=at)
