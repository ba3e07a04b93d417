"""Read RSS and Atom feeds, from bytes only, into raw pitches."""

from __future__ import annotations

import calendar
import io
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser
import requests

from rongmei.errors import BadInput
from rongmei.fetching import MAX_BYTES, Resolve, fetch, resolve_host
from rongmei.pitches.sources.base import (
    NAME_LIMIT,
    SUMMARY_LIMIT,
    TITLE_LIMIT,
    RawPitch,
    Reading,
    Rejected,
    pitch_ref,
    plain,
    web_address,
)
from rongmei.text.normalise import normalise

MAX_ENTRIES = 500
# feedparser takes about 20 µs a tag and 2 µs an ampersand; a real feed of 5 MB has a tenth of these.
_MAX_TAGS = 200_000
_MAX_AMPERSANDS = 1_000_000
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_EBCDIC_OPENING = b"\x4c\x6f\xa7\x94"
_HTML_OPENING = re.compile(rb"^\s*(?:<!--.*?-->\s*)*(?:<!doctype\s+html|<html)\b", re.IGNORECASE | re.DOTALL)
_ENTITY = re.compile(r"<!\s*ENTITY", re.IGNORECASE)
_MEND_FEED = "填写 RSS 或 Atom 的订阅地址，并在浏览器里确认能看到条目"


def parse_feed(content: bytes, source_id: str, *, base_url: str, outlet: str | None = None) -> Reading:
    """The entries of a feed, newest as the feed orders them, at most 500.

    feedparser gets a stream: given bytes or a string it would try them as a file name or an address first.

    Args:
        content: the feed's bytes in any encoding; at most 5 MB.
        base_url: where the feed came from; relative links are resolved against it.
        outlet: id or name of the outlet whose feed it is.

    Raises:
        BadInput: too large, a web page, entity definitions, or no feed at all.
    """
    _refuse_unsafe(content, base_url)
    try:
        parsed = feedparser.parse(io.BytesIO(content), response_headers={"content-location": base_url})
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError, OSError) as error:
        # feedparser promises never to raise and mostly keeps it; hostile bytes find the exceptions.
        raise BadInput("内容不是可读的订阅源", where=base_url, mend=_MEND_FEED) from error
    entries = parsed.get("entries", [])
    if not entries and not parsed.get("version"):
        raise BadInput("内容不是 RSS 或 Atom 订阅源", where=base_url, mend=_MEND_FEED)
    return _Entries(source_id, base_url, outlet).read(entries)


def fetch_feed(
    url: str,
    session: requests.Session,
    *,
    source_id: str,
    outlet: str | None = None,
    allow_private: bool = False,
    resolve: Resolve = resolve_host,
    clock: Callable[[], float] = time.monotonic,
) -> Reading:
    """`fetch` and `parse_feed` in one; raises what they raise. `session` comes from `public_session`."""
    content = fetch(url, session, limit=MAX_BYTES, allow_private=allow_private, resolve=resolve, clock=clock)
    return parse_feed(content, source_id, base_url=url, outlet=outlet)


def _refuse_unsafe(content: bytes, where: str) -> None:
    if not content.strip(b"\0 \t\r\n"):
        raise BadInput("内容是空的", where=where, mend=_MEND_FEED)
    if len(content) > MAX_BYTES:
        raise BadInput("订阅内容超过 5 MB", where=where, mend="请对方减少条目，或换一个地址")
    if content.count(b"<") > _MAX_TAGS or content.count(b"&") > _MAX_AMPERSANDS:
        raise BadInput("订阅内容的标记多得不正常，不予解析", where=where, mend="请对方减少条目，或换一个地址")
    if _HTML_OPENING.match(content[:4096].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe")):
        raise BadInput("这是网页，不是订阅源", where=where, mend=_MEND_FEED)
    if any(_ENTITY.search(text) for text in _readings(content)):
        raise BadInput("文件自定义了 XML 实体，可能是攻击，不予解析", where=where, mend="请对方去掉 <!ENTITY …> 定义")


def _readings(content: bytes) -> list[str]:
    """The bytes as text in each way in which a parser may read markup in them."""
    readings = [content.replace(b"\0", b"").decode("latin-1")]  # ASCII-based encodings, UTF-16 and UTF-32
    declared = _DECLARED.search(content[:400].replace(b"\0", b""))
    codec = "cp037" if content.startswith(_EBCDIC_OPENING) else declared.group(1).decode() if declared else None
    if codec is not None:
        try:
            readings.append(content.decode(codec, "ignore"))
        except (LookupError, ValueError):
            return readings
    return readings


class _Entries:
    """Turns feedparser's entries into pitches and rejections."""

    def __init__(self, source_id: str, base_url: str, outlet: str | None) -> None:
        self._source_id, self._base_url, self._outlet = source_id, base_url, outlet

    def read(self, entries: list[Mapping[str, Any]]) -> Reading:
        pitches: dict[str, RawPitch] = {}
        rejected: list[Rejected] = []
        notes: list[Rejected] = []
        for number, entry in enumerate(entries[:MAX_ENTRIES], start=1):
            where = f"{self._base_url} 第 {number} 条"
            title = plain(_text(entry, "title"), TITLE_LIMIT).replace("\n", " ")
            if not normalise(title):
                rejected.append(Rejected(self._source_id, where, "没有标题", "请对方给每个条目写上标题"))
                continue
            link = self._link(entry)
            if link is None and _text(entry, "link"):
                notes.append(Rejected(self._source_id, where, "链接不是 http(s) 网址，没有采用", "请对方更正链接"))
            pitch = self._pitch(entry, title, link)
            pitches.setdefault(pitch.ref, pitch)
        if len(entries) > MAX_ENTRIES:
            reason = f"共 {len(entries)} 条，只读了前 {MAX_ENTRIES} 条"
            rejected.append(Rejected(self._source_id, self._base_url, reason, "请对方只输出最近的条目"))
        return Reading(tuple(pitches.values()), tuple(rejected), tuple(notes))

    def _pitch(self, entry: Mapping[str, Any], title: str, link: str | None) -> RawPitch:
        return RawPitch(
            source_id=self._source_id,
            ref=pitch_ref(self._outlet, title),
            outlet=self._outlet,
            title=title,
            summary=plain(_text(entry, "summary"), SUMMARY_LIMIT),
            author=plain(_text(entry, "author"), NAME_LIMIT).replace("\n", " ") or None,
            url=link,
            submitted_at=_moment(entry),
        )

    def _link(self, entry: Mapping[str, Any]) -> str | None:
        written = _text(entry, "link").strip()
        if not written:
            return None
        try:
            return web_address(urljoin(self._base_url, written))
        except ValueError:
            return None


def _text(entry: Mapping[str, Any], name: str) -> str:
    value = entry.get(name)
    return value if isinstance(value, str) else ""


def _moment(entry: Mapping[str, Any]) -> datetime | None:
    """Published, else updated, as aware UTC; feedparser gives UTC time tuples."""
    for name in ("published_parsed", "updated_parsed"):
        moment = entry.get(name)
        if moment is None:
            continue
        try:
            return datetime.fromtimestamp(calendar.timegm(moment), tz=UTC)
        except (ValueError, OverflowError, OSError, TypeError):
            continue
    return None
