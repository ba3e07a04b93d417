"""Against the real wire: the platforms' stand-in over loopback, with everything it can do to a caller."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import requests
from sqlalchemy import select
from tests.rongmei.serving import served

from rongmei.accounts import SandboxCredentials
from rongmei.channels import client, registry
from rongmei.channels.platforms.wechat import WechatChannel
from rongmei.channels.platforms.weibo import WeiboChannel
from rongmei.channels.platforms.wordpress import WordpressChannel
from rongmei.ledger import Publication, Snapshot
from rongmei.metrics import collect
from rongmei.publishing import confirm, plan_publications, publish

pytestmark = pytest.mark.net

KEY = "cunchao/2026-06-06"
SEED = {
    "derive": True,
    "ids": [{"id": "daily", "name": "日报"}, {"id": "dongcheng", "name": "东城"}],
    "wechat": {"limits": {"publish_polls": 0, "publish_seconds": 0, "quotas": {"default": 100_000}}},
    "weibo": {"limits": {"safe_domains": ["127.0.0.1"], "forbidden_words": ["赌球"]}},
}
# The one call of each platform that puts something before the public.
DECISIVE = {
    "wechat": "/cgi-bin/freepublish/submit",
    "weibo": "/2/statuses/share.json",
    "wordpress": "/wp-json/wp/v2/posts/*",
}
PREPARING = {
    "wechat": "/cgi-bin/draft/add",
    "wordpress": "/wp-json/wp/v2/posts",
}
CHANNELS = sorted(DECISIVE)


class Sandbox:
    """A running sandbox, and hands on it."""

    def __init__(self, base: str, world, monkeypatch) -> None:
        self.base, self.world, self.monkeypatch = base, world, monkeypatch

    def __call__(self) -> datetime:
        return datetime.fromtimestamp(self.world.clock.now(), UTC)

    def order(self, **fault) -> None:
        if fault["kind"] == "timeout":  # the one fault that is waited for
            self.monkeypatch.setattr(client, "READ_SECONDS", 0.5)
        assert requests.post(f"{self.base}/_sandbox/faults", json=fault, timeout=5).status_code == 201

    def advance(self, **span: float) -> None:
        self.world.clock.move(to=self.world.clock.now() + timedelta(**span).total_seconds())

    def published(self) -> list[dict]:
        return list(requests.get(f"{self.base}/_sandbox/published", timeout=5).json())


@pytest.fixture
def sandbox(tmp_path, newsroom, monkeypatch) -> Iterator[Sandbox]:
    clock = newsroom.time
    with served(tmp_path / "sandbox", SEED, lambda: clock().timestamp()) as (base, world):
        yield Sandbox(base, world, monkeypatch)


@pytest.fixture(autouse=True)
def fresh_channels(monkeypatch):
    """Without tokens of an earlier sandbox."""
    for channel in (WechatChannel(), WeiboChannel(), WordpressChannel()):
        monkeypatch.setitem(registry.all_channels(), channel.name, channel)


@pytest.fixture
def house(newsroom, planned, sandbox):
    """Plan, publish and confirm against the sandbox until nothing moves any more."""

    class House:
        def plan(self, *channels, **publishing):
            rules = planned(channels=list(channels), accounts="author", late_after_hours=168, **publishing)
            self.rules, self.channels = rules, channels
            self.key = newsroom.open(rehearsal=True)
            return rules

        def go(self):
            plan_publications(newsroom.ledger, self.rules, self.key, now=sandbox())
            self.connect = SandboxCredentials(sandbox.base)

        def once(self, channel):
            return publish(
                newsroom.ledger,
                self.rules,
                self.key,
                channel,
                connect=self.connect,
                settings=newsroom.settings,
                clock=sandbox,
            )

        def until_quiet(self, rounds=8, minutes=20):
            for _ in range(rounds):
                for channel in self.channels:
                    self.once(channel)
                    confirm(newsroom.ledger, self.rules, self.key, channel, connect=self.connect, clock=sandbox)
                if set(newsroom.states()) <= {"live", "failed"}:
                    break
                newsroom.time.pass_(minutes=minutes)

    return House()


def test_a_story_goes_out_on_every_platform(newsroom, sandbox, house):
    house.plan("wordpress", "wechat", "weibo")
    newsroom.sign_off(key=f"{KEY}/rehearsal", picture=True)
    house.go()
    house.until_quiet()
    assert newsroom.states() == ["live"] * 3
    posts = {post["platform"]: post for post in sandbox.published()}
    site, wechat, weibo = (newsroom.publications(name)[0] for name in ("wordpress", "wechat", "weibo"))
    assert posts["wechat"]["title"] == "东城队二比一战胜南城队"
    assert "/mmbiz/" in posts["wechat"]["text"]
    assert "陈策" in posts["wechat"]["text"]
    assert posts["wordpress"]["slug"] == site.fingerprint
    assert "/wp-content/uploads/" in posts["wordpress"]["text"]
    assert f"{site.url}?rm={weibo.fingerprint}" in posts["weibo"]["text"]
    for publication in (site, wechat, weibo):
        assert requests.get(publication.url, timeout=5).status_code == 200
    assert all(post["requests"] == 1 for post in posts.values())


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "refuse"},
        {"kind": "refuse", "status": 503},
        {"kind": "refuse", "times": 3},
        {"kind": "drop_after"},
        {"kind": "drop_after", "times": 2},
        {"kind": "server_error_after"},
        {"kind": "timeout", "seconds": 1.0},
        {"kind": "timeout", "seconds": 1.0, "perform": False},
        {"kind": "expired_token"},
        {"kind": "slow", "seconds": 0.1},
    ],
    ids=lambda fault: "-".join(str(value) for value in fault.values()),
)
def test_every_fault_of_the_decisive_call_leaves_one_post(newsroom, sandbox, house, channel, fault):
    house.plan(channel)
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    house.go()
    sandbox.order(platform=channel, path=DECISIVE[channel], **fault)
    for _ in range(3):
        house.until_quiet()
    assert newsroom.states() == ["live"], newsroom.publications()[0].last_error
    assert len(sandbox.published()) == 1


BUNDLE = ["头条：东城队二比一战胜南城队", "次条：球场边的荔枝柴烧鹅", "第三条：夜市开到凌晨"]


@pytest.mark.parametrize(
    "fault",
    [
        {"path": DECISIVE["wechat"], "kind": "drop_after"},
        {"path": DECISIVE["wechat"], "kind": "server_error_after"},
        {"path": DECISIVE["wechat"], "kind": "refuse"},
        {"path": DECISIVE["wechat"], "kind": "timeout", "seconds": 1.0, "perform": False},
        {"path": PREPARING["wechat"], "kind": "drop_after"},
        {"path": PREPARING["wechat"], "kind": "refuse"},
        {"path": "*", "kind": "slow", "seconds": 0.01},
    ],
    ids=lambda fault: f"{fault['path'].rpartition('/')[2]}-{fault['kind']}",
)
def test_a_wechat_bundle_goes_out_once_as_a_whole(newsroom, sandbox, house, fault):
    house.plan("wechat")
    for score, title in enumerate(reversed(BUNDLE)):
        newsroom.sign_off(title, key=f"{KEY}/rehearsal", score=score)
    house.go()
    sandbox.order(platform="wechat", **fault)
    for _ in range(3):
        house.until_quiet()
    assert newsroom.states() == ["live"] * 3, [one.last_error for one in newsroom.publications()]
    assert sorted(post["title"] for post in sandbox.published()) == sorted(BUNDLE)
    rows = sorted(newsroom.publications(), key=lambda one: one.position)
    with newsroom.ledger.read() as session:
        titles = [session.get_one(Publication, row.id).version.title for row in rows]
    assert titles == BUNDLE
    # One message: the articles of one draft, told apart by their places in it.
    assert len({row.external_id.rpartition(":")[0] for row in rows}) == 1
    assert [row.external_id.rpartition(":")[2] for row in rows] == ["1", "2", "3"]


@pytest.mark.parametrize("channel", sorted(PREPARING))
@pytest.mark.parametrize("kind", ["refuse", "drop_after", "server_error_after", "timeout", "expired_token"])
def test_faults_of_preparing_calls_leave_one_post(newsroom, sandbox, house, channel, kind):
    house.plan(channel)
    newsroom.sign_off(key=f"{KEY}/rehearsal", picture=True)
    house.go()
    sandbox.order(platform=channel, path=PREPARING[channel], kind=kind, seconds=1.0, times=2)
    house.until_quiet()
    assert newsroom.states() == ["live"], newsroom.publications()[0].last_error
    assert len(sandbox.published()) == 1


@pytest.mark.parametrize(
    ("channel", "code", "state"),
    [
        ("wechat", 53503, "failed"),
        ("wechat", 87014, "failed"),
        ("wechat", -1, "live"),
        ("wechat", 45009, "live"),
        ("wechat", 40001, "live"),
        ("wechat", 48001, "live"),
        ("weibo", 20021, "failed"),
        ("weibo", 20012, "failed"),
        ("weibo", 20016, "live"),
        ("weibo", 20019, "live"),
        ("weibo", 20032, "live"),
        ("weibo", 10023, "live"),
        ("weibo", 21332, "live"),
        ("wordpress", "rest_cannot_create", "live"),
        ("wordpress", "rest_invalid_param", "failed"),
        ("wordpress", "rest_forbidden", "live"),
    ],
)
def test_error_codes_of_the_decisive_call(newsroom, sandbox, house, channel, code, state):
    """Each code once: a refusal ends it, everything else is one post after the pause it asks for."""
    house.plan(channel)
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    house.go()
    sandbox.order(platform=channel, path=DECISIVE[channel], kind="error", code=code)
    house.until_quiet(rounds=40, minutes=45)
    assert newsroom.states() == [state], newsroom.publications()[0].last_error
    assert len(sandbox.published()) == (state == "live")


def test_a_daily_quota_waits_for_the_next_day(newsroom, sandbox, house):
    house.plan("wechat")
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    house.go()
    sandbox.order(platform="wechat", path="/cgi-bin/draft/add", kind="error", code=45009)
    assert house.once("wechat").postponed == 1
    not_before = newsroom.publications()[0].not_before
    assert not_before == datetime(2026, 6, 6, 16, 5, tzinfo=UTC)  # 00:05 in Dongguan


def test_a_crash_between_draft_and_submit_resumes_with_the_same_draft(newsroom, sandbox, house, monkeypatch):
    house.plan("wechat")
    newsroom.sign_off(key=f"{KEY}/rehearsal", picture=True)
    house.go()

    class Killed(BaseException):
        pass

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(WechatChannel, "send_together", die)
        with pytest.raises(Killed):
            house.once("wechat")
    kept = newsroom.publications()[0].progress
    assert kept["draft"]
    assert newsroom.states() == ["sending"]
    newsroom.time.pass_(minutes=30)
    house.until_quiet()
    calls = {call["path"]: call["count"] for call in requests.get(f"{sandbox.base}/_sandbox/calls", timeout=5).json()}
    assert calls["/cgi-bin/draft/add"] == 1
    assert calls["/cgi-bin/material/add_material"] == 1
    assert newsroom.publications()[0].progress["draft"] == kept["draft"]
    assert (newsroom.states(), len(sandbox.published())) == (["live"], 1)


def test_review_may_still_say_no(newsroom, sandbox, house):
    house.plan("wechat")
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    house.go()
    sandbox.order(platform="wechat", path="/cgi-bin/freepublish/submit", kind="review_rejected")
    house.until_quiet()
    assert newsroom.states() == ["failed"]
    assert "审核不通过" in newsroom.publications()[0].last_error


def test_a_submission_under_review_is_neither_lost_nor_sent_again(newsroom, sandbox, house):
    """The submit's answer is lost and the review takes its time: the draft is gone, so nobody may submit again."""
    house.plan("wechat")
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    house.go()
    sandbox.order(platform="wechat", path="/cgi-bin/freepublish/submit", kind="stay_pending")
    sandbox.order(platform="wechat", path="/cgi-bin/freepublish/submit", kind="drop_after")
    house.until_quiet(rounds=4)
    assert newsroom.states() == ["unknown"]
    requests.delete(f"{sandbox.base}/_sandbox/faults", timeout=5)
    house.until_quiet()
    assert (newsroom.states(), len(sandbox.published())) == (["live"], 1)


def test_numbers_of_the_next_day(newsroom, sandbox, house):
    house.plan("wordpress", "wechat", "weibo")
    newsroom.sign_off(key=f"{KEY}/rehearsal")
    newsroom.sign_off("第二条：球场边的荔枝柴烧鹅", key=f"{KEY}/rehearsal")
    house.go()
    house.until_quiet()
    assert newsroom.states() == ["live"] * 6
    newsroom.time.pass_(hours=25)
    for channel in house.channels:
        summary = collect(newsroom.ledger, house.rules, house.key, channel, connect=house.connect, clock=sandbox)
        assert (summary.snapshots, summary.silent, summary.failed_accounts) == (2, 0, ())
    with newsroom.ledger.read() as session:
        rows = session.execute(
            select(Publication.channel, Snapshot.reads, Snapshot.likes, Snapshot.shares).join(
                Snapshot, Snapshot.publication_id == Publication.id
            )
        ).all()
    for channel, reads, likes, shares in rows:
        assert likes is not None
        assert (reads is None) == (channel == "weibo")
        assert (shares is None) == (channel == "wordpress")
