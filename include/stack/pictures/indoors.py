"""Indoors: a hall of machines, a laboratory."""

from __future__ import annotations

import math

from stack.pictures.canvas import Canvas, Colour, Point, blend, sky
from stack.pictures.parts import figure


def workshop(canvas: Canvas) -> None:
    """A long bright hall with machines in two rows."""
    tone = canvas.rng.choice([(208, 222, 232), (226, 224, 212), (204, 226, 220)])
    vanish = (canvas.rng.uniform(0.42, 0.58), 0.46)
    sky(canvas, blend(tone, (255, 255, 255), 0.4), blend(tone, (120, 140, 160), 0.25), bottom=1)
    canvas.shape([(0, 0), (1, 0), vanish], blend(tone, (70, 90, 110), 0.45))
    canvas.shape([(0, 1), (1, 1), vanish], blend(tone, (96, 130, 120), 0.42))
    canvas.shape([(0.38, 1), (0.62, 1), vanish], blend(tone, (255, 255, 255), 0.25))
    for edge in (0.38, 0.62):
        canvas.line([(edge, 1), vanish], (236, 190, 60), 0.004)
    canvas.shape([(0, 0.14), vanish, (0, 0.5)], blend(tone, (255, 255, 255), 0.62))
    canvas.shape([(1, 0.14), vanish, (1, 0.5)], blend(tone, (255, 255, 255), 0.62))
    spots = _hall_lamps(canvas, vanish)
    for near in (0.16, 0.26, 0.4, 0.6, 0.95):
        for side in (-1, 1):
            _machine(canvas, side, near, vanish)
    for place, aside in ((0.5, -0.2), (0.72, 0.16), (0.34, 0.1)):
        ground = vanish[1] + (1 - vanish[1]) * place
        shirt = canvas.rng.choice([(44, 98, 160), (236, 140, 50), (60, 120, 110)])
        trousers = (60, 66, 84)
        shadow = blend(tone, (60, 80, 84), 0.62)
        tall = 0.36 * place + 0.04
        figure(
            canvas,
            vanish[0] + aside * place,
            ground,
            tall,
            shirt,
            shorts=trousers,
            legs=trousers,
            shadow=shadow,
            run=0.15,
        )
        _helmet(canvas, vanish[0] + aside * place, ground, tall)
    canvas.glow(spots, blur=0.02)


def _helmet(canvas: Canvas, x: float, ground: float, tall: float) -> None:
    unit = tall * canvas.height / canvas.width
    canvas.dot(x, ground - tall * 0.95, unit * 0.115, (248, 200, 60), squash=0.72)
    canvas.line(
        [(x - unit * 0.14, ground - tall * 0.925), (x + unit * 0.14, ground - tall * 0.925)],
        (226, 170, 40),
        unit * 0.035,
    )


def _hall_lamps(canvas: Canvas, vanish: Point) -> list[tuple[float, float, float, Colour]]:
    spots: list[tuple[float, float, float, Colour]] = []
    for near in (0.14, 0.24, 0.38, 0.58, 0.86):
        for side in (-0.28, 0.0, 0.28):
            x = vanish[0] + side * near * 1.5
            y = vanish[1] * (1 - near) + 0.03 * near
            half = 0.09 * near
            canvas.shape(
                [(x - half, y), (x + half, y), (x + half * 1.15, y + 0.02 * near), (x - half * 1.15, y + 0.02 * near)],
                (255, 255, 250),
            )
            spots.append((x, y, half * 0.6, (90, 96, 92)))
    return spots


def _machine(canvas: Canvas, side: int, near: float, vanish: Point) -> None:
    """A machine tool beside the aisle; `near` is 0 far, 1 at the front."""
    x = vanish[0] + side * (0.13 + 0.33) * near
    ground = vanish[1] + (1 - vanish[1]) * near * 0.92
    wide, tall = 0.26 * near, 0.44 * near
    body = canvas.rng.choice([(236, 240, 242), (70, 120, 160), (214, 222, 226), (84, 142, 134)])
    left = x - wide / 2 + side * wide * 0.3
    canvas.box(left + 0.01 * near, ground - 0.01, left + wide, ground + 0.02 * near, blend(body, (50, 60, 66), 0.75))
    canvas.box(left, ground - tall, left + wide, ground, body)
    canvas.box(left, ground - tall, left + wide, ground - tall * 0.86, blend(body, (30, 50, 70), 0.45))
    canvas.box(left + wide * 0.1, ground - tall * 0.76, left + wide * 0.62, ground - tall * 0.34, (58, 76, 90))
    canvas.shape(
        [
            (left + wide * 0.14, ground - tall * 0.72),
            (left + wide * 0.3, ground - tall * 0.72),
            (left + wide * 0.2, ground - tall * 0.38),
            (left + wide * 0.14, ground - tall * 0.38),
        ],
        (110, 136, 150),
    )
    canvas.box(left + wide * 0.7, ground - tall * 0.74, left + wide * 0.92, ground - tall * 0.52, (40, 160, 150))
    for n, lamp in enumerate([(226, 70, 56), (250, 190, 50), (70, 190, 100)]):
        canvas.dot(left + wide * (0.74 + 0.08 * n), ground - tall * 0.44, 0.012 * near, lamp)
    canvas.line(
        [(left + wide * 0.1, ground - tall * 0.22), (left + wide * 0.9, ground - tall * 0.22)],
        blend(body, (0, 0, 0), 0.3),
        0.003 * near,
    )


def lab(canvas: Canvas) -> None:
    """A laboratory bench: screens with curves, flasks, a window on trees."""
    tone = canvas.rng.choice([(214, 236, 238), (226, 232, 244), (222, 240, 228)])
    sky(canvas, blend(tone, (255, 255, 255), 0.5), tone, bottom=0.7)
    for n in range(3):
        left = 0.05 + n * 0.32
        canvas.box(left, 0.08, left + 0.27, 0.46, (250, 252, 252))
        canvas.box(left + 0.012, 0.10, left + 0.258, 0.44, (176, 216, 236))
        for _ in range(16):
            x = left + 0.02 + canvas.rng.random() * 0.225
            green = blend((70, 140, 90), (150, 196, 110), canvas.rng.random())
            canvas.dot(x, 0.40 - canvas.rng.random() * 0.08, canvas.rng.uniform(0.008, 0.018), green, squash=0.9)
        canvas.box(left, 0.44, left + 0.27, 0.47, (250, 252, 252))
        canvas.line([(left + 0.135, 0.09), (left + 0.135, 0.45)], (250, 252, 252), 0.006)
    canvas.box(0, 0.72, 1, 0.76, (250, 250, 248))
    canvas.box(0, 0.76, 1, 1, blend(tone, (60, 90, 110), 0.55))
    for n in range(5):
        canvas.box(0.02 + n * 0.2, 0.80, 0.2 + n * 0.2, 0.97, blend(tone, (90, 120, 140), 0.35))
        canvas.box(0.08 + n * 0.2, 0.83, 0.14 + n * 0.2, 0.84, (240, 244, 246))
    places = [0.06, 0.22, 0.40, 0.58, 0.76]
    canvas.rng.shuffle(places)
    for x in places[:2]:
        _screen(canvas, x)
    for x in places[2:]:
        _glassware(canvas, x)
    canvas.glow([(0.5, 0.2, 0.4, (26, 26, 22))], blur=0.12)


def _screen(canvas: Canvas, x: float) -> None:
    wide = 0.17
    canvas.box(x, 0.42, x + wide, 0.66, (44, 54, 66))
    canvas.box(x + 0.008, 0.435, x + wide - 0.008, 0.645, (16, 40, 56))
    canvas.box(x + wide * 0.42, 0.66, x + wide * 0.58, 0.71, (80, 90, 100))
    canvas.box(x + wide * 0.25, 0.705, x + wide * 0.75, 0.722, (80, 90, 100))
    for n in range(1, 5):
        canvas.line([(x + 0.012, 0.435 + n * 0.042), (x + wide - 0.012, 0.435 + n * 0.042)], (34, 70, 86), 0.0008)
    for colour in ((90, 226, 190), (250, 190, 80)):
        peak, width = canvas.rng.uniform(0.3, 0.7), canvas.rng.uniform(0.06, 0.16)
        wave = canvas.rng.uniform(8, 18)
        curve = [
            (
                x + 0.014 + (wide - 0.028) * n / 60,
                0.62 - 0.13 * math.exp(-(((n / 60 - peak) / width) ** 2)) - 0.012 * math.sin(n / 60 * wave),
            )
            for n in range(61)
        ]
        canvas.line(curve, colour, 0.0018)


def _glassware(canvas: Canvas, x: float) -> None:
    for n in range(3):
        liquid = canvas.rng.choice([(60, 170, 190), (240, 160, 60), (130, 190, 90), (206, 90, 120), (110, 120, 210)])
        left, tall = x + n * 0.052, canvas.rng.uniform(0.13, 0.2)
        half = 0.021
        top, middle = 0.72 - tall, left + half
        glass = [
            (middle - 0.007, top),
            (middle + 0.007, top),
            (middle + 0.007, top + tall * 0.4),
            (middle + half, 0.715),
            (middle - half, 0.715),
            (middle - 0.007, top + tall * 0.4),
        ]
        canvas.shape(glass, (236, 246, 248))
        level = canvas.rng.uniform(0.55, 0.8)
        slope = 0.007 + (half - 0.007) * (level - 0.4) / 0.6
        canvas.shape(
            [
                (middle - slope, top + tall * level),
                (middle + slope, top + tall * level),
                (middle + half - 0.002, 0.712),
                (middle - half + 0.002, 0.712),
            ],
            liquid,
        )
        canvas.line([*glass, glass[0]], (150, 180, 190), 0.0014)
