"""缺项与平台限制: what a version lacks, and what a platform would not take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rongmei.channels.captions import units
from rongmei.channels.registry import all_channels
from rongmei.config import CHANNEL_NAMES
from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.checks.finding import Finding
from rongmei.stories.markdown import odd_markup

# WeChat's draft/add: title ≤ 32 characters, author ≤ 16, digest ≤ 128; a draft needs a cover.
WECHAT_TITLE: Final = 32
WECHAT_AUTHOR: Final = 16
WECHAT_DIGEST: Final = 128
PICTURES: Final = frozenset(("cover", "body"))
"""The roles of media that are pictures."""

# Titles that these refuse when they are longer, in UTF-16 units; others cut them, or take any length.
_TITLES: Final = {"bilibili": 80, "alipay": 32}

_MARKUP: Final = re.compile(r"<|!\[|=|javascript", re.IGNORECASE)


def pictures(version: StoryVersion) -> list[StoryMedia]:
    """The version's pictures, in order."""
    return [media for media in version.media if media.role in PICTURES]


def videos(version: StoryVersion) -> list[StoryMedia]:
    """The version's videos, in order."""
    return [media for media in version.media if media.role == "video"]


def audios(version: StoryVersion) -> list[StoryMedia]:
    """The version's recordings, in order."""
    return [media for media in version.media if media.role == "audio"]


def listed(names: Sequence[str]) -> str:
    """Names of files, each once, at most five: a.jpg、b.jpg 等 7 张."""
    distinct = list(dict.fromkeys(names))
    return "、".join(distinct[:5]) + (f" 等 {len(distinct)} 张" if len(distinct) > 5 else "")


def check_parts(version: StoryVersion) -> Iterator[Finding]:
    """Fields that are empty, pictures that are missing or not described, markup that will not work."""
    if not version.digest:
        yield Finding("no_digest", "没有摘要，各渠道会截取正文开头")
    if not version.author:
        yield Finding("no_author", "没有作者")
    if version.column is None:
        yield Finding("no_column", "没有栏目")
    shown = pictures(version)
    if not shown:
        yield Finding("no_picture", "没有图片")
    if bare := [media.name for media in shown if not media.alt]:
        yield Finding("no_alt", f"图片没有说明：{listed(bare)}")
    # Parsing costs more than all other checks of a plain text.
    for note in odd_markup(version.body) if _MARKUP.search(version.body) else ():
        yield Finding("odd_markup", note)


def check_limits(version: StoryVersion, channels: Sequence[str]) -> Iterator[Finding]:
    """What a channel that the campaign publishes to would refuse, or would not be given."""
    if "wechat" in channels:
        yield from _wechat(version)
    titles = (version.extras or {}).get("titles", {})
    for channel, limit in _TITLES.items():
        length = units(str(titles.get(channel) or version.title))
        if channel in channels and length > limit:
            message = f"标题 {length} 字，{CHANNEL_NAMES.get(channel, channel)}最多 {limit} 字，会被拒收"
            yield Finding(f"{channel}_title", message, group="limits")
    known = all_channels()
    for need, name, there in (("picture", "图片", pictures(version)), ("video", "视频", videos(version))):
        without = [known[one].label for one in channels if one in known and need in known[one].capabilities.needs]
        if without and not there:
            yield Finding(f"no_{need}_there", f"没有{name}，不会排到{'、'.join(without)}", group="limits")


def _wechat(version: StoryVersion) -> Iterator[Finding]:
    title = str((version.extras or {}).get("titles", {}).get("wechat") or version.title)
    for code, name, text, limit in (
        ("wechat_title", "标题", title, WECHAT_TITLE),
        ("wechat_author", "作者", version.author, WECHAT_AUTHOR),
        ("wechat_digest", "摘要", version.digest, WECHAT_DIGEST),
    ):
        if len(text) > limit:
            yield Finding(code, f"{name} {len(text)} 字，公众号最多 {limit} 字", group="limits")
    if not pictures(version):
        yield Finding("wechat_cover", "公众号草稿必须有封面，没有图片就发不了公众号", group="limits")
