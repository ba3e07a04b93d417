"""What the formats share: stretches of a file, bytes in their place, and how an AI label is known."""

from __future__ import annotations

import mmap
import struct
from typing import TypeAlias

Buffer: TypeAlias = bytes | mmap.mmap
"""A whole file."""
Part: TypeAlias = bytes | tuple[int, int]
"""Bytes that stand in place of some of the file, or a stretch of it (start, end) as it is."""


class Unreadable(Exception):
    """The file is not built as its format says."""


def unpack(layout: str, data: Buffer, at: int) -> tuple[int, ...]:
    """Numbers at a place.

    Raises:
        Unreadable: the file is over before.
    """
    end = at + struct.calcsize(layout)
    if at < 0 or end > len(data):
        raise Unreadable(f"the file ends before {end}")
    return struct.unpack(layout, data[at:end])


def is_ai_label(value: bytes) -> bool:
    """Whether it says that something was made by AI: the key of GB 45438-2025, in any of the usual encodings."""
    return b"AIGC" in value.replace(b"\0", b"")


def joined(parts: list[Part]) -> list[Part]:
    """The same with stretches that touch made one, and nothing empty."""
    made: list[Part] = []
    for part in parts:
        last = made[-1] if made else None
        if isinstance(part, tuple) and isinstance(last, tuple) and last[1] == part[0]:
            made[-1] = (last[0], part[1])
        elif part != b"":
            made.append(part)
    return made
