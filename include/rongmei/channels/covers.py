"""Covers of one exact size: platforms that name a size refuse any other, or squeeze it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from rongmei.channels.base import Picture
from rongmei.channels.pictures import COVER_COLOUR, STUDIO, Upload, fit
from rongmei.channels.studio import flat
from rongmei.errors import Refused

SOURCE_BYTES = 20 * 1024 * 1024
_QUALITIES = (90, 80, 65, 50)
# A little above the middle: faces and headlines stand there more often than below it.
_CENTRE = (0.5, 0.4)


def cover_of(picture: Picture | None, size: tuple[int, int], *, max_bytes: int) -> Upload:
    """The picture cropped and scaled (up, if need be) to `size` in pixels, as JPEG below `max_bytes`.

    Without a picture it is one plain colour, because a platform takes nothing without a cover.

    Raises:
        Refused: the file is not there, is not the one that was reviewed, or is not a picture.
    """
    if picture is None:
        return Upload("cover.jpg", "image/jpeg", _jpeg(Image.new("RGB", size, COVER_COLOUR), max_bytes))
    source = fit(picture, max_bytes=SOURCE_BYTES)
    drawn = STUDIO.draw((picture.sha256, size, max_bytes), lambda: _drawn(source, picture.name, size, max_bytes))
    return Upload(f"{picture.sha256[:16]}-{size[0]}x{size[1]}.jpg", "image/jpeg", drawn)


def _drawn(source: Upload, name: str, size: tuple[int, int], max_bytes: int) -> bytes:
    try:
        with Image.open(BytesIO(source.data)) as image:
            shown = flat(image, size)
            cut = ImageOps.fit(shown, size, Image.Resampling.LANCZOS, centering=_CENTRE)
    except (OSError, SyntaxError, ValueError):
        raise Refused(f"图片“{name}”打不开，可能已损坏") from None
    return _jpeg(cut, max_bytes)


def _jpeg(image: Image.Image, max_bytes: int) -> bytes:
    for quality in _QUALITIES:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < max_bytes:
            return buffer.getvalue()
    raise Refused(f"封面压缩后仍超过 {max_bytes // 1024} KB")
