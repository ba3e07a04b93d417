"""Checks a picture by its content, never by its name."""

from __future__ import annotations

import hashlib
import struct
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from rongmei.errors import BadInput

MAX_PIXELS = 50_000_000
_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_SUFFIXES = {
    "image/jpeg": {".jpg", ".jpeg", ".jpe", ".jfif"},
    "image/png": {".png"},
    "image/gif": {".gif"},
    "image/webp": {".webp"},
}
_BROKEN = (OSError, SyntaxError, ValueError, TypeError, EOFError, IndexError, OverflowError, struct.error, zlib.error)


@dataclass(frozen=True)
class Picture:
    """What a picture file is, in bytes and pixels."""

    sha256: str
    content_type: str
    size_bytes: int
    width: int
    height: int


def examine(data: bytes, where: str) -> Picture:
    """Look at the bytes of a picture.

    Raises:
        BadInput: not a JPEG, PNG, GIF or WebP, damaged, or of more than `MAX_PIXELS` pixels.
    """
    try:
        with Image.open(BytesIO(data), formats=tuple(_TYPES)) as image:
            # Some telephones write MPO: a JPEG with another one behind it, which Pillow finds while it reads a JPEG.
            content_type = _TYPES["JPEG" if image.format == "MPO" else str(image.format)]
            width, height = image.size
            if width * height > MAX_PIXELS:
                raise _too_many_pixels(where)
            # An eighth of the size is enough to notice a JPEG that breaks off, and costs a sixty-fourth of the memory.
            image.draft("RGB", (max(1, width // 8), max(1, height // 8)))
            image.load()
    except Image.DecompressionBombError:
        raise _too_many_pixels(where) from None
    except _BROKEN:
        mend = "另存为 JPEG 或 PNG 再交；手机的 HEIC 照片先转成 JPEG"
        raise BadInput("不是完好的 JPEG、PNG、GIF 或 WebP 图片", where=where, mend=mend) from None
    return Picture(hashlib.sha256(data).hexdigest(), content_type, len(data), width, height)


def _too_many_pixels(where: str) -> BadInput:
    limit = MAX_PIXELS // 10_000
    return BadInput(f"图片超过 {limit} 万像素", where=where, mend=f"缩小到 {limit} 万像素以内再交")


def misnamed(picture: Picture, name: str) -> bool:
    """Whether the name's suffix says another format than the content has."""
    return Path(name).suffix.lower() not in _SUFFIXES[picture.content_type]
