"""WebP files chunk by chunk (developers.google.com/speed/webp/docs/riff_container)."""

from __future__ import annotations

import struct

from rongmei.channels.originals.exif import lean_exif
from rongmei.channels.originals.parts import Buffer, Part, Unreadable, joined, unpack
from rongmei.channels.originals.xmp import lean_xmp

_SHOWN = frozenset({b"VP8 ", b"VP8L", b"ANIM", b"ANMF", b"ALPH", b"ICCP"})
_EXIF, _XMP, _HEADER = b"EXIF", b"XMP ", b"VP8X"
_HAS_EXIF, _HAS_XMP = 0x08, 0x04


def lean(data: Buffer) -> list[Part]:
    """The parts of the file that may leave; what follows its end does not.

    Raises:
        Unreadable: it is not built as a WebP.
    """
    (whole,) = unpack("<I", data, 4)
    if data[8:12] != b"WEBP" or 8 + whole > len(data):
        raise Unreadable("no WebP")
    parts: list[Part] = []
    header: int | None = None
    flags = 0
    at = 12
    while at + 8 <= 8 + whole:
        (size,) = unpack("<I", data, at + 4)
        kind, end = data[at : at + 4], at + 8 + size + size % 2
        if at + 8 + size > len(data):
            raise Unreadable(f"the chunk at {at} is too long")
        body = data[at + 8 : at + 8 + size] if kind in (_EXIF, _XMP, _HEADER) else b""
        if kind in _SHOWN:
            parts.append((at, min(end, len(data))))
        elif kind == _HEADER:
            header = len(parts)
            parts.append(body)
        elif kind == _EXIF:
            kept = lean_exif(body.removeprefix(b"Exif\0\0"))
            flags |= _HAS_EXIF if kept else 0
            parts.append(_chunk(_EXIF, kept))
        elif kind == _XMP:
            kept = lean_xmp(body)
            flags |= _HAS_XMP if kept else 0
            parts.append(_chunk(_XMP, kept))
        at = end
    if header is not None:
        given = parts[header]
        if not isinstance(given, bytes) or len(given) < 10:
            raise Unreadable("the header is too short")
        shown = given[0] & ~(_HAS_EXIF | _HAS_XMP) | flags
        parts[header] = _chunk(_HEADER, bytes([shown]) + given[1:])
    size = sum(len(part) if isinstance(part, bytes) else part[1] - part[0] for part in parts)
    first: Part = (0, 12) if 4 + size == whole else b"RIFF" + struct.pack("<I", 4 + size) + b"WEBP"
    return joined([first, *parts])


def _chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) if body else b""
