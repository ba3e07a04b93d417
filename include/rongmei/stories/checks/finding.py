"""What a check says, and what it reads: the passages of a version, each with the name of its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from rongmei.config import CHANNEL_NAMES
from rongmei.ledger import StoryMedia, StoryVersion

Group = Literal["errors", "names", "sensitive", "numbers", "privacy", "rights", "repeats", "limits", "parts"]

GROUPS: Final[dict[Group, str]] = {
    "errors": "差错",
    "names": "名称",
    "sensitive": "敏感",
    "numbers": "数字",
    "privacy": "隐私",
    "rights": "版权",
    "repeats": "重复",
    "limits": "平台限制",
    "parts": "缺项",
}
"""The groups in the order in which a reviewer is shown them."""

_AROUND: Final = 8


@dataclass(frozen=True)
class Finding:
    """One remark on a version; a blocking one keeps the version from passing any review."""

    code: str
    message: str
    blocks: bool = False
    group: Group = "parts"


@dataclass(frozen=True)
class Passage:
    """A stretch of plain text and where it stands: 标题, 摘要, 第 3 段, 图片 a.jpg 的说明 …"""

    where: str
    text: str
    prose: bool = True
    """Whether it is title, digest or body, and not a caption."""

    def around(self, start: int, end: int) -> str:
        """Where the stretch stands, with the words around it: 第 3 段“…的比赛截止目前共有…”."""
        left, right = max(0, start - _AROUND), min(len(self.text), end + _AROUND)
        shown = f"{'…' if left else ''}{visible(self.text[left:right])}{'…' if right < len(self.text) else ''}"
        return f"{self.where}“{shown}”"


def visible(text: str) -> str:
    """The text without signs that nobody sees and that could turn the line around."""
    return "".join(char for char in text if char.isprintable() or char == "\u3000")


def passages(version: StoryVersion, text: str) -> tuple[Passage, ...]:
    """Everything of a version that is read by the public, in order; paragraphs are counted from 1.

    Args:
        text: the version's body as `plain` has it.
    """
    body = (line.strip() for line in text.split("\n"))
    titles = (version.extras or {}).get("titles") or {}
    found = [
        Passage("标题", version.title),
        *(Passage(f"{CHANNEL_NAMES.get(one, one)}标题", str(title)) for one, title in titles.items()),
        Passage("摘要", version.digest),
        *(Passage(f"第 {number} 段", text) for number, text in enumerate(filter(None, body), 1)),
        *(Passage(f"{what(media)} {media.name} 的说明", media.alt, prose=False) for media in version.media),
    ]
    return tuple(passage for passage in found if passage.text)


def what(media: StoryMedia) -> str:
    """What a file is called: 视频, 音频 or 图片."""
    return {"video": "视频", "audio": "音频"}.get(media.role, "图片")


def grouped(hits: Iterable[tuple[Hashable, Finding]]) -> Iterator[Finding]:
    """The first finding of each key, with the number of places where there are several; in order of appearance."""
    first: dict[Hashable, Finding] = {}
    counts: defaultdict[Hashable, int] = defaultdict(int)
    for key, finding in hits:
        first.setdefault(key, finding)
        counts[key] += 1
    for key, finding in first.items():
        more = f"（全文共 {counts[key]} 处）" if counts[key] > 1 else ""
        yield Finding(finding.code, finding.message + more, finding.blocks, finding.group)
