"""What a version's hash covers, and what a new version does to story, approvals and publications."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from rongmei.errors import BadInput
from rongmei.ledger import Assignment, Publication, Story, StoryEvent, StoryVersion, close_edition, move
from rongmei.stories.extras import Card, Extras
from rongmei.stories.pictures import Picture
from rongmei.stories.versions import Content, PlacedPicture, PlacedVideo, file_version
from rongmei.stories.videos import Video

RED = Picture("a" * 64, "image/jpeg", 10, 64, 48)
BLUE = Picture("b" * 64, "image/jpeg", 10, 64, 48)
FILM = Video("c" * 64, "video/mp4", 10, 640, 360, 3.2)
PLACED = PlacedVideo("a.mp4", "集锦", "李四", FILM)
CONTENT = Content(
    title="东城夺冠",
    author="张三",
    digest="摘要",
    body="正文",
    column="match",
    tags=("村超", "东城"),
    ai_generated=False,
    pictures=(PlacedPicture("body", "a.jpg", "说明", "李四", RED), PlacedPicture("body", "b.jpg", "", "", BLUE)),
)


def last_event(room: Any, story: int) -> StoryEvent:
    with room.ledger.read() as session:
        return session.scalars(select(StoryEvent).where(StoryEvent.thing_id == story).order_by(StoryEvent.id)).all()[-1]


def publication(room: Any, story: int, state: str, fingerprint: str = "f") -> int:
    with room.ledger.begin() as session:
        version = session.scalars(select(StoryVersion).where(StoryVersion.story_id == story)).first()
        row = Publication(
            edition_id=room.story(story).edition_id,
            story_id=story,
            version_id=version.id,
            outlet="dongcheng",
            channel="wechat",
            account=f"dongcheng/wechat-{fingerprint}",
            state=state,
            fingerprint=fingerprint,
            scheduled_at=room.now,
            external_id="x" if state in {"accepted", "live"} else None,
            live_at=room.now if state == "live" else None,
            claim="c" if state == "sending" else None,
        )
        session.add(row)
        session.flush()
        return row.id


@pytest.mark.parametrize(
    "change",
    [
        {"title": "另题"},
        {"author": "李四"},
        {"digest": ""},
        {"body": "正文。"},
        {"column": None},
        {"tags": ("东城", "村超")},
        {"ai_generated": True},
        {"pictures": CONTENT.pictures[::-1]},
        {"pictures": (replace(CONTENT.pictures[0], credit="王五"), CONTENT.pictures[1])},
        {"pictures": (replace(CONTENT.pictures[0], alt=""), CONTENT.pictures[1])},
        {"pictures": (replace(CONTENT.pictures[0], picture=BLUE), CONTENT.pictures[1])},
        {"pictures": (replace(CONTENT.pictures[0], role="cover"), CONTENT.pictures[1])},
        {"videos": (PLACED,)},
        {"extras": Extras(place="东城")},
        {"extras": Extras(source="东城")},
        {"extras": Extras(titles={"weibo": "东城"})},
        {"extras": Extras(titles={"wechat": "东城"})},
        {"extras": Extras(card=Card("预约", "https://a.example"))},
        {"extras": Extras(embargo=datetime(2026, 6, 6, tzinfo=UTC))},
    ],
)
def test_every_part_counts(change: dict[str, Any]) -> None:
    assert replace(CONTENT, **change).hash != CONTENT.hash


def test_the_hash_is_stable() -> None:
    assert replace(CONTENT).hash == CONTENT.hash == "e92261e16dafc850be28a98942bb61249248e30c62e8f7b4d7b997c603e6f856"


@pytest.mark.parametrize(
    "change",
    [
        {"name": "b.mp4"},
        {"alt": ""},
        {"credit": ""},
        {"video": replace(FILM, sha256="d" * 64)},
    ],
)
def test_every_part_of_a_video_counts(change: dict[str, Any]) -> None:
    with_film = replace(CONTENT, videos=(PLACED,))
    assert replace(with_film, videos=(replace(PLACED, **change),)).hash != with_film.hash


def test_the_order_in_which_titles_are_said_does_not_count() -> None:
    one, other = {"wechat": "甲", "weibo": "乙"}, {"weibo": "乙", "wechat": "甲"}
    assert replace(CONTENT, extras=Extras(titles=one)).hash == replace(CONTENT, extras=Extras(titles=other)).hash


def test_text_cannot_move_between_fields_unnoticed() -> None:
    assert replace(CONTENT, title="东城夺冠张三", author="").hash != CONTENT.hash


@pytest.mark.parametrize("stages", range(4))
def test_an_edit_voids_the_approvals_at_every_stage(newsroom: Any, body: str, stages: int) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    for stage, by in [("first_review", "lin"), ("second_review", "zhao"), ("final_review", "wang")][:stages]:
        newsroom.pass_all(stage, by)
    newsroom.file(assignment, body=body + "补一句。")
    assert newsroom.story(story).state == "filed"
    assert newsroom.story(story).signed_off_at is None
    assert newsroom.current(story).number == 2
    assert newsroom.sheet("second_review").items == ()
    assert newsroom.sheet("final_review").items == ()
    newsroom.sign_off()
    assert newsroom.story(story).state == "signed_off"


def test_an_edit_of_a_signed_off_story_cancels_what_has_not_gone_out(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sign_off()
    waiting = publication(newsroom, story, "scheduled")
    newsroom.file(assignment, body=body + "补一句。")
    with newsroom.ledger.read() as session:
        assert session.get_one(Publication, waiting).state == "cancelled"


@pytest.mark.parametrize("state", ["sending", "accepted", "live", "unknown", "awaiting_operator"])
def test_what_went_out_takes_no_new_version(newsroom: Any, body: str, state: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sign_off()
    publication(newsroom, story, state)
    newsroom.drop_story(assignment, body=body + "补一句。")
    assert newsroom.take_in().refused == 1
    assert "在稿头加一行“更正：改了什么”" in newsroom.notes()
    assert newsroom.story(story).state == "signed_off"
    assert newsroom.current(story).number == 1


@pytest.mark.parametrize("was", ["signed_off", "corrected"])
def test_what_went_out_is_corrected_by_a_version_that_says_what_it_mends(newsroom: Any, body: str, was: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sign_off()
    with newsroom.ledger.begin() as session:
        session.get_one(Story, story).state = was
        close_edition(session, newsroom.key, now=newsroom.now)
    live, waiting = (publication(newsroom, story, state, state) for state in ("live", "scheduled"))
    newsroom.now += timedelta(days=9)
    newsroom.file(assignment, body=body + "更正一句。", head="更正：比分应为 2 比 1")
    assert newsroom.story(story).state == "filed"
    event = last_event(newsroom, story)
    assert event.why == "交来第 2 版，更正：比分应为 2 比 1"
    assert event.detail["correction"] == "比分应为 2 比 1"
    assert not event.detail["late"]
    with newsroom.ledger.read() as session:
        assert session.get_one(Publication, live).state == "live"
        assert session.get_one(Publication, waiting).state == "cancelled"
    assert "比分应为 2 比 1" in newsroom.sheet("first_review").body
    newsroom.sign_off()
    assert newsroom.story(story).state == "signed_off"


def test_a_correction_cannot_be_rejected(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sign_off()
    publication(newsroom, story, "live")
    newsroom.file(assignment, body=body + "更正一句。", head="更正: 漏了一句")
    newsroom.sheet("first_review")
    with pytest.raises(BadInput, match="走撤稿"):
        newsroom.review("first_review", "lin", rejected=(story,), opinions={story: "不当"})
    newsroom.review("first_review", "lin", opinions={story: "再核"})
    assert newsroom.story(story).state == "returned"


def test_a_story_that_is_not_out_is_simply_revised(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.file(assignment, body=body + "补一句。", head="更正: 补一句")
    assert last_event(newsroom, story).why == "交来第 2 版"


def test_a_rejected_story_takes_no_new_version(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", rejected=(story,), opinions={story: "选题不当"})
    newsroom.drop_story(assignment, body=body + "补一句。")
    assert newsroom.take_in().refused == 1
    assert "已被否决" in newsroom.notes()


def test_an_older_version_cannot_come_back_with_its_approvals(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.pass_all("first_review", "lin")
    newsroom.file(assignment, body=body + "补一句。")
    newsroom.drop_story(assignment)
    assert newsroom.take_in().refused == 1
    assert "与第 1 版完全一样" in newsroom.notes()
    assert newsroom.current(story).number == 2


def test_the_returned_text_unchanged_is_refused(newsroom: Any) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", opinions={story: "比分有误"})
    newsroom.drop_story(assignment)
    assert newsroom.take_in().refused == 1
    assert "被退回的那一版" in newsroom.notes()
    assert newsroom.story(story).state == "returned"


def test_two_versions_at_once_get_two_numbers(newsroom: Any) -> None:
    assignment = newsroom.assignment()

    def file(number: int) -> str:
        with newsroom.ledger.begin() as session:
            row = session.get_one(Assignment, assignment)
            content = replace(CONTENT, body=f"正文{number}", pictures=())
            return file_version(session, row, content, source_name="x.md", notes=(), now=newsroom.now).outcome

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(file, [1, 2, 3]))
    assert outcomes.count("filed") == 1
    assert outcomes.count("revised") == 2
    with newsroom.ledger.read() as session:
        numbers = session.scalars(select(StoryVersion.number)).all()
    assert sorted(numbers) == [1, 2, 3]


def test_a_recalled_story_is_closed(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sign_off()
    with newsroom.ledger.begin() as session:
        row = session.get_one(Story, story)
        move(session, row, "signed_off", "recalled", by="wang", why="撤回", now=newsroom.now)
    with newsroom.ledger.begin() as session:
        row = session.get_one(Assignment, assignment)
        with pytest.raises(BadInput, match="已撤回"):
            file_version(session, row, CONTENT, source_name="x.md", notes=(), now=newsroom.now)
