"""Pictures of every scene: of the right kind and size, and the same for the same seed."""

from __future__ import annotations

import io
import random

import pytest
from PIL import Image

from stack import pictures
from stack.pictures.canvas import Canvas, clouds, sky


@pytest.mark.parametrize("scene", pictures.SCENES)
def test_a_picture_of_each_scene(scene: str) -> None:
    data = pictures.draw(scene, "7", pictures.BODY_SIZE)
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "JPEG"
        assert image.size == pictures.BODY_SIZE
        assert len(image.getcolors(maxcolors=2**24) or ()) > 500
    assert len(data) < pictures.MAX_BYTES
    assert pictures.ALTS[scene]


@pytest.mark.parametrize("scene", pictures.SCENES)
def test_small_pictures_can_be_drawn_too(scene: str) -> None:
    with Image.open(io.BytesIO(pictures.draw(scene, "7", (31, 17)))) as image:
        assert image.size == (31, 17)


def test_the_seed_decides() -> None:
    small = (240, 135)
    assert pictures.draw("hills", "a", small) == pictures.draw("hills", "a", small)
    assert pictures.draw("hills", "a", small) != pictures.draw("hills", "b", small)


def canvas(colour: tuple[int, int, int]) -> Canvas:
    made = Canvas((80, 40), random.Random(1))
    made.box(0, 0, 1, 1, colour)
    return made


def test_light_falls_on_what_is_there_and_not_on_what_is_drawn_later() -> None:
    made = canvas((40, 40, 40))
    made.glow([(0.5, 0.5, 0.2, (100, 100, 100))], blur=0.02)
    made.box(0.45, 0.4, 0.55, 0.6, (10, 20, 30))
    image = made.finished()
    assert image.getpixel((40, 20)) == (10, 20, 30)
    assert image.getpixel((32, 20))[0] > 100
    assert image.getpixel((2, 2)) == (40, 40, 40)


def test_light_on_light_is_brighter_but_never_more_than_white() -> None:
    once, twice = canvas((40, 40, 40)), canvas((40, 40, 40))
    for made, times in ((once, 1), (twice, 2)):
        for _ in range(times):
            made.glow([(0.5, 0.5, 0.3, (200, 200, 200))], blur=0.02)
    assert 200 < once.finished().getpixel((40, 20))[0] < twice.finished().getpixel((40, 20))[0] <= 255


def test_kept_back_light_looks_like_light_at_once() -> None:
    """That light waits for the next stroke is a matter of time spent, not of looks."""
    waiting, at_once = canvas((40, 60, 80)), canvas((40, 60, 80))
    for made in (waiting, at_once):
        for spot in ((0.3, 0.4, 0.1, (90, 50, 20)), (0.6, 0.5, 0.2, (20, 60, 90))):
            made.glow([spot], blur=0.05)
            if made is at_once:
                made.box(0, 0, 0.0001, 0.0001, (40, 60, 80))
    pairs = zip(waiting.finished().tobytes(), at_once.finished().tobytes(), strict=True)
    assert max(abs(a - b) for n, (a, b) in enumerate(pairs) if n >= 3) <= 6


def test_mist_and_clouds_stay_in_their_belts() -> None:
    made = canvas((0, 0, 0))
    made.mist(0.5, 0.9, (255, 255, 255), 0.8)
    image = made.finished()
    assert image.getpixel((10, 28))[0] > 180
    assert image.getpixel((10, 10)) == image.getpixel((10, 38)) == (0, 0, 0)
    made.mist(1.2, 1.5, (255, 0, 0), 1.0)
    assert made.finished() == image
    made = canvas((0, 0, 0))
    clouds(made, 4, (255, 255, 255), top=0.1, bottom=0.3)
    image = made.finished()
    assert max(image.crop((0, 0, 80, 20)).tobytes()) > 60
    assert max(image.crop((0, 32, 80, 40)).tobytes()) == 0


def test_the_sky_runs_through_its_colours() -> None:
    made = canvas((0, 0, 0))
    sky(made, (0, 0, 200), (0, 200, 0), (200, 0, 0), bottom=0.5)
    image = made.finished()
    assert image.getpixel((3, 0))[2] > 180
    assert image.getpixel((3, 10))[1] > 180
    assert image.getpixel((3, 20)) == image.getpixel((70, 39)) == (200, 0, 0)
