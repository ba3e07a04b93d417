"""The country: dragon boats in a water town, hills above an orchard."""

from __future__ import annotations

import math

from stack.pictures.canvas import Canvas, blend, sky, water
from stack.pictures.parts import SHIRTS, SKIN, ridge


def waterside(canvas: Canvas) -> None:
    """A water town in the morning, with a bridge and dragon boats."""
    mood = canvas.rng.choice(
        [((120, 176, 214), (252, 226, 186)), ((236, 166, 132), (252, 230, 188)), ((130, 190, 190), (240, 240, 210))]
    )
    shore = canvas.rng.uniform(0.5, 0.56)
    sky(canvas, *mood, bottom=shore)
    sun = canvas.rng.uniform(0.2, 0.8)
    canvas.glow([(sun, shore - 0.16, 0.13, (120, 90, 50))], blur=0.06)
    canvas.dot(sun, shore - 0.16, 0.027, (255, 248, 222))
    ridge(canvas, shore - 0.02, 0.16, blend(mood[0], mood[1], 0.55), rough=4)
    ridge(canvas, shore, 0.07, (96, 140, 116), rough=12)
    _village(canvas, shore)
    water(canvas, shore, mood)
    _bridge(canvas, shore)
    for n in range(canvas.rng.choice((2, 3))):
        _dragon_boat(canvas, canvas.rng.uniform(0.12, 0.5) + n * 0.1, shore + 0.14 + n * 0.13, 0.26 + n * 0.10)


def _village(canvas: Canvas, shore: float) -> None:
    for _ in range(16):
        x, wide = canvas.rng.random(), canvas.rng.uniform(0.03, 0.07)
        tall = canvas.rng.uniform(0.035, 0.07)
        canvas.box(
            x,
            shore - tall,
            x + wide,
            shore + 0.004,
            canvas.rng.choice([(238, 232, 220), (226, 214, 196), (214, 206, 196)]),
        )
        canvas.shape(
            [(x - 0.008, shore - tall), (x + wide + 0.008, shore - tall), (x + wide / 2, shore - tall - 0.034)],
            (98, 84, 82),
        )
        canvas.box(x + wide * 0.4, shore - tall * 0.55, x + wide * 0.6, shore, (120, 84, 64))
    for _ in range(22):
        canvas.dot(
            canvas.rng.random(),
            shore - canvas.rng.uniform(0.0, 0.03),
            canvas.rng.uniform(0.01, 0.024),
            (64, 118, 78),
            squash=0.9,
        )


def _bridge(canvas: Canvas, shore: float) -> None:
    middle, half = canvas.rng.choice((0.68, 0.74, 0.3)), 0.20
    stone, shade = (176, 170, 160), (120, 116, 112)
    deck = [(middle - half + 2 * half * n / 30, shore + 0.02 - 0.12 * math.sin(math.pi * n / 30)) for n in range(31)]
    canvas.shape([*deck, (middle + half, shore + 0.06), (middle - half, shore + 0.06)], stone)
    for offset in (-0.095, 0.0, 0.095):
        radius = 0.042 if offset else 0.052
        cx, cy = canvas.at(middle + offset, shore + 0.062)
        r = radius * canvas.width
        canvas.pen.pieslice([cx - r, cy - r, cx + r, cy + r], 180, 360, fill=(92, 128, 138))
    canvas.line([(x, y - 0.018) for x, y in deck], shade, 0.0022)
    for x, y in deck[::2]:
        canvas.line([(x, y), (x, y - 0.018)], shade, 0.0016)


def _dragon_boat(canvas: Canvas, x: float, y: float, length: float) -> None:
    hull, trim = canvas.rng.choice(
        [((150, 44, 36), (250, 200, 70)), ((30, 92, 120), (246, 226, 150)), ((52, 104, 62), (250, 210, 80))]
    )
    deep = 0.024 * length / 0.3
    rim = [(x + length * n / 20, y - deep * 1.5 * abs(n / 10 - 1) ** 3) for n in range(21)]
    canvas.shape(
        [
            (x + length * 0.02, y + deep * 1.9),
            (x + length * 0.98, y + deep * 1.9),
            (x + length * 0.94, y + deep),
            (x + length * 0.06, y + deep),
        ],
        (70, 120, 130),
    )
    canvas.shape([*rim, (x + length * 0.93, y + deep), (x + length * 0.07, y + deep)], hull)
    canvas.line(rim, trim, 0.0022)
    shirt = canvas.rng.choice(SHIRTS)
    crew = 10
    for n in range(crew):
        px = x + length * (0.14 + 0.72 * n / (crew - 1))
        canvas.line([(px, y + deep * 0.2), (px + length * 0.012, y - deep * 1.4)], shirt, 0.007 * length / 0.3)
        canvas.dot(px + length * 0.014, y - deep * 1.9, 0.0042 * length / 0.3, SKIN)
        canvas.line(
            [(px + length * 0.012, y - deep * 0.9), (px + length * 0.05, y + deep * 1.7)], (206, 168, 110), 0.0014
        )


def hills(canvas: Canvas) -> None:
    """Morning hills in mist above an orchard."""
    mood = canvas.rng.choice(
        [((112, 168, 214), (252, 228, 190)), ((150, 190, 206), (250, 240, 214)), ((206, 150, 140), (252, 224, 176))]
    )
    sky(canvas, *mood, bottom=0.62)
    sun = canvas.rng.uniform(0.2, 0.8)
    canvas.glow([(sun, 0.17, 0.14, (110, 88, 50))], blur=0.06)
    canvas.dot(sun, 0.17, 0.03, (255, 248, 222))
    far, near = blend(mood[0], mood[1], 0.5), canvas.rng.choice([(52, 112, 88), (64, 120, 74), (44, 104, 100)])
    for n in range(5):
        base = 0.50 + n * 0.07
        ridge(canvas, base, 0.24 - n * 0.028, blend(far, near, (n + 1) / 5), rough=3 + n)
        canvas.mist(base - 0.12, base + 0.05, mood[1], 0.45 - n * 0.06)
    canvas.shape([(0, 1), (0, 0.84), (0.5, 0.80), (1, 0.84), (1, 1)], blend(near, (130, 160, 70), 0.35))
    for row in range(4):
        y, radius = 0.85 + row * 0.05, 0.014 + row * 0.007
        x = canvas.rng.uniform(-0.02, 0.02)
        while x < 1.02:
            canvas.dot(x + 0.004, y + radius * 0.9, radius, blend(near, (20, 40, 20), 0.5), squash=0.4)
            canvas.dot(x, y, radius, blend(near, (120, 170, 80), canvas.rng.uniform(0.1, 0.5)), squash=0.95)
            for _ in range(5):
                fruit = (x + canvas.rng.uniform(-0.7, 0.7) * radius, y + canvas.rng.uniform(-0.8, 0.8) * radius)
                canvas.dot(*fruit, 0.0022 + row * 0.0004, (206, 62, 54))
            x += radius * canvas.rng.uniform(2.8, 3.6)
