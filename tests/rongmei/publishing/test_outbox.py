"""The outbox: whatever breaks, one post; every state change as the design has it."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongmei.channels import AI_LABEL, Absent, Accepted, Credential
from rongmei.errors import BadInput, CredentialRefused, OutcomeUnknown, Refused, TryLater
from rongmei.ledger import Ledger
from rongmei.publishing import claims, next_due, plan_publications, publish, settle

KEY = "cunchao/2026-06-06"


def plan_wechat(newsroom, planned, stories=1, **publishing):
    plan = planned(channels=["wechat"], accounts="author", **publishing)
    for number in range(stories):
        newsroom.sign_off(f"第 {number + 1} 条：东城队二比一战胜南城队")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    return plan


def run(newsroom, plan, connect, *, ledger=None, key=KEY, channel="wechat", **options):
    return publish(
        ledger or newsroom.ledger,
        plan,
        key,
        channel,
        connect=connect,
        settings=newsroom.settings,
        clock=newsroom.time,
        **options,
    )


def test_a_due_publication_goes_live(newsroom, planned, connect, wechat):
    plan = plan_wechat(newsroom, planned)
    summary = run(newsroom, plan, connect)
    assert (summary.live, summary.accepted, summary.waiting) == (1, 0, 0)
    publication = newsroom.publications()[0]
    assert publication.external_id == f"wechat-{publication.fingerprint}"
    assert publication.url == "https://wechat.example/1"
    assert publication.live_at == newsroom.time.now
    assert [(before, after) for before, after, _ in newsroom.events(publication.id)] == [
        (None, "scheduled"),
        ("scheduled", "sending"),
        ("sending", "accepted"),
        ("accepted", "live"),
    ]
    assert "leaving" not in publication.progress


def test_running_again_sends_nothing(newsroom, planned, connect, wechat):
    plan = plan_wechat(newsroom, planned, stories=3)
    run(newsroom, plan, connect)
    summary = run(newsroom, plan, connect)
    assert len(wechat.sends) == 3
    assert (summary.live, summary.waiting) == (0, 0)


def test_what_is_not_due_waits(newsroom, planned, connect, wechat):
    plan = plan_wechat(newsroom, planned, slots={"wechat": ["18:30"]})
    assert run(newsroom, plan, connect).waiting == 1
    assert wechat.sends == []
    assert next_due(newsroom.ledger, KEY, "wechat") == newsroom.publications()[0].scheduled_at


def test_accepted_posts_wait_for_confirmation(newsroom, planned, connect, wechat):
    wechat.live = False
    plan = plan_wechat(newsroom, planned)
    assert run(newsroom, plan, connect).accepted == 1
    assert newsroom.states() == ["accepted"]
    assert next_due(newsroom.ledger, KEY, "wechat") is None


def test_a_clear_refusal_fails_for_good(newsroom, planned, connect, wechat):
    wechat.send_faults = [(False, Refused("daily/wechat 提交发布：平台拒绝（87014 内容违规）"))]
    plan = plan_wechat(newsroom, planned)
    assert run(newsroom, plan, connect).failed == 1
    run(newsroom, plan, connect)
    publication = newsroom.publications()[0]
    assert (publication.state, len(wechat.sends)) == ("failed", 1)
    assert "87014" in publication.last_error


def test_what_the_channel_cannot_take_is_never_sent(newsroom, planned, connect, wechat):
    wechat.problems = ("标题有 40 字，公众号最多 32 字",)
    plan = plan_wechat(newsroom, planned)
    assert run(newsroom, plan, connect).failed == 1
    assert wechat.sends == []
    assert "32 字" in newsroom.publications()[0].last_error


@pytest.mark.parametrize("where", ["prepare", "send"])
def test_a_quota_postpones_until_it_is_over(newsroom, planned, connect, wechat, where):
    quota = TryLater("今天的次数用完了", retry_after=timedelta(hours=2))
    if where == "prepare":
        wechat.prepare_faults = [quota]
    else:
        wechat.send_faults = [(False, quota)]
    plan = plan_wechat(newsroom, planned)
    summary = run(newsroom, plan, connect)
    assert (summary.postponed, summary.waiting) == (1, 1)
    publication = newsroom.publications()[0]
    assert (publication.state, publication.claim) == ("scheduled", None)
    assert publication.not_before == newsroom.time.now + timedelta(hours=2)
    assert next_due(newsroom.ledger, KEY, "wechat") == publication.not_before
    run(newsroom, plan, connect)
    assert len(wechat.posts) == 0
    newsroom.time.pass_(hours=2)
    assert run(newsroom, plan, connect).live == 1
    assert len(wechat.posts) == 1


def test_pauses_grow(newsroom, planned, connect, wechat):
    wechat.prepare_faults = [TryLater("连不上")] * 3
    plan = plan_wechat(newsroom, planned)
    pauses = []
    for _ in range(3):
        run(newsroom, plan, connect)
        due = next_due(newsroom.ledger, KEY, "wechat")
        pauses.append((due - newsroom.time.now) / timedelta(minutes=1))
        newsroom.time.now = due
    assert pauses == [1, 2, 4]


def test_a_refused_credential_waits_for_a_person(newsroom, planned, connect, wechat):
    wechat.prepare_faults = [CredentialRefused("密钥不对")]
    plan = plan_wechat(newsroom, planned, stories=3)
    summary = run(newsroom, plan, connect)
    assert summary.refused_accounts == ("dongcheng/wechat",)
    # The account is left alone after the first refusal.
    assert (summary.postponed, wechat.sends) == (1, [])
    newsroom.time.pass_(minutes=6)
    assert run(newsroom, plan, connect).live == 3


def test_an_account_without_a_credential_does_not_stop_the_others(newsroom, planned, connect, wechat):
    plan = planned(channels=["wechat"])
    newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)

    def some(outlet, account):
        if outlet.id == "dongcheng":
            raise CredentialRefused("没有这个账号的连接")
        return connect(outlet, account)

    summary = run(newsroom, plan, some)
    assert (summary.live, summary.postponed, summary.refused_accounts) == (1, 1, ("dongcheng/wechat",))
    assert next_due(newsroom.ledger, KEY, "wechat") > newsroom.time.now


def test_unreadable_credentials_are_the_callers_problem(newsroom, planned, wechat):
    def broken(outlet, account):
        raise BadInput("凭据文件读不出来")

    plan = plan_wechat(newsroom, planned)
    with pytest.raises(BadInput):
        run(newsroom, plan, broken)
    assert newsroom.states() == ["scheduled"]


@pytest.mark.parametrize("posted", [True, False])
def test_an_unknown_outcome_is_settled_by_reading(newsroom, planned, connect, wechat, posted):
    wechat.send_faults = [(posted, OutcomeUnknown("等不到平台的回答"))]
    plan = plan_wechat(newsroom, planned)
    assert run(newsroom, plan, connect).unknown == 1
    publication = newsroom.publications()[0]
    assert publication.state == "unknown"
    assert next_due(newsroom.ledger, KEY, "wechat") == newsroom.time.now + timedelta(minutes=2)
    for _ in range(4):
        run(newsroom, plan, connect)
        newsroom.time.pass_(minutes=1)
    assert newsroom.states() == ["live"]
    assert len(wechat.posts) == 1
    assert len(wechat.sends) == (1 if posted else 2)


def test_absence_proves_nothing_before_its_time(newsroom, planned, connect, wechat):
    wechat.send_faults = [(True, OutcomeUnknown("断开"))]
    wechat.sightings = [Absent("时间线上没有")]
    plan = plan_wechat(newsroom, planned)
    run(newsroom, plan, connect)
    newsroom.time.pass_(seconds=30)
    run(newsroom, plan, connect)
    assert newsroom.states() == ["unknown"]
    newsroom.time.pass_(minutes=3)
    run(newsroom, plan, connect)
    assert (newsroom.states(), len(wechat.posts)) == (["live"], 1)


def test_a_late_edition_is_missed_and_never_sent(newsroom, planned, connect, wechat):
    plan = plan_wechat(newsroom, planned, late_after_hours=6)
    newsroom.time.pass_(hours=6, minutes=1)
    summary = run(newsroom, plan, connect)
    assert (summary.missed, summary.live) == (1, 0)
    assert (newsroom.states(), wechat.sends) == (["missed"], [])


def test_a_post_that_stays_postponed_is_missed_in_the_end(newsroom, planned, connect, wechat):
    wechat.prepare_faults = [TryLater("额度", retry_after=timedelta(hours=9))]
    plan = plan_wechat(newsroom, planned)
    run(newsroom, plan, connect)
    newsroom.time.pass_(hours=9)
    assert run(newsroom, plan, connect).missed == 1


def test_an_edited_story_is_not_sent(newsroom, planned, connect, wechat):
    plan = planned(channels=["wechat"], accounts="author")
    story = newsroom.sign_off()
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    newsroom.edit(story)
    assert run(newsroom, plan, connect).cancelled == 1
    assert wechat.sends == []


def test_the_gap_between_posts_of_an_account_is_kept(newsroom, planned, connect, wechat):
    plan = plan_wechat(newsroom, planned, stories=3, min_gap_minutes=10)
    newsroom.time.pass_(hours=1)
    for expected in (1, 2, 3):
        run(newsroom, plan, connect)
        assert len(wechat.posts) == expected
        newsroom.time.now = next_due(newsroom.ledger, KEY, "wechat") or newsroom.time.now


def test_a_rehearsal_reaches_the_sandbox_only(newsroom, planned, wechat):
    plan = planned(channels=["wechat"], accounts="author")
    key = newsroom.open(rehearsal=True)
    newsroom.sign_off(key=key)
    plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
    summary = run(newsroom, plan, lambda *_: Credential("https://api.weixin.qq.com", {"secret": "real"}), key=key)
    assert (summary.postponed, summary.refused_accounts, wechat.sends) == (1, ("dongcheng/wechat",), [])
    assert "彩排" in newsroom.publications()[0].last_error


def test_ai_generated_text_carries_its_label(newsroom, planned, connect, wechat):
    plan = planned(channels=["wechat"], accounts="author")
    newsroom.sign_off(ai=True)
    newsroom.sign_off("另一条", ai=False)
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    run(newsroom, plan, connect)
    assert [AI_LABEL in article.html for article in wechat.articles] == [True, False]


def test_an_id_that_belongs_to_another_publication_is_doubted(newsroom, planned, connect, wechat, monkeypatch):
    monkeypatch.setattr(wechat, "send", lambda *_: Accepted("same", "https://a.example/", live=True))
    plan = plan_wechat(newsroom, planned, stories=2)
    run(newsroom, plan, connect)
    assert newsroom.states() == ["live", "unknown"]
    # Nothing that time alone mends, so nobody is woken for it.
    assert next_due(newsroom.ledger, KEY, "wechat") is None
    newsroom.time.pass_(minutes=5)
    monkeypatch.setattr(wechat, "find", lambda *_: Accepted("same", None, live=True))
    run(newsroom, plan, connect)
    assert newsroom.states() == ["live", "unknown"]
    assert next_due(newsroom.ledger, KEY, "wechat") is None


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://a.example/" + "x" * 2000, "不是网址"])
def test_addresses_that_are_none_are_not_kept(newsroom, planned, connect, wechat, monkeypatch, url):
    monkeypatch.setattr(wechat, "send", lambda *_: Accepted("1", url, live=True))
    run(newsroom, plan_wechat(newsroom, planned), connect)
    assert (newsroom.states(), newsroom.publications()[0].url) == (["live"], None)


class TestWeiboLinks:
    """A Weibo post links to the story's page, and waits a little for it."""

    def prepare(self, newsroom, planned, put_up):
        plan = planned(channels=["wordpress", "weibo"], accounts="author")
        newsroom.sign_off()
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        return plan, put_up("wordpress"), put_up("weibo")

    def test_the_page_comes_first(self, newsroom, planned, connect, put_up):
        plan, _site, weibo = self.prepare(newsroom, planned, put_up)
        assert run(newsroom, plan, connect, channel="weibo").postponed == 1
        assert next_due(newsroom.ledger, KEY, "weibo") == newsroom.time.now + claims.LINK_CHECK
        run(newsroom, plan, connect, channel="wordpress")
        newsroom.time.pass_(minutes=1)
        run(newsroom, plan, connect, channel="weibo")
        assert weibo.articles[0].link == newsroom.publications("wordpress")[0].url

    def test_without_a_page_it_goes_out_all_the_same(self, newsroom, planned, connect, put_up):
        plan, _site, weibo = self.prepare(newsroom, planned, put_up)
        for _ in range(10):
            assert run(newsroom, plan, connect, channel="weibo").postponed == 1
            newsroom.time.pass_(minutes=1)
        assert run(newsroom, plan, connect, channel="weibo").live == 1
        assert weibo.articles[0].link is None

    def test_a_page_that_failed_is_not_waited_for(self, newsroom, planned, connect, put_up):
        plan, site, weibo = self.prepare(newsroom, planned, put_up)
        site.problems = ("没有正文",)
        run(newsroom, plan, connect, channel="wordpress")
        run(newsroom, plan, connect, channel="weibo")
        assert weibo.articles[0].link is None


class TestCrashes:
    """A worker dies at any step; later runs finish its work, once."""

    @pytest.mark.parametrize(
        ("step", "posted"), [("prepare", False), ("before the send", False), ("after the send", True)]
    )
    def test_resumes(self, newsroom, planned, connect, wechat, monkeypatch, step, posted):
        def die(*_):
            raise Killed

        plan = plan_wechat(newsroom, planned)
        with monkeypatch.context() as patch:
            if step == "prepare":
                patch.setattr(wechat, "prepare", die)
            else:
                wechat.send_faults = [(posted, Killed())]
            with pytest.raises(Killed):
                run(newsroom, plan, connect)
        assert newsroom.states() == ["sending"]
        # Nobody touches a fresh claim.
        newsroom.time.pass_(minutes=10)
        run(newsroom, plan, connect)
        assert newsroom.states() == ["sending"]
        assert next_due(newsroom.ledger, KEY, "wechat") == newsroom.time.now + timedelta(minutes=5)
        newsroom.time.pass_(minutes=6)
        run(newsroom, plan, connect)
        assert (newsroom.states(), len(wechat.posts)) == (["live"], 1)

    def test_a_worker_declared_dead_cannot_send(self, newsroom, planned, connect, wechat, monkeypatch):
        plan = plan_wechat(newsroom, planned)
        real = wechat.prepare

        def slow(line, article, progress):
            real(line, article, progress)
            monkeypatch.setattr(wechat, "prepare", real)
            newsroom.time.pass_(minutes=20)
            # Meanwhile another run takes the claim, finds that nothing was sent, and sends.
            run(newsroom, plan, connect)

        monkeypatch.setattr(wechat, "prepare", slow)
        run(newsroom, plan, connect)
        assert (newsroom.states(), len(wechat.sends)) == (["live"], 1)

    def test_a_receipt_that_comes_late_is_believed(self, newsroom, planned, connect, wechat):
        plan = plan_wechat(newsroom, planned)
        wechat.sightings = [Absent("还没有显示")]

        def hang(_):
            wechat.before_send = lambda _: None
            newsroom.time.pass_(minutes=20)
            # The row is taken for dead, looked for too early, and put back; its slot is held by nobody when we answer.
            settle(newsroom.ledger, plan, KEY, "wechat", connect=connect, clock=newsroom.time)

        wechat.before_send = hang
        run(newsroom, plan, connect)
        run(newsroom, plan, connect)
        assert (newsroom.states(), len(wechat.posts)) == (["live"], 1)


class TestTwoPublishers:
    """Two processes on one SQLite file: every claim is one worker's."""

    @pytest.mark.parametrize("accounts", [["daily", "dongcheng"], [f"town-{number}" for number in range(8)]])
    def test_nothing_goes_out_twice(self, newsroom, planned, connect, wechat, accounts):
        plan = planned(outlets=accounts, channels=["wechat"], accounts="author")
        for number in range(24):
            newsroom.sign_off(f"第 {number} 条", outlet=accounts[number % len(accounts)])
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        url = str(newsroom.ledger.engine.url)
        ledgers = [Ledger(url) for _ in range(3)]
        start = threading.Barrier(3)
        summaries = []

        def work(ledger):
            start.wait()
            summaries.append(run(newsroom, plan, connect, ledger=ledger))

        threads = [threading.Thread(target=work, args=(ledger,)) for ledger in ledgers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for ledger in ledgers:
            ledger.close()
        assert sorted(wechat.posts) == sorted(set(wechat.posts))
        assert len(wechat.posts) == 24
        assert newsroom.states() == ["live"] * 24
        assert sum(summary.live for summary in summaries) == 24

    def test_one_account_is_worked_on_by_one_thread(self, newsroom, planned, connect, wechat):
        plan = planned(channels=["wechat"])
        for number in range(10):
            newsroom.sign_off(f"第 {number} 条")
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        assert run(newsroom, plan, connect, workers=8).live == 20
        assert wechat.overlaps == 0


FAULTS = st.lists(
    st.one_of(
        st.none(),
        st.sampled_from(["try-later", "lost", "posted", "credential", "prepare", "killed", "killed-posted"]),
    ),
    max_size=6,
)


class Killed(BaseException):
    """The process is gone."""


def order(channel, fault):
    """Make the next send or preparation go wrong."""
    faults = {
        "try-later": (False, TryLater("忙")),
        "lost": (False, OutcomeUnknown("断开")),
        "posted": (True, OutcomeUnknown("断开")),
        "credential": (False, CredentialRefused("密钥过期")),
        "killed": (False, Killed()),
        "killed-posted": (True, Killed()),
    }
    if fault == "prepare":
        channel.prepare_faults.append(TryLater("连不上"))
    elif fault is not None:
        channel.send_faults.append(faults[fault])


@given(faults=FAULTS, pauses=st.lists(st.integers(0, 25), min_size=12, max_size=12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_sequence_of_faults_leaves_exactly_one_post(fresh_newsroom, planned, connect, faults, pauses):
    """Whatever goes wrong in whatever order, at any pace of reruns: never two posts, and one once it is over."""
    with fresh_newsroom() as (newsroom, channel):
        plan = plan_wechat(newsroom, planned, late_after_hours=168)
        for fault in faults:
            order(channel, fault)
        for minutes in pauses:
            with suppress(Killed):
                run(newsroom, plan, connect)
            assert len(channel.posts) <= 1
            newsroom.time.pass_(minutes=minutes)
        # Time enough for every pause and every stale claim.
        for _ in range(2 * len(faults) + 2):
            newsroom.time.pass_(minutes=40)
            with suppress(Killed):
                run(newsroom, plan, connect)
        assert (newsroom.states(), len(channel.posts)) == (["live"], 1)
