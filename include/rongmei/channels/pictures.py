"""Story pictures made fit for a platform: right format, small enough, upright, without the camera's metadata."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from rongmei.channels import originals
from rongmei.channels.base import Picture
from rongmei.channels.studio import Studio, flat
from rongmei.errors import Refused

MAX_PIXELS = 80_000_000
COVER_SIZE = (900, 383)
"""WeChat's cover, 2.35:1."""
COVER_COLOUR = (29, 62, 110)
STUDIO = Studio()
"""Of this process: all channels draw in it."""

_MIME = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "GIF": ("image/gif", "gif")}
# Each attempt is smaller than the one before; a newspaper photograph fits at the first or second.
_ATTEMPTS = ((2560, 88), (1920, 85), (1440, 82), (1080, 78), (800, 72), (480, 60))


@dataclass(frozen=True)
class Upload:
    """A file as it goes to a platform."""

    filename: str
    mime: str
    data: bytes


def fit(picture: Picture, *, max_bytes: int, formats: tuple[str, ...] = ("JPEG", "PNG")) -> Upload:
    """The picture in one of `formats` and below `max_bytes`.

    A file that fits and carries no metadata (a camera writes the place into it) goes out as it is; any other is
    drawn again as JPEG, smaller and smaller until it fits.

    Raises:
        Refused: the file is not there, is not the one that was reviewed, or is not a picture.
    """
    data = _reviewed_bytes(picture.path, picture.sha256, picture.name)
    try:
        with Image.open(BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Refused(f"图片“{picture.name}”有 {image.width}×{image.height} 像素，太大")
            kind = image.format or ""
            fits = kind in formats and len(data) < max_bytes
            if fits and not image.getexif() and "exif" not in image.info and _carries_nothing(picture):
                mime, ending = _MIME[kind]
                return Upload(f"{picture.sha256[:16]}.{ending}", mime, data)
            drawn = STUDIO.draw((picture.sha256, max_bytes), lambda: _drawn_again(image, max_bytes, picture.name))
            return Upload(f"{picture.sha256[:16]}.jpg", "image/jpeg", drawn)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        raise Refused(f"图片“{picture.name}”打不开，可能已损坏") from None


def plain_cover() -> Upload:
    """A cover for a story without a picture: one colour, because WeChat takes no article without a cover."""
    buffer = BytesIO()
    Image.new("RGB", COVER_SIZE, COVER_COLOUR).save(buffer, "JPEG", quality=85)
    return Upload("cover.jpg", "image/jpeg", buffer.getvalue())


def _reviewed_bytes(path: Path, sha256: str, name: str) -> bytes:
    data = path.read_bytes() if path.is_file() else None
    if data is None:
        raise Refused(f"媒体文件夹里找不到图片“{name}”")
    if hashlib.sha256(data).hexdigest() != sha256:
        raise Refused(f"图片“{name}”的文件已不是审过的那一个")
    return data


def _carries_nothing(picture: Picture) -> bool:
    """Whether nothing that must not leave the house stands in the file, in whichever of its metadata."""
    try:
        return originals.picture(picture.path, picture.name).is_whole
    except Refused:
        return False


def _drawn_again(image: Image.Image, max_bytes: int, name: str) -> bytes:
    largest = _ATTEMPTS[0][0]
    shown = flat(image, (largest, largest))
    for side, quality in _ATTEMPTS:
        shown.thumbnail((side, side))
        buffer = BytesIO()
        shown.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < max_bytes:
            return buffer.getvalue()
    raise Refused(f"图片“{name}”压缩后仍超过 {max_bytes // 1024} KB")
