"""Reads from the boxes of an MP4 file (ISO/IEC 14496-12) whether it is one, whole, and how long and large it is.

Only the headers of boxes and a few short boxes are read, whatever the file claims: nothing is decoded, nothing is
loaded whole, and the number of boxes is bounded.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

MAX_BOXES: Final = 50_000
"""A film of hours in fragments of a second has fewer; a file of nothing but empty boxes has more."""
LONGEST_SECONDS: Final = 24 * 3600

_MAX_BRANDS: Final = 64
_UNKNOWN: Final = {4: 2**32 - 1, 8: 2**64 - 1}
_BROKEN_OFF: Final = "视频文件不完整，可能没有传完"


class BadFilm(Exception):
    """The file is no MP4 that could be shown; says why in Chinese."""


@dataclass(frozen=True)
class Film:
    """A film's length and the size it is shown in; `seconds` is None where the file does not say."""

    seconds: float | None
    width: int
    height: int


@dataclass(frozen=True)
class _Box:
    """A box by its four letters; `start` and `end` are where its content is in the file."""

    kind: bytes
    start: int
    end: int


@dataclass(frozen=True)
class _Track:
    enabled: bool
    width: int
    height: int

    @property
    def rank(self) -> tuple[bool, int]:
        """A cover picture in the file is a track too, but not one that plays by itself."""
        return self.enabled, self.width * self.height


def probe(stream: BinaryIO) -> Film:
    """What the file of a stream is.

    Raises:
        BadFilm: not an MP4, broken off, contradictory, or without a picture.
        OSError: it cannot be read.
    """
    return _Reader(stream).film()


class _Reader:
    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = stream.seek(0, os.SEEK_END)
        self._boxes_left = MAX_BOXES

    def film(self) -> Film:
        moov = self._moov()
        parts = list(self._inside(moov))
        tracks = [track for part in parts if part.kind == b"trak" and (track := self._track(part))]
        if not tracks:
            raise BadFilm("视频里没有画面")
        best = max(tracks, key=lambda track: track.rank)
        return Film(self._seconds(parts), best.width, best.height)

    # ── boxes ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _moov(self) -> _Box:
        """The one description of the film; the file begins with its type and has the film itself, too."""
        if self._size < 16 or self._read(4, 4) != b"ftyp":
            raise BadFilm("不是 MP4 视频")
        moov, frames = None, 0
        for box in self._boxes(0, self._size):
            if box.kind == b"ftyp":
                self._check_type(box)
            elif box.kind == b"moov":
                if moov is not None:
                    raise BadFilm("视频文件自相矛盾：有两份影片说明（moov）")
                moov = box
            elif box.kind == b"mdat":
                frames += box.end - box.start
        if moov is None or not frames:
            raise BadFilm(_BROKEN_OFF)
        return moov

    def _check_type(self, box: _Box) -> None:
        told = self._read(box.start, min(box.end - box.start, 8 + 4 * _MAX_BRANDS))
        brands = {told[:4], *(told[at : at + 4] for at in range(8, len(told), 4))}
        if told[:4] == b"qt  " and not any(brand.startswith((b"mp4", b"iso")) for brand in brands):
            raise BadFilm("这是 QuickTime（.mov）视频，不是 MP4")

    def _boxes(self, start: int, end: int) -> Iterator[_Box]:
        """The boxes between two places of the file, every one of them at least a header further on."""
        outermost = start == 0
        while start < end:
            self._boxes_left -= 1
            if self._boxes_left < 0:
                raise BadFilm(f"视频文件里的数据块超过 {MAX_BOXES} 个")
            head, room = 8, end - start
            size, kind = self._number(start, 4), self._read(start + 4, 4)
            if size == 1:
                head, size = 16, self._number(start + 8, 8)
            elif size == 0 and outermost:
                size = room
            if size < head:
                raise BadFilm("视频文件损坏：数据块的长度不对")
            if size > room:
                raise BadFilm(_BROKEN_OFF)
            yield _Box(kind, start + head, start + size)
            start += size

    def _inside(self, box: _Box) -> Iterator[_Box]:
        return self._boxes(box.start, box.end)

    def _find(self, box: _Box, kind: bytes) -> _Box | None:
        return next((part for part in self._inside(box) if part.kind == kind), None)

    def _read(self, start: int, length: int) -> bytes:
        self._stream.seek(start)
        data = self._stream.read(length)
        if len(data) < length:
            raise BadFilm(_BROKEN_OFF)
        return data

    def _number(self, start: int, length: int) -> int:
        return int.from_bytes(self._read(start, length))

    def _field(self, box: _Box, offset: int, length: int) -> int:
        """An unsigned number inside a box."""
        if box.start + offset + length > box.end:
            raise BadFilm("视频文件损坏：影片说明残缺")
        return self._number(box.start + offset, length)

    # ── what they say ────────────────────────────────────────────────────────────────────────────────────────────

    def _seconds(self, parts: list[_Box]) -> float | None:
        """The length that the movie header says; of a film in fragments, what the fragments' header says."""
        header = next((part for part in parts if part.kind == b"mvhd"), None)
        if header is None:
            raise BadFilm("视频文件损坏：影片说明残缺")
        wide, word = self._version(header)
        scale = self._field(header, 4 + 2 * word, 4)
        duration = self._field(header, 8 + 2 * word, word)
        if duration == 0:
            duration = self._fragments(parts)
        if duration in (0, _UNKNOWN[4], _UNKNOWN[8] if wide else 0):
            return None
        if scale == 0 or duration > LONGEST_SECONDS * scale:
            raise BadFilm("视频文件损坏：时长不像真的")
        return round(duration / scale, 3)

    def _fragments(self, parts: list[_Box]) -> int:
        extends = next((part for part in parts if part.kind == b"mvex"), None)
        header = self._find(extends, b"mehd") if extends else None
        return self._field(header, 4, self._version(header)[1]) if header else 0

    def _version(self, box: _Box) -> tuple[bool, int]:
        """Whether a box has 64-bit times, and how many bytes each of them has."""
        version = self._field(box, 0, 1)
        if version > 1:
            raise BadFilm("视频文件损坏：影片说明的版本不认识")
        return version == 1, 8 if version else 4

    def _track(self, trak: _Box) -> _Track | None:
        """A track with a picture that has a size."""
        parts = list(self._inside(trak))
        header = next((part for part in parts if part.kind == b"tkhd"), None)
        media = next((part for part in parts if part.kind == b"mdia"), None)
        handler = self._find(media, b"hdlr") if media else None
        if header is None or handler is None or self._field(handler, 8, 4) != int.from_bytes(b"vide"):
            return None
        _, word = self._version(header)
        # creation, modification, track, reserved, duration, 16 bytes of layer and volume, then the matrix and the size
        matrix = 4 + 3 * word + 8 + 16
        across, down = (self._field(header, matrix + offset, 4) >> 16 for offset in (36, 40))
        if not across or not down:
            return None
        lies = not self._field(header, matrix, 4) and self._field(header, matrix + 4, 4)
        width, height = (down, across) if lies else (across, down)
        return _Track(bool(self._field(header, 3, 1) & 1), width, height)
