"""Photographs that citizens send: known by their content, drawn anew without anything of the camera's, kept by hash.

Drawing a picture anew leaves nothing of the file but its pixels: no place, no owner, no program hidden in it.
"""

from __future__ import annotations

import hashlib
import os
import struct
import tempfile
import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from rongmei.channels.originals.parts import is_ai_label
from rongmei.channels.studio import Studio, flat
from rongmei.errors import BadInput

MOST: Final = 6
MAX_MB: Final = 10
_MAX_BYTES: Final = MAX_MB * 1024 * 1024
_LONGEST_SIDE: Final = 2560
_QUALITY: Final = 88
# A JPEG is read at a fraction of its size; the others have to be laid out whole.
_MAX_PIXELS: Final = {"JPEG": 50_000_000, "MPO": 50_000_000}
_MAX_PIXELS_WHOLE: Final = 25_000_000
_KINDS: Final = ("JPEG", "PNG", "WEBP")
_APPLE: Final = (b"heic", b"heix", b"heif", b"hevc", b"mif1", b"msf1")
_BROKEN: Final = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    OverflowError,
    struct.error,
    zlib.error,
)
_AI_COMMENT: Final = b"AIGC"

_STUDIO: Final = Studio(at_a_time=1, kept_bytes=0)


@dataclass(frozen=True)
class Photo:
    """A photograph as it is kept: a JPEG of at most 2560 pixels a side.

    Attributes:
        ai_label: the file said of itself that it was made by AI (GB 45438-2025); the new one says so, too.
    """

    data: bytes
    width: int
    height: int
    ai_label: bool

    @property
    def sha256(self) -> str:
        """Its name in the media folder."""
        return hashlib.sha256(self.data).hexdigest()

    def as_row(self) -> dict[str, Any]:
        """As it stands in `Submission.media`."""
        return {
            "sha256": self.sha256,
            "content_type": "image/jpeg",
            "size_bytes": len(self.data),
            "width": self.width,
            "height": self.height,
            "ai_label": self.ai_label,
        }


def take_photo(data: bytes, number: int) -> Photo:
    """Look at the bytes of a photograph and draw it anew.

    Args:
        number: which of those that were sent, from 1; the name that a file came under is never used.

    Raises:
        BadInput: too large, not a JPEG, PNG or WebP, damaged, or of too many pixels.
    """
    where = f"第 {number} 张照片"
    if len(data) > _MAX_BYTES:
        raise BadInput(f"超过 {MAX_MB} MB", where=where, mend="在手机上把照片调小，或截图后再传")
    if data[4:8] == b"ftyp" and data[8:12] in _APPLE:
        mend = "苹果手机：设置 → 相机 → 格式 → 选“兼容性最佳”后重拍，或把照片截图再传"
        raise BadInput("是 HEIC 格式，这里打不开", where=where, mend=mend)
    try:
        with Image.open(BytesIO(data), formats=_KINDS) as image:
            pixels = image.width * image.height
            if pixels > _MAX_PIXELS.get(image.format or "", _MAX_PIXELS_WHOLE):
                raise _too_many_pixels(where)
            drawn = _STUDIO.draw(hashlib.sha256(data).digest(), lambda: _drawn(image))
    except Image.DecompressionBombError:
        raise _too_many_pixels(where) from None
    except _BROKEN:
        raise BadInput("不是完好的照片", where=where, mend="请传 JPG、PNG 或 WebP 格式的照片") from None
    with Image.open(BytesIO(drawn)) as made:
        return Photo(drawn, made.width, made.height, made.info.get("comment") == _AI_COMMENT)


def keep_photo(media: Path, photo: Photo) -> None:
    """Put a photograph into the media folder, whole or not at all; what is there stays.

    Raises:
        OSError: the disk refuses.
    """
    target = media / photo.sha256
    if target.is_file() and target.stat().st_size == len(photo.data):
        return
    media.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=media)
    passing = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            copy.write(photo.data)
            copy.flush()
            os.fsync(copy.fileno())
        passing.replace(target)
    except OSError:
        passing.unlink(missing_ok=True)
        raise


def _drawn(image: Image.Image) -> bytes:
    labelled = _says_ai(image.info)
    shown = flat(image, (_LONGEST_SIDE, _LONGEST_SIDE))
    shown.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    # What stands behind the pixels of a PNG is known once they are read.
    labelled = labelled or _says_ai(image.info)
    bare = Image.frombytes("RGB", shown.size, shown.tobytes())
    buffer = BytesIO()
    # 《人工智能生成合成内容标识办法》, article 10: the label must not be taken off.
    bare.save(buffer, "JPEG", quality=_QUALITY, optimize=True, comment=_AI_COMMENT if labelled else b"")
    return buffer.getvalue()


def _says_ai(info: dict[Any, Any]) -> bool:
    return any(is_ai_label(_raw(part)) for pair in info.items() for part in pair)


def _raw(part: Any) -> bytes:
    if isinstance(part, bytes):
        return part
    return part.encode("utf-8", "replace") if isinstance(part, str) else b""


def _too_many_pixels(where: str) -> BadInput:
    return BadInput("像素太多", where=where, mend="在手机上把照片调小，或截图后再传")
