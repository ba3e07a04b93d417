"""Recordings by their content: as recorders and editors write them, and what only has their name."""

from __future__ import annotations

import io
import struct
import wave
from collections.abc import Callable

import pytest

from rongmei.errors import BadInput
from rongmei.stories.sounds import Sound, examine

FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # MPEG-1 layer III, 128 kbit/s, 44.1 kHz: 417 bytes


def look(data: bytes) -> Sound:
    return examine(io.BytesIO(data), "音频 采访.mp3")


def wav(seconds: float = 2.0) -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(int(8000 * seconds) * 2))
    return stream.getvalue()


def box(kind: bytes, *parts: bytes) -> bytes:
    content = b"".join(parts)
    return struct.pack(">I4s", len(content) + 8, kind) + content


def m4a(handler: bytes = b"soun", duration: int = 5000, scale: int = 1000) -> bytes:
    movie = box(b"mvhd", bytes(4), struct.pack(">IIII", 0, 0, scale, duration), bytes(80))
    track = box(b"trak", box(b"mdia", box(b"hdlr", bytes(8), handler, bytes(13))))
    return box(b"ftyp", b"M4A ", bytes(4)) + box(b"moov", movie, track) + box(b"mdat", b"x" * 50)


def adts(frames: int = 100, length: int = 200, rate: int = 4) -> bytes:
    """AAC as it is streamed: 44.1 kHz, stereo."""
    size = (0x80 | length >> 11, length >> 3 & 0xFF, (length & 7) << 5 | 0x1F)
    head = bytes((0xFF, 0xF1, 0x40 | rate << 2, *size, 0xFC))
    return (head + bytes(length - 7)) * frames


def page(packet: bytes, position: int, *, first: bool = False, serial: int = 7) -> bytes:
    """An Ogg page of one packet."""
    lacing = bytes((255,) * (len(packet) // 255) + (len(packet) % 255,))
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, 2 if first else 0, position, serial, 0, 0, len(lacing))
    return head + lacing + packet


OPUS = b"OpusHead" + struct.pack("<BBHIhB", 1, 1, 312, 16_000, 0, 0)
VORBIS = b"\x01vorbis" + struct.pack("<IBIiiiBB", 0, 2, 44_100, 0, 128_000, 0, 0xB8, 1)


def ogg(first: bytes = OPUS, last: int = 48_000 * 3 + 312) -> bytes:
    return page(first, 0, first=True) + page(b"tags", 0) + page(b"x" * 600, last)


@pytest.mark.parametrize(
    ("data", "kind", "seconds"),
    [
        (FRAME * 100, "audio/mpeg", 2.612),
        (b"ID3\3\0\0\0\0\1\0" + bytes(128) + FRAME * 100 + b"TAG" + bytes(125), "audio/mpeg", 2.612),
        (FRAME * 100 + FRAME[:200], "audio/mpeg", 2.612),
        (b"\xff\xf3\x90\x00" + bytes(257) + (b"\xff\xf3\x90\x00" + bytes(257)) * 9, "audio/mpeg", 0.261),
        (wav(), "audio/wav", 2.0),
        (m4a(), "audio/mp4", 5.0),
        (adts(), "audio/aac", 2.322),
        (ogg(), "audio/ogg", 3.0),
        (ogg(VORBIS, 44_100 * 2), "audio/ogg", 2.0),
        (page(b"fishead", 0, first=True, serial=1) + ogg(), "audio/ogg", 3.0),
    ],
    ids=["mp3", "tagged", "cut", "mpeg-2", "wav", "m4a", "aac", "opus", "vorbis", "opus with a skeleton"],
)
def test_recordings(data: bytes, kind: str, seconds: float) -> None:
    sound = look(data)
    assert (sound.content_type, sound.size_bytes) == (kind, len(data))
    assert sound.seconds == pytest.approx(seconds, abs=0.001)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: b"", "不是 MP3、M4A"),
        (lambda: b"<html>", "不是 MP3、M4A"),
        (lambda: FRAME * 2, "不是 MP3、M4A"),
        (lambda: b"\xff" * 5000, "不是 MP3、M4A"),
        (lambda: FRAME * 5 + b"x" * 70_000, "中间接不上"),
        (lambda: b"ID3\3\0\0\x7f\x7f\x7f\x7f", "不是 MP3、M4A"),
        (lambda: wav()[:-100], "不完整"),
        (lambda: b"RIFF\4\0\0\0WAVE", "不是完好的 WAV"),
        (lambda: wav(0), "时长不像真的"),
        (lambda: m4a(handler=b"vide"), "这是视频"),
        (lambda: m4a(handler=b"text"), "没有声音"),
        (lambda: m4a()[:-20], "不完整"),
        (lambda: m4a(scale=0), "时长不像真的"),
        (lambda: m4a(duration=2**31, scale=1), "时长不像真的"),
        (lambda: box(b"ftyp", b"M4A ") + box(b"free") * 20_000, "数据块超过"),
        (lambda: adts(2), "不是 MP3、M4A、AAC"),
        (lambda: adts(5) + b"x" * 70_000, "中间接不上"),
        (lambda: ogg()[:-30], "不完整"),
        (lambda: ogg() + b"x" * 40, "不完整"),
        (lambda: ogg(b"\x80theora" + bytes(40)), "这是视频"),
        (lambda: ogg(b"Speex   " + bytes(40)), "没有 Opus 或 Vorbis"),
        (lambda: ogg(last=0), "时长不像真的"),
        (lambda: b"OggS", "没有 Opus 或 Vorbis"),
    ],
)
def test_what_is_no_recording(make: Callable[[], bytes], said: str) -> None:
    with pytest.raises(BadInput, match="改法") as caught:
        look(make())
    assert said in str(caught.value)
