"""PNG files chunk by chunk (PNG third edition, W3C 2025)."""

from __future__ import annotations

import struct
import zlib

from rongmei.channels.originals.exif import lean_exif
from rongmei.channels.originals.parts import Buffer, Part, Unreadable, is_ai_label, joined, unpack
from rongmei.channels.originals.xmp import lean_xmp

_SHOWN = frozenset(
    b"IHDR PLTE IDAT IEND tRNS cHRM gAMA iCCP sBIT sRGB cICP mDCV cLLI bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)
_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_KEYWORDS = frozenset({b"Title", b"Author", b"Description", b"Copyright", b"Disclaimer", b"Source"})
_XMP = b"XML:com.adobe.xmp"
_PLAIN = b"\0\0\0\0\0"
"""After the keyword of an iTXt chunk: not compressed, no language, no translated keyword."""
_MOST = 1024 * 1024


def lean(data: Buffer) -> list[Part]:
    """The parts of the file that may leave; what follows its end does not.

    Raises:
        Unreadable: it is not built as a PNG.
    """
    parts: list[Part] = [(0, 8)]
    at = 8
    while True:
        (size,) = unpack(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 12 + size
        if end > len(data):
            raise Unreadable(f"the chunk at {at} is too long")
        if kind in _SHOWN:
            parts.append((at, end))
        elif kind == b"eXIf":
            parts.append(_chunk(kind, lean_exif(data[at + 8 : end - 4])))
        elif kind in _TEXTS and size <= _MOST:
            parts.append(_text(kind, data[at + 8 : end - 4], (at, end)))
        at = end
        if kind == b"IEND":
            return joined(parts)


def _text(kind: bytes, body: bytes, whole: tuple[int, int]) -> Part:
    keyword, _, value = body.partition(b"\0")
    if keyword == _XMP:
        head = _XMP + _PLAIN
        packet = lean_xmp(body[len(head) :]) if kind == b"iTXt" and body.startswith(head) else b""
        return _chunk(kind, head + packet) if packet else b""
    return whole if keyword in _KEYWORDS or is_ai_label(keyword) or is_ai_label(value) else b""


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) if body else b""
