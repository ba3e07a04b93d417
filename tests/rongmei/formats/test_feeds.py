"""RSS and Atom, read back by feedparser."""

import calendar
import dataclasses
from datetime import UTC, datetime, timedelta

import feedparser
import pytest
from hypothesis import given
from lxml import etree

from rongmei.channels import AI_LABEL
from rongmei.errors import BadInput
from rongmei.formats import feeds
from rongmei.formats.feeds import Feed, Item

from .conftest import NOW, PHOTO, ai_article, any_text, make_article

FEED = Feed(
    "rongmei:feed:daily", "东莞日报", "https://daily.example/", NOW, "https://daily.example/feed.xml", "村超 & 龙舟"
)
URL = "https://news.example/1?a=1&b=2"
BOTH = pytest.mark.parametrize("write", [feeds.rss, feeds.atom], ids=["rss", "atom"])


def read(written):
    parsed = feedparser.parse(written)
    assert not parsed.bozo, parsed.get("bozo_exception")
    return parsed


def at(parsed):
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


@BOTH
def test_a_reader_sees_it_all(write, attachments):
    item = Item(make_article(), URL, NOW, attachments)
    parsed = read(write(FEED, [item]))
    assert parsed.version == ("rss20" if write is feeds.rss else "atom10")
    assert parsed.feed.title == "东莞日报"
    assert parsed.feed.link == "https://daily.example/"
    (entry,) = parsed.entries
    assert (entry.id, entry.link, entry.title) == ("rongmei:story:17", URL, "东城队二比一战胜南城队")
    assert entry.author == "记者 林初"
    assert at(entry.published_parsed) == NOW
    assert [tag.term for tag in entry.tags] == ["村超", "足球", "赛场直击"]
    assert entry.summary == "全场观众超过三万人。"
    assert "https://cdn.example/a.jpg" in entry.content[0].value
    (enclosure,) = entry.enclosures
    assert (enclosure.href, enclosure.type, enclosure.length) == ("https://cdn.example/a.jpg", "image/jpeg", "345")


@BOTH
def test_what_a_machine_made_says_so(write):
    (entry,) = read(write(FEED, [(ai_article(), URL, NOW)])).entries
    assert AI_LABEL in entry.summary
    assert AI_LABEL in entry.content[0].value


@BOTH
def test_newest_first_each_once_in_its_last_version(write):
    items = [
        (make_article(guid="rongmei:story:1", title="旧"), "https://news.example/1", NOW),
        (make_article(guid="rongmei:story:2", title="新"), "https://news.example/2", NOW + timedelta(hours=1)),
        (
            make_article(guid="rongmei:story:1", title="改", version=3),
            "https://news.example/1",
            NOW + timedelta(days=1),
        ),
    ]
    for given_items in (items, items[::-1]):
        entries = read(write(FEED, given_items)).entries
        assert [entry.title for entry in entries] == ["新", "改"]
        assert at(entries[1].published_parsed) == NOW


def test_a_correction_is_an_update():
    corrected = make_article(filed_at=NOW + timedelta(hours=5))
    parsed = read(feeds.atom(FEED, [(corrected, URL, NOW)]))
    assert at(parsed.entries[0].updated_parsed) == at(parsed.feed.updated_parsed) == NOW + timedelta(hours=5)
    early = make_article(filed_at=NOW - timedelta(hours=5))
    assert at(read(feeds.atom(FEED, [(early, URL, NOW)])).entries[0].updated_parsed) == NOW


@BOTH
def test_a_feed_has_its_bounds(write):
    items = [(make_article(guid=f"rongmei:story:{n}"), URL, NOW + timedelta(minutes=n)) for n in range(60)]
    entries = read(write(FEED, items)).entries
    assert len(entries) == feeds.MAX_ITEMS
    assert entries[0].id == "rongmei:story:59"


@BOTH
def test_an_empty_feed(write):
    parsed = read(write(dataclasses.replace(FEED, address="", about=""), []))
    assert parsed.entries == []
    assert at(parsed.feed.updated_parsed) == NOW


@BOTH
@pytest.mark.parametrize("url", ["javascript:alert(1)", "", "https://a.example/\x00", "https://u:p@a.example/"])
def test_nobody_is_led_astray(write, url, attachments):
    evil = dataclasses.replace(attachments[0], address=url)
    written = write(FEED, [Item(make_article(), url, NOW, [evil])])
    (entry,) = read(written).entries
    assert "links" not in entry
    assert b"javascript:" not in written
    assert f"rongmei:{PHOTO}".encode() not in written


@BOTH
def test_a_story_without_a_name_cannot_go(write):
    with pytest.raises(BadInput):
        write(FEED, [(make_article(guid=""), URL, NOW)])


@BOTH
def test_markup_in_a_title_is_words(write):
    written = write(FEED, [(make_article(title="<b>1</b> & 2"), URL, NOW)])
    assert b"<b>" not in written
    assert etree.fromstring(written).xpath("string(//*[local-name()='item' or local-name()='entry']/*[local-name()='title'])") == "<b>1</b> & 2"  # fmt: skip # noqa: E501


@given(any_text(), any_text())
def test_no_words_break_a_feed(title, words):
    article = make_article(title=title, author=words, digest=words, html=words, text=words, tags=(words,), column=title)
    feed = dataclasses.replace(FEED, title=title, about=words)
    for write in (feeds.rss, feeds.atom):
        root = etree.fromstring(write(feed, [(article, URL, NOW)]))
        assert len(root.xpath("//*[local-name()='item' or local-name()='entry']")) == 1
