"""Makes the short films of rehearsal stories: the camera moves along a picture; Motion JPEG in an MP4, all in Python.

Every box is of ISO/IEC 14496-12; the frames are JPEG by their object type 0x6C of an MPEG-4 visual stream (14496-1).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from typing import Final

from PIL import Image

SIZE: Final = (360, 640)
"""Upright, as short videos are watched."""
FRAMES_A_SECOND: Final = 4
MAX_BYTES: Final = 300_000

_TICKS: Final = 1000
"""Units of time in a second, within the file."""
_JPEG: Final = 0x6C
_VISUAL: Final = 0x04
_UPRIGHT: Final = struct.pack(">9i", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_UNDETERMINED: Final = 0x55C4
"""The language "und", three letters of five bits."""


def film(picture: bytes, seconds: int = 4) -> bytes:
    """An MP4 below `MAX_BYTES` that moves along a picture from its left to its right edge; no sound.

    Args:
        picture: any image that Pillow reads, wider than it is high.
        seconds: length, from 1.
    """
    with Image.open(io.BytesIO(picture)) as opened:
        image = opened.convert("RGB")
    views = _views(image, seconds * FRAMES_A_SECOND)
    for quality in (70, 55, 40, 25):
        frames = [_jpeg(view, quality) for view in views]
        if sum(map(len, frames)) < MAX_BYTES - 4_000:
            break
    return mp4(frames, SIZE, _TICKS // FRAMES_A_SECOND)


def _views(image: Image.Image, count: int) -> list[Image.Image]:
    """What the camera sees, frame by frame: an upright part of the picture, moved a little each time."""
    wide = min(image.width, image.height * SIZE[0] / SIZE[1])
    step = (image.width - wide) / max(1, count - 1)
    return [
        image.resize(
            SIZE, Image.Resampling.BILINEAR, box=(n * step, 0, min(image.width, n * step + wide), image.height)
        )
        for n in range(count)
    ]


def _jpeg(view: Image.Image, quality: int) -> bytes:
    buffer = io.BytesIO()
    view.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def mp4(frames: Sequence[bytes], size: tuple[int, int], ticks: int) -> bytes:
    """A film of JPEG frames of one size, each shown for `ticks` milliseconds; its description comes first."""
    start = _box(b"ftyp", b"isom", _number(0x200), b"isomiso2mp41")
    before = len(start) + len(_movie(frames, size, ticks, 0)) + 8
    return start + _movie(frames, size, ticks, before) + _box(b"mdat", *frames)


def _movie(frames: Sequence[bytes], size: tuple[int, int], ticks: int, first: int) -> bytes:
    """The description of the film; `first` is where in the file its first frame begins."""
    length = len(frames) * ticks
    header = _full(
        b"mvhd",
        _number(0, 0, _TICKS, length, 0x10000),
        struct.pack(">H", 0x100),
        bytes(10),
        _UPRIGHT,
        bytes(24),
        _number(2),
    )
    return _box(b"moov", header, _track(frames, size, ticks, first))


def _track(frames: Sequence[bytes], size: tuple[int, int], ticks: int, first: int) -> bytes:
    length = len(frames) * ticks
    place = _number(0, 0, 1, 0, length), bytes(16), _UPRIGHT, _number(size[0] << 16, size[1] << 16)
    enabled_and_in_movie = 3
    here = _full(b"url ", flags=1)
    media = _box(
        b"mdia",
        _full(b"mdhd", _number(0, 0, _TICKS, length), struct.pack(">HH", _UNDETERMINED, 0)),
        _full(b"hdlr", _number(0), b"vide", bytes(12), b"VideoHandler\0"),
        _box(
            b"minf",
            _full(b"vmhd", bytes(8), flags=1),
            _box(b"dinf", _full(b"dref", _number(1), here)),
            _samples(frames, size, ticks, first),
        ),
    )
    return _box(b"trak", _full(b"tkhd", *place, flags=enabled_and_in_movie), media)


def _samples(frames: Sequence[bytes], size: tuple[int, int], ticks: int, first: int) -> bytes:
    """Where each frame is and how long it is shown: all in one chunk, one after the other."""
    count = len(frames)
    return _box(
        b"stbl",
        _full(b"stsd", _number(1), _entry(frames, size, ticks)),
        _full(b"stts", _number(1, count, ticks)),
        _full(b"stsc", _number(1, 1, count, 1)),
        _full(b"stsz", _number(0, count, *map(len, frames))),
        _full(b"stco", _number(1, first)),
    )


def _entry(frames: Sequence[bytes], size: tuple[int, int], ticks: int) -> bytes:
    """How to decode a frame."""
    look = struct.pack(">HHIIIH", *size, 0x480000, 0x480000, 0, 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    rate = sum(map(len, frames)) * 8 * _TICKS // (len(frames) * ticks)
    stream = struct.pack(">BB", _JPEG, _VISUAL << 2 | 1) + max(map(len, frames)).to_bytes(3) + _number(rate, rate)
    elementary = _descriptor(3, struct.pack(">HB", 1, 0), _descriptor(4, stream), _descriptor(6, b"\2"))
    return _box(b"mp4v", bytes(6), struct.pack(">H", 1), bytes(16), look, _full(b"esds", elementary))


def _box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def _full(kind: bytes, *parts: bytes, flags: int = 0) -> bytes:
    """A box with a version, 0, and flags."""
    return _box(kind, _number(flags), *parts)


def _descriptor(tag: int, *parts: bytes) -> bytes:
    """An MPEG-4 descriptor of fewer than 128 bytes."""
    content = b"".join(parts)
    return bytes((tag, len(content))) + content


def _number(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}I", *numbers)
