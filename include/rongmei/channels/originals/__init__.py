"""Originals as they may leave the house: without the place they were taken at and without whose device took them.

Press photographs keep who made them, what they show and whose they are; where a telephone stood, its owner and its
serial numbers are nobody's business. Pixels and frames are never touched: the file is taken apart into its segments,
the few that carry metadata are left out or written anew with what is allowed in them, and the rest is copied as it is.

What is allowed is listed, everything else goes: a maker's own block, a preview of the uncropped picture, a second
picture or a film hidden behind the first. Labels of AI content stay (the key AIGC of GB 45438-2025 in the metadata, the
IPTC digital source type), because 《人工智能生成合成内容标识办法》, article 10, forbids taking them off. Content
credentials (C2PA) go: they may hold the place, and do not survive a change of the file anyway.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from rongmei.channels.bodies import PIECE, Body
from rongmei.channels.originals import gif, jpeg, mp4, png, webp
from rongmei.channels.originals.parts import Buffer, Part, Unreadable
from rongmei.errors import Refused

_HEAD = 12
_KINDS: tuple[tuple[bytes, str, str, Callable[[Buffer], list[Part]]], ...] = (
    (b"\xff\xd8\xff", "jpg", "image/jpeg", jpeg.lean),
    (b"\x89PNG\r\n\x1a\n", "png", "image/png", png.lean),
    (b"GIF8", "gif", "image/gif", gif.lean),
    (b"RIFF", "webp", "image/webp", webp.lean),
)


@dataclass(frozen=True)
class Lean(Body):
    """A file without what must not leave, put together while it is sent.

    Attributes:
        parts: bytes of its own, and stretches (start, end) of the file.
        ending: by what the file is, not by what it was called.
    """

    path: Path
    parts: tuple[Part, ...]
    mime: str
    ending: str

    @property
    def content_type(self) -> str:
        """See `Body`."""
        return self.mime

    @property
    def is_whole(self) -> bool:
        """Whether nothing had to go: it is the file as it stands."""
        return self.parts == ((0, self.path.stat().st_size),)

    @property
    def length(self) -> int:
        """Bytes."""
        return sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in self.parts)

    def cut(self, start: int, length: int) -> Lean:
        """`length` bytes of it from `start`, as an upload in parts sends them."""
        chosen: list[Part] = []
        at = 0
        for part in self.parts:
            size = len(part) if isinstance(part, bytes) else part[1] - part[0]
            first, last = max(start - at, 0), min(start + length - at, size)
            if first < last:
                chosen.append(part[first:last] if isinstance(part, bytes) else (part[0] + first, part[0] + last))
            at += size
        return replace(self, parts=tuple(chosen))

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            for part in self.parts:
                if isinstance(part, bytes):
                    yield part
                    continue
                start, end = part
                file.seek(start)
                while start < end:
                    piece = file.read(min(PIECE, end - start))
                    if not piece:
                        raise OSError("the file has become shorter")
                    start += len(piece)
                    yield piece


def picture(path: Path, name: str) -> Lean:
    """A reviewed picture as it may leave.

    Args:
        name: as the newsroom knows it, for the error.

    Raises:
        Refused: it cannot be taken apart, so nobody can say what is in it.
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for magic, ending, mime, lean in _KINDS:
            if head.startswith(magic):
                parts = _taken_apart(lean, file.fileno())
                if parts is not None:
                    return Lean(path, tuple(parts), mime, ending)
    raise Refused(f"图片“{name}”的结构看不懂，无法确认已去掉拍摄地点，请另存为 JPEG 或 PNG 后重新交稿")


def film(path: Path, name: str) -> Lean:
    """A reviewed video (MP4) as it may leave; see `picture`."""
    with path.open("rb") as file:
        parts = _taken_apart(mp4.lean, file.fileno())
    if parts is None:
        raise Refused(f"视频“{name}”的结构看不懂，无法确认已去掉拍摄地点，请重新导出 MP4 后交稿")
    return Lean(path, tuple(parts), "video/mp4", "mp4")


SOUNDS = {"audio/mpeg": "mp3", "audio/aac": "aac", "audio/mp4": "m4a", "audio/wav": "wav", "audio/ogg": "ogg"}
"""Media type of a recording → the ending of its file."""


def sound(path: Path, name: str, mime: str) -> Lean:
    """A reviewed recording as it may leave; see `picture`.

    Telephones write the place into an M4A as into a film. The other kinds go as they are: their tags name speaker and
    programme, and may hold the label of AI content, which has to stay.
    """
    if mime not in SOUNDS:
        raise Refused(f"音频“{name}”是 {mime}，不能随稿发出，请导出为 MP3 后重新交稿")
    if mime != "audio/mp4":
        return Lean(path, ((0, path.stat().st_size),), mime, SOUNDS[mime])
    with path.open("rb") as file:
        parts = _taken_apart(mp4.lean, file.fileno())
    if parts is None:
        raise Refused(f"音频“{name}”的结构看不懂，无法确认已去掉录音地点，请导出为 MP3 后重新交稿")
    return Lean(path, tuple(parts), mime, SOUNDS[mime])


def _taken_apart(lean: Callable[[Buffer], list[Part]], descriptor: int) -> list[Part] | None:
    try:
        with mmap.mmap(descriptor, 0, access=mmap.ACCESS_READ) as data:
            return lean(data)
    except (Unreadable, ValueError):  # an empty file cannot be mapped
        return None
