"""Drawing: few at a time, once for all accounts, and within bounds of memory."""

from __future__ import annotations

import os
import threading
from io import BytesIO

import pytest
from PIL import Image

from rongmei.channels.studio import Studio, flat


def test_what_was_drawn_is_not_drawn_again():
    drawn: list[str] = []

    def draw(name: str) -> bytes:
        drawn.append(name)
        return name.encode()

    studio = Studio()
    assert [studio.draw(name, lambda name=name: draw(name)) for name in "abab"] == [b"a", b"b", b"a", b"b"]
    assert drawn == ["a", "b"]


def test_only_so_much_is_kept_and_what_was_used_last_longest():
    drawn: list[str] = []

    def want(studio: Studio, name: str) -> bytes:
        return studio.draw(name, lambda: drawn.append(name) or name.encode() * 40)

    studio = Studio(kept_bytes=100)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert len(want(studio, name)) == 40
    assert drawn == ["a", "b", "c", "b"]


def test_what_is_larger_than_the_shelf_is_drawn_all_the_same():
    studio = Studio(kept_bytes=10)
    assert studio.draw("a", lambda: b"x" * 11) == b"x" * 11
    assert studio.draw("a", lambda: b"y" * 11) == b"y" * 11


def test_an_error_is_the_callers_and_leaves_room_for_the_next():
    def fail() -> bytes:
        raise ValueError("torn")

    studio = Studio(at_a_time=1)
    with pytest.raises(ValueError, match="torn"):
        studio.draw("a", fail)
    assert studio.draw("a", lambda: b"a") == b"a"


def test_no_more_than_allowed_are_drawn_at_a_time():
    studio, most, now, lock, both = Studio(at_a_time=2), 0, 0, threading.Lock(), threading.Event()

    def draw() -> bytes:
        nonlocal most, now
        with lock:
            now += 1
            most = max(most, now)
            if now == 2:
                both.set()
        both.wait(5)
        with lock:
            now -= 1
        return b"x"

    threads = [threading.Thread(target=studio.draw, args=(number, draw)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_one_who_waited_takes_what_was_drawn_meanwhile():
    studio, drawing, go_on = Studio(at_a_time=1), threading.Event(), threading.Event()
    found: list[bytes] = []

    def slowly() -> bytes:
        drawing.set()
        go_on.wait(5)
        return b"first"

    first = threading.Thread(target=lambda: found.append(studio.draw("a", slowly)))
    first.start()
    drawing.wait(5)
    second = threading.Thread(target=lambda: found.append(studio.draw("a", lambda: b"second")))
    second.start()
    go_on.set()
    first.join()
    second.join()
    assert found == [b"first", b"first"]


def saved(image: Image.Image, kind: str, **options: object) -> Image.Image:
    buffer = BytesIO()
    image.save(buffer, kind, **options)
    return Image.open(BytesIO(buffer.getvalue()))


def test_a_large_jpeg_is_read_at_a_fraction_of_its_size():
    shown = flat(saved(Image.new("RGB", (4000, 3000), "red"), "JPEG"), (900, 383))
    assert shown.size == (2000, 1500)
    assert shown.mode == "RGB"


def test_it_never_shrinks_below_what_is_needed():
    assert flat(saved(Image.new("RGB", (1700, 1300)), "JPEG"), (900, 700)).size == (1700, 1300)


def test_it_stands_upright():
    exif = Image.Exif()
    exif[0x0112] = 6
    assert flat(saved(Image.new("RGB", (4000, 400)), "JPEG", exif=exif), (400, 400)).size == (400, 4000)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "CMYK"])
def test_every_mode_becomes_rgb_on_white(mode):
    kind = "TIFF" if mode == "CMYK" else "PNG"
    blank = Image.new(mode, (8, 8), 0)
    options = {"transparency": 0} if mode == "P" else {}
    shown = flat(saved(blank, kind, **options), (8, 8))
    assert shown.mode == "RGB"
    transparent = mode in ("RGBA", "LA", "P")
    assert shown.getpixel((4, 4)) == (255, 255, 255) if transparent or mode == "CMYK" else (0, 0, 0)


def test_a_forked_process_draws_for_itself():
    studio = Studio(at_a_time=1)
    assert studio.draw("a", lambda: b"parent") == b"parent"
    child = os.fork()
    if not child:
        # Nothing of the test run may go on in here.
        os._exit(0 if studio.draw("a", lambda: b"child") == b"child" else 1)
    assert os.waitpid(child, 0)[1] == 0
