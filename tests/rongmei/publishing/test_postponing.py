"""Quotas and pauses: what waits knows until when, and a time that would be too late becomes a proposal."""

from datetime import datetime, timedelta

import pytest

from rongmei.channels import Quota
from rongmei.clock import at_local, local
from rongmei.errors import BadInput, CredentialRefused, QuotaGone, TryLater
from rongmei.ledger import Publication, Story
from rongmei.publishing import (
    next_due,
    plan_publications,
    publish,
    reschedule,
    rescheduled_due,
    stuck,
    sweep,
)

KEY = "cunchao/2026-06-06"
SLOTS = {"weibo": ["12:00", "17:30"]}


@pytest.fixture
def weibo(put_up):
    """A platform that allows two posts a day."""
    channel = put_up("weibo", quotas=(Quota("post", "发布", 2),), links=False)
    real = channel.send

    def send(line, article, progress):
        line.take("post")
        return real(line, article, progress)

    channel.send = send
    return channel


def go(newsroom, plan, connect, *, key=KEY, channel="weibo"):
    return publish(
        newsroom.ledger, plan, key, channel, connect=connect, settings=newsroom.settings, clock=newsroom.time
    )


def plan_stories(newsroom, planned, count, *, key=KEY, channel="weibo", **rules):
    plan = planned(channels=[channel], accounts="author", **rules)
    for number in range(1, count + 1):
        newsroom.sign_off(f"第 {number} 条", key=key)
    plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    return plan


def clock(moment: datetime) -> str:
    return local(moment).strftime("%m-%d %H:%M")


class TestQuota:
    def test_a_day_that_is_used_up_proposes_the_next_free_slots(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 5, slots=SLOTS)
        newsroom.time.now = at_local(newsroom.time.now.date(), "17:31")
        summary = go(newsroom, plan, connect)
        assert (summary.live, summary.waiting, summary.proposed) == (2, 3, 3)
        waiting = newsroom.publications()[2:]
        assert [clock(datetime.fromisoformat(one.progress["proposed"])) for one in waiting] == [
            "06-07 12:00",
            "06-07 17:30",
            "06-08 12:00",
        ]
        assert waiting[0].last_error == "今日额度已用完，建议改到 6月7日 12:00"
        assert {clock(one.not_before) for one in waiting} == {"06-07 00:00"}
        assert newsroom.events(waiting[2].id)[-1] == (None, "scheduled", "今日额度已用完，建议改到 6月8日 12:00")
        # One was turned away by the quota; the others were not even claimed.
        assert [one.attempts for one in waiting] == [1, 0, 0]

    def test_nobody_is_woken_for_what_waits_for_a_person(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 3, slots=SLOTS)
        newsroom.time.now = at_local(newsroom.time.now.date(), "17:31")
        go(newsroom, plan, connect)
        assert next_due(newsroom.ledger, KEY, "weibo") is None
        sends = len(weibo.sends)
        go(newsroom, plan, connect)
        assert len(weibo.sends) == sends
        newsroom.time.pass_(hours=7)
        done = sweep(newsroom.ledger, plan, rehearsal=False, connect=connect, clock=newsroom.time)
        assert (done.missed, newsroom.states()) == (1, ["live", "live", "missed"])

    def test_a_quota_that_is_back_in_time_is_waited_for(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 3, late_after_hours=48)
        go(newsroom, plan, connect)
        last = newsroom.publications()[2]
        assert "proposed" not in last.progress
        assert (
            next_due(newsroom.ledger, KEY, "weibo")
            == last.not_before
            == at_local(newsroom.time.now.date(), "00:00") + timedelta(days=1)
        )
        newsroom.time.now = last.not_before
        assert go(newsroom, plan, connect).live == 1

    def test_the_distance_a_platform_asks_for_is_kept_to_the_second(self, newsroom, planned, connect, put_up):
        slow = put_up("weibo", quotas=(Quota("post", "投稿", 50, apart=timedelta(seconds=30)),), links=False)
        real = slow.send
        slow.send = lambda line, article, progress: line.take("post") or real(line, article, progress)
        plan = plan_stories(newsroom, planned, 4)
        rounds = 0
        while (moment := next_due(newsroom.ledger, KEY, "weibo")) is not None:
            newsroom.time.now = max(newsroom.time.now, moment)
            go(newsroom, plan, connect)
            rounds += 1
        rows = newsroom.publications()
        assert [one.state for one in rows] == ["live"] * 4
        assert [(one.live_at - rows[0].live_at).total_seconds() for one in rows] == [0, 30, 60, 90]
        assert rounds == 4

    def test_a_rehearsal_uses_a_quota_of_its_own(self, newsroom, planned, connect, weibo):
        rehearsal = newsroom.open(rehearsal=True)
        rehearsed = plan_stories(newsroom, planned, 2, key=rehearsal)
        plan = plan_stories(newsroom, planned, 2)
        assert go(newsroom, rehearsed, connect, key=rehearsal).live == 2
        assert go(newsroom, plan, connect).live == 2

    def test_an_accounts_own_limit_counts(self, newsroom, planned, connect, weibo):
        newsroom.sign_off()
        newsroom.sign_off("第二条")
        plan = planned(channels=["weibo"], accounts="author", on=["weibo"], account={"limits": {"post": 1}})
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert go(newsroom, plan, connect).live == 1

    def test_a_bundle_is_proposed_as_a_bundle(self, newsroom, planned, connect, bundling):
        gone = QuotaGone("用完", now=newsroom.time.now, resets_at=at_local(newsroom.time.now.date(), "23:59"))
        bundling.send_faults = [(False, gone)]
        plan = plan_stories(newsroom, planned, 3, channel="wechat", slots={"wechat": ["12:00"]}, min_gap_minutes=10)
        go(newsroom, plan, connect, channel="wechat")
        proposed = {one.progress["proposed"] for one in newsroom.publications()}
        assert {clock(datetime.fromisoformat(one)) for one in proposed} == {"06-07 12:00"}
        for one in newsroom.publications():
            reschedule(newsroom.ledger, one.id, at=None, by="chen-ce", now=newsroom.time.now)
        newsroom.time.now = newsroom.publications()[0].scheduled_at
        assert go(newsroom, plan, connect, channel="wechat").live == 3
        assert [len(bundle) for bundle in bundling.bundles] == [3]


def test_any_wait_that_is_too_long_becomes_a_proposal(newsroom, planned, connect, put_up):
    weibo = put_up("weibo", links=False)
    weibo.prepare_faults = [TryLater("平台维护", retry_after=timedelta(hours=20))]
    plan = plan_stories(newsroom, planned, 1, slots=SLOTS)
    assert go(newsroom, plan, connect).proposed == 1
    assert newsroom.publications()[0].last_error == "平台维护，建议改到 6月7日 12:00"


def test_a_proposal_is_forgotten_with_the_next_attempt(newsroom, planned, connect, put_up):
    weibo = put_up("weibo", links=False)
    weibo.prepare_faults = [TryLater("平台维护", retry_after=timedelta(hours=20))]
    plan = plan_stories(newsroom, planned, 1, slots=SLOTS)
    go(newsroom, plan, connect)
    at = reschedule(newsroom.ledger, 1, at=None, by="chen-ce", now=newsroom.time.now)
    newsroom.time.now = at
    assert go(newsroom, plan, connect).live == 1
    assert "proposed" not in newsroom.publications()[0].progress


class TestReschedule:
    @pytest.fixture
    def missed(self, newsroom, planned, connect, weibo):
        """One publication that was missed, with a proposal for noon of the next day."""
        plan = plan_stories(newsroom, planned, 3, slots=SLOTS)
        newsroom.time.now = at_local(newsroom.time.now.date(), "17:31")
        go(newsroom, plan, connect)
        newsroom.time.pass_(hours=6, minutes=1)
        sweep(newsroom.ledger, plan, rehearsal=False, connect=connect, clock=newsroom.time)
        assert newsroom.publication(3).state == "missed"
        return plan

    def test_the_proposal_is_accepted(self, newsroom, connect, missed):
        at = reschedule(newsroom.ledger, 3, at=None, by="chen-ce", now=newsroom.time.now)
        row = newsroom.publication(3)
        assert (row.state, clock(at), row.scheduled_at) == ("scheduled", "06-07 12:00", at)
        assert (row.not_before, row.last_error) == (None, None)
        assert newsroom.events(3)[-1] == ("missed", "scheduled", "人工改期：6月6日 17:30 → 6月7日 12:00")
        assert next_due(newsroom.ledger, KEY, "weibo") == at
        assert rescheduled_due(newsroom.ledger, rehearsal=False, now=newsroom.time.now) == ()
        newsroom.time.now = at
        assert rescheduled_due(newsroom.ledger, rehearsal=False, now=at) == (("cunchao", KEY, "weibo"),)
        assert rescheduled_due(newsroom.ledger, rehearsal=True, now=at) == ()
        assert go(newsroom, missed, connect).live == 1
        assert rescheduled_due(newsroom.ledger, rehearsal=False, now=at) == ()

    def test_another_time_is_as_good(self, newsroom, connect, missed):
        at = at_local(newsroom.time.now.date() + timedelta(days=1), "09:15")
        assert reschedule(newsroom.ledger, 3, at=at, by="chen-ce", now=newsroom.time.now) == at
        assert newsroom.publication(3).scheduled_at == at

    def test_what_is_scheduled_may_be_moved_too(self, newsroom, planned, connect, weibo):
        plan_stories(newsroom, planned, 1, slots=SLOTS)
        at = newsroom.time.now + timedelta(hours=3)
        reschedule(newsroom.ledger, 1, at=at, by="chen-ce", now=newsroom.time.now)
        assert newsroom.publications()[0].scheduled_at == at
        assert newsroom.events(1)[-1][2] == "人工改期：6月6日 12:00 → 6月6日 15:00"

    @pytest.mark.parametrize("hours", [0, -1])
    def test_no_time_that_is_past(self, newsroom, missed, hours):
        at = newsroom.time.now + timedelta(hours=hours)
        with pytest.raises(BadInput, match="已经过去"):
            reschedule(newsroom.ledger, 3, at=at, by="x", now=newsroom.time.now)

    def test_a_proposal_may_be_past_as_well(self, newsroom, missed):
        newsroom.time.pass_(days=2)
        with pytest.raises(BadInput, match="已经过去"):
            reschedule(newsroom.ledger, 3, at=None, by="x", now=newsroom.time.now)
        assert newsroom.publication(3).state == "missed"

    def test_not_into_the_embargo(self, newsroom, planned, put_up):
        put_up("weibo", links=False)
        newsroom.sign_off(extras={"embargo": "2026-06-06T18:00:00+08:00"})
        plan = planned(channels=["weibo"], accounts="author")
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        with pytest.raises(BadInput, match="6月6日 17:00 早于解禁时间 6月6日 18:00"):
            reschedule(newsroom.ledger, 1, at=newsroom.time.now + timedelta(hours=5), by="x", now=newsroom.time.now)
        reschedule(newsroom.ledger, 1, at=newsroom.time.now + timedelta(hours=6), by="x", now=newsroom.time.now)

    def test_not_without_a_time(self, newsroom, planned, weibo):
        plan_stories(newsroom, planned, 1)
        with pytest.raises(BadInput, match="没有建议的时间"):
            reschedule(newsroom.ledger, 1, at=None, by="x", now=newsroom.time.now)

    def test_not_what_has_gone_out_or_is_not_there(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 1)
        go(newsroom, plan, connect)
        for number in (1, 99):
            with pytest.raises(BadInput, match="不能改期"):
                reschedule(newsroom.ledger, number, at=newsroom.time.now + timedelta(1), by="x", now=newsroom.time.now)

    def test_not_a_version_that_was_edited(self, newsroom, planned, weibo):
        plan_stories(newsroom, planned, 1)
        with newsroom.ledger.begin() as session:
            session.get_one(Story, 1).state = "filed"
        with pytest.raises(BadInput, match="稿件已改"):
            reschedule(newsroom.ledger, 1, at=newsroom.time.now + timedelta(1), by="x", now=newsroom.time.now)

    def test_into_a_bundle_it_comes_last(self, newsroom, planned, bundling):
        plan_stories(newsroom, planned, 2, channel="wechat")
        at = newsroom.time.now + timedelta(hours=1)
        for number in (2, 1):
            reschedule(newsroom.ledger, number, at=at, by="x", now=newsroom.time.now)
        assert [one.position for one in newsroom.publications()] == [2, 1]

    def test_a_naive_time_is_nobodys(self, newsroom, planned, weibo):
        plan_stories(newsroom, planned, 1)
        naive = (newsroom.time.now + timedelta(1)).replace(tzinfo=None)
        with pytest.raises(ValueError, match="没有时区"):
            reschedule(newsroom.ledger, 1, at=naive, by="x", now=newsroom.time.now)


class TestStuck:
    """A refused credential that is all there is left must be seen."""

    def refuse(self, *_):
        raise CredentialRefused("没有账号连接 rongmei_weibo_dongcheng")

    def test_the_account_is_named(self, newsroom, planned, weibo):
        plan = plan_stories(newsroom, planned, 2)
        assert stuck(newsroom.ledger, KEY, "weibo") == ()
        summary = go(newsroom, plan, self.refuse)
        assert summary.refused_accounts == ("dongcheng/weibo",)
        (one,) = stuck(newsroom.ledger, KEY, "weibo")
        assert (one.account, one.publications) == ("dongcheng/weibo", 2)
        assert one.why == "没有账号连接 rongmei_weibo_dongcheng"

    def test_a_refusal_on_the_way_keeps_the_rest_of_the_account_back(self, newsroom, planned, connect, weibo):
        weibo.prepare_faults = [CredentialRefused("密钥过期")]
        plan = plan_stories(newsroom, planned, 3)
        go(newsroom, plan, connect)
        (one,) = stuck(newsroom.ledger, KEY, "weibo")
        assert one.publications == 3
        assert next_due(newsroom.ledger, KEY, "weibo") == newsroom.time.now + timedelta(minutes=5)

    def test_nothing_is_stuck_while_something_else_is_to_come(self, newsroom, planned, weibo):
        plan = plan_stories(newsroom, planned, 1)
        go(newsroom, plan, self.refuse)
        newsroom.sign_off("晚上的", outlet="daily")
        later = planned(channels=["weibo"], accounts="author", slots=SLOTS)
        newsroom.time.pass_(minutes=1)
        plan_publications(newsroom.ledger, later, KEY, now=newsroom.time.now)
        assert stuck(newsroom.ledger, KEY, "weibo") == ()

    def test_once_mended_it_is_over(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 1)
        go(newsroom, plan, self.refuse)
        newsroom.time.pass_(minutes=5)
        assert go(newsroom, plan, connect).live == 1
        assert stuck(newsroom.ledger, KEY, "weibo") == ()
        assert "waits_for" not in newsroom.publications()[0].progress

    def test_a_proposal_beside_it_does_not_hide_it(self, newsroom, planned, connect, weibo):
        plan = plan_stories(newsroom, planned, 2)
        go(newsroom, plan, self.refuse)
        with newsroom.ledger.begin() as session:
            row = session.get_one(Publication, 2)
            row.progress = {"proposed": "2026-06-07T04:00:00+00:00"}
        assert [one.publications for one in stuck(newsroom.ledger, KEY, "weibo")] == [1]
