"""A story in the form of an Alipay article: rich text, service card, cover, keywords."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import nh3

from rongmei.channels import rendering
from rongmei.channels.base import Article, Credential, Measure, ServiceCard
from rongmei.channels.captions import units
from rongmei.channels.links import is_web_address, marked
from rongmei.channels.values import number_or_none

NAME = "alipay"
TITLE_CHARS = 32
CONTENT_CHARS = 10_000
BENEFIT_CHARS = 10
CARD_TITLE_CHARS = 32
TAGS_CHARS = 50
MAX_TAGS = 5
_PICTURE_CHARS = 160
"""About what a picture's address adds to the text."""
_MAX_LINK = 512
_IN_NO_TAG = re.compile(r"[,，#\s]+")
_UNSEEN = re.compile(r"[\x00-\x20\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\"'<>\\]")


def problems(article: Article, credential: Credential) -> tuple[str, ...]:
    """Why Alipay would refuse the article; a reviewed headline is never cut, so a long one is a problem."""
    found = []
    title, limit = article.title_for(NAME), title_limit(credential)
    if not title:
        found.append("没有标题")
    if units(title) > limit:
        found.append(f"标题有 {units(title)} 字，支付宝生活号最多 {limit} 字；请改短后重新送审")
    if not article.text and not article.pictures:
        found.append("没有正文")
    if (size := content_size(article)) > CONTENT_CHARS:
        found.append(f"正文连格式有 {size} 字，支付宝生活号最多 {CONTENT_CHARS} 字；请精简后重新送审")
    if article.card is not None:
        found += _card_problems(article.card)
    return tuple(found)


def _card_problems(card: ServiceCard) -> list[str]:
    found = []
    if not card.title.strip():
        found.append("服务卡片没有标题")
    if units(card.title) > CARD_TITLE_CHARS:
        found.append(f"服务卡片的标题有 {units(card.title)} 字，最多 {CARD_TITLE_CHARS} 字")
    if units(card.benefit) > BENEFIT_CHARS:
        found.append(f"服务卡片的利益点有 {units(card.benefit)} 字，支付宝最多 {BENEFIT_CHARS} 字")
    if not is_card_link(card.link):
        found.append("服务卡片的链接要以 https://、http:// 或 alipays:// 开头，并且里面没有空格和引号")
    return found


def is_card_link(link: str) -> bool:
    """Whether a card may lead there: a web page, or a page or mini programme inside Alipay."""
    if len(link) > _MAX_LINK or _UNSEEN.search(link):
        return False
    if is_web_address(link):
        return True
    try:
        parts = urlsplit(link)
    except ValueError:
        return False
    return parts.scheme == "alipays" and bool(parts.netloc) and "@" not in parts.netloc


def title_limit(credential: Credential) -> int:
    """Characters a title may have."""
    return number_or_none(credential.fields.get("title_limit")) or TITLE_CHARS


def rich_text(article: Article, pictures: Mapping[str, str]) -> str:
    """The article with the platform's addresses of its pictures, the service card, and the way to the whole story."""
    clean = nh3.clean(
        article.html,
        tags=set(rendering.TAGS),
        attributes=rendering.ATTRIBUTES,
        url_schemes={"http", "https", rendering.SCHEME},
    )
    body = rendering.place_pictures(clean, pictures)
    if article.card is not None:
        body += _card(article.card)
    if article.link and is_web_address(article.link):
        link = html.escape(marked(article.link, article.fingerprint))
        body += f'<p><a href="{link}">阅读原文</a></p>'
    return body


def _card(card: ServiceCard) -> str:
    """A block of its own, in tags that any rich text keeps."""
    benefit = f"<p>{html.escape(card.benefit)}</p>" if card.benefit else ""
    title, link = html.escape(card.title), html.escape(card.link)
    return f'<blockquote><p><strong>{title}</strong></p>{benefit}<p><a href="{link}">立即办理</a></p></blockquote>'


def content_size(article: Article) -> int:
    """How long the rich text will be, at most."""
    return units(rich_text(article, {})) + sum(
        _PICTURE_CHARS for picture in article.pictures if f"{rendering.SCHEME}:{picture.sha256}" in article.html
    )


def keywords(article: Article) -> tuple[str, ...]:
    """At most five of the story's tags, 50 characters in all."""
    chosen: list[str] = []
    for name in article.tags:
        tag = _IN_NO_TAG.sub("", name)
        if tag and tag not in chosen and units(",".join([*chosen, tag])) <= TAGS_CHARS:
            chosen.append(tag)
    return tuple(chosen[:MAX_TAGS])


def content(article: Article, *, cover: str, pictures: Mapping[str, str]) -> dict[str, Any]:
    """The `biz_content` of `content.create`; an activity (活动图文) where the service card names a benefit."""
    made: dict[str, Any] = {
        "title": article.title_for(NAME),
        "cover": cover,
        "content": rich_text(article, pictures),
        "could_comment": "T",
    }
    if article.card is not None and article.card.benefit:
        made |= {"ctype": "activity", "benefit": article.card.benefit}
    if tags := keywords(article):
        made["ext_tags"] = ",".join(tags)
    return made


def measures(article: Article, credential: Credential) -> tuple[Measure, ...]:
    """Lengths against the platform's limits."""
    found = [
        Measure("标题", units(article.title_for(NAME)), title_limit(credential)),
        Measure("正文", content_size(article), CONTENT_CHARS),
    ]
    if article.card is not None:
        found.append(Measure("利益点", units(article.card.benefit), BENEFIT_CHARS))
    return tuple(found)
