from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Edition, Pitch, PitchEvent
from rongmei.pitches import UnmergeSummary, record_decisions, shortlist, unmerge
from rongmei.pitches.merge import merge_duplicates

TITLE = "东城村超揭幕战今晚在世博广场开赛"
# The last two are alike to the first only through the one between them, and to nothing else certainly.
CROWD = (
    "组委会：东城村超世博广场门票今晚售罄了",
    "組委會稱東城村超世博廣場門票今晚售罄",
    "组委会称东城村超世博广场门票今晚已售罄",
    "组委会称南城村超世博广场门票今晚已售罄",
    "组委会称东城村超世博广场门票明晚已售罄",
    "女球迷深夜排队买票 村超组委会回应",
    "村超组委会回应女球迷深夜排队买票！",
)


@pytest.fixture
def merge(ledger, plan, now):
    def run(key) -> int:
        with ledger.begin() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            return merge_duplicates(session, plan, edition, now=now)

    return run


def test_the_later_is_merged_into_the_earlier_across_sources(merge, key, pitch, rows, now):
    later = pitch(key, TITLE + "！", source="daily-feed", outlet="dongguan-daily", author="王记者")
    earlier = pitch(key, TITLE, submitted_at=now - timedelta(hours=2))
    assert merge(key) == 1
    merged, kept = rows(Pitch)
    assert (merged.id, merged.state, merged.merged_into_id, merged.outlet) == (
        later,
        "merged",
        earlier,
        "dongguan-daily",
    )
    assert kept.state == "submitted"
    into, taken = rows(PitchEvent)
    assert (into.detail["into"], into.detail["author"]) == (earlier, "王记者")
    assert (taken.thing_id, taken.detail["from"], taken.detail["outlet"]) == (earlier, later, "dongguan-daily")
    assert "标题相同" in into.why
    assert merge(key) == 0


def test_three_of_a_kind_make_one_family_whatever_the_order_of_arrival(merge, key, pitch, rows, now):
    middle = pitch(key, TITLE, submitted_at=now - timedelta(hours=1))
    last = pitch(key, TITLE, ref="b", outlet="shilong")
    assert merge(key) == 1
    first = pitch(key, TITLE, ref="c", outlet="humen", submitted_at=now - timedelta(hours=2))
    assert merge(key) == 1
    assert {one.id: one.merged_into_id for one in rows(Pitch)} == {middle: first, last: first, first: None}


def test_what_stands_on_the_list_takes_the_earlier_one_in(merge, key, pitch, rows, now):
    listed = pitch(key, TITLE, state="shortlisted")
    found = pitch(key, TITLE, ref="b", submitted_at=now - timedelta(hours=1))
    assert merge(key) == 1
    assert {one.id: one.merged_into_id for one in rows(Pitch)} == {listed: None, found: listed}


def test_a_declined_pitch_buries_nothing(merge, key, pitch):
    pitch(key, TITLE, state="declined")
    pitch(key, TITLE, ref="b")
    assert merge(key) == 0


def test_other_numbers_or_places_are_only_similar(ledger, plan, merge, key, pitch, rows, now):
    pitch(key, "石龙队三比一战胜虎门队夺得村超第二轮首胜")
    pitch(key, "石龙队三比一战胜虎门队夺得村超第三轮首胜")
    assert merge(key) == 0
    shortlist(ledger, plan, key, now=now)
    one, other = rows(Pitch)
    assert [alike["id"] for alike in one.score_terms["similar"]] == [other.id]
    assert [alike["id"] for alike in other.score_terms["similar"]] == [one.id]


def test_what_a_person_took_apart_stays_apart(ledger, merge, key, pitch, rows, now):
    pitch(key, TITLE, submitted_at=now - timedelta(hours=2))
    later = pitch(key, TITLE, ref="b", outlet="shilong")
    merge(key)
    unmerge(ledger, later, by="chen-ce", why="两场不同的比赛", now=now)
    assert rows(Pitch)[1].state == "submitted"
    assert merge(key) == 0
    event = rows(PitchEvent)[-1]
    assert (event.by, event.from_state, event.to_state, event.why) == (
        "chen-ce",
        "merged",
        "submitted",
        "两场不同的比赛",
    )
    with pytest.raises(WrongState):
        unmerge(ledger, later, by="chen-ce", why="再来", now=now)
    with pytest.raises(BadInput, match="没有这条选题"):
        unmerge(ledger, 999, by="chen-ce", why="", now=now)


def test_who_pitched_the_same_is_named_on_the_pitch_that_stays(ledger, merge, key, pitch, rows, now):
    kept = pitch(key, TITLE, submitted_at=now - timedelta(hours=3))
    second = pitch(key, TITLE + "！", ref="b", outlet="shilong", author="李四", submitted_at=now - timedelta(hours=1))
    third = pitch(key, "東城村超揭幕戰今晚在世博廣場開賽", ref="c", outlet=None, source="weibo-board")
    assert merge(key) == 2
    stays, *merged = rows(Pitch)
    assert stays.score_terms["joint"] == [
        {"id": second, "outlet": "shilong", "author": "李四", "source": "workbooks"},
        {"id": third, "outlet": None, "author": None, "source": "weibo-board"},
    ]
    assert [one.score_terms for one in merged] == [{}, {}]
    unmerge(ledger, second, by="chen-ce", why="另一场", now=now)
    assert [one["id"] for one in rows(Pitch)[0].score_terms["joint"]] == [third]
    unmerge(ledger, third, by="chen-ce", why="另一场", now=now)
    alone = rows(Pitch)[0]
    assert (alone.id, alone.score_terms) == (kept, {})


def test_credit_follows_a_family_into_the_pitch_that_takes_it_in(merge, key, pitch, rows, now):
    middle = pitch(key, TITLE, submitted_at=now - timedelta(hours=1))
    last = pitch(key, TITLE, ref="b", outlet="shilong")
    merge(key)
    pitch(key, TITLE, ref="c", outlet="humen", submitted_at=now - timedelta(hours=2))
    merge(key)
    was, _, first = rows(Pitch)
    assert [one["id"] for one in first.score_terms["joint"]] == [middle, last]
    assert "joint" not in was.score_terms


def test_scoring_keeps_the_credit(ledger, plan, key, pitch, rows, now):
    pitch(key, TITLE)
    joined = pitch(key, TITLE, ref="b", outlet="shilong")
    shortlist(ledger, plan, key, now=now)
    shortlist(ledger, plan, key, now=now)
    assert [one["id"] for one in rows(Pitch)[0].score_terms["joint"]] == [joined]


@pytest.mark.parametrize(
    ("one", "other", "merged"),
    [
        ("东城", "石龙", 0),
        ("东城街道", "东城", 1),
        ("东城", None, 1),
        ("东莞", "石龙", 1),
        ("榕江", "石龙", 0),
        ("世博广场", "世博广场东门", 1),
    ],
)
def test_places_that_the_sheets_give_count_too(merge, key, pitch, one, other, merged):
    title = "村超揭幕战今晚首次亮相引来万人围观"
    pitch(key, title, place=one)
    pitch(key, title, ref="b", outlet="shilong", place=other)
    assert merge(key) == merged


def test_two_on_the_list_both_stay_and_take_the_third_in(merge, key, pitch, rows, now):
    first = pitch(key, TITLE, state="shortlisted", submitted_at=now - timedelta(hours=1))
    second = pitch(key, TITLE, ref="b", state="shortlisted")
    third = pitch(key, TITLE, ref="c", submitted_at=now - timedelta(hours=2))
    assert merge(key) == 1
    assert {one.id: one.merged_into_id for one in rows(Pitch)} == {first: None, second: None, third: first}


def test_merging_again_writes_nothing(merge, key, pitch, dump):
    for number, title in enumerate(CROWD):
        pitch(key, title, ref=str(number))
    assert merge(key) > 0
    before = dump()
    assert merge(key) == 0
    assert dump() == before


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(len(CROWD))), pauses=st.sets(st.integers(0, len(CROWD))))
def test_it_does_not_matter_in_which_order_pitches_arrive(ledger, merge, open_day, pitch, now, order, pauses):
    day = now.date()
    with ledger.read() as session:
        day -= timedelta(days=len(session.scalars(select(Edition.id)).all()))
    key = open_day(day)
    ids = {}
    for number, which in enumerate(order):
        if number in pauses:
            merge(key)
        ids[which] = pitch(key, CROWD[which], ref=str(which), submitted_at=now + timedelta(minutes=which))
    merge(key)
    with ledger.read() as session:
        into = {which: session.get(Pitch, ids[which]).merged_into_id for which in ids}
    assert into == {0: None, 1: ids[0], 2: ids[0], 3: None, 4: None, 5: None, 6: ids[5]}


def test_what_is_taken_apart_after_the_meeting_goes_to_the_next_one(ledger, plan, key, pitch, rows, now, open_day):
    kept = pitch(key, TITLE)
    other = pitch(key, TITLE, ref="b", outlet="shilong")
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=[kept], by="chen-ce", now=now)
    summary = unmerge(ledger, other, by="chen-ce", why="两场不同的比赛", now=now)
    assert summary == UnmergeSummary(pitch=other, was_into=kept, state="held")
    assert rows(PitchEvent)[-1].why == "选题会已开过，下一期再上会：两场不同的比赛"
    tomorrow = open_day(now.date() + timedelta(days=1))
    assert shortlist(ledger, plan, tomorrow, now=now + timedelta(days=1)).returned == 1


def test_taking_apart_needs_a_reason(ledger, merge, key, pitch, dump, now):
    pitch(key, TITLE)
    other = pitch(key, TITLE, ref="b", outlet="shilong")
    merge(key)
    before = dump()
    with pytest.raises(BadInput, match="没有写理由"):
        unmerge(ledger, other, by="chen-ce", why=" \n", now=now)
    assert dump() == before


def test_editions_do_not_merge_into_each_other(merge, key, open_day, pitch):
    pitch(key, TITLE)
    pitch(open_day(rehearsal=True), TITLE)
    assert merge(key) == 0
