"""Writes figures as an Excel workbook: real numbers, empty where unknown, formulas that can be followed.

No cell holds anything that Excel would run unless the house wrote it: titles come from outside, and "=1+1" or
"@SUM(…)" is a title, not a formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from rongmei.clock import local
from rongmei.reports.words import web_address

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MAX_TEXT = 30_000
ADDRESS_COLUMN = "链接"


@dataclass(frozen=True)
class Formula:
    """A formula of the house's own making and what it comes to, for programs that do not reckon.

    Attributes:
        text: as Excel writes it in English, beginning with `=`. Never made from text that came from outside.
        percent: shown as a percentage.
    """

    text: str
    value: float | None
    percent: bool = False


Cell = str | int | float | datetime | date | Formula | None


@dataclass(frozen=True)
class Sheet:
    """A sheet with a frozen head and a filter on every column.

    Attributes:
        totals: a last row that the filter leaves out, e.g. sums.
    """

    name: str
    head: Sequence[str]
    widths: Sequence[int]
    rows: Sequence[Sequence[Cell]]
    totals: Sequence[Cell] = ()


def write(title: str, made_at: datetime, sheets: Iterable[Sheet]) -> bytes:
    """An .xlsx; the same sheets give the same bytes. Times in it are Asia/Shanghai, since Excel knows no zones."""
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties({"title": title, "created": naive(made_at)})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#F1EDE4", "text_wrap": True}),
        "number": book.add_format({"num_format": "#,##0"}),
        "decimal": book.add_format({"num_format": "0.00"}),
        "percent": book.add_format({"num_format": "0.0%"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "day": book.add_format({"num_format": "yyyy-mm-dd"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "link": book.add_format({"font_color": "#0B5CAD", "underline": 1}),
    }
    for sheet in sheets:
        _sheet(book.add_worksheet(sheet.name), formats, sheet)
    book.close()
    return buffer.getvalue()


def naive(moment: datetime | None) -> datetime | None:
    """`moment` on the newsroom's clock, as Excel takes it."""
    return local(moment).replace(tzinfo=None) if moment else None


def column(number: int) -> str:
    """The letters of a column; 0 is A."""
    letters = ""
    while number >= 0:
        letters = chr(ord("A") + number % 26) + letters
        number = number // 26 - 1
    return letters


def _sheet(page: Any, formats: dict[str, Any], sheet: Sheet) -> None:
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, max(1, len(sheet.rows)), len(sheet.head) - 1)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C第 &P 页，共 &N 页")
    for place, (title, width) in enumerate(zip(sheet.head, sheet.widths, strict=True)):
        page.set_column(place, place, width)
        page.write_string(0, place, title, formats["head"])
    for number, row in enumerate([*sheet.rows, *([sheet.totals] if sheet.totals else [])], start=1):
        for place, value in enumerate(row):
            _cell(page, formats, number, place, value, link=sheet.head[place] == ADDRESS_COLUMN)


def _cell(page: Any, formats: dict[str, Any], row: int, place: int, value: Cell, *, link: bool) -> None:
    """An unknown value leaves the cell empty: an average over the column then leaves it out too."""
    if value is None:
        return
    if isinstance(value, Formula):
        kind = "percent" if value.percent else "number" if isinstance(value.value, int) else "decimal"
        page.write_formula(row, place, value.text, formats[kind], "" if value.value is None else value.value)
    elif isinstance(value, datetime):
        page.write_datetime(row, place, value, formats["time"])
    elif isinstance(value, date):
        page.write_datetime(row, place, value, formats["day"])
    elif isinstance(value, int):
        page.write_number(row, place, value, formats["number"])
    elif isinstance(value, float):
        page.write_number(row, place, value, formats["decimal"])
    elif link and web_address(value):
        page.write_url(row, place, value, formats["link"], value)
    else:
        page.write_string(row, place, value[:MAX_TEXT], formats["text"])
