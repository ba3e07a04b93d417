"""MP4 files are known by their boxes; whatever a hostile file claims, little is read of it and nothing hangs."""

from __future__ import annotations

import io
import struct
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rongmei.stories.mp4 import MAX_BOXES, BadFilm, Film, probe


def look(data: bytes) -> Film:
    return probe(io.BytesIO(data))


class Huge(io.RawIOBase):
    """A file of many bytes without having them: `head`, and after it zeros."""

    def __init__(self, head: bytes, size: int) -> None:
        self.head, self.size, self.at, self.taken = head, size, 0, 0

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset if whence == 0 else self.size + offset
        return self.at

    def read(self, size: int = -1) -> bytes:
        size = max(0, min(size, self.size - self.at))
        self.taken += size
        piece = self.head[self.at : self.at + size].ljust(size, b"\0")
        self.at += size
        return piece


def test_length_and_size(boxes: Any) -> None:
    assert look(boxes.film()) == Film(3.2, 640, 360)


def test_64_bit_times_and_sizes(boxes: Any) -> None:
    header = boxes.movie(duration=7200 * 90_000, scale=90_000, version=1)
    data = boxes.film(header=header, tracks=(boxes.track(1920, 1080, version=1),))
    assert look(data) == Film(7200.0, 1920, 1080)
    start = boxes.box(b"ftyp", b"mp42", bytes(4), wide=True)
    moov = boxes.box(b"moov", boxes.movie(), boxes.track(), wide=True)
    assert look(start + boxes.box(b"mdat", b"x", wide=True) + moov) == Film(3.2, 640, 360)


def test_a_last_box_that_goes_on_to_the_end(boxes: Any) -> None:
    whole = boxes.film(frames=b"")
    assert look(whole[:-8] + struct.pack(">I4s", 0, b"mdat") + b"frames").seconds == 3.2


def test_a_phone_held_upright(boxes: Any) -> None:
    film = look(boxes.film(tracks=(boxes.track(1920, 1080, matrix=boxes.LYING),)))
    assert (film.width, film.height) == (1080, 1920)


def test_the_picture_that_plays_counts_not_sound_or_cover(boxes: Any) -> None:
    tracks = (
        boxes.track(0, 0, handler=b"soun"),
        boxes.track(3000, 3000, flags=0),
        boxes.track(640, 360),
        boxes.track(320, 180),
    )
    film = look(boxes.film(tracks=tracks))
    assert (film.width, film.height) == (640, 360)


@pytest.mark.parametrize("duration", [0, 2**32 - 1])
def test_a_length_that_is_not_said(boxes: Any, duration: int) -> None:
    assert look(boxes.film(header=boxes.movie(duration=duration))).seconds is None


def test_a_film_in_fragments(boxes: Any) -> None:
    extends = boxes.box(b"mvex", boxes.box(b"mehd", bytes(4), struct.pack(">I", 4500)))
    fragment = boxes.box(b"moof", boxes.box(b"mfhd", bytes(8))) + boxes.box(b"mdat", b"more")
    data = boxes.film(header=boxes.movie(duration=0), tracks=(boxes.track(), extends), after=fragment * 20)
    assert look(data).seconds == 4.5


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 64,
        b"short",
        b"RIFF\x24\0\0\0AVI LIST",
        b"\x1aE\xdf\xa3" + b"webm" * 8,
        b"FLV\x01\x05\0\0\0\x09" + bytes(16),
        b"\x89PNG\r\n\x1a\n" + bytes(32),
        b"<html><video src=x></html>" + bytes(32),
    ],
)
def test_what_is_no_mp4(data: bytes) -> None:
    with pytest.raises(BadFilm):
        look(data)


def test_a_quicktime_film_is_named(boxes: Any) -> None:
    with pytest.raises(BadFilm, match="QuickTime"):
        look(boxes.film(start=boxes.box(b"ftyp", b"qt  ", bytes(4), b"qt  ")))
    both = boxes.box(b"ftyp", b"qt  ", bytes(4), b"qt  mp42")
    assert look(boxes.film(start=both)).width == 640


def test_every_film_that_breaks_off_is_refused(boxes: Any) -> None:
    first, last = boxes.film(frames=b"frames" * 20), boxes.film(frames=b"")
    start = len(boxes.film(frames=b"")) - 8
    moov_last = boxes.box(b"ftyp", b"isom", bytes(4)) + boxes.box(b"mdat", b"frames") + last[24:start]
    assert look(moov_last).seconds == 3.2
    for whole in (first, moov_last):
        for end in range(len(whole)):
            with pytest.raises(BadFilm):
                look(whole[:end])


@pytest.mark.parametrize(
    "tracks", [(), ("sound",), ("nothing to see",)], ids=["no track", "only sound", "a picture without a size"]
)
def test_without_a_picture(boxes: Any, tracks: tuple[str, ...]) -> None:
    made = {"sound": boxes.track(handler=b"soun"), "nothing to see": boxes.track(640, 0)}
    with pytest.raises(BadFilm, match="没有画面"):
        look(boxes.film(tracks=tuple(made[one] for one in tracks)))


def test_contradictions_are_refused(boxes: Any) -> None:
    whole = boxes.film()
    with pytest.raises(BadFilm, match="两份影片说明"):
        look(whole + boxes.box(b"moov", boxes.movie(), boxes.track()))
    with pytest.raises(BadFilm, match="残缺"):
        look(boxes.film(header=b""))
    with pytest.raises(BadFilm, match="残缺"):
        look(boxes.film(header=boxes.box(b"mvhd", bytes(10))))
    with pytest.raises(BadFilm, match="版本"):
        look(boxes.film(header=boxes.movie(version=0).replace(b"mvhd\0", b"mvhd\2")))


@pytest.mark.parametrize(("duration", "scale"), [(2**32 - 2, 1), (1, 0), (86_401_000, 1000)])
def test_lengths_that_cannot_be_are_refused(boxes: Any, duration: int, scale: int) -> None:
    with pytest.raises(BadFilm, match="时长"):
        look(boxes.film(header=boxes.movie(duration=duration, scale=scale)))


@pytest.mark.parametrize(
    "bad",
    [
        struct.pack(">I4s", 0, b"free"),
        struct.pack(">I4s", 7, b"free"),
        struct.pack(">I4sQ", 1, b"free", 0),
        struct.pack(">I4sQ", 1, b"free", 15),
        struct.pack(">I4sQ", 1, b"free", 2**64 - 1),
        struct.pack(">I4s", 2**32 - 1, b"free"),
        b"\0\0\0",
    ],
)
def test_sizes_that_lead_nowhere_or_beyond_end_the_reading(boxes: Any, bad: bytes) -> None:
    with pytest.raises(BadFilm):
        look(boxes.film(tracks=(bad, boxes.track())))


def test_a_gigabyte_of_empty_boxes_is_given_up_early(boxes: Any) -> None:
    start = boxes.box(b"ftyp", b"isom", bytes(4))
    many = Huge(start + boxes.box(b"free") * (MAX_BOXES + 10), 2**30)
    with pytest.raises(BadFilm, match="超过 50000 个"):
        probe(many)
    assert many.taken < 2_000_000


def test_little_is_read_of_a_large_film(boxes: Any) -> None:
    start, size = boxes.box(b"ftyp", b"isom", bytes(4)), 2**30
    moov = boxes.box(b"moov", boxes.movie(), boxes.track(), boxes.box(b"udta", bytes(1000)))
    frames = size - len(start) - len(moov)
    large = Huge(start + moov + struct.pack(">I4s", frames, b"mdat"), size)
    assert probe(large).seconds == 3.2
    assert large.taken < 2_000


def test_a_file_that_shrinks_while_it_is_read(boxes: Any) -> None:
    data = boxes.film()
    shrunk = Huge(data[:100], len(data))
    shrunk.read = lambda size=-1: b""  # type: ignore[method-assign]
    with pytest.raises(BadFilm, match="不完整"):
        probe(shrunk)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_film_is_read_or_refused(data: st.DataObject) -> None:
    from_here = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(from_here) - 1))
        piece = data.draw(st.sampled_from(PIECES) | st.binary(min_size=1, max_size=8))
        from_here[at : at + data.draw(st.sampled_from([0, len(piece)]))] = piece
    with suppress(BadFilm):
        film = look(bytes(from_here))
        assert film.width > 0
        assert film.height > 0
        assert film.seconds is None or 0 <= film.seconds <= 86_400


@given(st.binary(max_size=400))
def test_noise_is_no_film(noise: bytes) -> None:
    with pytest.raises(BadFilm):
        look(noise)


def _whole() -> bytes:
    def box(kind: bytes, *parts: bytes) -> bytes:
        return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)

    header = bytes(3) + b"\7" + bytes(36) + struct.pack(">9i", 65536, 0, 0, 0, 65536, 0, 0, 0, 1)
    track = box(b"tkhd", header, struct.pack(">II", 640 << 16, 360 << 16))
    media = box(b"mdia", box(b"hdlr", bytes(8), b"vide", bytes(13)))
    movie = box(b"mvhd", bytes(12), struct.pack(">II", 1000, 3200), bytes(80))
    moov = box(b"moov", movie, box(b"trak", track, media))
    return box(b"ftyp", b"isom", bytes(4)) + moov + box(b"mdat", b"frames")


WHOLE = _whole()
PIECES = [struct.pack(">I", n) for n in (0, 1, 7, 8, 16, 2**31, 2**32 - 1)] + [b"moov", b"trak", b"tkhd", b"ftyp"]


def test_the_undamaged_one_is_fine() -> None:
    assert look(WHOLE) == Film(3.2, 640, 360)
