"""The town: arcades under lanterns, the skyline at dusk, the night market."""

from __future__ import annotations

import math

from stack.pictures.canvas import Canvas, Colour, Point, blend, clouds, sky, water
from stack.pictures.parts import SHIRTS, ridge, stars, towers, walker, windows


def lanterns(canvas: Canvas) -> None:
    """An evening street of arcades under strings of lanterns."""
    mood = canvas.rng.choice(
        [((30, 28, 70), (128, 70, 110), (240, 150, 96)), ((20, 36, 80), (86, 80, 140), (236, 168, 120))]
    )
    sky(canvas, *mood, bottom=0.72)
    vanish = (canvas.rng.uniform(0.44, 0.56), 0.60)
    canvas.shape([(0, 1), (0, 0.80), vanish, (1, 0.80), (1, 1)], (58, 44, 60))
    for side in (-1, 1):
        _arcade(canvas, side, vanish)
    spots: list[tuple[float, float, float, Colour]] = [(*vanish, 0.06, (255, 190, 110))]
    strings = 6
    for n in range(strings):
        spots += _lantern_string(canvas, vanish, (n + 0.6) / strings)
    canvas.glow(spots, blur=0.02)
    canvas.glow([(x, y, r * 1.2, blend(c, (0, 0, 0), 0.62)) for x, y, r, c in spots], blur=0.05)
    for place in sorted(canvas.rng.random() ** 1.6 for _ in range(24)):
        ground = 0.62 + 0.34 * place
        x = vanish[0] + canvas.rng.uniform(-1, 1) * (0.04 + 0.34 * place)
        colour = blend((40, 32, 52), canvas.rng.choice(SHIRTS), canvas.rng.uniform(0.15, 0.55))
        walker(canvas, x, ground, 0.05 + 0.2 * place, colour)
    canvas.glow([(vanish[0], 0.98, 0.3, (70, 40, 24))], blur=0.1)


def _arcade(canvas: Canvas, side: int, vanish: Point) -> None:
    """A row of houses that runs into the distance on one side (-1 left, 1 right)."""
    edge = 0.0 if side < 0 else 1.0
    houses = 6
    shares = [1 - (n / houses) ** 0.72 for n in range(houses + 1)]

    def spot(share: float, height: float) -> Point:
        return edge + (vanish[0] - edge) * (1 - share) * 0.92, vanish[1] + (height - vanish[1]) * share

    for n in range(houses):
        near, far = shares[n], shares[n + 1]
        top = canvas.rng.uniform(0.02, 0.16)
        wall = blend(
            canvas.rng.choice([(122, 84, 84), (104, 86, 104), (134, 98, 82), (92, 80, 100)]), (40, 34, 62), 0.30
        )
        canvas.shape([spot(near, top), spot(far, top), spot(far, 0.80), spot(near, 0.80)], wall)
        for floor in range(2):
            for column in range(3):
                a = near + (far - near) * (column + 0.22) / 3
                b = near + (far - near) * (column + 0.78) / 3
                high = 0.18 + floor * 0.17
                lit = canvas.rng.random() < 0.7
                colour: Colour = (255, 206, 128) if lit else (74, 62, 84)
                canvas.shape([spot(a, high), spot(b, high), spot(b, high + 0.10), spot(a, high + 0.10)], colour)
        a, b = near + (far - near) * 0.12, near + (far - near) * 0.88
        canvas.shape([spot(a, 0.56), spot(b, 0.56), spot(b, 0.80), spot(a, 0.80)], (250, 178, 100))
        canvas.shape(
            [spot(near, 0.52), spot(far, 0.52), spot(far, 0.56), spot(near, 0.56)], blend(wall, (0, 0, 0), 0.4)
        )


def _lantern_string(canvas: Canvas, vanish: Point, share: float) -> list[tuple[float, float, float, Colour]]:
    """One string of lanterns across the street; returns their light."""
    spots: list[tuple[float, float, float, Colour]] = []
    near = share**1.5
    y = vanish[1] - 0.08 - 0.42 * near
    half = 0.06 + 0.40 * near
    count = 7
    for n in range(count):
        place = n / (count - 1)
        x = vanish[0] + (place * 2 - 1) * half
        hang = y + 0.06 * near * math.sin(math.pi * place)
        radius = 0.004 + 0.013 * near
        colour: Colour = (236, 64, 44) if n % 2 else (246, 132, 46)
        canvas.dot(x, hang, radius, colour, squash=0.82)
        canvas.dot(x, hang, radius * 0.45, (255, 206, 120), squash=1.4)
        canvas.line([(x, hang + radius * 1.4), (x, hang + radius * 3.0)], (226, 170, 70), radius * 0.22)
        spots.append((x, hang, radius * 1.1, (232, 96, 44)))
    return spots


def skyline(canvas: Canvas) -> None:
    """The city at dusk across the water."""
    mood = canvas.rng.choice(
        [
            ((36, 52, 110), (150, 104, 150), (250, 176, 120)),
            ((24, 60, 110), (90, 140, 176), (250, 214, 160)),
            ((52, 40, 96), (206, 104, 116), (252, 192, 120)),
        ]
    )
    shore = canvas.rng.uniform(0.62, 0.68)
    sky(canvas, *mood, bottom=shore)
    clouds(canvas, 5, blend(mood[2], (255, 255, 255), 0.3), top=0.06, bottom=0.42, strength=0.3)
    canvas.glow([(canvas.rng.uniform(0.25, 0.75), shore, 0.16, (120, 74, 44))], blur=0.1)
    ridge(canvas, shore - 0.04, 0.10, blend(mood[1], (40, 40, 80), 0.45), rough=5)
    towers(canvas, shore, 0.34, blend(mood[1], (36, 40, 78), 0.6), (255, 222, 150), lit=0.35)
    towers(canvas, shore, 0.22, (28, 34, 66), (255, 206, 120), lit=0.5)
    landmark = canvas.rng.uniform(0.3, 0.7)
    canvas.shape(
        [
            (landmark - 0.018, shore),
            (landmark - 0.011, shore - 0.50),
            (landmark + 0.011, shore - 0.50),
            (landmark + 0.018, shore),
        ],
        (40, 48, 92),
    )
    windows(canvas, (landmark - 0.013, shore - 0.48, landmark + 0.013, shore), (40, 48, 92), (180, 226, 250), 0.6)
    canvas.line([(landmark, shore - 0.50), (landmark, shore - 0.56)], (200, 210, 230), 0.0018)
    water(canvas, shore, (mood[1], mood[2]))


def market(canvas: Canvas) -> None:
    """Food stalls in the evening, steam rising between striped awnings."""
    mood = canvas.rng.choice(
        [((28, 34, 76), (104, 70, 110)), ((20, 44, 76), (70, 84, 120)), ((44, 30, 66), (150, 84, 90))]
    )
    sky(canvas, *mood, bottom=0.6)
    stars(canvas, 50, 0.25)
    towers(canvas, 0.56, 0.2, (34, 34, 62), (250, 206, 130), lit=0.3)
    canvas.box(0, 0.56, 1, 1, (64, 50, 58))
    spots: list[tuple[float, float, float, Colour]] = []
    for row, (ground, wide) in enumerate(((0.66, 0.15), (0.84, 0.27))):
        x = -canvas.rng.uniform(0.02, wide * 0.6)
        while x < 1:
            spots += _stall(canvas, x, ground, wide)
            x += wide * canvas.rng.uniform(1.1, 1.25)
        if row == 0:
            for _ in range(18):
                colour = blend((46, 36, 52), canvas.rng.choice(SHIRTS), canvas.rng.uniform(0.2, 0.6))
                walker(canvas, canvas.rng.random(), canvas.rng.uniform(0.69, 0.73), 0.14, colour)
    for _ in range(13):
        colour = blend((36, 30, 44), canvas.rng.choice(SHIRTS), canvas.rng.uniform(0.1, 0.5))
        walker(canvas, canvas.rng.random(), canvas.rng.uniform(0.94, 1.0), canvas.rng.uniform(0.22, 0.27), colour)
    for n in range(30):
        x = n / 29
        y = 0.2 + 0.05 * math.sin(math.pi * ((x * 2) % 1))
        canvas.dot(x, y, 0.0045, (255, 228, 160))
        spots.append((x, y, 0.008, (150, 110, 60)))
    canvas.glow(spots, blur=0.025)


def _stall(canvas: Canvas, x: float, ground: float, wide: float) -> list[tuple[float, float, float, Colour]]:
    tall = wide * 1.15
    colour = canvas.rng.choice([(214, 62, 50), (38, 120, 160), (236, 160, 50), (58, 140, 92)])
    canvas.box(x + wide * 0.06, ground - tall * 0.62, x + wide * 0.94, ground - tall * 0.36, (252, 214, 150))
    canvas.box(x + wide * 0.04, ground - tall * 0.36, x + wide * 0.96, ground, (120, 78, 56))
    canvas.box(x, ground - tall * 0.40, x + wide, ground - tall * 0.34, (176, 124, 84))
    for post in (0.03, 0.95):
        canvas.box(x + wide * post, ground - tall * 0.78, x + wide * (post + 0.02), ground, (88, 62, 50))
    stripes = 8
    for n in range(stripes):
        left, right = x + wide * (n / stripes * 1.1 - 0.05), x + wide * ((n + 1) / stripes * 1.1 - 0.05)
        top_left, top_right = x + wide * (0.08 + 0.84 * n / stripes), x + wide * (0.08 + 0.84 * (n + 1) / stripes)
        shade = colour if n % 2 else (250, 240, 226)
        canvas.shape(
            [
                (top_left, ground - tall),
                (top_right, ground - tall),
                (right, ground - tall * 0.74),
                (left, ground - tall * 0.74),
            ],
            shade,
        )
        canvas.dot((left + right) / 2, ground - tall * 0.74, (right - left) / 2, shade, squash=0.7)
    keeper = x + wide * canvas.rng.uniform(0.3, 0.7)
    canvas.dot(keeper, ground - tall * 0.54, wide * 0.035, (60, 44, 44))
    canvas.box(keeper - wide * 0.05, ground - tall * 0.5, keeper + wide * 0.05, ground - tall * 0.36, (236, 232, 224))
    for n in range(5):
        px = x + wide * (0.14 + 0.17 * n)
        canvas.dot(
            px,
            ground - tall * 0.40,
            wide * 0.045,
            canvas.rng.choice([(200, 200, 206), (180, 110, 60), (240, 236, 226)]),
            squash=0.55,
        )
    lamp = (x + wide * 0.5, ground - tall * 0.66)
    canvas.dot(*lamp, wide * 0.025, (255, 244, 200))
    steam = x + wide * canvas.rng.uniform(0.2, 0.8)
    return [
        (*lamp, wide * 0.16, (190, 130, 60)),
        (steam, ground - tall * 0.55, wide * 0.05, (110, 104, 100)),
        (steam + 0.01, ground - tall * 0.78, wide * 0.06, (70, 68, 70)),
    ]
