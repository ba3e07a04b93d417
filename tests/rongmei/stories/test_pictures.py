"""Pictures are judged by content."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image

from rongmei.errors import BadInput
from rongmei.stories.pictures import examine, misnamed


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and has almost no data."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("fmt", "content_type"),
    [("JPEG", "image/jpeg"), ("PNG", "image/png"), ("GIF", "image/gif"), ("WEBP", "image/webp")],
)
def test_the_four_formats(picture: Callable[..., bytes], fmt: str, content_type: str) -> None:
    data = picture(fmt, (64, 48))
    found = examine(data, "图")
    assert (found.content_type, found.width, found.height, found.size_bytes) == (content_type, 64, 48, len(data))
    assert found.sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("size", [(100_000, 100_000), (20_000, 9_000), (8_000, 7_000)])
def test_a_decompression_bomb_is_refused_unopened(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="5000 万像素"):
        examine(png_of(*size), "图")


@pytest.mark.parametrize("data", [b"", b"<svg onload=alert(1)>", b"MZ\x90\0", b"%PDF-1.7", b"GIF89a", b"\xff\xd8\xff"])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(BadInput, match="不是完好的"):
        examine(data, "图")


@pytest.mark.parametrize("fmt", ["BMP", "TIFF"])
def test_other_formats_are_refused(picture: Callable[..., bytes], fmt: str) -> None:
    with pytest.raises(BadInput, match="不是完好的"):
        examine(picture(fmt), "图")


def test_a_telephones_double_picture_is_a_jpeg() -> None:
    buffer = BytesIO()
    first, second = (Image.new("RGB", (64, 48), colour) for colour in ("red", "blue"))
    first.save(buffer, "MPO", save_all=True, append_images=[second])
    assert examine(buffer.getvalue(), "手机.jpg").content_type == "image/jpeg"


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP"])
def test_a_picture_that_breaks_off_is_refused(picture: Callable[..., bytes], fmt: str) -> None:
    data = picture(fmt, (400, 400))
    with pytest.raises(BadInput, match="不是完好的"):
        examine(data[: len(data) // 2], "图")


def test_a_name_that_lies_is_noticed(picture: Callable[..., bytes]) -> None:
    png = examine(picture("PNG"), "图")
    assert misnamed(png, "x.jpg")
    assert not misnamed(png, "X.PNG")
