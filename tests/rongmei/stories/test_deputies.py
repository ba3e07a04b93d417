"""代班: who stands in reviews for that time, in nobody's place but theirs, and remains one person of the three."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from rongmei.config import Deputy
from rongmei.errors import BadInput
from rongmei.stories import review_record, review_sheet
from rongmei.stories.stages import free_people, stage_people, stands_in_for, with_deputies

DAY = date(2026, 6, 6)


def absent(room: Any, person: str, deputy: str, first: str = "2026-06-05", last: str = "2026-06-07") -> None:
    """`deputy` stands in for `person` from `first` to `last`."""
    away = Deputy.model_validate({"person": deputy, "from": first, "to": last})
    cluster = room.plan.cluster
    people = tuple(
        one.model_copy(update={"deputies": (*one.deputies, away)}) if one.id == person else one
        for one in cluster.people
    )
    room.plan = room.plan._replace(cluster=cluster.model_copy(update={"people": people}))


def hashes(room: Any, stage: str) -> dict[int, str]:
    sheet = review_sheet(room.ledger, with_deputies(room.plan, DAY), room.key, stage, now=room.now)
    return {item.story_id: item.content_hash for item in sheet.items}


def test_without_deputies_the_plan_is_the_same(newsroom: Any) -> None:
    assert with_deputies(newsroom.plan, DAY) is newsroom.plan


def test_a_deputy_is_of_the_stage_on_those_days_only(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun", "2026-06-06", "2026-06-07")
    on = {day: stage_people(with_deputies(newsroom.plan, date(2026, 6, day)), "first_review") for day in (5, 6, 7, 8)}
    assert on == {5: ("lin", "chen"), 6: ("lin", "chen", "sun"), 7: ("lin", "chen", "sun"), 8: ("lin", "chen")}


def test_a_deputy_stands_in_only_where_the_absent_one_reviews(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun")
    plan = with_deputies(newsroom.plan, DAY)
    assert stage_people(plan, "second_review") == ("chen", "zhao")
    assert stage_people(plan, "final_review") == ("wang", "lin", "sun")
    assert with_deputies(plan, DAY) == plan


def test_who_reviews_there_anyway_stands_in_for_nobody(newsroom: Any) -> None:
    absent(newsroom, "lin", "chen")
    assert with_deputies(newsroom.plan, DAY).campaign.production.reviews.first == ("lin", "chen")
    assert stands_in_for(newsroom.plan, "first_review", "chen", DAY) == ()
    assert stands_in_for(newsroom.plan, "final_review", "chen", DAY) == ("lin",)
    assert stands_in_for(newsroom.plan, "final_review", "sun", DAY) == ()


def test_one_may_stand_in_for_two(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun")
    absent(newsroom, "chen", "sun")
    assert stage_people(with_deputies(newsroom.plan, DAY), "first_review") == ("lin", "chen", "sun")
    assert stands_in_for(newsroom.plan, "first_review", "sun", DAY) == ("lin", "chen")


def test_the_record_says_in_whose_place(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun")
    story = newsroom.file(newsroom.assignment())
    newsroom.review("first_review", "sun", passed=hashes(newsroom, "first_review"))
    record = review_record(newsroom.ledger, story)
    (made,) = record["versions"][0]["reviews"]
    assert (made["reviewer"], made["stands_for"]) == ("sun", ["lin"])
    assert record["events"][-1]["why"] == "初审通过（代 林初）"


def test_nobody_stands_in_before_or_after(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun", "2026-06-07", "2026-06-08")
    newsroom.file(newsroom.assignment())
    shown = hashes(newsroom, "first_review")
    with pytest.raises(BadInput, match=r"孙审不在初审名单里.*由 林初、陈二 来审"):
        newsroom.review("first_review", "sun", passed=shown)
    newsroom.now += timedelta(days=1)
    assert newsroom.review("first_review", "sun", passed=shown).passed


def test_the_day_is_the_newsrooms(newsroom: Any) -> None:
    """17:00 UTC is one o'clock of the next day in Beijing."""
    absent(newsroom, "lin", "sun", "2026-06-07", "2026-06-07")
    newsroom.file(newsroom.assignment())
    shown = hashes(newsroom, "first_review")
    newsroom.now = newsroom.now.replace(hour=17)
    assert newsroom.review("first_review", "sun", passed=shown).passed


def test_a_deputy_is_one_person_of_the_three(newsroom: Any) -> None:
    """孙审 stands in for 林初, who is in the first and the final list: not both for one version."""
    absent(newsroom, "lin", "sun")
    newsroom.file(newsroom.assignment())
    newsroom.review("first_review", "sun", passed=hashes(newsroom, "first_review"))
    shown = hashes(newsroom, "second_review")
    newsroom.review("second_review", "zhao", passed=shown)
    with pytest.raises(BadInput, match="各审级须由不同的人来审"):
        newsroom.review("final_review", "sun", passed=shown)
    assert newsroom.review("final_review", "lin", passed=shown).passed


def test_the_sheet_can_be_answered_by_the_deputy(newsroom: Any) -> None:
    absent(newsroom, "lin", "sun")
    newsroom.file(newsroom.assignment())
    plan = with_deputies(newsroom.plan, DAY)
    sheet = review_sheet(newsroom.ledger, plan, newsroom.key, "first_review", now=newsroom.now)
    assert sheet.reviewers == ("lin", "chen", "sun")


def test_who_would_leave_nobody_for_later_is_not_asked(newsroom: Any, campaign_with: Any) -> None:
    campaign = campaign_with(first=("lin", "chen"), second=("chen", "lin"), final=("chen", "wang"))
    plan = newsroom.plan._replace(campaign=campaign)
    assert free_people(plan, "first_review", ()) == ("lin", "chen")
    assert free_people(plan, "second_review", {"lin"}) == ("chen",)
    assert free_people(plan, "second_review", {"lin", "wang"}) == ("chen",)
    assert free_people(plan, "final_review", {"chen", "wang"}) == ()
