"""Films are whole MP4s that the house takes, small, upright, and made of frames that move along the picture."""

from __future__ import annotations

import io
import struct

import pytest
from PIL import Image, ImageStat

from rongmei.stories.videos import examine
from stack import films, pictures


def find(data: bytes, *way: bytes) -> bytes:
    """The content of the box at the end of a way; headers of versioned boxes and of sample tables are stepped over."""
    for kind in way:
        at = 0
        while data[at + 4 : at + 8] != kind:
            at += int.from_bytes(data[at : at + 4])
            assert at < len(data), kind
        data = data[at + 8 : at + int.from_bytes(data[at : at + 4])]
    return data


def frames(data: bytes) -> list[Image.Image]:
    """The pictures, found as a player finds them: chunk offset and sample sizes."""
    table = find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl")
    [at] = struct.unpack(">I", find(table, b"stco")[8:])
    sizes = struct.unpack(f">{(len(find(table, b'stsz')) - 12) // 4}I", find(table, b"stsz")[12:])
    found = []
    for size in sizes:
        image = Image.open(io.BytesIO(data[at : at + size]), formats=("JPEG",))
        image.load()
        found.append(image)
        at += size
    assert at == len(data)
    return found


@pytest.mark.parametrize("seconds", [1, 3, 5])
def test_the_house_takes_it_for_what_it_is(seconds: int) -> None:
    data = films.film(pictures.draw("skyline", "7"), seconds)
    found = examine(io.BytesIO(data), "视频")
    assert (found.seconds, found.width, found.height) == (seconds, *films.SIZE)
    assert len(data) < films.MAX_BYTES


@pytest.mark.parametrize("scene", pictures.SCENES)
def test_a_film_of_each_scene_is_small_and_moves(scene: str) -> None:
    data = films.film(pictures.draw(scene, "7"), 5)
    assert len(data) < films.MAX_BYTES
    shown = frames(data)
    assert len(shown) == 5 * films.FRAMES_A_SECOND
    assert {image.size for image in shown} == {films.SIZE}
    assert len({tuple(ImageStat.Stat(image).sum) for image in shown}) == len(shown)


def test_it_goes_from_the_left_edge_to_the_right() -> None:
    picture = Image.new("RGB", (400, 200), "red")
    picture.paste("blue", (200, 0, 400, 200))
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    first, *_, last = frames(films.film(buffer.getvalue()))
    assert first.getpixel((180, 320))[0] > 200
    assert last.getpixel((180, 320))[2] > 200


@pytest.mark.parametrize("size", [(120, 68), (10, 300), (1, 1)])
def test_small_and_narrow_pictures_do_too(size: tuple[int, int]) -> None:
    buffer = io.BytesIO()
    Image.new("L", size, 128).save(buffer, "PNG")
    assert len(frames(films.film(buffer.getvalue(), 3))) == 3 * films.FRAMES_A_SECOND


def test_the_times_in_it_agree() -> None:
    data = films.film(pictures.draw("hills", "7", (240, 135)), 4)
    [count, ticks] = struct.unpack(">II", find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stts")[8:])
    [scale, length] = struct.unpack(">II", find(data, b"moov", b"trak", b"mdia", b"mdhd")[12:20])
    assert (count * ticks, scale) == (length, 1000)
    assert length == 4000
    entry = find(data, b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd")[8:]
    assert (entry[4:8], struct.unpack(">HH", entry[32:36])) == (b"mp4v", films.SIZE)
    # SampleEntry and VisualSampleEntry are 86 bytes; in the esds the object type follows seven bytes of descriptors.
    assert entry[90:94] == b"esds"
    assert (entry[98], entry[103], entry[105]) == (3, 4, 0x6C)


def test_the_same_picture_gives_the_same_film() -> None:
    picture = pictures.draw("hills", "7", (240, 135))
    assert films.film(picture) == films.film(picture)
