"""Letters from platforms: a verdict is written down once, a hint brings the reading forward, nothing else happens."""

from __future__ import annotations

import itertools
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rongmei.channels import Accepted, Credential, Heard, Hearing, Letter, Pending, Rejected, WrongSignature, registry
from rongmei.errors import BadInput, CredentialRefused, Refused, TryLater
from rongmei.publishing import HeardSummary, WrongKind, confirm, hear, next_poll, plan_publications, publish

KEY = "cunchao/2026-06-06"
ACCOUNT = "dongcheng/weibo"


def news(body: bytes = b"signed", kind: str = "text/xml; charset=utf-8", method: str = "POST") -> Letter:
    return Letter(method, headers={"content-type": kind}, body=body)


@pytest.fixture
def weibo(monkeypatch, kinds):
    """A platform that calls: `told` is what it says, to accounts whose secret is in `knows`."""

    class Calling(kinds["single"]):
        hears = frozenset({"text/xml"})

        def __init__(self) -> None:
            super().__init__("weibo", links=False)
            self.live = False
            self.told = {}
            self.fault = None
            self.knows = {"s3cret-token"}

        def hear(self, letter, credential, now) -> Heard:
            if self.fault:
                raise self.fault
            if credential.require("token") not in self.knows:
                raise WrongSignature("签名不对")
            return Heard("success", told=dict(self.told))

        def find(self, *_):
            raise AssertionError("a letter never reads the platform")

        def recall(self, *_):
            raise AssertionError("a letter never takes anything down")

    channel = Calling()
    assert isinstance(channel, Hearing)
    monkeypatch.setitem(registry.all_channels(), "weibo", channel)
    return channel


class House:
    """Posts that the platform has taken, and letters about them."""

    def __init__(self, newsroom, plan, connect) -> None:
        self.newsroom, self.plan, self.connect = newsroom, plan, connect
        self.rehearsal = True

    def take(self, titles, *, outlets=("dongcheng",)):
        key = self.newsroom.open(rehearsal=True)
        for title, outlet in itertools.product(titles, outlets):
            self.newsroom.sign_off(title, outlet=outlet, key=key)
        plan_publications(self.newsroom.ledger, self.plan, key, now=self.newsroom.time.now)
        publish(self.newsroom.ledger, self.plan, key, "weibo", settings=self.newsroom.settings, **self.given)
        self.key = key
        self.ids = [one.external_id for one in self.newsroom.publications()]
        assert set(self.newsroom.states()) == {"accepted"}
        return self.ids

    @property
    def given(self):
        return {"connect": self.connect, "clock": self.newsroom.time}

    def hear(self, letter=None, account=ACCOUNT):
        heard, summary = hear(
            self.newsroom.ledger,
            [self.plan.cluster],
            account,
            letter or news(),
            connect=self.connect,
            rehearsal=self.rehearsal,
            now=self.newsroom.time.now,
        )
        assert heard.answer == "success"
        return summary

    def confirm(self):
        return confirm(self.newsroom.ledger, self.plan, self.key, "weibo", **self.given)

    def rows(self):
        """Everything that could change: the publications and their logs."""
        publications = self.newsroom.publications()
        columns = [{name: getattr(one, name) for name in one.__table__.columns.keys()} for one in publications]  # noqa: SIM118
        return columns, [self.newsroom.events(one.id) for one in publications]


@pytest.fixture
def house(newsroom, planned, connect, weibo):
    # Rehearsals are written in the newsroom's own state; what they may hear is told apart in its own test.
    return House(newsroom, planned(on=["weibo"], channels=["weibo"], accounts="author"), connect)


def live(external_id, url="https://weibo.example/1"):
    return Accepted(external_id, url, live=True)


class TestVerdicts:
    def test_a_post_that_was_opened_is_live_as_if_confirmed(self, house, newsroom, weibo):
        one, two = house.take(["一", "二"])
        weibo.told = {one: live(one), two: Rejected("含违规内容")}
        newsroom.time.pass_(seconds=30)
        assert house.hear() == HeardSummary(live=1, failed=1)
        first, second = newsroom.publications()
        assert (first.state, first.url, first.live_at) == ("live", "https://weibo.example/1", newsroom.time.now)
        assert (first.not_before, first.last_error) == (None, None)
        assert second.state == "failed"
        assert second.last_error == "平台收下后又退回：含违规内容"
        assert weibo.sends == [(ACCOUNT, first.fingerprint), (ACCOUNT, second.fingerprint)]

    def test_the_log_is_the_one_that_confirming_writes(self, house, newsroom, weibo):
        one, two = house.take(["一", "二"])
        weibo.told = {one: live(one)}
        house.hear()
        house.confirm()
        (heard, read) = (newsroom.events(one.id) for one in newsroom.publications())
        assert heard == read
        assert heard[-1] == ("accepted", "live", "读者可见")
        assert two

    def test_the_same_letter_again_changes_nothing(self, house, weibo):
        one, two = house.take(["一", "二"])
        weibo.told = {one: live(one), two: Rejected("含违规内容")}
        house.hear()
        before = house.rows()
        assert house.hear() == HeardSummary(known=2)
        assert house.rows() == before

    def test_after_the_reading_has_decided_nothing_changes(self, house, weibo):
        one, two = house.take(["一", "二"])
        weibo.confirmations = [Rejected("先读到的"), live(two)]
        house.confirm()
        before = house.rows()
        weibo.told = {one: live(one), two: Rejected("迟到的")}
        assert house.hear() == HeardSummary(known=2)
        assert house.rows() == before

    def test_a_live_post_gets_the_id_that_the_platform_gives_it_now(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        weibo.told = {one: Accepted("message:1", "https://weibo.example/2", live=True, keep={"index": 1})}
        house.hear()
        (publication,) = newsroom.publications()
        assert (publication.state, publication.external_id, publication.progress["index"]) == ("live", "message:1", 1)

    def test_an_id_of_another_post_is_left_to_the_reading(self, house, newsroom, weibo):
        one, two = house.take(["一", "二"])
        weibo.told = {one: live(two)}
        assert house.hear() == HeardSummary(sooner=1)
        assert newsroom.states() == ["accepted", "accepted"]
        assert "属于发布单" in newsroom.publications()[0].last_error
        before = house.rows()
        assert house.hear() == HeardSummary(known=1)
        assert house.rows() == before

    def test_an_address_that_is_none_is_not_kept(self, house, newsroom, weibo):
        addresses = ("javascript:alert(1)", "https://u:p@weibo.example/1", "x" * 3000)
        names = house.take(["一", "二", "三"])
        before = [one.url for one in newsroom.publications()]
        weibo.told = {name: live(name, url) for name, url in zip(names, addresses, strict=True)}
        assert house.hear().live == 3
        assert [one.url for one in newsroom.publications()] == before

    def test_letters_at_one_moment_decide_once(self, house, newsroom, weibo):
        one, two = house.take(["一", "二"])
        weibo.told = {one: live(one), two: Rejected("含违规内容")}
        with ThreadPoolExecutor(4) as pool:
            summaries = list(pool.map(lambda _: house.hear(), range(8)))
        assert (sum(each.live for each in summaries), sum(each.failed for each in summaries)) == (1, 1)
        for publication, ends in zip(newsroom.publications(), ("live", "failed"), strict=True):
            assert [to for was, to, _ in newsroom.events(publication.id) if was == "accepted"] == [ends]


class TestHints:
    def test_the_reading_comes_forward_and_decides(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        weibo.confirmations = [Pending("审核中")] * 6
        for _ in range(6):
            house.confirm()
        assert next_poll(newsroom.ledger, house.key, "weibo") > newsroom.time.now + timedelta(seconds=30)
        weibo.told = {one: Pending("有结果了")}
        assert house.hear() == HeardSummary(sooner=1)
        assert newsroom.states() == ["accepted"]
        assert next_poll(newsroom.ledger, house.key, "weibo") == newsroom.time.now
        assert house.confirm().live == 1

    def test_a_post_that_only_the_sweep_asked_about_is_asked_about_now(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        assert next_poll(newsroom.ledger, house.key, "weibo") is None
        weibo.told = {one: Pending("有结果了")}
        house.hear()
        assert next_poll(newsroom.ledger, house.key, "weibo") == newsroom.time.now

    def test_the_same_hint_counts_once(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        weibo.told = {one: Pending("有结果了")}
        house.hear()
        weibo.confirmations = [Pending("审核中")]
        house.confirm()
        before = house.rows()
        newsroom.time.pass_(minutes=1)
        assert house.hear() == HeardSummary(known=1)
        assert house.rows() == before

    def test_hints_without_end_bring_about_a_few_readings(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        sooner = 0
        for number in range(100):
            weibo.told = {one: Pending(f"第 {number} 种结果" + "长" * 5000)}
            sooner += house.hear().sooner
        assert sooner == 8
        assert len(str(newsroom.publications()[0].progress)) < 3000

    def test_a_reading_that_is_due_already_stays_so(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        weibo.confirmations = [Pending("审核中")]
        house.confirm()
        due = next_poll(newsroom.ledger, house.key, "weibo")
        newsroom.time.pass_(minutes=5)
        weibo.told = {one: Pending("有结果了")}
        house.hear()
        assert next_poll(newsroom.ledger, house.key, "weibo") == due


class TestWhoIsMeant:
    def test_a_letter_about_nothing_known_is_answered_and_logged(self, house, weibo, caplog):
        house.take(["一"])
        before = house.rows()
        weibo.told = {"nobody's\n42": live("nobody's")}
        with caplog.at_level(logging.INFO):
            assert house.hear() == HeardSummary()
        assert house.rows() == before
        assert "nobody's\\n42" in caplog.text

    def test_a_letter_that_says_nothing_of_posts_leaves_no_line(self, house, caplog):
        with caplog.at_level(logging.INFO):
            assert house.hear() == HeardSummary()
        assert "回调" not in caplog.text

    def test_one_address_serves_every_account_of_the_app(self, house, newsroom, weibo):
        house.take(["一"], outlets=("daily", "dongcheng"))
        of = {one.account: one.external_id for one in newsroom.publications()}
        weibo.told = {of["daily/weibo"]: live(of["daily/weibo"])}
        assert house.hear(account="dongcheng/weibo").live == 1
        assert {one.account: one.state for one in newsroom.publications()} == {
            "daily/weibo": "live",
            "dongcheng/weibo": "accepted",
        }

    def test_but_not_one_with_another_secret(self, house, newsroom, weibo):
        house.take(["一"], outlets=("daily", "dongcheng"))
        usual = house.connect
        house.connect = lambda outlet, account: (
            replace(usual(outlet, account), fields={"token": f"of {outlet.id}"})
            if outlet.id == "daily"
            else usual(outlet, account)
        )
        of = {one.account: one.external_id for one in newsroom.publications()}
        weibo.told = {external_id: live(external_id) for external_id in of.values()}
        assert house.hear(account="dongcheng/weibo") == HeardSummary(live=1)
        assert {one.account: one.state for one in newsroom.publications()}["daily/weibo"] == "accepted"

    def test_nor_one_without_a_connection(self, house, newsroom, weibo):
        house.take(["一"], outlets=("daily", "dongcheng"))
        usual = house.connect

        def connect(outlet, account):
            if outlet.id == "daily":
                raise CredentialRefused("没有账号连接")
            return usual(outlet, account)

        house.connect = connect
        weibo.told = {external_id: live(external_id) for external_id in house.ids}
        assert house.hear() == HeardSummary(live=1)

    def test_nor_one_that_is_not_in_the_cluster_any_more(self, house, newsroom, weibo, planned):
        house.take(["一"], outlets=("daily", "dongcheng"))
        house.plan = planned(outlets=("dongcheng",), on=["weibo"], channels=["weibo"])
        weibo.told = {external_id: live(external_id) for external_id in house.ids}
        assert house.hear() == HeardSummary(live=1)

    def test_real_letters_do_not_speak_of_rehearsals(self, house, newsroom, weibo):
        (one,) = house.take(["一"])
        weibo.told = {one: live(one)}
        house.rehearsal = False
        usual = house.connect
        house.connect = lambda outlet, account: replace(usual(outlet, account), sandbox=False)
        assert house.hear() == HeardSummary()
        assert newsroom.states() == ["accepted"]

    def test_the_sandbox_and_the_platforms_do_not_sign_for_each_other(self, house):
        house.rehearsal = False
        with pytest.raises(CredentialRefused, match="彩排只听沙箱"):
            house.hear()


class TestRefusals:
    def test_nobody_listens_there(self, house):
        for account in ("nobody/weibo", "dongcheng/wordpress", "dongcheng/nothing", "/", "weibo", ""):
            with pytest.raises(Refused):
                house.hear(account=account)

    def test_without_a_secret_nobody_listens(self, house):
        house.connect = lambda *_: Credential("http://sandbox.invalid", {}, sandbox=True)
        with pytest.raises(CredentialRefused, match="token"):
            house.hear()

    def test_a_body_of_another_kind(self, house):
        for kind in ("", "application/json", "multipart/form-data", "text/xmlx", "xml", "text/xml,application/json"):
            with pytest.raises(WrongKind):
                house.hear(news(kind=kind))

    def test_a_question_without_a_body_has_no_kind(self, house):
        assert house.hear(news(kind="", method="GET")) == HeardSummary()

    def test_what_the_channel_refuses_changes_nothing(self, house, weibo):
        (one,) = house.take(["一"])
        before = house.rows()
        weibo.told = {one: live(one)}
        for weibo.fault in (WrongSignature("签名不对"), BadInput("读不出来"), TryLater("连不上")):
            with pytest.raises(type(weibo.fault)):
                house.hear()
        assert house.rows() == before


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(["live", "rejected", "hint", "poll", "poll pending"]), min_size=1, max_size=6))
def test_in_whatever_order_they_come_a_post_is_decided_once(fresh_newsroom, planned, connect, kinds, steps):
    """Letters and readings, in any order and any number: one way through the states, as the log tells it."""

    class Calling(kinds["single"]):
        hears = frozenset({"text/xml"})
        told: dict = {}  # noqa: RUF012

        def hear(self, letter, credential, now):
            return Heard("success", told=self.told)

    with fresh_newsroom(Calling) as (newsroom, channel):
        channel.live = False
        plan = planned(on=["wechat"], channels=["wechat"], accounts="author")
        key = newsroom.open(rehearsal=True)
        newsroom.sign_off(key=key)
        given = {"connect": connect, "clock": newsroom.time}
        plan_publications(newsroom.ledger, plan, key, now=newsroom.time.now)
        publish(newsroom.ledger, plan, key, "wechat", settings=newsroom.settings, **given)
        (publication,) = newsroom.publications()
        name = publication.external_id
        words = {"live": live(name), "rejected": Rejected("违规"), "hint": Pending("有结果了")}
        for step in steps:
            newsroom.time.pass_(seconds=10)
            if step in words:
                channel.told = {name: words[step]}
                told = {"connect": connect, "rehearsal": True, "now": newsroom.time.now}
                hear(newsroom.ledger, [plan.cluster], "dongcheng/wechat", news(), **told)
            else:
                channel.confirmations = [Pending("审核中")] if step == "poll pending" else []
                confirm(newsroom.ledger, plan, key, "wechat", **given)
        decisive = next((step for step in steps if step in ("live", "rejected", "poll")), None)
        expected = {"live": "live", "poll": "live", "rejected": "failed", None: "accepted"}[decisive]
        assert newsroom.states() == [expected]
        moves = [was for was, to, _ in newsroom.events(publication.id) if was != to]
        assert moves.count("accepted") == (0 if decisive is None else 1)
        assert len(channel.sends) == 1
