"""Photographs from strangers: nothing of the file but its pixels is kept, and what is no photograph is refused."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from rongmei.errors import BadInput
from rongmei.pitches.photos import MAX_MB, keep_photo, take_photo

GPS, ORIENTATION, OWNER = 0x8825, 0x0112, 0xA430


def jpeg(size: tuple[int, int] = (64, 48), **how: object) -> bytes:
    made = BytesIO()
    Image.new("RGB", size, "red").save(made, "JPEG", **how)
    return made.getvalue()


def telephones() -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = 6
    exif.get_ifd(GPS).update({1: "N", 2: (23.0, 2.0, 46.0)})
    exif.get_ifd(0x8769)[OWNER] = "Zhang Xiaoming"
    return jpeg(exif=exif, comment=b"school yard")


def png(width: int, height: int, *, text: dict[str, str] | None = None) -> bytes:
    """A PNG that says it has this size; beyond the first row nothing is behind it."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    texts = b"".join(chunk(b"tEXt", key.encode() + b"\0" + value.encode()) for key, value in (text or {}).items())
    rows = zlib.compress((b"\0" + b"\0" * width * 3) * min(height, 64))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + texts + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def test_a_telephones_photo_is_upright_and_says_nothing_of_where_and_whose() -> None:
    photo = take_photo(telephones(), 1)
    assert (photo.width, photo.height) == (48, 64)
    assert not photo.ai_label
    with Image.open(BytesIO(photo.data)) as image:
        assert image.format == "JPEG"
        assert not image.getexif()
        assert image.getpixel((20, 20))[0] > 200
    for secret in (b"Exif", b"Zhang", b"school yard"):
        assert secret not in photo.data


@pytest.mark.parametrize("hidden", [b"<?php system($_GET['c']); ?>", b"<script>alert(1)</script>", b"PK\x03\x04zip"])
def test_what_hides_in_a_picture_is_gone(hidden: bytes) -> None:
    for polyglot in (jpeg() + hidden, jpeg(comment=hidden), jpeg(exif=b"Exif\0\0" + hidden), png(8, 8) + hidden):
        assert hidden not in take_photo(polyglot, 1).data


def test_a_label_of_made_by_ai_stays() -> None:
    label = '{"Label":"1","ContentProducer":"x"}'
    for labelled in (png(8, 8, text={"AIGC": label}), jpeg(comment=f"AIGC{label}".encode())):
        photo = take_photo(labelled, 1)
        assert photo.ai_label
        assert photo.as_row()["ai_label"] is True
        assert b"AIGC" in photo.data


def test_a_large_photo_is_made_smaller() -> None:
    photo = take_photo(jpeg((3200, 800)), 1)
    assert (photo.width, photo.height) == (2560, 640)


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "不是完好的照片"),
        (b"GIF89a\x01\0\x01\0\0\0\0;", "不是完好的照片"),
        (b"%PDF-1.7", "不是完好的照片"),
        (jpeg()[:200], "不是完好的照片"),
        (b"", "不是完好的照片"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "兼容性最佳"),
        (png(30_000, 30_000), "像素太多"),
        (png(6_000, 5_000), "像素太多"),
        (jpeg() + b"\0" * MAX_MB * 1024 * 1024, f"超过 {MAX_MB} MB"),
    ],
    ids=["svg", "gif", "pdf", "broken", "empty", "heic", "bomb", "large", "heavy"],
)
def test_what_is_no_photo_is_refused_and_named_by_its_number(data: bytes, told: str) -> None:
    with pytest.raises(BadInput) as refused:
        take_photo(data, 3)
    assert "第 3 张照片" in str(refused.value)
    assert told in str(refused.value)


def test_kept_by_hash_once_and_whole(tmp_path: Path) -> None:
    photo = take_photo(jpeg(), 1)
    for _ in range(2):
        keep_photo(tmp_path / "media", photo)
    assert [(file.name, file.read_bytes()) for file in (tmp_path / "media").iterdir()] == [(photo.sha256, photo.data)]
