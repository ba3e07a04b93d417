"""Checks a recording by its content, never by its name: MP3, AAC, M4A, WAV or Ogg, whole, and how long it plays.

Only headers are read; nothing is decoded and nothing is loaded whole. Sources: ISO/IEC 11172-3, 2.4.1.3 (MPEG audio
frames), ISO/IEC 14496-3, 1.A.2.2 (ADTS), ISO/IEC 14496-12 (boxes), Microsoft's RIFF WAVE, RFC 3533 (Ogg pages), RFC
7845 (Opus in Ogg), Vorbis I, 4.2.2 (the identification header).
"""

from __future__ import annotations

import os
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from rongmei.errors import BadInput
from rongmei.stories.keeping import digest

LONGEST_SECONDS: Final = 24 * 3600
MAX_FRAMES: Final = 3_000_000
"""More than a day of MPEG frames, and of AAC's."""
MAX_PAGES: Final = 2_000_000
"""More than a day of Ogg pages."""
MAX_BOXES: Final = 10_000
_LEAST_FRAMES: Final = 3
_MAX_JUNK: Final = 64 * 1024

# kbit/s by layer III's index: MPEG-1, then MPEG-2 and 2.5; sample rates of MPEG-1 by index.
_RATES_1: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES_2: Final = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_SAMPLES: Final = (44_100, 48_000, 32_000)
# Sample rates of ADTS by index, samples of a block of AAC.
_AAC_RATES: Final = (
    *(96_000, 88_200, 64_000, 48_000, 44_100, 32_000),
    *(24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350),
)
_AAC_BLOCK: Final = 1024
_OPUS_HERTZ: Final = 48_000
"""Positions in an Opus stream are counted at this rate, whatever it was recorded with (RFC 7845, 4)."""
_SUFFIXES: Final = {
    "audio/mpeg": {".mp3"},
    "audio/aac": {".aac"},
    "audio/mp4": {".m4a", ".mp4", ".aac"},
    "audio/wav": {".wav"},
    "audio/ogg": {".ogg", ".oga", ".opus"},
}
SUFFIXES: Final = frozenset((".mp3", ".m4a", ".aac", ".wav", ".ogg", ".oga", ".opus"))
"""Of files that are taken for recordings where nothing else says what they are."""


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
        BadInput: none of the kinds that are taken, or broken off.
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


def misnamed(sound: Sound, name: str) -> bool:
    """Whether the name's suffix says another format than the content has."""
    return Path(name).suffix.lower() not in _SUFFIXES[sound.content_type]


def _probe(stream: BinaryIO, size: int) -> tuple[str, float]:
    stream.seek(0)
    head = stream.read(12)
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "audio/wav", _wav(stream, size)
    if head[4:8] == b"ftyp":
        return "audio/mp4", _m4a(stream, size)
    if head[:4] == _PAGE:
        return "audio/ogg", _ogg(stream, size)
    if _block(head[:7]) is not None:
        return "audio/aac", _aac(stream, size)
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
        raise _Odd("不是 MP3、M4A、AAC、WAV 或 OGG 音频")
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


# ── AAC ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _aac(stream: BinaryIO, size: int) -> float:
    """The length of AAC as a recorder streams it (ADTS): frame after frame, all of one rate."""
    at, frames, seconds, rate = 0, 0, 0.0, 0
    while at + 7 <= size and frames < MAX_FRAMES:
        stream.seek(at)
        block = _block(stream.read(7))
        if block is None or (rate and block.rate != rate) or at + block.length > size:
            break
        rate, at, frames = block.rate, at + block.length, frames + 1
        seconds += block.samples / block.rate
    if frames < _LEAST_FRAMES:
        raise _Odd("不是 MP3、M4A、AAC、WAV 或 OGG 音频")
    if size - at > _MAX_JUNK:
        raise _Odd("音频文件损坏：中间接不上")
    return seconds


@dataclass(frozen=True)
class _Block:
    length: int
    samples: int
    rate: int


def _block(head: bytes) -> _Block | None:
    """The frame of an ADTS header of seven bytes; None for anything else."""
    if len(head) < 7 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0:
        return None
    rate = head[2] >> 2 & 15
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    if rate >= len(_AAC_RATES) or length < 7:
        return None
    return _Block(length, _AAC_BLOCK * ((head[6] & 3) + 1), _AAC_RATES[rate])


# ── Ogg ──────────────────────────────────────────────────────────────────────────────────────────────────────────

_PAGE: Final = b"OggS"
_BEGINS: Final = 2
_NOTHING_ENDS: Final = -1


def _ogg(stream: BinaryIO, size: int) -> float:
    """The length of Ogg: the last position that a page of its one sound gives, less what a player skips."""
    at, pages, last = 0, 0, 0
    serial, hertz, skip = None, 0, 0
    while at + 27 <= size and pages < MAX_PAGES:
        stream.seek(at)
        head = stream.read(27)
        lacing = stream.read(head[26])
        end = at + 27 + len(lacing) + sum(lacing)
        if head[:4] != _PAGE or len(lacing) < head[26] or end > size:
            break
        position, own = int.from_bytes(head[6:14], "little", signed=True), head[14:18]
        if head[5] & _BEGINS:
            found = _codec(stream.read(min(sum(lacing), 64)))
            if found and serial is None:
                serial, (hertz, skip) = own, found
        elif own == serial and position != _NOTHING_ENDS:
            last = max(last, position)
        at, pages = end, pages + 1
    if serial is None:
        raise _Odd("OGG 里没有 Opus 或 Vorbis 声音")
    if at != size:
        raise _Odd("音频文件不完整，可能没有传完")
    return max(last - skip, 0) / hertz


def _codec(packet: bytes) -> tuple[int, int] | None:
    """Positions a second, and positions to leave out at the beginning, of a stream by its first packet; None for what
    is no sound.
    """
    if packet[:8] == b"OpusHead" and len(packet) >= 19:
        return _OPUS_HERTZ, int.from_bytes(packet[10:12], "little")
    if packet[:7] == b"\x01vorbis" and len(packet) >= 16:
        hertz = int.from_bytes(packet[12:16], "little")
        return (hertz, 0) if hertz else None
    if packet[:7] == b"\x80theora":
        raise _Odd("这是视频，不是音频：先导出为 MP4，写在稿头的“视频”里")
    return None
