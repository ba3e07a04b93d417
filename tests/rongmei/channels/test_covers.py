"""Covers of an exact size, whatever the picture was."""

from io import BytesIO

import pytest
from PIL import Image

from rongmei.channels.covers import cover_of
from rongmei.errors import Refused

MB = 1024 * 1024


def opened(upload):
    return Image.open(BytesIO(upload.data))


@pytest.mark.parametrize("size", [(320, 180), (4000, 300), (300, 4000), (1146, 717)])
def test_any_picture_becomes_the_size_asked_for(picture, photo, size):
    made = cover_of(picture(photo(size)), (1146, 717), max_bytes=5 * MB)
    image = opened(made)
    assert (image.size, image.format, image.mode) == ((1146, 717), "JPEG", "RGB")
    assert made.filename.endswith("-1146x717.jpg")


def test_nothing_is_squeezed(picture):
    """A red disc stays round: the sides of a wide picture are cut off."""
    wide = Image.new("RGB", (2000, 400), "white")
    wide.paste("red", (900, 100, 1100, 300))
    buffer = BytesIO()
    wide.save(buffer, "PNG")
    image = opened(cover_of(picture(buffer.getvalue()), (996, 450), max_bytes=3 * MB))
    reds = [
        (x, y)
        for x in range(0, 996, 3)
        for y in range(0, 450, 3)
        if image.getpixel((x, y))[0] > 200 and image.getpixel((x, y))[1] < 90
    ]
    width = max(x for x, _ in reds) - min(x for x, _ in reds)
    height = max(y for _, y in reds) - min(y for _, y in reds)
    assert abs(width - height) <= 12


def test_transparency_becomes_white(picture):
    buffer = BytesIO()
    Image.new("RGBA", (400, 300), (0, 0, 0, 0)).save(buffer, "PNG")
    image = opened(cover_of(picture(buffer.getvalue()), (960, 600), max_bytes=5 * MB))
    assert min(image.getpixel((480, 300))) > 250


def test_a_picture_hard_to_press_stays_below_the_limit(picture, photo):
    made = cover_of(picture(photo((1200, 800), noise=True)), (1146, 717), max_bytes=500_000)
    assert len(made.data) < 500_000
    with pytest.raises(Refused, match="封面"):
        cover_of(picture(photo((1200, 800), noise=True)), (1146, 717), max_bytes=1000)


def test_without_a_picture_there_is_a_plain_one():
    image = opened(cover_of(None, (996, 450), max_bytes=3 * MB))
    assert image.size == (996, 450)
    assert len(image.getcolors(maxcolors=1000)) < 10


def test_another_file_is_refused(picture, photo):
    shown = picture(photo())
    shown.path.write_bytes(photo((64, 64)))
    with pytest.raises(Refused, match="审过"):
        cover_of(shown, (996, 450), max_bytes=3 * MB)
