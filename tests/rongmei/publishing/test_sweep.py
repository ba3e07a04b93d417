"""The sweep over all campaigns: each for itself, nothing sent, and what cannot be swept is said."""

from datetime import timedelta

import pytest

from rongmei.channels import registry
from rongmei.errors import BadInput, OutcomeUnknown
from rongmei.ledger import open_edition
from rongmei.publishing import plan_publications, publish, sweep_all

KEY = "cunchao/2026-06-06"


@pytest.fixture
def open_work(newsroom, planned, connect, wechat):
    """A real edition with one unknown and one scheduled publication, and a rehearsal with one unknown."""
    plan = planned(channels=["wechat"], accounts="author")
    rehearsal = newsroom.open(rehearsal=True)
    for key in (KEY, rehearsal):
        wechat.send_faults = [(False, OutcomeUnknown("断开"))]
        newsroom.sign_off(key=key)
        plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
        publish(newsroom.ledger, plan, key, "wechat", connect=connect, settings=newsroom.settings, clock=newsroom.time)
    newsroom.sign_off("第二条")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    assert newsroom.states() == ["unknown", "unknown", "scheduled"]
    return plan


def go(newsroom, load_plan, connect, **options):
    return sweep_all(newsroom.ledger, load_plan, rehearsal=False, connect=connect, clock=newsroom.time, **options)


def test_every_campaign_with_something_open_is_swept(newsroom, connect, wechat, open_work):
    loaded = []
    newsroom.time.pass_(hours=7)
    sends = len(wechat.sends)
    done = go(newsroom, lambda campaign: loaded.append(campaign) or open_work, connect)
    assert loaded == ["cunchao"]
    assert (done.editions, done.rescheduled, done.missed, done.problems) == (1, 1, 2, ())
    assert newsroom.states() == ["missed", "unknown", "missed"]
    assert len(wechat.sends) == sends
    assert go(newsroom, loaded.append, connect).editions == 0


def test_rehearsals_are_swept_with_their_own_clock(newsroom, connect, wechat, open_work):
    newsroom.time.pass_(hours=1)
    done = sweep_all(newsroom.ledger, lambda _: open_work, rehearsal=True, connect=connect, clock=newsroom.time)
    assert (done.rescheduled, newsroom.states()) == (1, ["unknown", "scheduled", "scheduled"])


def test_a_campaign_without_a_file_stops_no_other(newsroom, connect, wechat, open_work):
    with newsroom.ledger.begin() as session:
        gone = open_edition(
            session, "abgesagt", newsroom.time.now.date(), rehearsal=False, options={}, now=newsroom.time.now
        )
        row = newsroom.publications()[2]
        session.merge(row).edition_id = gone.id

    def load(campaign):
        if campaign == "abgesagt":
            raise BadInput("没有活动文件")
        return open_work

    newsroom.time.pass_(minutes=10)
    done = go(newsroom, load, connect)
    assert done.rescheduled == 1
    assert done.problems == ("活动 abgesagt：没有活动文件",)


def test_a_channel_that_is_gone_and_broken_credentials_are_problems(newsroom, connect, open_work, monkeypatch):
    def broken(outlet, account):
        raise BadInput("凭据文件读不出来")

    newsroom.time.pass_(minutes=10)
    done = go(newsroom, lambda _: open_work, broken)
    assert done.problems == (f"{KEY} wechat：凭据文件读不出来",)
    monkeypatch.delitem(registry.all_channels(), "wechat")
    (problem,) = go(newsroom, lambda _: open_work, connect).problems
    assert "没有渠道“wechat”" in problem
    assert newsroom.states() == ["unknown", "unknown", "scheduled"]


def test_stale_claims_are_taken_everywhere(newsroom, planned, connect, wechat, monkeypatch):
    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    plan = planned(channels=["wechat"], accounts="author")
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    monkeypatch.setattr(wechat, "prepare", die)
    with pytest.raises(Killed):
        publish(newsroom.ledger, plan, KEY, "wechat", connect=connect, settings=newsroom.settings, clock=newsroom.time)
    newsroom.time.now += timedelta(minutes=15)
    done = go(newsroom, lambda _: plan, connect)
    assert (done.stale, done.rescheduled, newsroom.states()) == (1, 1, ["scheduled"])
