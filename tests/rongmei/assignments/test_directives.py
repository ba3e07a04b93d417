"""指令: a pitch that the desk accepted for one outlet is offered to that outlet, whatever the optimiser would do."""

import pytest

from rongmei.assignments import answer, assign, reassign
from rongmei.ledger import Assignment, AssignmentEvent, Pitch, log


@pytest.fixture
def ordered(ledger, key, pitch, now):
    """A pitch accepted with the name of an outlet."""

    def put(title: str, wanted: str, **values) -> int:
        pitch_id = pitch(key, title, **values)
        with ledger.begin() as session:
            detail = {"assign_to": wanted}
            log(session, session.get_one(Pitch, pitch_id), by="chen-ce", why="指令", now=now, detail=detail)
        return pitch_id

    return put


def test_it_goes_where_it_was_ordered_and_the_rest_is_solved_around_it(ledger, plan, key, ordered, pitch, rows, now):
    mine = ordered("石龙夜赛", "dongcheng", place="石龙", outlet="shilong")
    others = [pitch(key, f"东城街巷{n}", outlet="dongcheng") for n in range(2)]
    summary = assign(ledger, plan, key, now=now)
    assert (summary.offered, summary.round, summary.problems) == (3, 1, ())
    offers = {one.pitch_id: one for one in rows(Assignment)}
    assert (offers[mine].outlet, offers[mine].state, offers[mine].round) == ("dongcheng", "offered", 1)
    assert offers[mine].reasons["desk"]["why"] == "指令：由你们承担"
    # The order takes one of the two places of its day.
    assert sorted(offers[one].outlet == "dongcheng" for one in others) == [False, True]
    assert rows(AssignmentEvent)[0].why == "按指令派单"
    assert assign(ledger, plan, key, now=now).offered == 0


def test_one_that_is_declined_goes_to_the_next_best(ledger, plan, key, ordered, rows, now):
    ordered("石龙夜赛", "dongcheng", place="石龙")
    assign(ledger, plan, key, now=now)
    answer(ledger, 1, accept=False, by="李", reason="忙", now=now)
    assert reassign(ledger, plan, key, now=now).offered == 1
    assert rows(Assignment)[-1].outlet != "dongcheng"


def test_the_limits_it_passes_are_kept_with_it(ledger, plan, key, ordered, rows, now):
    ordered("东城融媒体中心搬新家", "dongcheng")
    assign(ledger, plan, key, now=now)
    assert rows(Assignment)[0].reasons["passed"] == ["东城融媒体中心选题说的就是它自己，本应回避"]


def test_an_outlet_that_is_gone_is_said(ledger, plan, key, ordered, rows, now):
    first = ordered("石龙夜赛", "closed-down", place="石龙")
    summary = assign(ledger, plan, key, now=now)
    assert summary.problems == (f"选题 #{first}：指令指定的媒体“closed-down”不在集群里，按最优分工派单",)
    assert rows(Assignment)[0].outlet == "shilong"
