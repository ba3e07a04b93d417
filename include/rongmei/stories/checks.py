"""预检: what can be seen without a person before a review; reviewers read it, only unlabelled AI content blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.markdown import odd_markup, plain

# WeChat's draft/add: title ≤ 32 characters, author ≤ 16, digest ≤ 128; a draft needs a cover.
WECHAT_TITLE: Final = 32
WECHAT_AUTHOR: Final = 16
WECHAT_DIGEST: Final = 128

_AI: Final = r"(?:AI|AIGC|人工智能|数字人|大模型)"
_MADE: Final = r"(?:生成|合成|制作|创作|播报|辅助|绘制)"
# A label as 《人工智能生成合成内容标识办法》 asks for: the text says of itself, or of a part of it, that AI made it.
_LABEL: Final = re.compile(
    rf"(?:本文|本稿|本条|内容|文字|配图|图片|图像|视频|音频|画面|配音|题图|封面)[^。！？\n]{{0,12}}{_AI}[^。！？\n]{{0,6}}{_MADE}"
    rf"|[(（【\[]\s*[^()（）【】\[\]\n]{{0,8}}{_AI}\s*{_MADE}[^()（）【】\[\]\n]{{0,8}}[)）】\]]"
    rf"|^\s*[^。！？\n]{{0,6}}{_AI}\s*{_MADE}[^。！？\n]{{0,6}}$",
    re.IGNORECASE | re.MULTILINE,
)
_CREDIT: Final = re.compile(rf"{_AI}|AI|midjourney|stable.?diffusion|dall.?e|即梦|文心|通义|豆包", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One remark on a version; a blocking one keeps the version from passing any review."""

    code: str
    message: str
    blocks: bool = False


def check(version: StoryVersion, channels: Sequence[str]) -> tuple[Finding, ...]:
    """Every finding on a version, blocking ones first.

    Args:
        channels: where the campaign publishes; the limits of other channels do not count.
    """
    found = [*_ai(version), *_fields(version), *_pictures(version)]
    if "wechat" in channels:
        found += _wechat(version)
    found += [Finding("odd_markup", note) for note in odd_markup(version.body)]
    return tuple(sorted(found, key=lambda finding: not finding.blocks))


def blocking(version: StoryVersion) -> tuple[Finding, ...]:
    """The findings that keep a version from passing; the same on every channel."""
    return tuple(finding for finding in _ai(version) if finding.blocks)


def _ai(version: StoryVersion) -> Iterator[Finding]:
    labelled = _LABEL.search(plain(version.body)) is not None
    if version.ai_generated and not labelled:
        message = "标明了人工智能生成，正文却没有写明。请在正文开头或末尾加一句，例如“本文由人工智能生成”"
        yield Finding("ai_unlabelled", message, blocks=True)
    by_credit = any(_CREDIT.search(f"{media.credit} {media.alt}") for media in version.media)
    if not version.ai_generated and (labelled or by_credit):
        where = "正文" if labelled else "图片或视频的署名、说明"
        message = f"{where}写明是人工智能生成，稿头却没有标。请在稿头加一行 ai_generated: 是"
        yield Finding("ai_undeclared", message, blocks=True)


def _fields(version: StoryVersion) -> Iterator[Finding]:
    if not version.digest:
        yield Finding("no_digest", "没有摘要，各渠道会截取正文开头")
    if not version.author:
        yield Finding("no_author", "没有作者")
    if version.column is None:
        yield Finding("no_column", "没有栏目")


def pictures(version: StoryVersion) -> list[StoryMedia]:
    """The version's media that are not videos, in order."""
    return [media for media in version.media if media.role != "video"]


def videos(version: StoryVersion) -> list[StoryMedia]:
    """The version's videos, in order."""
    return [media for media in version.media if media.role == "video"]


def _pictures(version: StoryVersion) -> Iterator[Finding]:
    shown, films = pictures(version), videos(version)
    if not shown:
        yield Finding("no_picture", "没有图片")
    for code, what, names in (
        ("no_credit", "图片没有署名", [media.name for media in shown if not media.credit]),
        ("no_alt", "图片没有说明", [media.name for media in shown if not media.alt]),
        ("no_video_credit", "视频没有署名", [media.name for media in films if not media.credit]),
    ):
        if names:
            distinct = list(dict.fromkeys(names))
            listed = "、".join(distinct[:5]) + (f" 等 {len(distinct)} 张" if len(distinct) > 5 else "")
            yield Finding(code, f"{what}：{listed}")


def _wechat(version: StoryVersion) -> Iterator[Finding]:
    title = str((version.extras or {}).get("titles", {}).get("wechat") or version.title)
    for code, what, text, limit in (
        ("wechat_title", "标题", title, WECHAT_TITLE),
        ("wechat_author", "作者", version.author, WECHAT_AUTHOR),
        ("wechat_digest", "摘要", version.digest, WECHAT_DIGEST),
    ):
        if len(text) > limit:
            yield Finding(code, f"{what} {len(text)} 字，公众号最多 {limit} 字")
    if not pictures(version):
        yield Finding("wechat_cover", "公众号草稿必须有封面，没有图片就发不了公众号")
