"""The judge of the storm, judged: it must see everything that would be a harm."""

from __future__ import annotations

from typing import Any

import pytest
from tests.chaos.reckoning import Entry, place_of, reckon


def entry(state: str = "live", *, story: int = 7, **more: Any) -> Entry:
    facts = {"id": story, "channel": "weibo", "outlet": "humen", "external_id": f"W{story}", **more}
    return Entry(story=story, state=state, **facts)


def post(story: int = 7, number: str = "", **more: Any) -> dict[str, Any]:
    title = f"第{story:04d}号战报：村超"
    facts = {"platform": "weibo", "account": "humen", "id": f"W{story}{number}", "url": f"http://w/{story}{number}"}
    return {**facts, "title": "", "text": f"【{title}】", "sha256": f"{story}", **more}


def test_one_post_for_each_publication_is_all_there_should_be():
    verdict = reckon([entry(story=1), entry(story=2)], [post(1), post(2)])
    assert (verdict.duplicates, verdict.lost, verdict.complaints) == (0, 0, [])
    assert verdict.states == {"live": 2}


@pytest.mark.parametrize(
    ("posts", "duplicates"),
    [
        ([post(), post(number="b")], 1),
        ([post(), post(number="b", sha256="other words"), post(number="c")], 2),
        ([post(), post(story=8)], 1),
        ([post(), post(text="没有编号", sha256="no number")], 1),
        ([post(), post(account="dalang")], 1),
    ],
    ids=["the same words", "other words", "nobody ordered it", "no number", "another account's"],
)
def test_duplicates(posts, duplicates):
    assert reckon([entry()], posts).duplicates == duplicates


@pytest.mark.parametrize("state", ["scheduled", "sending", "missed", "cancelled", "failed"])
def test_a_post_the_ledger_says_is_not_out_is_lost(state):
    assert reckon([entry(state, why="总有原因")], [post()]).lost == 1


@pytest.mark.parametrize("state", ["live", "accepted", "scheduled", "sending", "missed", "cancelled"])
def test_a_publication_that_is_neither_out_nor_with_a_person_is_lost(state):
    assert reckon([entry(state, why="总有原因")], []).lost == 1


@pytest.mark.parametrize(("state", "posts"), [("failed", []), ("unknown", []), ("unknown", [post()])])
def test_a_person_can_finish_what_has_a_reason_and_only_that(state, posts):
    assert reckon([entry(state, why="平台没有可查的列表")], posts).lost == 0
    assert reckon([entry(state)], posts).lost == 1


def test_an_address_of_another_post_is_lost():
    assert reckon([entry(external_id="W9", url="http://w/9")], [post()]).lost == 1
    assert reckon([entry(external_id="W9", url="http://w/7")], [post()]).lost == 0


def test_a_story_is_read_from_the_title_before_the_text():
    assert place_of(post(text="转：第0009号战报", title="第0007号战报")) == ("weibo", "humen", 7)
