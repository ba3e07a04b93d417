"""What the meeting is told about pitches that resemble one another, earlier ones, and what is published."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from rongmei.ledger import Assignment, Edition, Pitch, Publication, Story, StoryVersion
from rongmei.pitches import meeting, record_decisions, shortlist
from rongmei.pitches.alike import MOST_SHOWN, precedents

TITLE = "东城村超揭幕战今晚在世博广场开赛"
YESTERDAY = date(2026, 6, 5)


@pytest.fixture
def before(ledger, plan, now):
    """What is told of the pitches of an edition, by pitch id."""

    def read(key: str, until=now) -> dict:
        with ledger.read() as session:
            edition = session.scalars(select(Edition).where(Edition.key == key)).one()
            pitches = session.scalars(select(Pitch).where(Pitch.edition_id == edition.id)).all()
            return precedents(session, plan, edition, pitches, until=until)

    return read


@pytest.fixture
def publish(ledger, now):
    """Makes a story of an accepted pitch and puts it out; gives the version's id."""

    def run(pitch_id: int, title: str, *, state: str = "live", live_at=None) -> int:
        at = live_at or now - timedelta(hours=20)
        with ledger.begin() as session:
            pitch = session.get_one(Pitch, pitch_id)
            times = {"answer_by": at, "deadline_at": at, "offered_at": at}
            task = Assignment(
                edition_id=pitch.edition_id, pitch_id=pitch_id, outlet="humen", state="done", partners=[], reasons={},
                **times,
            )  # fmt: skip
            session.add(task)
            session.flush()
            story = Story(edition_id=pitch.edition_id, assignment_id=task.id, outlet="humen", filed_at=at)
            session.add(story)
            session.flush()
            version = StoryVersion(
                story_id=story.id, number=1, content_hash="0" * 64, title=title, body="", tags=[], filed_at=at
            )
            session.add(version)
            session.flush()
            session.add(
                Publication(
                    edition_id=pitch.edition_id, story_id=story.id, version_id=version.id, outlet="humen",
                    channel="wechat", account="humen/wechat", state=state, fingerprint="f", scheduled_at=at,
                    external_id="x" if state == "live" else None, live_at=at if state == "live" else None, progress={},
                )
            )  # fmt: skip
            return version.id

    return run


def test_an_earlier_pitch_is_named_with_its_edition_and_fate(before, key, open_day, pitch):
    old = pitch(open_day(YESTERDAY), "東城村超揭幕戰今晚在世博廣場開賽！", outlet="humen", state="declined")
    new = pitch(key, TITLE)
    assert before(key) == {
        new: [
            {
                "kind": "pitch",
                "id": old,
                "title": "東城村超揭幕戰今晚在世博廣場開賽！",
                "likeness": 1.0,
                "tier": "certain",
                "why": "标题相同（不计繁简、标点、空格、表情和来源标记）",
                "edition": "cunchao/2026-06-05",
                "outlet": "humen",
                "state": "declined",
            }
        ]
    }


def test_a_published_story_goes_before_the_pitch_it_was_made_of(before, key, open_day, pitch, publish):
    old = pitch(open_day(YESTERDAY), TITLE, outlet="humen", state="accepted")
    version = publish(old, "东城村超揭幕战今晚世博广场开赛")
    new = pitch(key, TITLE)
    (found,) = before(key)[new]
    assert (found["kind"], found["id"], found["state"], found["tier"]) == ("story", version, "published", "certain")


def test_a_story_that_is_not_out_is_no_precedent(before, key, open_day, pitch, publish):
    old = pitch(open_day(YESTERDAY), "完全是另外的一件事情", outlet="humen", state="accepted")
    publish(old, TITLE, state="scheduled")
    pitch(key, TITLE)
    assert before(key) == {}


def test_other_numbers_are_similar_and_never_certain(before, key, open_day, pitch):
    pitch(open_day(YESTERDAY), "东莞村超第1轮今晚在世博广场开赛", state="accepted")
    new = pitch(key, "东莞村超第2轮今晚在世博广场开赛")
    (found,) = before(key)[new]
    assert found["tier"] == "similar"
    assert "轮次" in found["why"]


def test_rehearsals_merged_ones_later_editions_and_later_news_are_not_looked_at(
    before, key, open_day, pitch, publish, now
):
    kept = pitch(open_day(date(2026, 6, 4)), "别的事情别的话题", outlet="humen", state="accepted")
    publish(kept, TITLE, live_at=now + timedelta(hours=1))
    pitch(open_day(YESTERDAY, rehearsal=True), TITLE)
    pitch(open_day(YESTERDAY), TITLE, state="merged", merged_into_id=kept)
    pitch(open_day(date(2026, 6, 7)), TITLE)
    new = pitch(key, TITLE)
    assert before(key) == {}
    assert [one["kind"] for one in before(key, now + timedelta(hours=2))[new]] == ["story"]


def test_a_held_pitch_is_no_precedent_of_itself(ledger, plan, key, open_day, pitch, rows, now):
    pitch(key, TITLE)
    shortlist(ledger, plan, key, now=now)
    record_decisions(ledger, plan, key, accepted=[], by="chen-ce", now=now)
    tomorrow = open_day(date(2026, 6, 7))
    assert shortlist(ledger, plan, tomorrow, now=now + timedelta(days=1)).returned == 1
    assert rows(Pitch)[-1].score_terms["before"] == []


def test_the_likest_few_are_told_and_what_one_outlet_repeats_only_once(before, key, open_day, pitch):
    for n in range(1, 6):
        earlier = open_day(date(2026, 5, n))
        pitch(earlier, TITLE, outlet="humen", state="declined")
        pitch(earlier, f"东城村超第{n}轮今晚在世博广场开赛", outlet="shilong", state="declined")
    new = pitch(key, TITLE)
    found = before(key)[new]
    assert len(found) == MOST_SHOWN
    assert [(one["title"], one["edition"]) for one in found[:1]] == [(TITLE, "cunchao/2026-05-05")]
    assert [one["tier"] for one in found] == ["certain", "similar", "similar"]


def test_the_sheet_shows_them_side_by_side(ledger, plan, key, open_day, pitch, publish, now):
    old = pitch(open_day(YESTERDAY), "东莞村超第1轮今晚在世博广场开赛", outlet="humen", state="accepted")
    publish(old, "东莞村超第1轮今晚在世博广场开赛|<b>")
    pitch(key, "东莞村超第2轮今晚在世博广场开赛", author="张三")
    third = pitch(key, "东莞村超第3轮今晚在世博广场开赛", outlet="shilong")
    pitch(key, "東莞村超第2輪今晚在世博廣場開賽", ref="b", outlet="humen", author="李四", submitted_at=now)
    shortlist(ledger, plan, key, now=now + timedelta(minutes=1))
    body = meeting(ledger, plan, key).body
    alike = body.partition("## 相近选题对照")[2].partition("## ")[0]
    assert f"本期 \\#{third}，石龙融媒体中心 | 9" in alike
    assert "cunchao/2026\\-06\\-05 已发稿，虎门融媒体中心".replace("/", "\\/") in alike
    assert "数字、日期、轮次或比分不同" in alike
    assert "<b>" not in body
    joint = body.partition("## 联合报题")[2].partition("## ")[0]
    assert "虎门融媒体中心（李四）" in joint
    assert "rongmei pitches unmerge" in joint
    assert "东城融媒体中心（张三）；联合报题：虎门融媒体中心（李四）" in body


def test_a_sheet_without_doubles_has_no_such_parts(ledger, plan, key, pitch, now):
    pitch(key, TITLE)
    shortlist(ledger, plan, key, now=now)
    body = meeting(ledger, plan, key).body
    assert "相近选题对照" not in body
    assert "## 联合报题" not in body
