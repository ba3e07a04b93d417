"""The list of published messages: finding a publication's article in it, and seeing whether one is still there."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from rongmei.channels.base import Accepted, Line, Pending
from rongmei.channels.links import MARK
from rongmei.channels.platforms.wechat.calls import (
    BAD_ARTICLE_ID,
    Calls,
    code_of,
    object_of,
    objects,
    refuse,
)
from rongmei.channels.platforms.wechat.jobs import external_id_of
from rongmei.channels.values import number_or_none, text_of

BATCH = 20
MAX_LISTED = 200
"""Messages looked through for one that may have gone out; an account publishes a handful a day."""
_EARLIER = timedelta(hours=1)
_FINGERPRINT = re.compile(r"rm[0-9a-f]{18}")


@dataclass(frozen=True)
class Listed:
    """An article of a published message; `index` is its place, from 1."""

    article_id: str
    index: int
    news: Mapping[str, Any]

    @property
    def deleted(self) -> bool:
        return is_deleted(self.news) is True


def listed(calls: Calls, line: Line, since: datetime) -> Iterator[Listed]:
    """`freepublish/batchget`, newest first, back to an hour before `since`."""
    horizon = (since - _EARLIER).timestamp()
    for offset in range(0, MAX_LISTED, BATCH):
        page = {"offset": offset, "count": BATCH, "no_content": 1}
        data = calls.ask(line, "/cgi-bin/freepublish/batchget", "查看已发布", json_body=page)
        items = objects(data.get("item"))
        for item in items:
            content = item.get("content")
            article_id = text_of(item.get("article_id"))
            for index, news in enumerate(objects(content.get("news_item")) if isinstance(content, dict) else [], 1):
                if article_id:
                    yield Listed(article_id, index, news)
        oldest = min((number_or_none(item.get("update_time")) or 0 for item in items), default=0)
        if len(items) < BATCH or oldest < horizon:
            return


def is_ours(news: Mapping[str, Any], fingerprint: str, cover: str) -> bool:
    """Whether an article is the publication's: by the mark in its link, else by its cover, which no other one uses."""
    mark = mark_of(text_of(news.get("content_source_url")))
    if mark == fingerprint:
        return True
    marked_otherwise = bool(_FINGERPRINT.fullmatch(mark))
    return not marked_otherwise and bool(cover) and text_of(news.get("thumb_media_id")) == cover


def mark_of(url: str) -> str:
    """The value of `rm` in an address, "" where there is none."""
    try:
        return next(iter(parse_qs(urlsplit(html.unescape(url)).query).get(MARK, [])), "")
    except ValueError:
        return ""


def sighting(calls: Calls, line: Line, fingerprint: str, cover: str, since: datetime) -> Accepted | Pending | None:
    """The publication in the list of published messages; None where it does not stand there."""
    deleted = False
    for article in listed(calls, line, since):
        if not is_ours(article.news, fingerprint, cover):
            continue
        if not article.deleted:
            url = text_of(article.news.get("url")) or None
            keep = {"index": article.index}
            return Accepted(external_id_of(article.article_id, article.index), url, live=True, keep=keep)
        deleted = True
    return Pending("文章发出后又被删除了，请人工核对") if deleted else None


def is_gone(calls: Calls, line: Line, article_id: str, index: int) -> bool | None:
    """`freepublish/getarticle`: whether the article at `index` is deleted; None where the platform does not say."""
    body = {"article_id": article_id}
    data = object_of(calls.post(line, "/cgi-bin/freepublish/getarticle", json_body=body), line, "查看文章")
    code = code_of(data)
    if code == BAD_ARTICLE_ID:
        # It may never have known the id, which is no proof that nobody sees the article.
        return None
    if code:
        refuse(line, "查看文章", code, data)
    articles = objects(data.get("news_item"))
    return is_deleted(articles[index - 1]) if index <= len(articles) else None


def is_deleted(news: Mapping[str, Any]) -> bool | None:
    """`is_deleted`; None where it is missing or is nothing like yes or no."""
    value = news.get("is_deleted")
    if isinstance(value, bool | int) and value in (0, 1):
        return bool(value)
    return {"true": True, "1": True, "false": False, "0": False}.get(text_of(value).lower())
