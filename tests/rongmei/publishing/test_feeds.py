"""Feeds: what is live and nothing else, as feedparser reads it back from the files."""

from __future__ import annotations

import calendar
import fcntl
import multiprocessing
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import feedparser
import pytest
from lxml import etree
from sqlalchemy import select

from rongmei.channels import AI_LABEL
from rongmei.config import ConfigErrors, Plan, Problem
from rongmei.errors import BadInput
from rongmei.formats.feeds import MAX_ITEMS
from rongmei.ledger import Ledger, Publication, Story, StoryVersion, open_edition, upgrade
from rongmei.publishing import FeedSummary, order_recall, write_feeds
from rongmei.publishing.feeds import LOCK

SITE = "https://dongcheng.example/1"
FORMS = ("atom", "rss")


class Desk:
    """A newsroom's stories put before the public, and its feeds read back."""

    def __init__(self, newsroom: Any) -> None:
        self.newsroom = newsroom
        self.plans: dict[str, Plan] = {"cunchao": newsroom.plan}
        self.folder: Path = newsroom.settings.home / "feeds"

    def load_plan(self, campaign: str) -> Plan:
        if campaign not in self.plans:
            raise ConfigErrors([Problem("campaigns", 0, "", f"没有活动“{campaign}”", "写对")])
        return self.plans[campaign]

    def write(self, *, rehearsal: bool = False, ledger: Ledger | None = None, **more: Any) -> FeedSummary:
        given = ledger or self.newsroom.ledger
        return write_feeds(given, self.load_plan, self.newsroom.settings, rehearsal=rehearsal, **more)

    def out(self, channel: str, url: str | None, *, story: int | None = None, outlet: str = "dongcheng", **more: Any):
        """A live post of a story, of a new one if none is named; the story's id."""
        key = more.pop("key", "cunchao/2026-06-06")
        version = more.pop("version", None)
        after = timedelta(minutes=more.pop("after", 0))
        state = more.pop("state", "live")
        if story is None:
            story = self.newsroom.sign_off(key=key, **more)
        at = self.newsroom.time.now + after
        with self.newsroom.ledger.begin() as session:
            row = session.get_one(Story, story)
            wanted = select(StoryVersion.id).where(StoryVersion.story_id == story)
            wanted = wanted.where(StoryVersion.number == version) if version else wanted
            version_id = session.scalars(wanted.order_by(StoryVersion.number.desc())).first()
            number = len(session.scalars(select(Publication.id)).all()) + 1
            session.add(
                Publication(
                    edition_id=row.edition_id,
                    story_id=story,
                    version_id=version_id,
                    outlet=outlet,
                    channel=channel,
                    account=f"{outlet}/{channel}",
                    state=state,
                    fingerprint=f"rm{number}",
                    scheduled_at=at,
                    external_id=str(number),
                    accepted_at=at,
                    live_at=at,
                    url=url,
                    progress={},
                )
            )
        return story

    def entries(self, name: str, form: str = "atom", folder: Path | None = None) -> list[Any]:
        return list(self.parsed(name, form, folder).entries)

    def parsed(self, name: str, form: str = "atom", folder: Path | None = None) -> Any:
        data = ((folder or self.folder) / f"{name}.{form}.xml").read_bytes()
        etree.fromstring(data)
        parsed = feedparser.parse(data)
        assert not parsed.bozo, parsed.get("bozo_exception")
        return parsed

    def files(self) -> set[str]:
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*.xml")}


@pytest.fixture
def desk(newsroom) -> Desk:
    return Desk(newsroom)


def at(parsed: Any) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


BOTH = pytest.mark.parametrize("form", FORMS)


@BOTH
def test_a_reader_gets_what_is_live(desk: Desk, newsroom, form: str) -> None:
    story = desk.out("wechat", "https://mp.weixin.qq.com/s/1", picture=True)
    desk.out("wordpress", SITE, story=story, after=5)
    assert desk.write() == FeedSummary(feeds=4, written=4)
    assert desk.files() == {
        *(f"dongcheng.{one}.xml" for one in FORMS),
        *(f"campaigns/cunchao.{one}.xml" for one in FORMS),
    }
    feed = desk.parsed("dongcheng", form)
    assert (feed.feed.title, feed.feed.link) == ("dongcheng编辑部", "https://dongcheng.example/")
    (entry,) = feed.entries
    assert (entry.id, entry.link) == (f"rongmei:story:{story}", SITE)
    assert (entry.title, entry.author) == ("东城队二比一战胜南城队", "记者 林初")
    assert at(entry.published_parsed) == newsroom.time.now
    assert "全场观众超过三万人" in entry.content[0].value
    assert "<img" not in entry.content[0].value
    assert "夜色球场" not in entry.content[0].value
    assert desk.parsed("campaigns/cunchao", form).feed.title == "村超比赛日"


def test_what_a_machine_made_says_so(desk: Desk) -> None:
    desk.out("wordpress", SITE, ai=True)
    desk.write()
    for form in FORMS:
        (entry,) = desk.entries("dongcheng", form)
        assert AI_LABEL in entry.summary
        assert AI_LABEL in entry.content[0].value


def test_nothing_is_written_before_the_first_post(desk: Desk, newsroom) -> None:
    newsroom.sign_off()
    assert desk.write() == FeedSummary()
    assert not desk.folder.exists()


def test_only_what_readers_can_see(desk: Desk) -> None:
    desk.out("wechat", "https://mp.weixin.qq.com/s/1", title="看得到的")
    for state in ("accepted", "unknown", "failed", "missed", "cancelled", "awaiting_operator", "recalled"):
        desk.out("wechat", "https://mp.weixin.qq.com/s/2", title="看不到的", state=state)
    desk.write()
    assert [one.title for one in desk.entries("dongcheng")] == ["看得到的"]


def test_a_delivery_to_a_partner_is_not_before_the_public(desk: Desk) -> None:
    desk.out("ninjs", "https://partner.example/in/1")
    assert desk.write() == FeedSummary()


def test_a_post_without_an_address_a_reader_could_open_is_left_out(desk: Desk) -> None:
    desk.out("wechat", None)
    desk.out("weibo", "javascript:alert(1)")
    desk.out("weibo", "https://weibo.com/1/x", title="打得开的")
    desk.write()
    assert [one.title for one in desk.entries("dongcheng")] == ["打得开的"]


def test_whose_page_readers_are_led_to(desk: Desk) -> None:
    story = desk.out("weibo", "https://weibo.com/1/x")
    desk.out("wordpress", "https://daily.example/9", story=story, outlet="daily", after=1)
    desk.out("weibo", "https://weibo.com/2/x", story=story, outlet="daily")
    desk.write()
    links = {name: desk.entries(name)[0].link for name in ("dongcheng", "daily", "campaigns/cunchao")}
    assert links == {
        "dongcheng": "https://weibo.com/1/x",
        "daily": "https://daily.example/9",
        "campaigns/cunchao": "https://daily.example/9",
    }
    desk.out("wordpress", SITE, story=story, after=2)
    desk.write()
    assert [desk.entries(name)[0].link for name in ("dongcheng", "campaigns/cunchao")] == [SITE, SITE]


def test_newest_first_and_no_more_than_fifty(desk: Desk) -> None:
    for number in range(MAX_ITEMS + 3):
        desk.out("wordpress", f"https://dongcheng.example/{number}", title=f"第{number}条", after=number)
    desk.write()
    for form in FORMS:
        titles = [one.title for one in desk.entries("dongcheng", form)]
        assert titles == [f"第{number}条" for number in range(MAX_ITEMS + 2, 2, -1)]


@BOTH
def test_a_correction_replaces_and_stays_in_its_place(desk: Desk, newsroom, form: str) -> None:
    story = desk.out("wordpress", SITE, title="写错的")
    desk.out("wordpress", "https://dongcheng.example/2", title="后来的", after=10)
    newsroom.time.pass_(hours=1)
    newsroom.edit(story, "改对的")
    desk.write()
    assert [one.title for one in desk.entries("dongcheng", form)] == ["后来的", "写错的"]
    with newsroom.ledger.begin() as session:
        new = session.scalars(select(StoryVersion.id).where(StoryVersion.title == "改对的")).one()
        session.get_one(Publication, 1).version_id = new
    desk.write()
    entries = desk.entries("dongcheng", form)
    assert [one.title for one in entries] == ["后来的", "改对的"]
    assert entries[1].id == f"rongmei:story:{story}"
    assert at(entries[1].published_parsed) == newsroom.time.now - timedelta(hours=1)
    if form == "atom":
        assert at(entries[1].updated_parsed) == newsroom.time.now


def test_a_correction_note_replaces_the_post_it_corrects(desk: Desk, newsroom) -> None:
    story = desk.out("wechat", "https://mp.weixin.qq.com/s/old", title="写错的")
    newsroom.edit(story, "改对的")
    desk.out("wechat", "https://mp.weixin.qq.com/s/note", story=story, after=30)
    desk.write()
    (entry,) = desk.entries("dongcheng")
    assert (entry.title, entry.link) == ("改对的", "https://mp.weixin.qq.com/s/note")
    assert at(entry.published_parsed) == newsroom.time.now


@BOTH
def test_a_recall_is_gone_at_once_and_the_feed_stays(desk: Desk, newsroom, form: str) -> None:
    story = desk.out("wordpress", SITE)
    desk.write()
    assert len(desk.entries("dongcheng", form)) == 1
    newsroom.time.pass_(minutes=7)
    order_recall(newsroom.ledger, newsroom.plan, story, by="chen-ce", why="写错", now=newsroom.time.now)
    assert newsroom.states() == ["live"]
    assert desk.write().written == 4
    empty = desk.parsed("dongcheng", form)
    assert empty.entries == []
    assert at(empty.feed.updated_parsed) == newsroom.time.now
    assert desk.entries("campaigns/cunchao", form) == []
    assert desk.write() == FeedSummary(feeds=4, unchanged=4)


def test_what_is_taken_down_on_one_account_is_gone_there(desk: Desk, newsroom) -> None:
    story = desk.out("wechat", "https://mp.weixin.qq.com/s/1")
    desk.out("wechat", "https://mp.weixin.qq.com/s/2", story=story, outlet="daily", after=1)
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 1).state = "recalled"
    desk.write()
    assert desk.entries("dongcheng") == []
    assert [one.link for one in desk.entries("campaigns/cunchao")] == ["https://mp.weixin.qq.com/s/2"]


def test_rehearsals_have_feeds_of_their_own(desk: Desk, newsroom) -> None:
    desk.out("wordpress", "http://127.0.0.1:8123/p/1", key="cunchao/2026-06-06/rehearsal", title="演练的")
    assert desk.write() == FeedSummary()
    assert not desk.folder.exists()
    assert desk.write(rehearsal=True).written == 4
    folder = newsroom.settings.home / "rehearsal" / "feeds"
    parsed = desk.parsed("dongcheng", folder=folder)
    assert (parsed.feed.title, parsed.feed.id) == ("【彩排】dongcheng编辑部", "rongmei:rehearsal:feed:outlet:dongcheng")
    assert [one.title for one in parsed.entries] == ["演练的"]
    desk.out("wordpress", SITE, title="真的")
    desk.write()
    assert [one.title for one in desk.entries("dongcheng")] == ["真的"]


def test_an_unchanged_file_is_left_alone(desk: Desk) -> None:
    desk.out("wordpress", SITE)
    desk.write()
    before = {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in desk.folder.rglob("*.xml")}
    assert desk.write() == FeedSummary(feeds=4, unchanged=4)
    assert {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in desk.folder.rglob("*.xml")} == before
    desk.out("wordpress", "https://daily.example/1", outlet="daily")
    assert desk.write() == FeedSummary(feeds=6, written=4, unchanged=2)


HOSTILE = "<script>alert(1)</script> ]]> &amp; a\x0bb\x1fc\x7fd\x85e\ufffef\uffff \u202e反写 👩‍👩‍👧‍👦𠮷"


def test_no_words_break_a_feed(desk: Desk, newsroom) -> None:
    desk.out("wordpress", "https://dongcheng.example/?a=1&b=<x>", title=HOSTILE, body=HOSTILE)
    desk.out("wordpress", "https://dongcheng.example/?a=1&b=2", title=HOSTILE, body=HOSTILE)
    with newsroom.ledger.begin() as session:
        for version in session.scalars(select(StoryVersion)):
            version.author, version.digest, version.tags, version.column = HOSTILE, HOSTILE, [HOSTILE], HOSTILE[:60]
    desk.write()
    titles = "//*[local-name()='item' or local-name()='entry']/*[local-name()='title']"
    for form in FORMS:
        data = (desk.folder / f"dongcheng.{form}.xml").read_bytes()
        assert b"<script" not in data
        (entry,) = desk.entries("dongcheng", form)
        assert entry.link == "https://dongcheng.example/?a=1&b=2"
        words = etree.fromstring(data).xpath(f"string({titles})")
        assert words.startswith("<script>alert(1)</script> ]]> &amp; a")
        assert "\u202e" not in words


# ── campaigns ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def other(desk: Desk, newsroom) -> str:
    """A second campaign with a story that the same outlet published."""
    story = desk.out("wordpress", "https://dongcheng.example/haomai", title="豪迈的")
    with newsroom.ledger.begin() as session:
        edition = open_edition(session, "haomai", date(2026, 6, 6), rehearsal=False, options={}, now=newsroom.time.now)
        session.get_one(Story, story).edition_id = edition.id
        session.get_one(Publication, 1).edition_id = edition.id
    campaign = newsroom.plan.campaign.model_copy(update={"id": "haomai", "name": "东莞豪迈"})
    desk.plans["haomai"] = SimpleNamespace(campaign=campaign, cluster=newsroom.plan.cluster)  # type: ignore[assignment]
    desk.out("wordpress", SITE, title="村超的", after=1)
    return "haomai"


def titles(desk: Desk, *names: str) -> list[list[str]]:
    return [[one.title for one in desk.entries(name)] for name in names]


def test_an_outlets_feed_has_all_campaigns_and_a_campaigns_its_own(desk: Desk, other: str) -> None:
    desk.write()
    assert titles(desk, "dongcheng", "campaigns/haomai", "campaigns/cunchao") == [
        ["村超的", "豪迈的"],
        ["豪迈的"],
        ["村超的"],
    ]


def test_one_campaign_only(desk: Desk, other: str) -> None:
    desk.out("wordpress", "https://daily.example/1", outlet="daily", title="日报的")
    assert desk.write(campaign="haomai").feeds == 4
    assert {name.partition(".")[0] for name in desk.files()} == {"campaigns/haomai", "dongcheng"}
    assert titles(desk, "dongcheng") == [["村超的", "豪迈的"]]
    with pytest.raises(ConfigErrors):
        desk.write(campaign="nobody")


def test_a_campaign_whose_file_is_broken_takes_nothing_down(desk: Desk, other: str) -> None:
    del desk.plans["haomai"]
    (problem,) = desk.write().problems
    assert "活动 haomai" in problem
    assert titles(desk, "dongcheng", "campaigns/haomai") == [["村超的", "豪迈的"], ["豪迈的"]]


def test_without_any_plan_the_files_stay_as_they_are(desk: Desk, other: str) -> None:
    desk.write()
    before = {path: path.read_bytes() for path in desk.folder.rglob("*.xml")}
    desk.plans.clear()
    assert len(desk.write().problems) == 2
    assert {path: path.read_bytes() for path in desk.folder.rglob("*.xml")} == before


def test_an_outlet_that_left_the_cluster_keeps_a_truthful_feed(desk: Desk, newsroom) -> None:
    desk.out("wechat", "https://mp.weixin.qq.com/s/1", outlet="gone")
    desk.write()
    assert desk.parsed("gone").feed.title == "gone"
    with newsroom.ledger.begin() as session:
        session.get_one(Publication, 1).state = "recalled"
    desk.write()
    assert desk.entries("gone") == []


@pytest.mark.postgres
def test_the_other_database_says_the_same(newsroom, postgres_database: Callable[[], str], tmp_path: Path) -> None:
    url = postgres_database()
    upgrade(url)
    newsroom.ledger = Ledger(url)
    desk = Desk(newsroom)
    story = desk.out("wechat", "https://mp.weixin.qq.com/s/1", title="写错的")
    for number in range(3):
        desk.out("wordpress", f"https://dongcheng.example/{number}", title=f"第{number}条", after=number + 1)
    newsroom.edit(story, "改对的")
    desk.out("wordpress", SITE, story=story, after=9)
    desk.write()
    assert titles(desk, "dongcheng", "campaigns/cunchao") == [["第2条", "第1条", "第0条", "改对的"]] * 2
    order_recall(newsroom.ledger, newsroom.plan, story, by="chen-ce", why="写错", now=newsroom.time.now)
    desk.write()
    assert titles(desk, "dongcheng") == [["第2条", "第1条", "第0条"]]
    newsroom.ledger.close()


# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_killed_writer_left_is_cleared_away(desk: Desk) -> None:
    desk.out("wordpress", SITE)
    (desk.folder / "campaigns").mkdir(parents=True)
    for left in (desk.folder / ".daily.atom.xml.0a1b2c3d.part", desk.folder / "campaigns" / ".x.rss.xml.1.part"):
        left.write_bytes(b"<rss")
    desk.write()
    assert sorted(path.name for path in desk.folder.iterdir()) == [
        LOCK,
        "campaigns",
        "dongcheng.atom.xml",
        "dongcheng.rss.xml",
    ]
    assert len(list((desk.folder / "campaigns").iterdir())) == 2


def test_a_link_in_a_files_place_is_replaced_and_not_followed(desk: Desk, tmp_path: Path) -> None:
    elsewhere = tmp_path / "passwd"
    elsewhere.write_text("root", encoding="utf-8")
    desk.folder.mkdir(parents=True)
    (desk.folder / "dongcheng.rss.xml").symlink_to(elsewhere)
    desk.out("wordpress", SITE)
    desk.write()
    assert elsewhere.read_text(encoding="utf-8") == "root"
    assert len(desk.entries("dongcheng", "rss")) == 1


def test_a_folder_that_cannot_be_written_is_said_to_be_one(desk: Desk) -> None:
    desk.out("wordpress", SITE)
    desk.folder.parent.mkdir(parents=True, exist_ok=True)
    desk.folder.write_text("", encoding="utf-8")
    with pytest.raises(BadInput, match="订阅源写不进文件夹") as caught:
        desk.write()
    assert str(desk.folder) in str(caught.value)


def test_who_waited_for_another_writer_reads_the_ledger_afterwards(desk: Desk, newsroom) -> None:
    story = desk.out("wordpress", SITE)
    desk.write()
    done: list[FeedSummary] = []
    with (desk.folder / LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = threading.Thread(target=lambda: done.append(desk.write()))
        waiting.start()
        order_recall(newsroom.ledger, newsroom.plan, story, by="chen-ce", why="写错", now=newsroom.time.now)
    waiting.join()
    assert done == [FeedSummary(feeds=4, written=4)]
    assert desk.entries("dongcheng") == []


def write_often(write: Callable[..., FeedSummary], url: str) -> None:
    """In a process of its own: between its writes it changes what there is to write."""
    ledger = Ledger(url)
    for _ in range(5):
        with ledger.begin() as session:
            for post in session.scalars(select(Publication)):
                post.url = f"{post.url}+"
        write(ledger=ledger)
    ledger.close()


def test_two_processes_write_and_a_reader_never_sees_half_a_file(desk: Desk, newsroom) -> None:
    for number in range(5):
        desk.out("wordpress", f"https://dongcheng.example/{number}", after=number)
    desk.write()
    fork = multiprocessing.get_context("fork")
    url = str(newsroom.ledger.engine.url)
    newsroom.ledger.close()
    writers = [fork.Process(target=write_often, args=(desk.write, url)) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen = set()
    while any(writer.is_alive() for writer in writers):
        for form in FORMS:
            data = (desk.folder / f"dongcheng.{form}.xml").read_bytes()
            assert len(etree.fromstring(data).xpath("//*[local-name()='item' or local-name()='entry']")) == 5
            seen.add(data)
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert len(seen) > 2
    assert desk.entries("dongcheng")[0].link == "https://dongcheng.example/4" + "+" * 10
    assert not list(desk.folder.rglob("*.part"))
