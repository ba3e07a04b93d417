"""JPEG files segment by segment (ITU-T T.81, JFIF 1.02); what follows the end of the picture goes too.

Telephones hide a second picture, a depth map or a short film behind the first one.
"""

from __future__ import annotations

import re
import struct

from rongmei.channels.originals.exif import lean_exif
from rongmei.channels.originals.iptc import PHOTOSHOP, lean_resources
from rongmei.channels.originals.parts import Buffer, Part, Unreadable, joined, unpack
from rongmei.channels.originals.xmp import lean_xmp

_EXIF = b"Exif\0\0"
_XMP = b"http://ns.adobe.com/xap/1.0/\0"
_SCAN, _END = 0xDA, 0xD9
_BARE = {0x01, *range(0xD0, 0xD9)}
"""Markers without a length."""
_APP0, _APP1, _APP2, _APP13, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE
_MOST = 0xFFFF - 2
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_NEXT = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""The next marker after data of a scan, in which 0xFF00 is a byte and RST0–7 belong to it."""


def lean(data: Buffer) -> list[Part]:
    """The parts of the file that may leave.

    Raises:
        Unreadable: it is not built as a JPEG.
    """
    parts: list[Part] = [(0, 2)]
    resources, place = b"", None
    at = 2
    while True:
        found = _MARKER.match(data, at)
        if found is None:
            raise Unreadable(f"no marker at {at}")
        marker, start = found[1][0], found.end() - 2
        if marker == _END:
            parts.append((start, start + 2))
            break
        if marker in _BARE:
            parts.append((start, start + 2))
            at = start + 2
            continue
        end = start + 2 + unpack(">H", data, start + 2)[0]
        if end > len(data) or end < start + 4:
            raise Unreadable(f"the segment at {start} is too long")
        if marker == _APP13 and data[start + 4 : start + 4 + len(PHOTOSHOP)] == PHOTOSHOP:
            # Long data goes on in the next segment of the kind, so it is looked at as a whole.
            resources += data[start + 4 + len(PHOTOSHOP) : end]
            place = len(parts) if place is None else place
        else:
            parts.append(_segment(data, marker, start, end))
        at = end
        if marker == _SCAN:
            follows = _NEXT.search(data, at)
            at = follows.start() if follows else len(data)
            parts.append((end, at))
            if follows is None:
                # It breaks off; viewers show what there is.
                break
    if place is not None:
        parts.insert(place, _written(_APP13, PHOTOSHOP, lean_resources(resources)))
    return joined(parts)


def _segment(data: Buffer, marker: int, start: int, end: int) -> Part:
    """A segment as it is, written anew, or b""."""
    if not (_APP0 <= marker <= _APP15 or marker == _COMMENT):
        return start, end
    body = data[start + 4 : end]
    if marker == _APP1 and body.startswith(_EXIF):
        return _written(_APP1, _EXIF, lean_exif(body[len(_EXIF) :]))
    if marker == _APP1 and body.startswith(_XMP):
        return _written(_APP1, _XMP, lean_xmp(body[len(_XMP) :]))
    # How the numbers are to be read as colours, and the JFIF header if there is no preview in it.
    colours = (marker == _APP2 and body.startswith(b"ICC_PROFILE\0")) or (
        marker == _APP14 and body.startswith(b"Adobe")
    )
    header = marker == _APP0 and body.startswith(b"JFIF\0") and len(body) == 14
    return (start, end) if colours or header else b""


def _written(marker: int, name: bytes, value: bytes) -> bytes:
    if not value or len(name) + len(value) > _MOST:
        return b""
    return struct.pack(">BBH", 0xFF, marker, 2 + len(name) + len(value)) + name + value
