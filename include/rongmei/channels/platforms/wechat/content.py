"""A story as WeChat takes it: limits, what is wrong with it, HTML without links, and the article of a draft.

The sources disagree on the limits (the current official page says 32 characters of title, older ones and SDKs 64), so
a connection may set its own in the fields named below.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rongmei.channels import rendering
from rongmei.channels.base import Article, Credential, Measure, Post
from rongmei.channels.links import is_web_address, marked
from rongmei.channels.values import number_or_none

TITLE_CHARS = 32
"""Field `title_limit`. Current official page; wechatpy and others say 64."""
AUTHOR_CHARS = 16
"""Field `author_limit`. Official page."""
DIGEST_CHARS = 128
"""Field `digest_limit`. Official page; shown only where the message has a single article."""
CONTENT_CHARS = 20_000
"""Field `content_limit`; content has to stay below it. Official page."""
CONTENT_BYTES = 1024 * 1024
SOURCE_BYTES = 1024
"""`content_source_url`. Official page."""
_ADDRESS_CHARS = 150
"""What the address of a picture adds to the content, about."""


@dataclass(frozen=True)
class Limits:
    """The limits that hold for one account, in characters."""

    title: int
    author: int
    digest: int
    content: int


def limits_of(credential: Credential) -> Limits:
    """The account's limits: those of its connection where they are positive numbers, else the usual ones."""

    def limit(name: str, usual: int) -> int:
        given = number_or_none(credential.fields.get(name))
        return given if given is not None and given > 0 else usual

    return Limits(
        title=limit("title_limit", TITLE_CHARS),
        author=limit("author_limit", AUTHOR_CHARS),
        digest=limit("digest_limit", DIGEST_CHARS),
        content=limit("content_limit", CONTENT_CHARS),
    )


def problems_of(article: Article, title: str, limits: Limits) -> tuple[str, ...]:
    """Why WeChat would refuse the article; a reviewed headline is never cut, so one that is too long is refused."""
    problems = []
    if not title:
        problems.append("没有标题")
    if len(title) > limits.title:
        problems.append(f"标题有 {len(title)} 字，公众号最多 {limits.title} 字；请改短后重新送审")
    body = rendering.without_links(article.html)
    added = _ADDRESS_CHARS * len(article.pictures)
    if len(body) + added >= limits.content or len(body.encode()) + added >= CONTENT_BYTES:
        problems.append(f"正文连格式有 {len(body) + added} 字，公众号要少于 {limits.content} 字；请精简后重新送审")
    if not article.text and not article.pictures:
        problems.append("没有正文")
    return tuple(problems)


def post_of(article: Article, title: str, credential: Credential, pictures: Mapping[str, str]) -> Post:
    """HTML without links (45166), the fingerprint in the link behind 阅读原文. The interface takes no tags."""
    limits = limits_of(credential)
    body = rendering.place_pictures(rendering.without_links(article.html), pictures)
    digest = article.digest[: limits.digest]
    return Post(
        title=title,
        author=article.author[: limits.author],
        digest=digest,
        body=body,
        link=_source(article, credential),
        form="html",
        measures=(
            Measure("标题", len(title), limits.title),
            Measure("摘要", len(digest), limits.digest),
            Measure("正文", len(body), limits.content),
        ),
    )


def _source(article: Article, credential: Credential) -> str:
    """The story's page, else the account's; "" where there is neither or it is longer than WeChat takes."""
    for url in (article.link, credential.fields.get("home")):
        if url and is_web_address(url):
            source = marked(url, article.fingerprint)
            if len(source.encode()) <= SOURCE_BYTES:
                return source
    return ""


def draft_article(post: Post, cover: str) -> dict[str, Any]:
    """The post as one of the `articles` of `draft/add`."""
    return {
        "article_type": "news",
        "title": post.title,
        "author": post.author,
        "digest": post.digest,
        "content": post.body,
        "content_source_url": post.link,
        "thumb_media_id": cover,
        "need_open_comment": 1,
        "only_fans_can_comment": 0,
    }
