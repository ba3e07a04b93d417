"""Lean IPTC data: caption, credit, by-line, copyright and the city of the dateline; no addresses, no exact place.

Format: IPTC-IIM 4.2 datasets inside Photoshop image resources (resource 0x0404).
"""

from __future__ import annotations

import struct

from rongmei.channels.originals.parts import Unreadable, is_ai_label, unpack

PHOTOSHOP = b"Photoshop 3.0\0"
_RESOURCE = 0x0404
_MARK = 0x1C
_ENVELOPE = frozenset({0, 90})
"""Record 1: version and character set."""
_ALLOWED = frozenset({0, 5, 25, 40, 55, 60, 80, 85, 90, 95, 100, 101, 105, 110, 115, 116, 120, 122})
"""Record 2: version, title, keywords, instructions, date and time, by-line and its title, city, province, country,
headline, credit, source, copyright, caption and its writer."""


def lean_resources(data: bytes) -> bytes:
    """Image resources with the allowed IPTC data as the only one; b"" where nothing is left or it cannot be read.

    Args:
        data: all resources, without `PHOTOSHOP` before them.
    """
    try:
        datasets = b"".join(_lean_datasets(value) for number, value in _resources(data) if number == _RESOURCE)
    except Unreadable:
        return b""
    if not datasets:
        return b""
    return b"8BIM" + struct.pack(">HHI", _RESOURCE, 0, len(datasets)) + datasets + b"\0" * (len(datasets) % 2)


def _resources(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while data[at : at + 4] == b"8BIM":
        number, name = unpack(">HB", data, at + 4)
        at += 6 + (name + 1) + (name + 1) % 2
        (size,) = unpack(">I", data, at)
        found.append((number, data[at + 4 : at + 4 + size]))
        at += 4 + size + size % 2
    return found


def _lean_datasets(data: bytes) -> bytes:
    kept, at = b"", 0
    while at + 5 <= len(data) and data[at] == _MARK:
        record, number, size = unpack(">BBH", data, at + 1)
        end = at + 5 + size
        if size >= 0x8000 or end > len(data):
            # Extended datasets are for objects, not for words.
            break
        allowed = _ENVELOPE if record == 1 else _ALLOWED if record == 2 else frozenset()
        if number in allowed or is_ai_label(data[at + 5 : end]):
            kept += data[at:end]
        at = end
    return kept
