from datetime import date, timedelta
from time import process_time

from sqlalchemy import insert, select

from rongmei.ledger import Assignment, Edition, Pitch, PitchEvent
from rongmei.pitches import ShortlistSummary, record_decisions, shortlist
from rongmei.pitches.choosing import choose

TITLES = ("村超揭幕战首次亮相", "龙舟少年逐梦绿茵", "村民合唱团走进看台", "夜市烟火里的球迷", "制衣厂赶制球衣")


def state_of(rows) -> dict[str, str]:
    return {one.title: one.state for one in rows(Pitch)}


def test_the_best_are_listed_and_the_rest_wait(ledger, plan, key, pitch, rows, now):
    for n, title in enumerate(TITLES):
        pitch(key, title, outlet=None if n == 4 else "dongcheng", place=None if n else "石龙")
    summary = shortlist(ledger, plan, key, now=now)
    assert (len(summary.shortlisted), summary.considered) == (4, 5)
    ranks = {one.id: one.score_terms["shortlist"]["rank"] for one in rows(Pitch) if "shortlist" in one.score_terms}
    assert [ranks[one] for one in summary.shortlisted] == [1, 2, 3, 4]
    assert sorted(state_of(rows).values()) == ["shortlisted"] * 4 + ["submitted"]


def test_running_again_changes_nothing(ledger, plan, key, pitch, dump, now):
    for title in TITLES:
        pitch(key, title)
    first = shortlist(ledger, plan, key, now=now)
    before = dump()
    assert shortlist(ledger, plan, key, now=now) == first
    assert dump() == before


def test_a_better_late_pitch_pushes_the_weakest_out(ledger, plan, key, pitch, rows, now):
    for n, title in enumerate(TITLES[1:]):
        pitch(key, title, outlet=("dongcheng", "shilong", "humen", "dongguan-daily")[n])
    shortlist(ledger, plan, key, now=now)
    late = pitch(key, "石龙村超决赛今晚打响", summary="首届联动，少年圆梦", outlet="shilong", column="live")
    summary = shortlist(ledger, plan, key, now=now)
    assert summary.shortlisted[0] == late
    assert sorted(state_of(rows).values()) == ["shortlisted"] * 4 + ["submitted"]
    out = next(event for event in rows(PitchEvent) if event.to_state == "submitted")
    assert out.why == "有更合适的选题，移出入围名单"
    gone = next(one for one in rows(Pitch) if one.state == "submitted")
    assert "shortlist" not in gone.score_terms


def listed(pitch_id: int, score: float, outlet: str | None, place: str | None, now) -> Pitch:
    return Pitch(id=pitch_id, score=score, outlet=outlet, source="weibo-board", place=place, submitted_at=now)


def test_one_outlet_does_not_fill_the_list(now):
    strong = [listed(n, 90 - n, "dongcheng", None, now) for n in range(1, 5)]
    others = [listed(9, 80, "shilong", None, now), listed(8, 79, "humen", None, now)]
    chosen = choose([*strong, *others], 4)
    assert [place.pitch.id for place in chosen] == [1, 2, 9, 8]
    assert [place.penalty for place in chosen] == [0, 8, 0, 0]
    assert "同一媒体" in chosen[1].why


def test_one_place_and_one_board_do_not_fill_the_list_either(now):
    assert [
        p.pitch.id
        for p in choose(
            [listed(1, 90, "a", "石龙", now), listed(2, 89, "b", "石龙", now), listed(3, 85, "c", "虎门", now)], 2
        )
    ] == [1, 3]
    assert [
        p.pitch.id
        for p in choose(
            [listed(1, 90, None, None, now), listed(2, 89, None, None, now), listed(3, 85, "c", None, now)], 2
        )
    ] == [1, 3]


def test_equals_go_by_the_earlier_submission(now):
    late, early = listed(1, 50, "a", None, now), listed(2, 50, "b", None, now - timedelta(hours=1))
    assert [place.pitch.id for place in choose([late, early], 2)] == [2, 1]


def test_held_pitches_return_once_with_a_reference(ledger, plan, key, open_day, pitch, rows, now):
    for title in TITLES[:3]:
        pitch(key, title)
    first = shortlist(ledger, plan, key, now=now).shortlisted
    record_decisions(ledger, plan, key, accepted=first[:1], by="chen-ce", now=now)
    tomorrow, next_day = open_day(date(2026, 6, 7)), now + timedelta(days=1)
    summary = shortlist(ledger, plan, tomorrow, now=next_day)
    assert (summary.returned, len(summary.shortlisted)) == (2, 2)
    births = [event for event in rows(PitchEvent) if "held_from" in event.detail]
    assert sorted(event.detail["held_from"] for event in births) == sorted(first[1:])
    assert shortlist(ledger, plan, tomorrow, now=next_day) == ShortlistSummary(summary.shortlisted, 2)
    decided = record_decisions(ledger, plan, tomorrow, accepted=[], by="chen-ce", now=next_day)
    assert (decided.held, decided.declined) == (0, 2)
    third = shortlist(ledger, plan, open_day(date(2026, 6, 8)), now=now + timedelta(days=2))
    assert third.returned == 0


def test_held_pitches_of_a_rehearsal_do_not_return_in_earnest(ledger, plan, open_day, pitch, now):
    rehearsal = open_day(rehearsal=True)
    pitch(rehearsal, TITLES[0])
    shortlist(ledger, plan, rehearsal, now=now)
    record_decisions(ledger, plan, rehearsal, accepted=[], by="chen-ce", now=now)
    assert shortlist(ledger, plan, open_day(date(2026, 6, 7)), now=now).returned == 0


def test_the_track_record_comes_from_earlier_editions(ledger, plan, key, open_day, pitch, rows, now):
    before = open_day(date(2026, 5, 30))
    for n in range(4):
        good = pitch(before, f"旧题{n}", outlet="shilong", state="accepted")
        with ledger.begin() as session:
            edition_id = session.get(Pitch, good).edition_id
            session.add(
                Assignment(
                    edition_id=edition_id, pitch_id=good, outlet="shilong", state="done", reasons={}, partners=[],
                    answer_by=now, deadline_at=now, offered_at=now,
                )
            )  # fmt: skip
        pitch(before, f"旧题{n}b", outlet="humen", state="declined")
    pitch(open_day(date(2026, 1, 1)), "太久以前", outlet="humen", state="accepted")
    one, other = pitch(key, "甲", outlet="shilong"), pitch(key, "乙", outlet="humen")
    shortlist(ledger, plan, key, now=now)
    found = {row.id: row.score_terms["track_record"] for row in rows(Pitch) if row.id in (one, other)}
    assert found[one]["value"] > 0.8 > 0.5 > found[other]["value"]
    assert "报题 4 条用 4 条，派单 4 次交稿 4 次" in found[one]["why"]


def test_after_the_decision_the_list_stays(ledger, plan, key, pitch, dump, now):
    first = pitch(key, TITLES[0])
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=[first], by="chen-ce", now=now)
    before = dump()
    assert shortlist(ledger, plan, key, now=now + timedelta(hours=1)).shortlisted == (first,)
    assert dump() == before


def test_nothing_to_list(ledger, plan, key, now):
    assert shortlist(ledger, plan, key, now=now) == ShortlistSummary((), 0)


def test_three_hundred_pitches_are_quick(ledger, plan, key, now):
    with ledger.begin() as session:
        edition_id = session.scalars(select(Edition.id)).one()
        session.execute(
            insert(Pitch),
            [
                {
                    "edition_id": edition_id,
                    "source": "workbooks",
                    "ref": str(n),
                    "title": f"第{n}场村超里的{n}号故事",
                    "outlet": "dongcheng",
                    "submitted_at": now,
                    "channels": [],
                    "score_terms": {},
                }
                for n in range(300)
            ],
        )
    begun = process_time()
    shortlist(ledger, plan, key, now=now)
    assert process_time() - begun < 5
