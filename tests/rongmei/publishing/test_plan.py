"""Planning: which accounts, which times, and that planning twice changes nothing."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rongmei.clock import at_local, local
from rongmei.ledger import Publication, move
from rongmei.publishing import plan_publications
from rongmei.publishing.plan import _next_free

KEY = "cunchao/2026-06-06"


def times(newsroom, account):
    return [
        local(publication.scheduled_at).strftime("%H:%M")
        for publication in newsroom.publications()
        if publication.account == account
    ]


def test_every_signed_off_story_gets_the_accounts_of_the_rule(newsroom, planned):
    newsroom.sign_off(outlet="dongcheng")
    summary = plan_publications(newsroom.ledger, planned(), KEY, now=newsroom.time.now)
    assert {publication.account for publication in newsroom.publications()} == {
        f"{outlet}/{channel}" for outlet in ("daily", "dongcheng") for channel in ("wechat", "weibo", "wordpress")
    }
    assert (summary.planned, summary.cancelled, summary.known) == (6, 0, 0)


@pytest.mark.parametrize(
    ("rule", "outlets"), [("author", {"dongcheng"}), ("city", {"daily"}), ("author_and_city", {"daily", "dongcheng"})]
)
def test_account_rule(newsroom, planned, rule, outlets):
    newsroom.sign_off(outlet="dongcheng")
    plan_publications(newsroom.ledger, planned(accounts=rule), KEY, now=newsroom.time.now)
    assert {publication.outlet for publication in newsroom.publications()} == outlets


def test_options_narrow_the_channels(newsroom, planned):
    newsroom.open(channels=["weibo"])
    newsroom.sign_off()
    plan_publications(newsroom.ledger, planned(), KEY, now=newsroom.time.now)
    assert {publication.channel for publication in newsroom.publications()} == {"weibo"}


def test_planning_again_changes_nothing(newsroom, plan):
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    before = [(p.id, p.scheduled_at, p.fingerprint) for p in newsroom.publications()]
    again = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now + timedelta(hours=1))
    assert (again.planned, again.known) == (0, len(before))
    assert [(p.id, p.scheduled_at, p.fingerprint) for p in newsroom.publications()] == before


def test_stories_that_are_not_signed_off_are_left_alone(newsroom, plan):
    newsroom.open()
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 0


def test_slots_are_filled_one_story_each_then_by_the_gap(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "11:00")
    for number in range(4):
        newsroom.sign_off(f"第 {number} 条", outlet="daily")
    plan = planned(slots={"wechat": ["18:30", "12:00"]}, min_gap_minutes=10, accounts="author")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["12:00", "18:30", "18:40", "18:50"]


def test_a_slot_just_past_means_now(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "20:00")
    newsroom.sign_off(outlet="daily")
    plan_publications(newsroom.ledger, planned(slots={"wechat": ["12:00", "18:30"]}), KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/wechat") == ["20:00"]


def test_a_slot_long_past_stays_so_that_publish_marks_it_missed(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "18:00") + timedelta(days=30)
    newsroom.sign_off(outlet="daily")
    plan_publications(newsroom.ledger, planned(slots={"wechat": ["12:00"]}), KEY, now=newsroom.time.now)
    wechat = newsroom.publications("wechat")[0]
    assert wechat.scheduled_at == at_local(wechat.scheduled_at.date(), "12:00") < newsroom.time.now - timedelta(days=29)


def test_no_slots_counts_from_the_sign_off(newsroom, plan):
    signed = newsroom.time.now - timedelta(days=3)
    newsroom.sign_off(outlet="daily", at=signed)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert {publication.scheduled_at for publication in newsroom.publications()} == {signed}


def test_weibo_never_comes_before_the_page_it_links_to(newsroom, planned):
    newsroom.time.now = at_local(newsroom.time.now.date(), "08:00")
    newsroom.sign_off(outlet="daily")
    plan = planned(slots={"wordpress": ["19:00"], "weibo": ["09:00", "20:00"]})
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert times(newsroom, "daily/weibo") == ["20:00"]


def test_an_edited_story_takes_back_what_was_scheduled(newsroom, planned):
    plan = planned(accounts="author")
    story = newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    newsroom.edit(story)
    summary = plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert (summary.cancelled, summary.planned) == (3, 3)
    assert newsroom.states() == ["cancelled"] * 3 + ["scheduled"] * 3
    assert len({publication.fingerprint for publication in newsroom.publications()}) == 6


def test_a_version_that_failed_makes_room_for_the_next(newsroom, planned):
    plan = planned(accounts="author", channels=["wechat"])
    story = newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    with newsroom.ledger.begin() as session:
        publication = session.get_one(Publication, newsroom.publications()[0].id)
        move(session, publication, "scheduled", "failed", by="test", why="标题太长", now=newsroom.time.now)
    # The same version is not tried again, the mended one is.
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 0
    newsroom.edit(story)
    assert plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now).planned == 1
    assert newsroom.states() == ["failed", "scheduled"]


def test_a_rehearsal_and_the_real_edition_do_not_push_each_other(newsroom, planned):
    plan = planned(accounts="author", min_gap_minutes=30)
    rehearsal = newsroom.open(rehearsal=True)
    newsroom.sign_off(key=rehearsal)
    newsroom.sign_off()
    for key in (rehearsal, KEY):
        plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    assert {publication.scheduled_at for publication in newsroom.publications("wechat")} == {newsroom.time.now}


@given(taken=st.lists(st.integers(0, 600), max_size=20), start=st.integers(0, 600), gap=st.integers(0, 60))
def test_next_free_keeps_the_gap_and_never_goes_back(taken, start, gap):
    base = at_local(date(2026, 6, 6), "00:00")
    moments = [base + timedelta(minutes=minute) for minute in taken]
    first = base + timedelta(minutes=start)
    span = timedelta(minutes=gap)
    found = _next_free(first, moments, span)
    assert found >= first
    assert all(abs(found - other) >= span for other in moments)


def test_a_crowded_account_keeps_its_distance(newsroom, planned):
    for number in range(12):
        newsroom.sign_off(f"第 {number} 条", outlet="daily")
    plan = planned(accounts="author", min_gap_minutes=7, slots={"weibo": ["12:00", "12:05", "12:30"]})
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    for channel in ("wechat", "weibo", "wordpress"):
        moments = sorted(publication.scheduled_at for publication in newsroom.publications(channel))
        assert all(later - earlier >= timedelta(minutes=7) for earlier, later in pairwise(moments))
