"""Whether what an AI made says so (《人工智能生成合成内容标识办法》): the one check that blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from rongmei.ledger import StoryMedia, StoryVersion
from rongmei.stories.checks.finding import Finding

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
# A bulletin is told by its file's name, too: “AI播报.mp3”, but not “main.mp3”.
_BULLETIN: Final = re.compile(
    r"(?<![A-Za-z])(?:AI|AIGC|TTS)(?![A-Za-z])|人工智能|数字人|虚拟主播|合成语音|语音合成", re.IGNORECASE
)


def check_labels(version: StoryVersion, text: str) -> Iterator[Finding]:
    """AI content that the text does not own up to, or the head of the file does not.

    Args:
        text: the version's body as `plain` has it.
    """
    labelled = _LABEL.search(text) is not None
    if version.ai_generated and not labelled:
        message = "标明了人工智能生成，正文却没有写明。请在正文开头或末尾加一句，例如“本文由人工智能生成”"
        yield Finding("ai_unlabelled", message, blocks=True)
    by_credit = any(_CREDIT.search(f"{media.credit} {media.alt}") or _bulletin(media) for media in version.media)
    if not version.ai_generated and (labelled or by_credit):
        where = "正文" if labelled else "图片、视频或音频的署名、说明或文件名"
        message = f"{where}写明是人工智能生成，稿头却没有标。请在稿头加一行 ai_generated: 是"
        yield Finding("ai_undeclared", message, blocks=True)


def _bulletin(media: StoryMedia) -> bool:
    """Whether a recording is a bulletin that a machine reads (AI 播报)."""
    return media.role == "audio" and _BULLETIN.search(f"{media.name} {media.alt} {media.credit}") is not None
