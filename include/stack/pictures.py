"""Draws the pictures of rehearsal stories: a football night, a lantern street, a workshop … never the same one twice.

Nothing is photographed and nobody is shown: figures are a few strokes. The same seed gives the same picture.
"""

from __future__ import annotations

import io
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PIL import Image, ImageChops, ImageDraw, ImageFilter

COVER_SIZE = (1200, 675)
BODY_SIZE = (1200, 800)
MAX_BYTES = 400_000
_SCALE = 2
"""Everything is drawn twice as large and shrunk, which smooths the edges."""

Colour = tuple[int, int, int]
Point = tuple[float, float]

SHIRTS: tuple[Colour, ...] = (
    (226, 60, 54),
    (33, 104, 196),
    (250, 196, 48),
    (245, 245, 240),
    (22, 150, 110),
    (240, 122, 40),
    (120, 78, 178),
)
_SKIN: Colour = (226, 178, 140)


@dataclass
class Canvas:
    """A picture in the making; lengths are fractions of its width and height."""

    image: Image.Image
    rng: random.Random

    @property
    def width(self) -> int:
        return self.image.width

    @property
    def height(self) -> int:
        return self.image.height

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        return ImageDraw.Draw(self.image)

    def at(self, x: float, y: float) -> Point:
        """Pixels of a point given in fractions."""
        return x * self.width, y * self.height

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour) -> None:
        """A filled rectangle."""
        self.pen.rectangle([self.at(left, top), self.at(right, bottom)], fill=colour)

    def shape(self, points: Sequence[Point], colour: Colour) -> None:
        """A filled polygon."""
        self.pen.polygon([self.at(x, y) for x, y in points], fill=colour)

    def line(self, points: Sequence[Point], colour: Colour, thick: float = 0.002) -> None:
        """A line; `thick` is a fraction of the width."""
        pixels = [self.at(x, y) for x, y in points]
        self.pen.line(pixels, fill=colour, width=max(1, round(thick * self.width)), joint="curve")

    def dot(self, x: float, y: float, radius: float, colour: Colour, *, squash: float = 1.0) -> None:
        """A filled ellipse; `radius` is a fraction of the width, `squash` its height to its width."""
        cx, cy = self.at(x, y)
        r = radius * self.width
        self.pen.ellipse([cx - r, cy - r * squash, cx + r, cy + r * squash], fill=colour)

    def glow(self, spots: Sequence[tuple[float, float, float, Colour]], blur: float = 0.03) -> None:
        """Light added to what is there: spots of (x, y, radius, colour)."""
        small = 4  # light is soft; a quarter of the size is enough and far quicker
        layer = Image.new("RGB", (self.width // small, self.height // small))
        pen = ImageDraw.Draw(layer)
        for x, y, radius, colour in spots:
            cx, cy, r = x * layer.width, y * layer.height, radius * layer.width
            pen.ellipse([cx - r, cy - r, cx + r, cy + r], fill=colour)
        layer = layer.filter(ImageFilter.GaussianBlur(blur * layer.width)).resize(
            self.image.size, Image.Resampling.BILINEAR
        )
        self.image.paste(ImageChops.screen(self.image, layer))

    def mist(self, top: float, bottom: float, colour: Colour, strength: float) -> None:
        """A soft horizontal veil, thickest in its middle."""
        mask = Image.new("L", (1, self.height))
        for row in range(self.height):
            place = (row / self.height - top) / max(1e-6, bottom - top)
            share = math.sin(math.pi * place) if 0 < place < 1 else 0.0
            mask.putpixel((0, row), round(255 * strength * share))
        veil = Image.new("RGB", self.image.size, colour)
        self.image.paste(veil, mask=mask.resize(self.image.size))


def draw(scene: str, seed: str, size: tuple[int, int] = COVER_SIZE) -> bytes:
    """A JPEG of the scene, below `MAX_BYTES`.

    Args:
        scene: one of `SCENES`.
        seed: what makes this picture differ from the next.
        size: width and height in pixels.
    """
    rng = random.Random(f"{scene}/{seed}")  # noqa: S311 - variety, not secrecy
    canvas = Canvas(Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE)), rng)
    SCENES[scene](canvas)
    image = canvas.image.resize(size, Image.Resampling.LANCZOS)
    for quality in (88, 80, 70, 55):
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=quality, optimize=True)
        if buffer.tell() < MAX_BYTES:
            break
    return buffer.getvalue()


def blend(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from `a` to `b`."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def sky(canvas: Canvas, *colours: Colour, bottom: float = 1.0) -> None:
    """A vertical run through the colours, down to `bottom`."""
    strip = Image.new("RGB", (1, canvas.height))
    end = bottom * canvas.height
    for row in range(canvas.height):
        place = min(row / end, 1.0) * (len(colours) - 1)
        first = min(int(place), len(colours) - 2)
        strip.putpixel((0, row), blend(colours[first], colours[first + 1], place - first))
    canvas.image.paste(strip.resize(canvas.image.size))


def stars(canvas: Canvas, count: int, depth: float) -> None:
    """Faint stars in the upper part."""
    for _ in range(count):
        shade = canvas.rng.randint(120, 220)
        x, y = canvas.rng.random(), canvas.rng.random() ** 1.5 * depth
        canvas.dot(x, y, canvas.rng.uniform(0.0004, 0.0010), (shade, shade, min(255, shade + 20)))


def clouds(canvas: Canvas, count: int, colour: Colour, *, top: float, bottom: float, strength: float = 0.8) -> None:
    """Soft clouds of many ellipses, blurred together."""
    small = 4
    mask = Image.new("L", (canvas.width // small, canvas.height // small))
    pen = ImageDraw.Draw(mask)
    for _ in range(count):
        cx, cy = canvas.rng.random() * mask.width, canvas.rng.uniform(top, bottom) * mask.height
        for _ in range(12):
            x = cx + canvas.rng.gauss(0, 0.09) * mask.width
            y = cy + canvas.rng.gauss(0, 0.010) * mask.height
            r = canvas.rng.uniform(0.02, 0.06) * mask.width
            pen.ellipse(
                [x - r, y - r * 0.22, x + r, y + r * 0.22], fill=round(255 * strength * canvas.rng.uniform(0.5, 1))
            )
    mask = mask.filter(ImageFilter.GaussianBlur(0.010 * mask.width)).resize(canvas.image.size)
    canvas.image.paste(Image.new("RGB", canvas.image.size, colour), mask=mask)


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
    legs: Colour = _SKIN,
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
        canvas.line([(x, neck + tall * 0.05), (hand, hip - tall * 0.06)], _SKIN, thick * 0.65)
    canvas.shape(
        [
            (x - unit * 0.15, neck),
            (x + unit * 0.15, neck),
            (x + unit * 0.11, hip + tall * 0.04),
            (x - unit * 0.11, hip + tall * 0.04),
        ],
        shirt,
    )
    canvas.dot(x, ground - tall * 0.91, unit * 0.10, _SKIN)
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
        top, bottom = _depth(n / stripes, horizon), _depth((n + 1) / stripes, horizon)
        colour = blend(far, near, n / stripes)
        canvas.box(0, top, 1, bottom + 0.002, colour if n % 2 else blend(colour, (255, 255, 210), 0.09))
    white: Colour = (232, 244, 232)
    left, right = _edge(horizon, -1), _edge(horizon, 1)
    canvas.line([(left(0.06), _depth(0.06, horizon)), (right(0.06), _depth(0.06, horizon))], white, 0.0016)
    for side in (left, right):
        canvas.line([(side(d), _depth(d, horizon)) for d in (0.06, 1.2)], white, 0.0028)
    middle = _depth(0.5, horizon)
    canvas.line([(left(0.5), middle), (right(0.5), middle)], white, 0.0024)
    cx, cy = canvas.at(0.5, middle)
    wide, tall = 0.13 * canvas.width, 0.052 * canvas.height
    canvas.pen.ellipse([cx - wide, cy - tall, cx + wide, cy + tall], outline=white, width=round(0.0024 * canvas.width))


def _depth(place: float, horizon: float) -> float:
    """Height on the picture of a line `place` (0 far, 1 near) of the field."""
    return horizon + (1 - horizon) * math.pow(place, 1.45)


def _edge(horizon: float, side: int) -> Callable[[float], float]:
    return lambda place: 0.5 + side * (0.30 + 0.42 * (_depth(place, horizon) - horizon) / (1 - horizon))


def match(canvas: Canvas, horizon: float, players: int) -> None:
    """Two teams and a ball on the field, the far ones first."""
    home, away = canvas.rng.sample(SHIRTS, 2)
    spots = sorted((canvas.rng.uniform(0.14, 0.8), canvas.rng.uniform(0.12, 0.88)) for _ in range(players))
    for n, (place, across) in enumerate(spots):
        ground = _depth(place, horizon)
        tall = 0.055 + 0.16 * place**1.3
        x = 0.5 + (across - 0.5) * (0.62 + 0.7 * place)
        shirt = home if n % 2 else away
        shorts = blend(shirt, (20, 20, 30), 0.65)
        figure(canvas, x, ground, tall, shirt, shorts=shorts, run=canvas.rng.uniform(-1, 1))
    place = canvas.rng.uniform(0.4, 0.7)
    x, ground = canvas.rng.uniform(0.3, 0.7), _depth(place, horizon)
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
                canvas.dot(x, y - 0.002, 0.0022, blend(wall, _SKIN, light * 0.9))
            x += canvas.rng.uniform(0.0075, 0.0115)


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
    _goal(canvas, canvas.rng.choice((0.5, 0.46, 0.54)), _depth(0.06, horizon))
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
    _water(canvas, shore, mood)
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


def _water(canvas: Canvas, shore: float, mood: tuple[Colour, Colour]) -> None:
    mirror = canvas.image.crop((0, round((2 * shore - 1) * canvas.height), canvas.width, round(shore * canvas.height)))
    mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(canvas.width * 0.003))
    tint = Image.new("RGB", mirror.size, blend(mood[0], (40, 96, 116), 0.5))
    canvas.image.paste(Image.blend(mirror, tint, 0.38), (0, round(shore * canvas.height)))
    for _ in range(170):
        depth = canvas.rng.random()
        y = shore + (1 - shore) * depth
        x, wide = canvas.rng.random(), canvas.rng.uniform(0.01, 0.05) * (0.3 + depth)
        canvas.line([(x, y), (x + wide, y)], blend(mood[1], (255, 255, 255), 0.35), 0.0006 + 0.0008 * depth)


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
        canvas.dot(px + length * 0.014, y - deep * 1.9, 0.0042 * length / 0.3, _SKIN)
        canvas.line(
            [(px + length * 0.012, y - deep * 0.9), (px + length * 0.05, y + deep * 1.7)], (206, 168, 110), 0.0014
        )


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
            vanish[0] + side * place,
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
    _water(canvas, shore, (mood[1], mood[2]))


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


SCENES: dict[str, Callable[[Canvas], None]] = {
    "stadium": stadium,
    "pitch": pitch,
    "lanterns": lanterns,
    "waterside": waterside,
    "workshop": workshop,
    "skyline": skyline,
    "market": market,
    "lab": lab,
    "hills": hills,
}
"""Scene → how it is drawn."""

ALTS: dict[str, str] = {
    "stadium": "夜幕下的球场，灯光照亮草坪和看台",
    "pitch": "午后的球场，两队球员正在拼抢",
    "lanterns": "傍晚的骑楼街，灯笼串起归家的人群",
    "waterside": "水乡的清晨，石桥下龙舟划过",
    "workshop": "明亮的车间里，机器整齐排开",
    "skyline": "暮色里的城市天际线倒映水中",
    "market": "夜市小摊升起热气，街坊三三两两",
    "lab": "实验台上的仪器和屏幕上的曲线",
    "hills": "晨雾中的山岭与荔枝林",
}
"""What a reader who does not see the picture is told."""
