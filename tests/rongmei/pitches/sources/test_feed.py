"""Tests of feeds: hostile and odd ones above all."""

from __future__ import annotations

import os
import tarfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.errors import BadInput
from rongmei.pitches.sources.feed import MAX_ENTRIES, parse_feed

BASE = "https://town.example/feed.xml"


def rss(*items: str) -> bytes:
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>{"".join(items)}</channel></rss>'.encode()
    )


def refused(content: bytes) -> str:
    with pytest.raises(BadInput) as caught:
        parse_feed(content, "s", base_url=BASE)
    assert caught.value.mend
    return caught.value.what


def test_an_entry_becomes_a_pitch() -> None:
    item = """<item><title>村超 &amp; 龙舟</title><link>/a/1</link>
    <description>&lt;p&gt;两&lt;b&gt;队&lt;/b&gt;&lt;/p&gt;</description>
    <author>陈某</author><pubDate>Sat, 06 Jun 2026 18:30:00 +0800</pubDate></item>"""
    (pitch,) = parse_feed(rss(item), "s", base_url=BASE, outlet="humen").pitches
    assert (pitch.title, pitch.summary, pitch.author) == ("村超 & 龙舟", "两队", "陈某")
    assert (pitch.outlet, pitch.url) == ("humen", "https://town.example/a/1")
    assert pitch.submitted_at == datetime(2026, 6, 6, 10, 30, tzinfo=UTC)
    assert pitch.heat is None


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("&lt;b&gt;村超&lt;/b&gt;开赛", "村超开赛"),
        ("<![CDATA[村超<script>alert(1)</script>开赛]]>", "村超开赛"),
        ("&amp;lt;img src=x onerror=1&amp;gt;村超", "村超"),
        ("村超&lt;/a&gt;&lt;a href='javascript:x'&gt;开赛", "村超开赛"),
        ("村&#x202e;超\u200b开\n赛", "村超开 赛"),
    ],
)
def test_titles_come_out_as_plain_text(written: str, read: str) -> None:
    assert parse_feed(rss(f"<item><title>{written}</title></item>"), "s", base_url=BASE).pitches[0].title == read


def test_an_entry_without_a_title_is_rejected_and_the_rest_taken() -> None:
    reading = parse_feed(
        rss("<item><link>https://a.example</link></item>", "<item><title>村超</title></item>"), "s", base_url=BASE
    )
    assert [p.title for p in reading.pitches] == ["村超"]
    assert [(r.where, r.reason) for r in reading.rejected] == [(f"{BASE} 第 1 条", "没有标题")]


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "https://a@b.example/", "http://["]
)
def test_only_web_links_are_taken(link: str) -> None:
    reading = parse_feed(rss(f"<item><title>村超</title><link>{link}</link></item>"), "s", base_url=BASE)
    assert [p.url for p in reading.pitches] in ([None], [BASE])


def test_the_same_entry_twice_is_one_pitch_and_its_ref_is_stable() -> None:
    item = "<item><title>村超开赛</title></item>"
    once = parse_feed(rss(item, item), "s", base_url=BASE).pitches
    again = parse_feed(rss("<item><title>龙舟</title></item>", item), "s", base_url=BASE).pitches
    assert len(once) == 1
    assert once[0].ref == again[1].ref


def test_entries_beyond_the_bound_are_said() -> None:
    reading = parse_feed(
        rss(*(f"<item><title>第{n}条</title></item>" for n in range(MAX_ENTRIES + 1))), "s", base_url=BASE
    )
    assert len(reading.pitches) == MAX_ENTRIES
    assert f"只读了前 {MAX_ENTRIES} 条" in reading.rejected[-1].reason


def test_an_empty_feed_is_no_error() -> None:
    assert parse_feed(rss(), "s", base_url=BASE).pitches == ()


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "空"),
        (b" \n", "空"),
        (b"<!DOCTYPE html><html><body>404</body></html>", "网页"),
        (b"\xef\xbb\xbf <html><head></head></html>", "网页"),
        (b'{"version": "https://jsonfeed.org/version/1"}', "不是 RSS"),
        (b"plain words", "不是 RSS"),
        (b"x" * (5 * 1024 * 1024 + 1), "5 MB"),
        (b"<rss>" + b"<a>" * 1_000_000, "标记多得不正常"),
        (b"<rss><channel><item><title>" + b"&" * 4_000_000, "标记多得不正常"),
    ],
)
def test_what_is_no_feed_is_said(content: bytes, word: str) -> None:
    assert word in refused(content)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32", "cp037", "utf-7"])
def test_entity_definitions_are_refused_in_every_encoding(encoding: str) -> None:
    bomb = f"""<?xml version="1.0" encoding="{encoding}"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
    <rss version="2.0"><channel><item><title>&b;</title></item></channel></rss>"""
    content = bomb.encode(encoding)
    if encoding == "utf-7":
        content = b'<?xml version="1.0" encoding="utf-7"?>' + bomb.partition("?>")[2].replace("<", "+ADw-").encode()
    assert "实体" in refused(content)


def test_bytes_that_name_a_file_are_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "secret.xml"
    path.write_bytes(rss("<item><title>机密</title></item>"))
    assert "不是 RSS" in refused(str(path).encode())


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from([b"", b"<rss><channel><item><title>", b'<?xml version="1.0" encoding="x"?>', b"\xff\xfe"]),
    st.binary(max_size=200),
)
def test_random_bytes_raise_nothing_but_bad_input(start: bytes, noise: bytes) -> None:
    with suppress(BadInput):
        parse_feed(start + noise, "s", base_url=BASE)


@pytest.mark.data
def test_the_whole_feedparser_corpus_is_survived_quickly() -> None:
    root = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).resolve().parents[5] / "shared")
    path = root / "data" / "feedparser_corpus" / "feedparser_tests_corpus.tar.gz"
    if not path.is_file():
        pytest.skip("the shared data is not here (set RONGMEI_SHARED)")
    started, files, read = time.process_time(), 0, 0
    with tarfile.open(path) as corpus:
        for member in corpus:
            stream = corpus.extractfile(member) if member.isfile() else None
            if stream is None:
                continue
            files += 1
            with suppress(BadInput):
                parse_feed(stream.read(), "s", base_url=BASE)
                read += 1
    assert files == 2107
    assert read >= 2090
    assert time.process_time() - started < 60
