from datetime import timedelta

import pytest
from sqlalchemy import select

from rongmei.errors import BadInput, WrongState
from rongmei.ledger import Edition, Pitch, PitchEvent
from rongmei.pitches import shortlist, unmerge
from rongmei.pitches.merge import merge_duplicates

TITLE = "东城村超揭幕战今晚在世博广场开赛"


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


def test_editions_do_not_merge_into_each_other(merge, key, open_day, pitch):
    pitch(key, TITLE)
    pitch(open_day(rehearsal=True), TITLE)
    assert merge(key) == 0
