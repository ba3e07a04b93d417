"""A lean EXIF block: how the picture is turned, when it was taken, its caption, author and rights; nothing else.

Format: TIFF 6.0 and Exif 2.32 (CIPA DC-008). Values are copied byte by byte, so whatever encoding a caption was written
in survives. The block for GPS, the maker's note, serial numbers, the owner and the preview picture are not copied.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from rongmei.channels.originals.parts import Unreadable, is_ai_label, unpack

_EXIF = 0x8769
_GPS = 0x8825
_MAKER_NOTE = 0x927C
_MAIN_TAGS = frozenset(
    {
        0x010E,  # ImageDescription
        0x0112,  # Orientation
        0x011A,  # XResolution
        0x011B,  # YResolution
        0x0128,  # ResolutionUnit
        0x0132,  # DateTime
        0x013B,  # Artist
        0x0213,  # YCbCrPositioning
        0x8298,  # Copyright
    }
)
_EXIF_TAGS = frozenset(
    {
        0x9000,  # ExifVersion
        0x9003,  # DateTimeOriginal
        0x9011,  # OffsetTimeOriginal
        0xA001,  # ColorSpace
    }
)
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_MOST_ENTRIES = 1000
_INLINE = 4


class _Entry(NamedTuple):
    kind: int
    values: int
    value: bytes


def lean_exif(data: bytes) -> bytes:
    """The TIFF block with what is allowed in it; b"" where nothing is left or it cannot be read."""
    try:
        order = {b"II": "<", b"MM": ">"}[bytes(data[:2])]
        magic, first = unpack(f"{order}HI", data, 2)
        if magic != 42:
            return b""
        main = _entries(data, order, first)
        pointer = main.get(_EXIF)
        more = _entries(data, order, unpack(f"{order}I", pointer.value, 0)[0]) if pointer else {}
    except (KeyError, Unreadable):
        return b""
    kept = {tag: entry for tag, entry in main.items() if _may_stay(tag, entry, _MAIN_TAGS)}
    details = {tag: entry for tag, entry in more.items() if _may_stay(tag, entry, _EXIF_TAGS)}
    return _written(order, kept, details) if kept or details else b""


def _may_stay(tag: int, entry: _Entry, allowed: frozenset[int]) -> bool:
    return tag in allowed or (tag not in {_EXIF, _GPS, _MAKER_NOTE} and is_ai_label(entry.value))


def _entries(data: bytes, order: str, at: int) -> dict[int, _Entry]:
    (count,) = unpack(f"{order}H", data, at)
    if count > _MOST_ENTRIES:
        raise Unreadable("too many entries")
    found = {}
    for number in range(count):
        place = at + 2 + 12 * number
        tag, kind, values, offset = unpack(f"{order}HHII", data, place)
        size = _SIZES.get(kind, 0) * values
        start = place + 8 if size <= _INLINE else offset
        if size and start + size <= len(data):
            found[tag] = _Entry(kind, values, bytes(data[start : start + size]))
    return found


def _written(order: str, main: dict[int, _Entry], details: dict[int, _Entry]) -> bytes:
    head = b"II*\0" if order == "<" else b"MM\0*"
    if not details:
        return head + struct.pack(f"{order}I", 8) + _directory(order, main, 8)
    pointer = _Entry(4, 1, b"\0\0\0\0")
    behind = 8 + len(_directory(order, {**main, _EXIF: pointer}, 8))
    pointer = pointer._replace(value=struct.pack(f"{order}I", behind))
    first = _directory(order, {**main, _EXIF: pointer}, 8)
    return head + struct.pack(f"{order}I", 8) + first + _directory(order, details, behind)


def _directory(order: str, entries: dict[int, _Entry], at: int) -> bytes:
    """A directory that begins at `at`, its longer values behind it."""
    rows, values = b"", b""
    behind = at + 2 + 12 * len(entries) + 4
    for tag, entry in sorted(entries.items()):
        if len(entry.value) <= _INLINE:
            shown = entry.value.ljust(_INLINE, b"\0")
        else:
            shown = struct.pack(f"{order}I", behind + len(values))
            values += entry.value + b"\0" * (len(entry.value) % 2)
        rows += struct.pack(f"{order}HHI", tag, entry.kind, entry.values) + shown
    return struct.pack(f"{order}H", len(entries)) + rows + b"\0\0\0\0" + values
