"""A story's words in the form of a Bilibili archive: title, description, tags, and whose work it is."""

from __future__ import annotations

import re
from typing import Any

from rongmei.channels.base import AI_LABEL, Article, Credential, Measure
from rongmei.channels.captions import cut, units
from rongmei.channels.links import is_web_address
from rongmei.channels.platforms.bilibili.upload import MAX_BYTES

NAME = "bilibili"
TITLE_UNITS = 80
DESC_UNITS = 250
TAGS_UNITS = 200
TAG_UNITS = 20
MAX_TAGS = 10
"""Per archive and per tag: the numbers of the web page, not in the interface's documents."""
MAX_SECONDS = 5 * 3600
_MAX_LINK = 100
_IN_NO_TAG = re.compile(r"[,，#\s]+")


def problems(article: Article, credential: Credential) -> tuple[str, ...]:
    """Why Bilibili would refuse the article; a reviewed headline is never cut, so a long one is a problem."""
    found = []
    title = article.title_for(NAME)
    if not title:
        found.append("没有标题")
    if units(title) > TITLE_UNITS:
        found.append(f"标题有 {units(title)} 字，哔哩哔哩最多 {TITLE_UNITS} 字；请改短后重新送审")
    if not article.videos:
        found.append("没有视频，哔哩哔哩只能投视频稿件")
    for clip in article.videos[:1]:
        if clip.size_bytes > MAX_BYTES:
            found.append(f"视频有 {clip.size_bytes / 1024**3:.1f} GB，哔哩哔哩最多 4 GB")
        if clip.seconds is not None and clip.seconds > MAX_SECONDS:
            found.append("视频超过 5 小时，哔哩哔哩不收")
    tid = credential.fields.get("tid", "").strip()
    if tid and not (tid.isascii() and tid.isdecimal()):
        found.append("账号连接里的 tid（分区号）不是数字")
    return tuple(found)


def description(article: Article) -> str:
    """The digest and, below it and always whole, by-line, source, link and AI label."""
    lines = [article.author, f"来源：{article.source}" if article.source else "", _link(article)]
    lines += [f"（{AI_LABEL}）"] if article.ai_generated else []
    ending = "".join(f"\n{line}" for line in lines if line)
    if units(ending) > DESC_UNITS // 2:
        # An endless by-line must not push the label out.
        ending = f"\n（{AI_LABEL}）" if article.ai_generated else ""
    # A digest that is just the beginning of the text was made by a machine; here there is room for more.
    words = article.text if article.text.startswith(article.digest) else article.digest
    return (cut(words, DESC_UNITS - units(ending)) + ending).strip()


def _link(article: Article) -> str:
    link = article.link or ""
    return f"全文：{link}" if is_web_address(link) and len(link) <= _MAX_LINK else ""


def tags(article: Article) -> tuple[str, ...]:
    """The story's tags, else its column or place; at least one, because Bilibili takes no archive without."""
    chosen: list[str] = []
    for name in (*article.tags, *([] if article.tags else [article.column, article.place])):
        tag = _IN_NO_TAG.sub("", name)
        if tag and tag not in chosen and units(tag) <= TAG_UNITS and units(",".join([*chosen, tag])) <= TAGS_UNITS:
            chosen.append(tag)
    return tuple(chosen[:MAX_TAGS]) or ("新闻",)


def submission(article: Article, *, cover: str, tid: int) -> dict[str, Any]:
    """The fields of `add-by-utoken`: a story whose rights are another's is declared as a reprint with its source."""
    own = not article.source or article.source == article.outlet
    fields: dict[str, Any] = {
        "title": article.title_for(NAME),
        "cover": cover,
        "tid": tid,
        "no_reprint": 1 if own else 0,
        "desc": description(article),
        "tag": ",".join(tags(article)),
        "copyright": 1 if own else 2,
    }
    return fields if own else {**fields, "source": article.source}


def measures(article: Article) -> tuple[Measure, ...]:
    """Lengths against the platform's limits."""
    return (
        Measure("标题", units(article.title_for(NAME)), TITLE_UNITS),
        Measure("简介", units(description(article)), DESC_UNITS),
        Measure("标签", units(",".join(tags(article))), TAGS_UNITS),
    )
