from datetime import date, timedelta
from threading import Barrier, Thread

import pytest

from rongmei.assignments import answer, assign, reassign
from rongmei.errors import BadInput
from rongmei.ledger import Assignment, AssignmentEvent, Pitch, PitchEvent

HOURS = timedelta(hours=1)


def standing(rows) -> dict[int, str]:
    return {one.pitch_id: one.outlet for one in rows(Assignment) if one.state == "offered"}


def no(ledger, assignment_id: int, now) -> None:
    answer(ledger, assignment_id, accept=False, by="李主任", reason="人手不够", now=now)


def test_accepted_pitches_are_offered_with_reasons_and_times(ledger, plan, key, pitch, rows, now):
    first = pitch(key, "石龙夜赛", place="石龙", outlet="shilong", column="live")
    pitch(key, "还没决定", state="shortlisted")
    summary = assign(ledger, plan, key, now=now)
    assert (summary.offered, summary.round, summary.escalated, summary.status, summary.gap) == (
        1,
        1,
        (),
        "optimal",
        0.0,
    )
    (offer,) = rows(Assignment)
    assert (offer.pitch_id, offer.outlet, offer.state, offer.round) == (first, "shilong", "offered", 1)
    assert (offer.answer_by, offer.deadline_at) == (now + 3 * HOURS, now + 11 * HOURS)
    assert {name: offer.reasons[name]["points"] for name in ("pitcher", "region", "beat")} == {
        "pitcher": 50.0,
        "region": 40.0,
        "beat": 30.0,
    }
    assert offer.reasons["total"] == 120.0
    assert offer.reasons["alternatives"][0]["name"] == "南城融媒体中心"
    (event,) = rows(AssignmentEvent)
    assert (event.to_state, event.by) == ("offered", "rongmei")


def test_running_again_changes_nothing(ledger, plan, key, pitch, dump, now):
    for n in range(5):
        pitch(key, f"选题{n}")
    assign(ledger, plan, key, now=now)
    before = dump()
    assert assign(ledger, plan, key, now=now + HOURS).offered == 0
    assert reassign(ledger, plan, key, now=now + HOURS).offered == 0
    assert dump() == before


def test_the_same_ledger_gives_the_same_offers(ledger, plan, open_day, pitch, rows, now):
    keys = [open_day(date(2026, 6, 6)), open_day(date(2026, 6, 6), rehearsal=True)]
    for key in keys:
        for n in range(6):
            pitch(key, f"选题{n}", place=("石龙", "虎门", None)[n % 3])
        assign(ledger, plan, key, now=now)
    chosen = [one.outlet for one in rows(Assignment)]
    assert chosen[:6] == chosen[6:]


def test_who_merged_in_also_counts_as_having_pitched(ledger, plan, key, pitch, rows, now):
    kept = pitch(key, "热榜线索", source="weibo-board")
    pitch(key, "同题", outlet="dongcheng", state="merged", merged_into_id=kept)
    assign(ledger, plan, key, now=now)
    assert standing(rows) == {kept: "dongcheng"}


def test_capacity_counts_the_days_other_work_but_not_rehearsals(ledger, plan, key, pitch, held, rows, now):
    for _ in range(2):
        held("shilong", date(2026, 6, 6), "accepted")
        held("humen", date(2026, 6, 6), "accepted", rehearsal=True, campaign="other")
        held("dongcheng", date(2026, 6, 6), "declined")
    wanted = {outlet: pitch(key, f"{outlet}报的", outlet=outlet) for outlet in ("shilong", "humen", "dongcheng")}
    assign(ledger, plan, key, now=now)
    offers = standing(rows)
    assert offers[wanted["shilong"]] != "shilong"
    assert offers[wanted["humen"]] == "humen"
    assert offers[wanted["dongcheng"]] == "dongcheng"


def test_fairness_looks_at_the_last_weeks_only(ledger, plan, key, pitch, held, rows, now):
    for n in range(4):
        held("shilong", date(2026, 6, 1 + n))
        held("nancheng", date(2026, 4, 1 + n))
    first = pitch(key, "体育选题", column="live")
    assign(ledger, plan, key, now=now)
    assert standing(rows) == {first: "nancheng"}
    assert "fairness" not in rows(Assignment)[-1].reasons


def test_todays_work_is_load_and_not_counted_again_as_recent(ledger, plan, key, pitch, held, rows, now):
    held("shilong", date(2026, 6, 6))
    pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    reasons = rows(Assignment)[-1].reasons
    assert "fairness" not in reasons
    assert (reasons["load"]["points"], reasons["load"]["why"]) == (-6.0, "当日已有 1 条，日产能 2 条")


def test_two_parts_as_a_partner_fill_the_place_of_a_task(ledger, plan, key, pitch, held, rows, now):
    for _ in range(3):
        held("nancheng", date(2026, 6, 6), "accepted")
    with ledger.begin() as session:
        for assignment_id in (1, 2, 3):
            session.get(Assignment, assignment_id).partners = ["shilong"]
    first = pitch(key, "石龙夜赛", outlet="shilong")
    assign(ledger, plan, key, now=now)
    assert standing(rows)[first] != "shilong"


def test_the_rota_goes_by_the_editions_week(ledger, plan, open_day, pitch, rows, now):
    this, following = open_day(date(2026, 6, 6)), open_day(date(2026, 6, 13))
    one, other = pitch(this, "没有特点"), pitch(following, "没有特点")
    assign(ledger, plan, this, now=now)
    assign(ledger, plan, following, now=now)
    assert standing(rows) == {one: "humen", other: "dongcheng"}


def test_a_declined_offer_goes_to_the_next_best_while_the_rest_stays(ledger, plan, key, pitch, rows, now):
    first = pitch(key, "石龙夜赛", place="石龙", outlet="shilong", column="live")
    other = pitch(key, "虎门制衣", place="虎门", outlet="humen")
    assign(ledger, plan, key, now=now)
    no(ledger, 1, now)
    summary = reassign(ledger, plan, key, now=now + HOURS)
    assert (summary.offered, summary.round, summary.escalated, summary.expired) == (1, 2, (), 0)
    assert standing(rows) == {first: "nancheng", other: "humen"}
    assert rows(Assignment)[-1].answer_by == now + 4 * HOURS


def test_silence_is_a_no_and_after_the_last_round_a_person_is_asked_once(ledger, plan, key, pitch, rows, dump, now):
    first = pitch(key, "石龙夜赛", place="石龙")
    assign(ledger, plan, key, now=now)
    second = reassign(ledger, plan, key, now=now + 4 * HOURS)
    assert (second.expired, second.offered) == (1, 1)
    assert [one.state for one in rows(Assignment)] == ["expired", "offered"]
    third = reassign(ledger, plan, key, now=now + 8 * HOURS)
    assert (third.expired, third.offered, third.escalated) == (1, 0, (first,))
    (remark,) = rows(PitchEvent)
    assert (remark.why, remark.from_state, remark.to_state) == ("需要人工派单：已派 2 轮，没有媒体接", None, "accepted")
    before = dump()
    assert reassign(ledger, plan, key, now=now + 9 * HOURS).escalated == (first,)
    assert dump() == before
    assert rows(Pitch)[0].state == "accepted"


def test_what_nobody_has_room_for_is_escalated_and_tried_anew(ledger, plan, key, pitch, held, rows, dump, now):
    for outlet in plan.cluster.outlets:
        for _ in range(outlet.capacity_per_day):
            held(outlet.id, date(2026, 6, 6), "accepted")
    first = pitch(key, "石龙夜赛")
    summary = assign(ledger, plan, key, now=now)
    assert (summary.offered, summary.escalated) == (0, (first,))
    before = dump()
    assert assign(ledger, plan, key, now=now).escalated == (first,)
    assert dump() == before
    with ledger.begin() as session:
        session.get(Assignment, 1).state = "declined"
    assert assign(ledger, plan, key, now=now).offered == 1
    assert assign(ledger, plan, key, now=now).escalated == ()


def test_what_waits_in_another_edition_is_not_this_ones(ledger, plan, open_day, pitch, now):
    keys = [open_day(date(2026, 6, 6)), open_day(date(2026, 6, 7))]
    for key in keys:
        pitch(key, "石龙夜赛")
        assign(ledger, plan, key, now=now)
    for hours in (4, 8):
        reassign(ledger, plan, keys[0], now=now + hours * HOURS)
    assert reassign(ledger, plan, keys[0], now=now + 9 * HOURS).escalated == (1,)
    assert assign(ledger, plan, keys[1], now=now).escalated == ()


def test_everything_but_the_declined_stays_as_it_is(ledger, plan, key, pitch, rows, dump, now):
    for n in range(6):
        pitch(
            key, f"选题{n}", place=("石龙", "虎门", None)[n % 3], outlet=("shilong", None)[n % 2], source="weibo-board"
        )
    assign(ledger, plan, key, now=now)
    no(ledger, 2, now)
    before = dump()["assignment"]
    assert reassign(ledger, plan, key, now=now + HOURS).offered == 1
    *stayed, _ = dump()["assignment"]
    assert stayed == before
    assert rows(Assignment)[-1].pitch_id == rows(Assignment)[1].pitch_id


def test_the_summary_says_how_far_it_is_proved_and_what_stands_in_the_way(ledger, plan, key, pitch, held, rows, now):
    first = pitch(key, "石龙夜赛", place="石龙")
    assert assign(ledger, plan, key, now=now).proof.startswith("已证明是总分最高的分法")
    for outlet in plan.cluster.outlets:
        for _ in range(outlet.capacity_per_day - (outlet.id == rows(Assignment)[0].outlet)):
            held(outlet.id, date(2026, 6, 6), "accepted")
    second = pitch(key, "石龙早赛", place="石龙")
    summary = assign(ledger, plan, key, now=now)
    words = f"选题 #{second}：石龙融媒体中心的日产能由 2 条放宽到 3 条（多 1 条）就能派出"
    assert (summary.escalated, summary.problems) == ((second,), (words,))
    assert rows(PitchEvent)[-1].why == f"需要人工派单：5 家媒体中，5 家当日产能已满；{words}"
    no(ledger, 1, now)
    again = reassign(ledger, plan, key, now=now)
    assert (again.offered, again.escalated) == (0, (first, second))
    assert again.problems[0].startswith(f"选题 #{first}：")


def test_two_tasks_at_once_offer_each_pitch_once(ledger, plan, key, pitch, rows, now):
    for n in range(8):
        pitch(key, f"选题{n}")
    barrier, failures = Barrier(4), []

    def run() -> None:
        barrier.wait()
        try:
            assign(ledger, plan, key, now=now)
        except Exception as error:  # noqa: BLE001
            failures.append(error)

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(rows(Assignment)) == len(standing(rows)) == 8


def test_an_unknown_edition_says_so(ledger, plan, now):
    with pytest.raises(BadInput, match="没有期次"):
        assign(ledger, plan, "cunchao/1999-01-01", now=now)
