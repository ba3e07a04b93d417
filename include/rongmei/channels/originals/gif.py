"""GIF files block by block (GIF89a): comments and application data go, but for how often an animation runs."""

from __future__ import annotations

from rongmei.channels.originals.parts import Buffer, Part, Unreadable, is_ai_label, joined, unpack

_IMAGE, _EXTENSION, _END = 0x2C, 0x21, 0x3B
_COMMENT, _APPLICATION = 0xFE, 0xFF
_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012")


def lean(data: Buffer) -> list[Part]:
    """The parts of the file that may leave; what follows its end does not.

    Raises:
        Unreadable: it is not built as a GIF.
    """
    at = 13 + _table(unpack("<B", data, 10)[0])
    parts: list[Part] = [(0, at)]
    while True:
        (kind,) = unpack("<B", data, at)
        if kind == _END:
            parts.append((at, at + 1))
            return joined(parts)
        if kind == _IMAGE:
            end = _blocks(data, at + 10 + _table(unpack("<B", data, at + 9)[0]) + 1)
            parts.append((at, end))
        elif kind == _EXTENSION:
            end = _blocks(data, at + 2)
            if _may_stay(data, at, end):
                parts.append((at, end))
        else:
            raise Unreadable(f"no block at {at}")
        at = end


def _table(flags: int) -> int:
    """Bytes of the colour table that follows."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _blocks(data: Buffer, at: int) -> int:
    """Where the sub-blocks that begin here are over."""
    while True:
        (size,) = unpack("<B", data, at)
        at += 1 + size
        if not size:
            return at


def _may_stay(data: Buffer, start: int, end: int) -> bool:
    (label,) = unpack("<B", data, start + 1)
    if label == _APPLICATION and data[start + 3 : start + 14] in _APPLICATIONS:
        return True
    return label not in (_COMMENT, _APPLICATION) or (label == _COMMENT and is_ai_label(data[start:end]))
