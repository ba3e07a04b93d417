"""Covers of one exact size: platforms that name a size refuse any other, or squeeze it."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps

from rongmei.channels.base import Picture
from rongmei.channels.pictures import COVER_COLOUR, Upload, fit
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
        return _jpeg(Image.new("RGB", size, COVER_COLOUR), "cover.jpg", max_bytes)
    source = fit(picture, max_bytes=SOURCE_BYTES)
    with Image.open(BytesIO(source.data)) as image:
        shown = image.convert("RGBA")
    flat = Image.new("RGB", shown.size, "white")
    flat.paste(shown, mask=shown.getchannel("A"))
    drawn = ImageOps.fit(flat, size, Image.Resampling.LANCZOS, centering=_CENTRE)
    return _jpeg(drawn, f"{picture.sha256[:16]}-{size[0]}x{size[1]}.jpg", max_bytes)


def _jpeg(image: Image.Image, filename: str, max_bytes: int) -> Upload:
    for quality in _QUALITIES:
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < max_bytes:
            return Upload(filename, "image/jpeg", buffer.getvalue())
    raise Refused(f"封面压缩后仍超过 {max_bytes // 1024} KB")
