"""A sheet of A4 with a QR code that leads to a form: as SVG for the printer, as PNG for a chat group."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from html import escape
from importlib.resources import as_file, files
from pathlib import Path
from typing import Final

import segno

from rongmei.clock import local_date
from rongmei.errors import BadInput
from rongmei.text.normalise import clean_line

_FONT_PACKAGE: Final = "noto_cjk_sans_otc"
_FONTS: Final = "'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', sans-serif"
_PNG_SCALE: Final = 1.5
"""144 dpi, 1191 × 1684 dots."""
_WIDEST_MM: Final = 178.0
_CODE_MM: Final = 120.0


def poster(address: str, *, name: str, what: str, how: str, until: datetime) -> str:
    """The sheet as SVG, 210 × 297 mm.

    Args:
        address: what the code leads to; a secret, printed nowhere in letters.
        name: the campaign's.
        what: which form it is.
        how: what is to be done with the code.
        until: the link is good so long.
    """
    # Level M: a quarter of a poster in a school yard may be scratched before that is too little; the code stays coarse.
    code = segno.make(address, error="m", micro=False)
    side = code.symbol_size(border=0)[0]
    step = _CODE_MM / side
    path = "".join(f"M{x},{y}h1v1h-1z" for y, row in enumerate(code.matrix) for x, dark in enumerate(row) if dark)
    day = local_date(until)
    lines = [
        _line(clean_line(name, 40), 52, 16, bold=True),
        _line(clean_line(what, 40), 74, 11),
        _line(clean_line(how, 60), 240, 7),
        _line(f"有效期到 {day.year} 年 {day.month} 月 {day.day} 日", 256, 5),
    ]
    left, top = (210 - _CODE_MM) / 2, 96
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<svg xmlns="http://www.w3.org/2000/svg" width="210mm" height="297mm" viewBox="0 0 210 297" role="img">'
        f"<title>{escape(clean_line(f'{name} {what}', 80))}</title>"
        '<rect width="210" height="297" fill="#fff"/><rect width="210" height="14" fill="#b5261e"/>'
        f"{''.join(lines)}"
        f'<path transform="translate({left:g} {top}) scale({step:.5f})" fill="#000" d="{path}"/></svg>\n'
    )


def write_poster(file: Path, svg: str) -> None:
    """Write the sheet as SVG or PNG, by the file's ending.

    Raises:
        BadInput: another ending, or it cannot be written.
    """
    ending = file.suffix.lower()
    if ending not in (".svg", ".png"):
        raise BadInput("只能写成 SVG 或 PNG", where=f"文件 {file.name}", mend="文件名以 .svg 或 .png 结尾")
    data = svg.encode() if ending == ".svg" else _drawn(svg)
    try:
        file.write_bytes(data)
    except OSError as problem:
        mend = "核对文件夹在不在、能不能写"
        raise BadInput(f"写不了（{type(problem).__name__}）", where=f"文件 {file}", mend=mend) from None


def _line(text: str, y: float, size: float, *, bold: bool = False) -> str:
    """A line in the middle; a long one is set smaller, so that it does not leave the sheet."""
    wide = sum(1.0 if ord(char) > 0x2E7F else 0.6 for char in text)
    fits = min(size, _WIDEST_MM / max(wide, 1.0))
    weight = ' font-weight="700"' if bold else ""
    return (
        f'<text x="105" y="{y:g}" font-size="{fits:.2f}"{weight} text-anchor="middle" fill="#1d2733" '
        f'font-family="{_FONTS}">{escape(text)}</text>'
    )


def _drawn(svg: str) -> bytes:
    import vl_convert  # Loads a JavaScript engine, which only this needs.

    _use_the_font()
    png: bytes = vl_convert.svg_to_png(svg, scale=_PNG_SCALE)
    return png


@cache
def _use_the_font() -> None:
    import vl_convert

    with as_file(files(_FONT_PACKAGE)) as folder:
        vl_convert.register_font_directory(str(folder))
