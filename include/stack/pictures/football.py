"""Football: a night under floodlights, an afternoon on the village ground."""

from __future__ import annotations

import math

from stack.pictures.canvas import Canvas, Colour, blend, clouds, sky
from stack.pictures.parts import SHIRTS, crowd, depth, grass, match, ridge, stars


def stadium(canvas: Canvas) -> None:
    """A night match under floodlights."""
    top = canvas.rng.choice([(10, 16, 44), (18, 14, 48), (6, 24, 50)])
    low = canvas.rng.choice([(70, 62, 120), (36, 84, 130), (104, 66, 104)])
    horizon = canvas.rng.uniform(0.45, 0.5)
    sky(canvas, top, low, bottom=horizon)
    stars(canvas, 90, 0.3)
    canvas.glow([(0.5, horizon, 0.5, (34, 44, 66))], blur=0.12)
    crowd(canvas, horizon - 0.13, horizon, (22, 26, 46), light=0.72)
    canvas.box(0, horizon - 0.022, 1, horizon, blend(canvas.rng.choice(SHIRTS), (20, 26, 46), 0.35))
    canvas.shape([(0, horizon - 0.13), (0, horizon - 0.175), (1, horizon - 0.175), (1, horizon - 0.13)], (14, 17, 34))
    grass(canvas, horizon, (34, 132, 62), (46, 156, 84))
    masts = [canvas.rng.uniform(0.04, 0.12), canvas.rng.uniform(0.3, 0.38), canvas.rng.uniform(0.62, 0.7)]
    masts.append(canvas.rng.uniform(0.88, 0.96))
    spots: list[tuple[float, float, float, Colour]] = []
    for n, x in enumerate(masts):
        head = horizon - (0.40 if n in (0, 3) else 0.31)
        canvas.line([(x, horizon - 0.15), (x, head)], (38, 44, 66), 0.004)
        for row in range(3):
            for column in range(4):
                lamp = (x + (column - 1.5) * 0.011, head + (row - 1) * 0.017)
                canvas.dot(*lamp, 0.0038, (255, 252, 236))
                spots.append((*lamp, 0.008, (250, 246, 226)))
    match(canvas, horizon, 11)
    canvas.glow(spots, blur=0.012)
    canvas.glow([(x, y, 0.05, (110, 116, 130)) for x, y, *_ in spots[::6]], blur=0.05)
    canvas.glow([(0.5, 0.78, 0.36, (28, 46, 30))], blur=0.12)


def pitch(canvas: Canvas) -> None:
    """An afternoon match on a village ground."""
    mood = canvas.rng.choice(
        [((82, 160, 226), (206, 232, 246)), ((74, 144, 206), (250, 226, 190)), ((104, 178, 220), (240, 240, 226))]
    )
    horizon = canvas.rng.uniform(0.44, 0.5)
    sky(canvas, *mood, bottom=horizon)
    clouds(canvas, 6, (255, 255, 255), top=0.05, bottom=horizon - 0.14)
    ridge(canvas, horizon - 0.02, 0.15, blend(mood[1], (70, 120, 140), 0.55), rough=4)
    ridge(canvas, horizon + 0.01, 0.09, (70, 130, 96), rough=9)
    crowd(canvas, horizon - 0.055, horizon + 0.005, (112, 92, 78), light=0.95)
    _bunting(canvas, horizon - 0.12)
    grass(canvas, horizon, (70, 156, 62), (122, 186, 92))
    _goal(canvas, canvas.rng.choice((0.5, 0.46, 0.54)), depth(0.06, horizon))
    match(canvas, horizon, 12)
    canvas.glow([(canvas.rng.choice((0.1, 0.9)), 0.02, 0.2, (90, 80, 50))], blur=0.14)


def _bunting(canvas: Canvas, y: float) -> None:
    sag = 0.03
    for n in range(41):
        x = n / 40
        top = y + sag * math.sin(math.pi * ((x * 3) % 1))
        colour = canvas.rng.choice(SHIRTS)
        canvas.shape([(x - 0.007, top), (x + 0.007, top), (x, top + 0.03)], colour)


def _goal(canvas: Canvas, x: float, ground: float) -> None:
    white: Colour = (250, 250, 250)
    half, tall = 0.055, 0.09
    for n in range(12):
        share = n / 11
        canvas.line(
            [(x - half + 2 * half * share, ground - tall), (x - half + 2 * half * share, ground)],
            (214, 228, 222),
            0.0006,
        )
        canvas.line([(x - half, ground - tall * share), (x + half, ground - tall * share)], (214, 228, 222), 0.0006)
    canvas.line(
        [(x - half, ground), (x - half, ground - tall), (x + half, ground - tall), (x + half, ground)], white, 0.0032
    )
