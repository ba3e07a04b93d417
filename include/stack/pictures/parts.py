"""What several scenes are made of: hills, houses, people, a football field and who plays and watches there."""

from __future__ import annotations

import math
from collections.abc import Callable

from stack.pictures.canvas import Canvas, Colour, Point, blend

SHIRTS: tuple[Colour, ...] = (
    (226, 60, 54),
    (33, 104, 196),
    (250, 196, 48),
    (245, 245, 240),
    (22, 150, 110),
    (240, 122, 40),
    (120, 78, 178),
)
SKIN: Colour = (226, 178, 140)


def stars(canvas: Canvas, count: int, depth: float) -> None:
    """Faint stars in the upper part."""
    for _ in range(count):
        shade = canvas.rng.randint(120, 220)
        x, y = canvas.rng.random(), canvas.rng.random() ** 1.5 * depth
        canvas.dot(x, y, canvas.rng.uniform(0.0004, 0.0010), (shade, shade, min(255, shade + 20)))


def ridge(canvas: Canvas, base: float, height: float, colour: Colour, *, rough: float = 3.0) -> None:
    """A chain of hills from edge to edge, filled down to the bottom."""
    waves = [
        (canvas.rng.uniform(0.6, 1.4) * rough * k, canvas.rng.uniform(0, math.tau), 1 / (k + 0.6)) for k in range(1, 5)
    ]
    total = sum(weight for *_, weight in waves)
    points: list[Point] = []
    for step in range(121):
        x = step / 120
        lift = sum(weight * (0.5 + 0.5 * math.sin(x * f + phase)) for f, phase, weight in waves) / total
        points.append((x, base - height * lift))
    canvas.shape([(0.0, 1.0), *points, (1.0, 1.0)], colour)


def towers(canvas: Canvas, base: float, tallest: float, body: Colour, light: Colour, *, lit: float) -> None:
    """A row of buildings with windows, of which a share `lit` is lit."""
    x = -0.02
    while x < 1.0:
        wide = canvas.rng.uniform(0.03, 0.075)
        tall = tallest * canvas.rng.uniform(0.3, 1.0) ** 1.4
        shade = blend(body, (0, 0, 0), canvas.rng.uniform(0.0, 0.25))
        canvas.box(x, base - tall, x + wide, base, shade)
        if canvas.rng.random() < 0.25:
            canvas.line([(x + wide / 2, base - tall), (x + wide / 2, base - tall - 0.05)], shade, 0.0015)
        windows(canvas, (x, base - tall, x + wide, base), shade, light, lit)
        x += wide + canvas.rng.uniform(0.0, 0.012)


def windows(canvas: Canvas, frame: tuple[float, float, float, float], dark: Colour, light: Colour, lit: float) -> None:
    """A grid of windows inside a wall (left, top, right, bottom)."""
    left, top, right, bottom = frame
    columns = max(2, round((right - left) / 0.011))
    step_x, step_y = (right - left) / columns, 0.022
    rows = int((bottom - top) / step_y)
    for row in range(rows):
        for column in range(columns):
            on = canvas.rng.random() < lit
            colour = blend(light, dark, canvas.rng.uniform(0.0, 0.4)) if on else blend(dark, (90, 100, 130), 0.12)
            x, y = left + (column + 0.25) * step_x, top + (row + 0.4) * step_y
            canvas.box(x, y, x + step_x * 0.5, y + step_y * 0.42, colour)


def figure(
    canvas: Canvas,
    x: float,
    ground: float,
    tall: float,
    shirt: Colour,
    *,
    shorts: Colour,
    legs: Colour = SKIN,
    shadow: Colour = (24, 84, 44),
    run: float,
) -> None:
    """A person of a few strokes; `tall` is a fraction of the height, `run` from -1 to 1 is how far the legs are out."""
    unit = tall * canvas.height / canvas.width  # so that a figure is not stretched by the picture's shape
    hip, neck = ground - tall * 0.46, ground - tall * 0.82
    thick = unit * 0.13
    canvas.dot(x, ground + tall * 0.02, unit * 0.28, shadow, squash=0.22)
    for side in (-1, 1):
        foot = x + side * run * unit * 0.30 + side * unit * 0.05
        knee = x + side * run * unit * 0.20
        canvas.line([(x, hip), (knee, (hip + ground) / 2)], shorts, thick * 1.15)
        canvas.line([(knee, (hip + ground) / 2), (foot, ground)], legs, thick * 0.9)
        hand = x + side * unit * (0.22 + 0.1 * abs(run))
        canvas.line([(x, neck + tall * 0.05), (hand, hip - tall * 0.06)], SKIN, thick * 0.65)
    canvas.shape(
        [
            (x - unit * 0.15, neck),
            (x + unit * 0.15, neck),
            (x + unit * 0.11, hip + tall * 0.04),
            (x - unit * 0.11, hip + tall * 0.04),
        ],
        shirt,
    )
    canvas.dot(x, ground - tall * 0.91, unit * 0.10, SKIN)
    canvas.dot(x, ground - tall * 0.945, unit * 0.10, (46, 34, 30), squash=0.62)


def walker(canvas: Canvas, x: float, ground: float, tall: float, colour: Colour) -> None:
    """Somebody from behind: a coat, two legs, a head."""
    unit = tall * canvas.height / canvas.width
    lean = canvas.rng.uniform(-0.05, 0.05) * unit
    for side in (-0.07, 0.07):
        canvas.line([(x + side * unit, ground - tall * 0.45), (x + side * 1.7 * unit, ground)], colour, unit * 0.09)
    canvas.shape(
        [
            (x - unit * 0.15 + lean, ground - tall * 0.8),
            (x + unit * 0.15 + lean, ground - tall * 0.8),
            (x + unit * 0.17, ground - tall * 0.38),
            (x - unit * 0.17, ground - tall * 0.38),
        ],
        colour,
    )
    canvas.dot(x + lean, ground - tall * 0.89, unit * 0.09, colour)


def grass(canvas: Canvas, horizon: float, near: Colour, far: Colour) -> None:
    """A mown football field from the horizon to the lower edge, with its lines."""
    stripes = 11
    for n in range(stripes):
        top, bottom = depth(n / stripes, horizon), depth((n + 1) / stripes, horizon)
        colour = blend(far, near, n / stripes)
        canvas.box(0, top, 1, bottom + 0.002, colour if n % 2 else blend(colour, (255, 255, 210), 0.09))
    white: Colour = (232, 244, 232)
    left, right = _edge(horizon, -1), _edge(horizon, 1)
    canvas.line([(left(0.06), depth(0.06, horizon)), (right(0.06), depth(0.06, horizon))], white, 0.0016)
    for side in (left, right):
        canvas.line([(side(d), depth(d, horizon)) for d in (0.06, 1.2)], white, 0.0028)
    middle = depth(0.5, horizon)
    canvas.line([(left(0.5), middle), (right(0.5), middle)], white, 0.0024)
    cx, cy = canvas.at(0.5, middle)
    wide, tall = 0.13 * canvas.width, 0.052 * canvas.height
    canvas.pen.ellipse([cx - wide, cy - tall, cx + wide, cy + tall], outline=white, width=round(0.0024 * canvas.width))


def depth(place: float, horizon: float) -> float:
    """Height on the picture of a line `place` (0 far, 1 near) of the field."""
    return horizon + (1 - horizon) * math.pow(place, 1.45)


def _edge(horizon: float, side: int) -> Callable[[float], float]:
    return lambda place: 0.5 + side * (0.30 + 0.42 * (depth(place, horizon) - horizon) / (1 - horizon))


def match(canvas: Canvas, horizon: float, players: int) -> None:
    """Two teams and a ball on the field, the far ones first."""
    home, away = canvas.rng.sample(SHIRTS, 2)
    spots = sorted((canvas.rng.uniform(0.14, 0.8), canvas.rng.uniform(0.12, 0.88)) for _ in range(players))
    for n, (place, across) in enumerate(spots):
        ground = depth(place, horizon)
        tall = 0.055 + 0.16 * place**1.3
        x = 0.5 + (across - 0.5) * (0.62 + 0.7 * place)
        shirt = home if n % 2 else away
        shorts = blend(shirt, (20, 20, 30), 0.65)
        figure(canvas, x, ground, tall, shirt, shorts=shorts, run=canvas.rng.uniform(-1, 1))
    place = canvas.rng.uniform(0.4, 0.7)
    x, ground = canvas.rng.uniform(0.3, 0.7), depth(place, horizon)
    canvas.dot(x, ground + 0.004, 0.0075, (26, 90, 46), squash=0.4)
    canvas.dot(x, ground - 0.008, 0.0068, (250, 250, 246))
    canvas.dot(x + 0.001, ground - 0.008, 0.0024, (40, 40, 44))


def crowd(canvas: Canvas, top: float, bottom: float, wall: Colour, *, light: float) -> None:
    """A full stand: rows of heads and shirts between two heights."""
    canvas.box(0, top, 1, bottom, wall)
    rows = max(4, round((bottom - top) / 0.016))
    for row in range(rows):
        y = top + (row + 0.6) * (bottom - top) / rows
        x = canvas.rng.uniform(0, 0.008)
        while x < 1:
            if canvas.rng.random() < 0.86:
                shirt = blend(wall, canvas.rng.choice(SHIRTS), light * canvas.rng.uniform(0.45, 1.0))
                canvas.dot(x, y + 0.006, 0.0036, shirt, squash=1.1)
                canvas.dot(x, y - 0.002, 0.0022, blend(wall, SKIN, light * 0.9))
            x += canvas.rng.uniform(0.0075, 0.0115)
