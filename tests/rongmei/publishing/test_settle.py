"""Settling, confirming, sweeping, and a person's word."""

from datetime import timedelta

import pytest

from rongmei.channels import Absent, Accepted, Pending, Rejected
from rongmei.errors import BadInput, OutcomeUnknown, TryLater
from rongmei.publishing import confirm, next_due, plan_publications, publish, settle, settle_by_hand, sweep

KEY = "cunchao/2026-06-06"


@pytest.fixture
def unknown(newsroom, planned, connect, wechat):
    """One publication whose outcome is unknown; the post did not arrive."""
    wechat.send_faults = [(False, OutcomeUnknown("断开"))]
    plan = planned(channels=["wechat"], accounts="author")
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    publish(newsroom.ledger, plan, KEY, "wechat", connect=connect, settings=newsroom.settings, clock=newsroom.time)
    assert newsroom.states() == ["unknown"]
    return plan


@pytest.fixture
def accepted(newsroom, planned, connect, wechat):
    """One publication the platform has taken and not shown yet."""
    wechat.live = False
    plan = planned(channels=["wechat"], accounts="author")
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    publish(newsroom.ledger, plan, KEY, "wechat", connect=connect, settings=newsroom.settings, clock=newsroom.time)
    return plan


def look(newsroom, plan, connect, do=settle):
    return do(newsroom.ledger, plan, KEY, "wechat", connect=connect, clock=newsroom.time)


def test_what_cannot_be_decided_is_looked_for_less_and_less(newsroom, connect, wechat, unknown):
    wechat.sightings = [Pending("看不清")] * 7
    pauses = []
    for _ in range(5):
        assert look(newsroom, unknown, connect).unknown == 1
        due = next_due(newsroom.ledger, KEY, "wechat")
        pauses.append((due - newsroom.time.now) / timedelta(minutes=1))
        newsroom.time.now = due
    # The first look waits for the proof to be possible at all.
    assert pauses == [2, 2, 4, 8, 16]
    look(newsroom, unknown, connect)
    assert next_due(newsroom.ledger, KEY, "wechat") is None
    assert newsroom.states() == ["unknown"]


def test_a_platform_that_cannot_be_read_decides_nothing(newsroom, connect, wechat, unknown):
    wechat.sightings = [TryLater("连不上")]
    newsroom.time.pass_(hours=1)
    assert look(newsroom, unknown, connect).unknown == 1
    assert "连不上" in newsroom.publications()[0].last_error


def test_a_look_that_began_too_early_proves_nothing(newsroom, connect, wechat, unknown, monkeypatch):
    """The first page was read before the post can be missed, the last one long after."""

    def slowly(*_):
        newsroom.time.pass_(minutes=10)
        return Absent("看过了")

    with monkeypatch.context() as patch:
        patch.setattr(wechat, "find", slowly)
        assert look(newsroom, unknown, connect).unknown == 1
        assert look(newsroom, unknown, connect).rescheduled == 1


def test_a_look_at_an_older_attempt_decides_nothing(newsroom, connect, wechat, unknown, monkeypatch):
    """Between reading the platform and writing, another process has sent again: that attempt is not ours to judge."""
    newsroom.time.pass_(minutes=5)
    real = wechat.find

    def meanwhile(*arguments):
        monkeypatch.setattr(wechat, "find", real)
        sighting = real(*arguments)
        wechat.send_faults = [(True, OutcomeUnknown("又断开"))]
        publish(
            newsroom.ledger, unknown, KEY, "wechat", connect=connect, settings=newsroom.settings, clock=newsroom.time
        )
        return sighting

    monkeypatch.setattr(wechat, "find", meanwhile)
    look(newsroom, unknown, connect)
    assert (newsroom.states(), len(wechat.posts)) == (["unknown"], 1)
    newsroom.time.pass_(minutes=5)
    assert look(newsroom, unknown, connect).live == 1


def test_confirm_makes_it_live_with_its_address(newsroom, connect, wechat, accepted):
    wechat.confirmations = [Pending("平台正在发布"), Accepted("article-1", "https://mp.example/1", live=True)]
    assert look(newsroom, accepted, connect, confirm).pending == 1
    assert newsroom.publications()[0].last_error == "平台正在发布"
    assert look(newsroom, accepted, connect, confirm).live == 1
    publication = newsroom.publications()[0]
    assert (publication.state, publication.external_id) == ("live", "article-1")
    assert (publication.url, publication.last_error) == ("https://mp.example/1", None)
    assert look(newsroom, accepted, connect, confirm) == type(look(newsroom, accepted, connect, confirm))()


def test_a_post_that_review_turns_down_has_failed(newsroom, connect, wechat, accepted):
    wechat.confirmations = [Rejected("平台审核不通过")]
    assert look(newsroom, accepted, connect, confirm).failed == 1
    assert "审核不通过" in newsroom.publications()[0].last_error


def test_sweep_settles_confirms_and_marks_missed_but_sends_nothing(newsroom, planned, connect, wechat, unknown):
    newsroom.sign_off("第二条")
    plan_publications(newsroom.ledger, unknown, KEY, now=newsroom.time.now)
    newsroom.time.pass_(hours=7)
    sends = len(wechat.sends)
    summary = sweep(newsroom.ledger, unknown, rehearsal=False, connect=connect, clock=newsroom.time)
    assert (summary.editions, summary.rescheduled, summary.missed) == (1, 1, 2)
    assert newsroom.states() == ["missed", "missed"]
    assert len(wechat.sends) == sends
    assert sweep(newsroom.ledger, unknown, rehearsal=False, connect=connect, clock=newsroom.time).editions == 0


def test_sweep_keeps_to_its_kind_of_editions(newsroom, connect, wechat, unknown):
    assert sweep(newsroom.ledger, unknown, rehearsal=True, connect=connect, clock=newsroom.time).editions == 0
    assert newsroom.states() == ["unknown"]


def test_a_person_says_that_it_is_there(newsroom, unknown):
    publication = newsroom.publications()[0]
    url = "https://mp.weixin.qq.com/s/abc"
    state = settle_by_hand(
        newsroom.ledger, publication.id, url=url, external_id=None, by="chen-ce", now=newsroom.time.now
    )
    assert (state, newsroom.publications()[0].url) == ("live", url)


def test_a_person_says_that_it_is_not_there(newsroom, unknown):
    publication = newsroom.publications()[0]
    settle_by_hand(newsroom.ledger, publication.id, url=None, external_id=None, by="chen-ce", now=newsroom.time.now)
    assert newsroom.states() == ["failed"]
    with pytest.raises(BadInput, match="不是“结果不明”"):
        settle_by_hand(newsroom.ledger, publication.id, url=None, external_id=None, by="chen-ce", now=newsroom.time.now)


def test_a_person_must_give_an_address(newsroom, unknown):
    publication = newsroom.publications()[0]
    with pytest.raises(BadInput, match="不是网址"):
        settle_by_hand(
            newsroom.ledger, publication.id, url="javascript:1", external_id=None, by="x", now=newsroom.time.now
        )
    assert newsroom.states() == ["unknown"]
