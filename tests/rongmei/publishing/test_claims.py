"""Claims: what may go out now, what it links to, and how little the ledger is asked for it."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from rongmei.channels import Accepted
from rongmei.clock import at_local
from rongmei.ledger import Publication
from rongmei.ledger.transitions import ALLOWED
from rongmei.publishing import next_due, plan_publications, publish, publish_all
from rongmei.publishing.claims import LINK_CHECK, ClaimLost, keep_all

KEY = "cunchao/2026-06-06"


def go(newsroom, plan, connect, channel="wechat", **options):
    return publish(
        newsroom.ledger, plan, KEY, channel, connect=connect, settings=newsroom.settings, clock=newsroom.time, **options
    )


def test_the_quick_moves_are_moves_of_the_house():
    allowed = ALLOWED[Publication]
    assert "sending" in allowed["scheduled"]
    assert {"accepted", "live"} <= allowed["sending"]
    assert "live" in allowed["accepted"]


@pytest.fixture
def commits(newsroom):
    """One entry for every transaction that was written."""
    made = []
    event.listen(newsroom.ledger.engine, "commit", made.append)
    return made


@pytest.mark.parametrize("count", [1, 8])
def test_a_publication_takes_three_transactions(newsroom, planned, connect, wechat, monkeypatch, commits, count):
    """And one for every thing that preparing it saves; the run itself looks once for claims of dead workers."""
    monkeypatch.setattr(wechat, "prepare", lambda *_: None)
    plan = planned(channels=["wechat"], accounts="author")
    for number in range(count):
        newsroom.sign_off(f"第 {number} 条")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    commits.clear()
    assert go(newsroom, plan, connect, workers=1).live == count
    assert len(commits) == 1 + 3 * count


def test_a_bundle_takes_three_transactions_in_all(newsroom, planned, connect, bundling, monkeypatch, commits):
    monkeypatch.setattr(bundling, "prepare", lambda *_: None)
    monkeypatch.setattr(bundling, "assemble", lambda *_: None)
    monkeypatch.setattr(bundling, "send_together", lambda _, parcels: bundle_answers(parcels))
    plan = planned(channels=["wechat"], accounts="author")
    for number in range(3):
        newsroom.sign_off(f"第 {number} 条")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    commits.clear()
    assert go(newsroom, plan, connect, workers=1).live == 3
    assert len(commits) == 1 + 3


def bundle_answers(parcels):

    return tuple(Accepted(one.article.fingerprint, "https://a.example/", live=True) for one in parcels)


def test_an_embargo_is_kept_whatever_the_plan_says(newsroom, planned, connect, wechat):
    newsroom.sign_off(extras={"embargo": "2026-06-06T18:00:00+08:00"})
    plan = planned(channels=["wechat"], accounts="author")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 1).scheduled_at = newsroom.time.now
    assert go(newsroom, plan, connect).postponed == 1
    assert next_due(newsroom.ledger, KEY, "wechat") == at_local(newsroom.time.now.date(), "18:00")
    newsroom.time.pass_(hours=6)
    assert go(newsroom, plan, connect).live == 1


class TestLinks:
    """Posts link to the story's page on whatever channel makes pages; only channels that link wait for one."""

    def prepare(self, newsroom, planned, put_up, **weibo):
        site, other = put_up("wordpress", page=False), put_up("wechat", page=True)
        weibo = put_up("weibo", **weibo)
        plan = planned(accounts="author")
        newsroom.sign_off()
        plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
        return plan, site, other, weibo

    def test_a_channel_that_links_waits_for_the_page(self, newsroom, planned, connect, put_up):
        plan, _, _, weibo = self.prepare(newsroom, planned, put_up, links=True)
        assert go(newsroom, plan, connect, "weibo").postponed == 1
        assert next_due(newsroom.ledger, KEY, "weibo") == newsroom.time.now + LINK_CHECK
        go(newsroom, plan, connect, "wechat")
        newsroom.time.pass_(seconds=2)
        go(newsroom, plan, connect, "weibo")
        assert weibo.articles[0].link == newsroom.publications("wechat")[0].url

    def test_one_that_does_not_link_takes_it_where_it_is_there(self, newsroom, planned, connect, put_up):
        plan, site, _, weibo = self.prepare(newsroom, planned, put_up, links=False)
        go(newsroom, plan, connect, "weibo")
        go(newsroom, plan, connect, "wechat")
        go(newsroom, plan, connect, "wordpress")
        assert weibo.articles[0].link is None
        assert site.articles[0].link == newsroom.publications("wechat")[0].url

    def test_a_page_links_to_no_page(self, newsroom, planned, connect, put_up):
        plan, _, other, _ = self.prepare(newsroom, planned, put_up, links=True)
        go(newsroom, plan, connect, "wechat")
        assert other.articles[0].link is None

    def test_side_by_side_the_pages_begin(self, newsroom, planned, connect, put_up):
        plan, _, _, weibo = self.prepare(newsroom, planned, put_up, links=True)
        done = publish_all(
            newsroom.ledger,
            plan,
            KEY,
            ["weibo", "wordpress", "wechat"],
            connect=connect,
            settings=newsroom.settings,
            clock=newsroom.time,
            workers=1,
        )
        assert {channel: summary.live for channel, summary in done.items()} == {"weibo": 1, "wordpress": 1, "wechat": 1}
        assert weibo.articles[0].link == newsroom.publications("wechat")[0].url


def test_what_is_kept_of_several_is_kept_of_all_or_none(newsroom, planned, connect, bundling, monkeypatch):
    plan = planned(channels=["wechat"], accounts="author")
    for number in range(2):
        newsroom.sign_off(f"第 {number} 条")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    with newsroom.ledger.begin() as session:
        for number, token in ((1, "ours"), (2, "theirs")):
            row = session.get_one(Publication, number)
            row.state, row.claim, row.claimed_at = "sending", token, newsroom.time.now

    class Held:
        def __init__(self, publication_id):
            self.publication_id, self.token = publication_id, "ours"

    with pytest.raises(ClaimLost, match="#2"):
        keep_all(newsroom.ledger, [(Held(1), {"a": 1}), (Held(2), {"a": 1})])
    assert [one.progress for one in newsroom.publications()] == [{}, {}]
    keep_all(newsroom.ledger, [(Held(1), {"a": 1})])
    assert newsroom.publications()[0].progress == {"a": 1}


def test_the_claim_of_the_last_post_counts_for_the_distance(newsroom, planned, connect, wechat):
    """Also when it is an older edition's, and not when it is a rehearsal's."""
    plan = planned(channels=["wechat"], accounts="author", min_gap_minutes=30)
    newsroom.sign_off()
    newsroom.sign_off("第二条")
    plan_publications(newsroom.ledger, plan, KEY, now=newsroom.time.now)
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 2).scheduled_at = newsroom.time.now
    go(newsroom, plan, connect)
    assert newsroom.publications()[1].not_before == newsroom.time.now + timedelta(minutes=30)
