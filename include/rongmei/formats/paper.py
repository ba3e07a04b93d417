"""Sets text and tables on A4 pages and writes them as a PDF of black and white pictures, for papers that are kept.

Pages are drawn at 300 dpi with the font that comes with the installation and stored as CCITT Group 4, as scanners and
faxes do: they print sharply and look the same everywhere. Their text cannot be searched; the HTML page's can.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import as_file, files
from io import BytesIO
from itertools import accumulate, pairwise
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from rongmei.clock import utcnow
from rongmei.errors import BadInput

DPI: Final = 300
WIDTH_MM, HEIGHT_MM, LEFT_MM, TOP_MM, BOTTOM_MM = 210, 297, 16, 16, 20
TEXT_MM: Final = WIDTH_MM - 2 * LEFT_MM
"""How wide the text may be."""
PLAIN, SMALL, LARGE, HUGE = 10.5, 9.0, 12.0, 18.0
"""Sizes of type, in points."""
MAX_PAGES: Final = 40
"""A page takes nine megabytes of memory."""
GREY: Final = 140
"""What is darker becomes black, 0 to 255."""
DARK, LIGHT, DOT = 150, 215, 8
"""The same for pictures: up to `DARK` is black, up to `LIGHT` dots so many dots of the page apart."""

_FONT_PACKAGE, _FONT_FILE, _SIMPLIFIED = "noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc", 2
_LINE, _PAD_MM = 1.55, 1.2
_PIECES = re.compile(r"[A-Za-z0-9_./@#:+-]+|.", re.DOTALL)
_NEVER_FIRST = frozenset("，。；：！？、）】》」』”’…,.;:!?)%")


def px(millimetres: float) -> int:
    """Dots of a length on paper."""
    return round(millimetres * DPI / 25.4)


class Paper:
    """A stack of A4 pages, written from top to bottom; what does not fit goes on on the next page.

    Whatever writes on it raises BadInput when there would be more than `MAX_PAGES`.

    Args:
        footer: stands at the foot of each page, before its number.
    """

    def __init__(self, footer: str) -> None:
        self._footer = footer
        self._pages: list[Image.Image] = []
        self._turn()

    def text(self, words: str, *, size: float = PLAIN, centre: bool = False, space_mm: float = 1.5) -> None:
        """A paragraph, and some space below it."""
        font, high = _font(size), _line_height(size)
        for line in wrap(words, px(TEXT_MM), size):
            if self._y + high > px(HEIGHT_MM - BOTTOM_MM):
                self._turn()
            left = px(LEFT_MM) + (round((px(TEXT_MM) - font.getlength(line)) / 2) if centre else 0)
            self._draw.text((left, self._y), line, font=font, fill=0)
            self._y += high
        self._y += px(space_mm)

    def space(self, millimetres: float, *, keep_mm: float = 0) -> None:
        """Leave some space; go on on the next page when less than `keep_mm` is left below it on this one."""
        self._y += px(millimetres)
        if self._y + px(keep_mm) > px(HEIGHT_MM - BOTTOM_MM):
            self._turn()

    def picture(self, png: bytes, *, wide_mm: float, space_mm: float = 2) -> None:
        """A picture, its colours made black and its greys dots, on the next page if it does not fit on this; centred.

        Args:
            png: with a light or transparent ground.
        """
        with Image.open(BytesIO(png)) as opened:
            coloured = opened.convert("RGBA")
        ground = Image.new("RGBA", coloured.size, "white")
        ground.alpha_composite(coloured)
        wide = px(wide_mm)
        size = (wide, round(ground.height * wide / ground.width))
        drawn = _printable(ground.convert("L").resize(size, Image.Resampling.LANCZOS))
        if self._y + drawn.height > px(HEIGHT_MM - BOTTOM_MM):
            self._turn()
        self._pages[-1].paste(drawn, ((px(WIDTH_MM) - wide) // 2, self._y))
        self._y += drawn.height + px(space_mm)

    def table(
        self, widths_mm: Sequence[float], rows: Sequence[Sequence[str]], *, head: bool = False, size: float = PLAIN
    ) -> None:
        """A ruled table; a row that does not fit is continued on the next page.

        Args:
            widths_mm: of the columns; together `TEXT_MM`.
            head: the first row names the columns, on every page that the table is on.
        """
        set_rows = [
            [wrap(cell, px(wide - 2 * _PAD_MM), size) for cell, wide in zip(row, widths_mm, strict=True)]
            for row in rows
        ]
        top = set_rows[:1] if head else []
        for number, row in enumerate(set_rows):
            left = row
            while any(left):
                room = self._lines_left(size)
                if room < min(2, max(map(len, left))):
                    self._turn()
                    self._rows(widths_mm, top if number else [], size)
                    # A line a page at least, whatever the head leaves: the end of the row must come.
                    room = max(self._lines_left(size), 1)
                self._rows(widths_mm, [[lines[:room] for lines in left]], size)
                left = [lines[room:] for lines in left]

    def pdf(self, made_at: datetime | None = None) -> bytes:
        """All pages, numbered; nothing can be written on them afterwards.

        Args:
            made_at: the date in the file, aware; the present moment unless given.
        """
        self._finish()
        font = _font(SMALL)
        for number, page in enumerate(self._pages, 1):
            foot = f"{self._footer}　第 {number} 页，共 {len(self._pages)} 页"
            at = (px(WIDTH_MM - LEFT_MM) - font.getlength(foot), px(HEIGHT_MM - BOTTOM_MM + 6))
            ImageDraw.Draw(page).text(at, foot, font=font, fill=0)
        first, *rest = self._pages
        out = BytesIO()
        when = (made_at or utcnow()).utctimetuple()
        dates = {"creationDate": when, "modDate": when}
        first.save(out, "PDF", resolution=DPI, save_all=True, append_images=rest, title=self._footer, **dates)
        return out.getvalue()

    def _turn(self) -> None:
        if len(self._pages) >= MAX_PAGES:
            raise BadInput(f"超过 {MAX_PAGES} 页，做不成 PDF", where=self._footer, mend="导出 HTML，用浏览器打印")
        self._finish()
        page = Image.new("L", (px(WIDTH_MM), px(HEIGHT_MM)), 255)
        self._pages.append(page)
        self._draw = ImageDraw.Draw(page)
        self._y = px(TOP_MM)

    def _finish(self) -> None:
        """Make the last page black and white."""
        if self._pages:
            self._pages[-1] = self._pages[-1].point(lambda grey: 255 if grey > GREY else 0, mode="1")

    def _lines_left(self, size: float) -> int:
        return max((px(HEIGHT_MM - BOTTOM_MM) - self._y - 2 * px(_PAD_MM)) // _line_height(size), 0)

    def _rows(self, widths_mm: Sequence[float], rows: Sequence[Sequence[Sequence[str]]], size: float) -> None:
        """Draw rows that are known to fit, with lines around their cells."""
        font, high, pad = _font(size), _line_height(size), px(_PAD_MM)
        for row in rows:
            bottom = self._y + max(map(len, row)) * high + 2 * pad
            edges = [px(LEFT_MM + edge) for edge in accumulate(widths_mm, initial=0.0)]
            for lines, (left, right) in zip(row, pairwise(edges), strict=True):
                self._draw.rectangle((left, self._y, right, bottom), outline=0, width=2)
                for number, line in enumerate(lines):
                    self._draw.text((left + pad, self._y + pad + number * high), line, font=font, fill=0)
            self._y = bottom


def _printable(picture: Image.Image) -> Image.Image:
    """A picture in black and white: what is dark black, what is light white, and what is between them dots."""
    white = picture.point(lambda grey: 255 if grey > LIGHT else 0)
    between = picture.point(lambda grey: 255 if DARK < grey <= LIGHT else 0)
    dots = Image.new("L", picture.size, 255)
    pen = ImageDraw.Draw(dots)
    for top in range(0, picture.height, DOT):
        for left in range(top // DOT % 2 * DOT // 2, picture.width, DOT):
            pen.rectangle((left, top, left + DOT // 2, top + DOT // 2), fill=0)
    white.paste(dots, mask=between)
    return white


def wrap(words: str, wide: int, size: float) -> list[str]:
    """Lines of at most `wide` dots: broken between Chinese characters and between words, never before a full stop.

    A character that the font does not have takes the place of its empty box.
    """
    return [line for paragraph in words.split("\n") for line in _wrapped(_plain(paragraph), wide, size)]


def _plain(paragraph: str) -> str:
    """Without what steers a screen or the direction of writing: it cannot be set, or would set what follows wrongly."""
    return "".join(char if char.isprintable() else " " for char in paragraph.expandtabs(2))


def _wrapped(paragraph: str, wide: int, size: float) -> Iterator[str]:
    font = _font(size)
    line, length = "", 0.0
    for piece in _pieces(paragraph, wide, size):
        step = font.getlength(piece)
        # A stop hangs into the margin of the cell rather than begin a line.
        if line and length + step > wide and piece not in _NEVER_FIRST:
            yield line.rstrip()
            line, length = "", 0.0
            if piece.isspace():
                continue
        line, length = line + piece, length + step
    yield line.rstrip()


def _pieces(paragraph: str, wide: int, size: float) -> Iterator[str]:
    """What is not to be broken: a character, or a word in letters and digits unless it is longer than a line."""
    font = _font(size)
    for piece in _PIECES.findall(paragraph):
        if font.getlength(piece) <= wide:
            yield piece
        else:
            yield from piece


def _line_height(size: float) -> int:
    return round(size * _LINE * DPI / 72)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    with as_file(files(_FONT_PACKAGE) / _FONT_FILE) as path:
        return ImageFont.truetype(str(path), round(size * DPI / 72), index=_SIMPLIFIED)
