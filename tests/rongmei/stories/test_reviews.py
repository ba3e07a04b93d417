"""The three reviews: who, what, on which hash; races, retries, and that no edit keeps an approval."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import func, select

from rongmei.errors import BadInput, RongmeiError, WrongState
from rongmei.ledger import Assignment, Review, StoryEvent
from rongmei.stories import pending, review_record, waiting

STAGES = (("first_review", "lin"), ("second_review", "zhao"), ("final_review", "wang"))


def hashes(room: Any, stage: str) -> dict[int, str]:
    return {item.story_id: item.content_hash for item in room.sheet(stage).items}


def review_count(room: Any) -> int:
    with room.ledger.read() as session:
        return session.scalar(select(func.count(Review.id))) or 0


def test_three_passes_by_three_people_sign_off(newsroom: Any) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    for stage, by in STAGES:
        assert newsroom.story(story).signed_off_at is None
        newsroom.now += timedelta(minutes=10)
        assert newsroom.pass_all(stage, by).passed == (story,)
    assert newsroom.story(story).state == "signed_off"
    assert newsroom.story(story).signed_off_at == newsroom.now
    with newsroom.ledger.read() as session:
        assert session.get_one(Assignment, assignment).state == "done"
        by = session.scalars(select(StoryEvent.by).where(StoryEvent.thing_id == story).order_by(StoryEvent.id)).all()
    assert by == ["dongcheng", "rongmei", "lin", "zhao", "wang"]


def test_not_passed_is_returned_with_the_opinion(newsroom: Any) -> None:
    one = newsroom.file(newsroom.assignment())
    two = newsroom.file(newsroom.assignment())
    three = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    summary = newsroom.review(
        "first_review",
        "lin",
        passed={one: seen[one]},
        opinions={two: "比分有误", three: "选题不当"},
        rejected=(three,),
        seen=seen,
    )
    assert asdict(summary) == {"passed": (one,), "returned": (two,), "rejected": (three,), "stale": (), "problems": ()}
    assert [newsroom.story(s).state for s in (one, two, three)] == ["second_review", "returned", "rejected"]
    assert asdict(pending(newsroom.ledger, newsroom.key)) == {
        "by_state": {"rejected": 1, "returned": 1, "second_review": 1},
        "unfiled": 0,
        "in_review": 1,
        "settled": 1,
    }


def test_the_final_review_can_return_and_reject(newsroom: Any) -> None:
    one, two = newsroom.file(newsroom.assignment()), newsroom.file(newsroom.assignment())
    newsroom.pass_all(*STAGES[0])
    newsroom.pass_all(*STAGES[1])
    newsroom.review("final_review", "wang", opinions={one: "导向", two: "不宜"}, rejected=(two,))
    assert [newsroom.story(s).state for s in (one, two)] == ["returned", "rejected"]


def test_a_decision_without_opinion_is_refused_and_nothing_recorded(newsroom: Any) -> None:
    one, two = newsroom.file(newsroom.assignment()), newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    for opinions in ({}, {two: " \n\u200b "}):
        with pytest.raises(BadInput, match=f"#{two} 没有通过，却没有写意见.*改法"):
            newsroom.review("first_review", "lin", passed={one: seen[one]}, opinions=opinions, seen=seen)
    with pytest.raises(BadInput, match=f"#{one}、#{two} 没有通过"):
        newsroom.review("first_review", "lin", rejected=(two,), seen=seen)
    assert review_count(newsroom) == 0
    assert newsroom.story(one).state == "first_review"


def test_only_the_stages_people(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    with pytest.raises(BadInput, match=r"王终不在初审名单里.*林初、陈二"):
        newsroom.review("first_review", "wang", passed=seen, seen=seen)
    assert newsroom.story(story).state == "first_review"


def test_no_two_stages_by_one_person(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    newsroom.pass_all("first_review", "chen")
    seen = hashes(newsroom, "second_review")
    with pytest.raises(BadInput, match=f"你已经做了稿件 #{story} 这一版的初审，不能再做复审"):
        newsroom.review("second_review", "chen", passed=seen, seen=seen)
    assert review_count(newsroom) == 1


def test_the_same_person_may_review_the_next_version_in_another_stage(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.pass_all("first_review", "chen")
    newsroom.file(assignment, body=body + "已改。")
    newsroom.pass_all("first_review", "lin")
    newsroom.pass_all("second_review", "chen")
    assert newsroom.story(story).state == "final_review"


def test_a_stage_cannot_be_skipped(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    summary = newsroom.review("final_review", "wang", passed=seen, seen=seen)
    assert summary.stale == (story,)
    assert newsroom.story(story).state == "first_review"


def test_an_edit_while_the_reviewer_reads_makes_the_decision_stale(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story, other = newsroom.file(assignment), newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    newsroom.file(assignment, body=body + "已改。")
    newsroom.sheet("first_review")
    summary = newsroom.review("first_review", "lin", passed=seen, seen=seen)
    assert (summary.passed, summary.stale) == ((other,), (story,))
    assert newsroom.story(story).state == "first_review"
    unseen = newsroom.review("first_review", "lin", opinions={story: "旧版的意见"}, seen={story: seen[story]})
    assert unseen.stale == (story,)


def test_a_story_filed_after_the_sheet_is_not_touched(newsroom: Any) -> None:
    one = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    two = newsroom.file(newsroom.assignment())
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", passed=seen, seen=seen)
    assert [newsroom.story(s).state for s in (one, two)] == ["second_review", "first_review"]


def test_without_the_sheet_the_stage_is_taken_as_it_is(newsroom: Any) -> None:
    one, two = newsroom.file(newsroom.assignment()), newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    with pytest.raises(BadInput, match=f"#{two} 没有通过"):
        newsroom.review("first_review", "lin", passed={one: seen[one]})
    summary = newsroom.review("first_review", "lin", passed={one: seen[one]}, opinions={two: "再改"})
    assert (summary.passed, summary.returned) == ((one,), (two,))


def test_a_retry_after_the_commit_says_the_same_and_does_nothing(newsroom: Any) -> None:
    one, two, three = (newsroom.file(newsroom.assignment()) for _ in range(3))
    seen = hashes(newsroom, "first_review")
    decided = {
        "passed": {one: seen[one]},
        "opinions": {two: "再改", three: "不宜"},
        "rejected": (three,),
    }
    first = newsroom.review("first_review", "lin", **decided, seen=seen)
    newsroom.now += timedelta(hours=1)
    assert newsroom.review("first_review", "lin", **decided, seen=seen) == first
    assert newsroom.review("first_review", "lin", **decided) == first
    newsroom.pass_all("second_review", "zhao")
    assert newsroom.review("first_review", "lin", **decided, seen=seen) == first
    assert review_count(newsroom) == 4


def test_another_decision_about_what_is_decided_is_refused(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    newsroom.review("first_review", "lin", passed=seen, seen=seen)
    with pytest.raises(WrongState, match=f"稿件 #{story} 的初审已由林初于 6月6日 12:00 决定：通过"):
        newsroom.review("first_review", "chen", passed=seen, seen=seen)
    with pytest.raises(WrongState, match="不能再改"):
        newsroom.review("first_review", "lin", opinions={story: "反悔"}, seen=seen)
    assert newsroom.story(story).state == "second_review"


@pytest.mark.parametrize("people", [("lin", "chen"), ("lin", "lin")])
def test_two_at_once_one_wins(newsroom: Any, people: tuple[str, str]) -> None:
    story = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    gate = Barrier(2)

    def decide(by: str) -> str:
        gate.wait(timeout=10)
        try:
            return str(newsroom.review("first_review", by, passed=seen, seen=seen).passed)
        except RongmeiError as error:
            return str(error)

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, people))
    assert review_count(newsroom) == 1
    assert newsroom.story(story).state == "second_review"
    assert f"({story},)" in said
    if people[0] == people[1]:
        assert said == [f"({story},)"] * 2
    else:
        assert any("已由" in line for line in said)


def test_an_edit_and_a_review_at_once_never_leave_an_approved_edit(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.pass_all(*STAGES[0])
    newsroom.pass_all(*STAGES[1])
    seen = hashes(newsroom, "final_review")
    newsroom.drop_story(assignment, body=body + "抢改。")
    gate = Barrier(2)

    def edit() -> None:
        gate.wait(timeout=10)
        newsroom.take_in()

    def sign() -> None:
        gate.wait(timeout=10)
        newsroom.review("final_review", "wang", passed=seen, seen=seen)

    with ThreadPoolExecutor(2) as pool:
        for task in [pool.submit(edit), pool.submit(sign)]:
            task.result()
    assert newsroom.story(story).state == "filed"
    assert newsroom.current(story).number == 2


def test_unlabelled_ai_content_cannot_pass(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment, head="人工智能生成: 是")
    seen = hashes(newsroom, "first_review")
    with pytest.raises(BadInput, match=r"预检未过，不能通过.*人工智能"):
        newsroom.review("first_review", "lin", passed=seen, seen=seen)
    assert newsroom.review("first_review", "lin", seen=seen).returned == (story,)
    with newsroom.ledger.read() as session:
        assert session.scalars(select(Review.opinion)).one().startswith("预检未过：")
    newsroom.file(assignment, head="人工智能生成: 是", body=body + "\n\n本文由人工智能生成。")
    newsroom.sign_off()
    assert newsroom.story(story).state == "signed_off"


@pytest.mark.parametrize(
    ("decisions", "said"),
    [
        ({"passed": {1: "h"}, "rejected": (1,)}, "既勾了通过又写了否决"),
        ({"passed": {9: "h"}, "seen": {1: "h"}}, "#9 不在审稿单上"),
        ({"opinions": {9: "x"}, "seen": {1: "h"}}, "#9 不在审稿单上"),
        ({"passed": {1: "other"}, "seen": {1: "h"}}, "指纹与审稿单不符"),
        ({"passed": {99: "h"}}, "本期没有稿件 #99"),
        ({"opinions": {99: "x"}}, "本期没有稿件 #99"),
    ],
)
def test_decisions_that_make_no_sense(newsroom: Any, decisions: dict[str, Any], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        newsroom.review("first_review", "lin", **decisions)


def test_another_editions_story_is_not_decided_about(newsroom: Any) -> None:
    newsroom.edition("cunchao/2026-06-13")
    story = newsroom.file(newsroom.assignment())
    seen = hashes(newsroom, "first_review")
    newsroom.key = "cunchao/2026-06-13"
    with pytest.raises(BadInput, match=f"本期没有稿件 #{story}"):
        newsroom.review("first_review", "lin", passed=seen, seen=seen)


def test_no_timeout_approves(newsroom: Any) -> None:
    story = newsroom.file(newsroom.assignment())
    for stage, _by in STAGES:
        newsroom.sheet(stage)
        newsroom.now += timedelta(days=30)
        newsroom.take_in()
        waiting(newsroom.ledger, newsroom.key, now=newsroom.now)
    empty = newsroom.review("first_review", "lin", seen={})
    assert asdict(empty) == {"passed": (), "returned": (), "rejected": (), "stale": (), "problems": ()}
    assert newsroom.story(story).state == "first_review"
    assert review_count(newsroom) == 0


def test_waiting_counts_what_is_still_owed(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    newsroom.assignment("nancheng")
    newsroom.assignment("nancheng", state="offered")

    def owed() -> int:
        return waiting(newsroom.ledger, newsroom.key, now=newsroom.now)

    assert owed() == 2
    story = newsroom.file(assignment)
    assert owed() == 1
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", opinions={story: "再改"})
    assert owed() == 2
    newsroom.file(assignment, body=body + "已改。")
    assert owed() == 1
    newsroom.now += timedelta(hours=8)
    assert owed() == 0
    assert pending(newsroom.ledger, newsroom.key).unfiled == 1


def test_the_record_tells_who_decided_what_on_which_version(newsroom: Any, body: str) -> None:
    assignment = newsroom.assignment()
    story = newsroom.file(assignment)
    newsroom.sheet("first_review")
    newsroom.review("first_review", "lin", opinions={story: "再改"})
    newsroom.file(assignment, body=body + "已改。")
    newsroom.sign_off()
    record = review_record(newsroom.ledger, story)
    assert [(v["number"], v["current"]) for v in record["versions"]] == [(1, False), (2, True)]
    assert [
        [(r["stage_name"], r["reviewer"], r["decision_name"], r["opinion"]) for r in v["reviews"]]
        for v in record["versions"]
    ] == [
        [("初审", "lin", "退回", "再改")],
        [("初审", "lin", "通过", ""), ("复审", "zhao", "通过", ""), ("终审", "wang", "通过", "")],
    ]
    assert record["signed_off_at"] == newsroom.now.isoformat()
    assert record["events"][-1]["to"] == "signed_off"
    with pytest.raises(BadInput, match="没有稿件 #999"):
        review_record(newsroom.ledger, 999)
