"""MP4 files box by box (ISO/IEC 14496-12): metadata is blanked where it stands, so that no offset in the file moves.

A telephone writes the place into `moov/udta/©xyz`, into `loci`, or under Apple's key `location.ISO6709` in a `meta`
box. All such boxes become free space. Tracks stay: what a camera measured and recorded as a track of its own is not
looked into.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from rongmei.channels.originals.parts import Buffer, Part, Unreadable, is_ai_label, joined, unpack

_INSIDE = frozenset({b"moov", b"trak"})
"""Boxes that are looked into."""
_METADATA = frozenset({b"udta", b"meta", b"uuid"})
_DEEPEST = 4
_MOST = 16 * 1024 * 1024
_PLACES = (b"\xa9xyz", b"loci", b"location")


class _Box(NamedTuple):
    kind: bytes
    start: int
    body: int
    end: int


def lean(data: Buffer) -> list[Part]:
    """The parts of the file that may leave.

    Raises:
        Unreadable: it is not built as an MP4.
    """
    blank = [box for box in _metadata(data, 0, len(data), 0) if not _is_label(data, box)]
    parts: list[Part] = []
    at = 0
    for box in blank:
        parts += [(at, box.start + 4), b"free", (box.start + 8, box.body), bytes(box.end - box.body)]
        at = box.end
    return joined([*parts, (at, len(data))])


def _metadata(data: Buffer, at: int, end: int, depth: int) -> Iterator[_Box]:
    for box in _boxes(data, at, end):
        if box.kind in _METADATA:
            if box.end - box.start > _MOST:
                raise Unreadable("metadata of that size")
            yield box
        elif box.kind in _INSIDE and depth < _DEEPEST:
            yield from _metadata(data, box.body, box.end, depth + 1)


def _boxes(data: Buffer, at: int, end: int) -> Iterator[_Box]:
    while at + 8 <= end:
        (size,) = unpack(">I", data, at)
        body = at + 8
        if size == 1:
            (size,) = unpack(">Q", data, body)
            body += 8
        elif size == 0 or (end == len(data) and at + size > end):
            # The last box of a file may go on to its end, or break off there.
            size = end - at
        if size < body - at or at + size > end:
            raise Unreadable(f"the box at {at} has an impossible size")
        yield _Box(bytes(data[at + 4 : at + 8]), at, body, at + size)
        at += size


def _is_label(data: Buffer, box: _Box) -> bool:
    """Whether it carries an AI label and no place."""
    value = bytes(data[box.body : box.end])
    return is_ai_label(value) and not any(place in value for place in _PLACES)
