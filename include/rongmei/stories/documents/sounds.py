"""Checks a recording by its content, never by its name: an MP3, M4A or WAV, whole, and how long it plays.

Only headers are read; nothing is decoded and nothing is loaded whole. Sources: ISO/IEC 11172-3, 2.4.1.3 (MPEG audio
frames), the Xing/Info header of LAME, ISO/IEC 14496-12 (boxes), Microsoft's RIFF WAVE.
"""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

from rongmei.errors import BadInput
from rongmei.stories.keeping import digest

LONGEST_SECONDS: Final = 24 * 3600
MAX_FRAMES: Final = 3_000_000
"""More than a day of MPEG frames."""
MAX_BOXES: Final = 10_000
_LEAST_FRAMES: Final = 3
_MAX_JUNK: Final = 64 * 1024

# kbit/s by layer III's index: MPEG-1, then MPEG-2 and 2.5; sample rates of MPEG-1 by index.
_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES: Final = (44_100, 48_000, 32_000)


@dataclass(frozen=True)
class Sound:
    """What a recording is, in bytes and seconds."""

    sha256: str
    content_type: str
    size_bytes: int
    seconds: float


class _Odd(Exception):
    """It is not a recording that could be played."""


def examine(stream: BinaryIO, where: str) -> Sound:
    """Look at a recording.

    Raises:
        BadInput: not an MP3, M4A or WAV, or broken off.
        keeping.Changed: it became shorter meanwhile.
        OSError: it cannot be read.
    """
    size = stream.seek(0, os.SEEK_END)
    try:
        content_type, seconds = _probe(stream, size)
    except _Odd as error:
        mend = "重新拷贝一份，能在播放器里从头放到尾再交；别的格式先转成 MP3"
        raise BadInput(str(error), where=where, mend=mend) from None
    if not 0 < seconds <= LONGEST_SECONDS:
        raise BadInput("音频的时长不像真的", where=where, mend="用剪辑软件重新导出为 MP3 再交")
    return Sound(digest(stream, size), content_type, size, round(seconds, 3))


def _probe(stream: BinaryIO, size: int) -> tuple[str, float]:
    stream.seek(0)
    head = stream.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav", _wav(stream, size)
    if head[4:8] == b"ftyp":
        return "audio/mp4", _m4a(stream, size)
    return "audio/mpeg", _mp3(stream, size)


def _wav(stream: BinaryIO, size: int) -> float:
    stream.seek(4)
    if int.from_bytes(stream.read(4), "little") + 8 > size:
        raise _Odd("音频文件不完整，可能没有传完")
    stream.seek(0)
    try:
        with wave.open(stream, "rb") as sound:
            return sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError, RuntimeError):
        raise _Odd("不是完好的 WAV 音频（只收 PCM 编码的）") from None


# ── M4A ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _m4a(stream: BinaryIO, size: int) -> float:
    boxes = {kind: (start, end) for kind, start, end in _boxes(stream, 0, size)}
    if b"moov" not in boxes or b"mdat" not in boxes:
        raise _Odd("音频文件不完整，可能没有传完")
    handlers, seconds = set(), 0.0
    for kind, start, end in _boxes(stream, *boxes[b"moov"]):
        if kind == b"mvhd":
            seconds = _duration(stream, start)
        elif kind == b"trak":
            handlers |= set(_handlers(stream, start, end))
    if b"vide" in handlers:
        raise _Odd("这是视频，不是音频：写在稿头的“视频”里")
    if b"soun" not in handlers:
        raise _Odd("文件里没有声音")
    return seconds


def _handlers(stream: BinaryIO, start: int, end: int) -> Iterator[bytes]:
    for kind, inner, inner_end in _boxes(stream, start, end):
        if kind == b"mdia":
            yield from _handlers(stream, inner, inner_end)
        elif kind == b"hdlr":
            stream.seek(inner + 8)
            yield stream.read(4)


def _boxes(stream: BinaryIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        stream.seek(start)
        size, kind, head = int.from_bytes(stream.read(4)), stream.read(4), 8
        if size == 1:
            size, head = int.from_bytes(stream.read(8)), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise _Odd("音频文件不完整，可能没有传完")
        yield kind, start + head, start + size
        start += size
    raise _Odd(f"音频文件里的数据块超过 {MAX_BOXES} 个")


def _duration(stream: BinaryIO, start: int) -> float:
    stream.seek(start)
    wide = stream.read(1) == b"\1"
    stream.seek(start + (20 if wide else 12))
    scale = int.from_bytes(stream.read(4))
    duration = int.from_bytes(stream.read(8 if wide else 4))
    if not scale:
        raise _Odd("音频文件损坏：时长不像真的")
    return duration / scale


# ── MP3 ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Frame:
    length: int
    seconds: float
    kind: bytes


def _mp3(stream: BinaryIO, size: int) -> float:
    """The length of an MP3: frame after frame, which a variable bit rate needs and a broken file does not survive."""
    at = _first_frame(stream, size)
    frames, seconds, kind = 0, 0.0, b""
    while at + 4 <= size and frames < MAX_FRAMES:
        stream.seek(at)
        frame = _frame(stream.read(4))
        if frame is None or (kind and frame.kind != kind):
            break
        if at + frame.length > size:
            # The last frame of many a recording is cut; what plays is what counts.
            break
        kind, at, frames, seconds = frame.kind, at + frame.length, frames + 1, seconds + frame.seconds
    if frames < _LEAST_FRAMES:
        raise _Odd("不是 MP3、M4A 或 WAV 音频")
    stream.seek(at)
    rest = stream.read(3)
    if size - at > _MAX_JUNK and rest not in {b"TAG", b"APE", b"ID3"}:
        raise _Odd("音频文件损坏：中间接不上")
    return seconds


def _first_frame(stream: BinaryIO, size: int) -> int:
    """Where the first frame begins: after an ID3v2 tag, whose size has seven bits a byte (id3.org, 3.1)."""
    stream.seek(0)
    head = stream.read(10)
    at = 0
    if head[:3] == b"ID3" and len(head) == 10:
        length = 0
        for byte in head[6:]:
            length = length << 7 | byte & 0x7F
        at = min(10 + length, size)
    stream.seek(at)
    junk = stream.read(4096)
    for offset in range(max(0, len(junk) - 3)):
        if junk[offset] == 0xFF and _frame(junk[offset : offset + 4]) is not None:
            return at + offset
        if junk[offset]:
            # Only padding may stand between a tag and the sound.
            break
    return at


def _frame(head: bytes) -> _Frame | None:
    """The frame of a layer III header of four bytes; None for anything else."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] & 0x06 != 0x02:
        return None
    version, rate, sample = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if version == 1 or sample == 3 or not 0 < rate < 15:
        return None
    first = version == 3
    hertz = _SAMPLES[sample] >> {3: 0, 2: 1, 0: 2}[version]
    kilobits = (_RATES_1 if first else _RATES_2)[rate]
    length = (144 if first else 72) * kilobits * 1000 // hertz + (head[2] >> 1 & 1)
    return _Frame(length, (1152 if first else 576) / hertz, bytes((head[1] & 0xFE, sample)))
