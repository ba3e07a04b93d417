"""A picture in the making: strokes with sharp edges, and everything soft: sky, clouds, mist, water and light.

The robot draws while an edition runs on the same machine, so whatever has no edges is worked out on a small picture
and enlarged, and light is kept back until something is drawn over it: at the end it falls on a quarter of the pixels.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Point = tuple[float, float]
Spot = tuple[float, float, float, Colour]
"""A light: x, y, radius, colour."""

_SCALE = 2
"""Strokes are drawn twice as large and shrunk, which smooths their edges."""
_SOFT = 4
"""What is soft is this much smaller than the strokes."""
_BROAD = 0.04
"""Light that is blurred over more than this share of the width is smaller still."""

_BILINEAR, _NEAREST = Image.Resampling.BILINEAR, Image.Resampling.NEAREST


class Canvas:
    """A picture in the making; lengths are fractions of its width and height.

    Args:
        size: of the finished picture, in pixels.
        rng: what makes this picture differ from the next.
    """

    def __init__(self, size: tuple[int, int], rng: random.Random) -> None:
        self.rng = rng
        self._image = Image.new("RGB", (size[0] * _SCALE, size[1] * _SCALE))
        self._pen = ImageDraw.Draw(self._image)
        self._light: Image.Image | None = None

    @property
    def width(self) -> int:
        return self._image.width

    @property
    def height(self) -> int:
        return self._image.height

    @property
    def image(self) -> Image.Image:
        """The picture so far, to be drawn on."""
        self._settle()
        return self._image

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Draws on the picture so far."""
        self._settle()
        return self._pen

    def _settle(self) -> None:
        if self._light is not None:
            _shine(self._image, self._light)
            self._light = None

    def finished(self) -> Image.Image:
        """The picture in its size."""
        image = self._image.reduce(_SCALE)
        if self._light is not None:
            _shine(image, self._light)
        return image

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

    def glow(self, spots: Sequence[Spot], blur: float = 0.03) -> None:
        """Light added to what is there, on everything or on what is drawn so far."""
        size = self._soft_size(_SOFT if blur <= _BROAD else _SOFT * 4)
        layer = Image.new("RGB", size)
        pen = ImageDraw.Draw(layer)
        for x, y, radius, colour in spots:
            cx, cy, r = x * layer.width, y * layer.height, radius * layer.width
            pen.ellipse([cx - r, cy - r, cx + r, cy + r], fill=colour)
        layer = layer.filter(ImageFilter.GaussianBlur(blur * layer.width)).resize(self._soft_size(_SOFT), _BILINEAR)
        self._light = layer if self._light is None else ImageChops.screen(self._light, layer)

    def mist(self, top: float, bottom: float, colour: Colour, strength: float) -> None:
        """A soft horizontal veil, thickest in its middle."""
        first, last = max(0, round(top * self.height)), min(self.height, round(bottom * self.height))
        if first >= last:
            return
        places = ((row / self.height - top) / (bottom - top) for row in range(first, last))
        shares = bytes(round(255 * strength * max(0.0, math.sin(math.pi * place))) for place in places)
        mask = Image.frombytes("L", (1, last - first), shares).resize((self.width, last - first), _NEAREST)
        self.image.paste(colour, (0, first, self.width, last), mask)

    def _soft_size(self, smaller: int) -> tuple[int, int]:
        return max(1, self.width // smaller), max(1, self.height // smaller)


def _shine(image: Image.Image, light: Image.Image) -> None:
    """Add a small picture of light to a picture, where there is any."""
    lit = light.getbbox()
    if lit is None:
        return
    across, down = image.width / light.width, image.height / light.height
    # A margin, so that the enlarged light fades to nothing inside the part that is touched.
    part = max(0, lit[0] - 2), max(0, lit[1] - 2), min(light.width, lit[2] + 2), min(light.height, lit[3] + 2)
    box = round(part[0] * across), round(part[1] * down), round(part[2] * across), round(part[3] * down)
    enlarged = light.crop(part).resize((box[2] - box[0], box[3] - box[1]), _BILINEAR)
    image.paste(ImageChops.screen(image.crop(box), enlarged), box)


def blend(a: Colour, b: Colour, share: float) -> Colour:
    """The colour `share` of the way from `a` to `b`."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def sky(canvas: Canvas, *colours: Colour, bottom: float = 1.0) -> None:
    """A vertical run through the colours, down to `bottom`."""
    rows, end = bytearray(), bottom * canvas.height
    for row in range(canvas.height):
        place = min(row / end, 1.0) * (len(colours) - 1)
        first = min(int(place), len(colours) - 2)
        rows += bytes(blend(colours[first], colours[first + 1], place - first))
    strip = Image.frombytes("RGB", (1, canvas.height), bytes(rows))
    canvas.image.paste(strip.resize(canvas.image.size, _NEAREST))


def clouds(canvas: Canvas, count: int, colour: Colour, *, top: float, bottom: float, strength: float = 0.8) -> None:
    """Soft clouds of many ellipses, blurred together."""
    mask = Image.new("L", (max(1, canvas.width // _SOFT), max(1, canvas.height // _SOFT)))
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
    mask = mask.filter(ImageFilter.GaussianBlur(0.010 * mask.width))
    # Clouds are a belt of the sky; the rest of the picture need not be touched.
    belt = mask.getbbox()
    if belt:
        first, last = round(belt[1] / mask.height * canvas.height), round(belt[3] / mask.height * canvas.height)
        veil = mask.crop((0, belt[1], mask.width, belt[3])).resize((canvas.width, last - first), _BILINEAR)
        canvas.image.paste(colour, (0, first, canvas.width, last), veil)


def water(canvas: Canvas, shore: float, mood: tuple[Colour, Colour]) -> None:
    """Water from the shore to the lower edge, which mirrors what is above it."""
    top, left = round(shore * canvas.height), canvas.height - round(shore * canvas.height)
    mirror = canvas.image.crop((0, max(0, top - left), canvas.width, top)).reduce(_SOFT)
    mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM).filter(ImageFilter.GaussianBlur(mirror.width * 0.003))
    tint = Image.new("RGB", mirror.size, blend(mood[0], (40, 96, 116), 0.5))
    canvas.image.paste(Image.blend(mirror, tint, 0.38).resize((canvas.width, left), _BILINEAR), (0, top))
    for _ in range(170):
        depth = canvas.rng.random()
        y = shore + (1 - shore) * depth
        x, wide = canvas.rng.random(), canvas.rng.uniform(0.01, 0.05) * (0.3 + depth)
        canvas.line([(x, y), (x + wide, y)], blend(mood[1], (255, 255, 255), 0.35), 0.0006 + 0.0008 * depth)
