"""Sets a report on A4 for those who keep it in a file: numbered pages, its charts, and room for signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from rongmei.formats.paper import HUGE, LARGE, SMALL, TEXT_MM, Paper
from rongmei.reports.charts import Chart

MAX_ROWS = 40
"""Rows of a list on paper; the workbook has them all."""
MAX_CELL = 110
CHART_MM = 120.0
SIGNED_BY = ("制表", "审核", "签发")


@dataclass(frozen=True)
class Section:
    """A part of a report on paper.

    Attributes:
        widths: of the columns, in parts of the page's width; as many as each row has cells.
        rows: the first one names the columns.
    """

    heading: str
    sentences: tuple[str, ...] = ()
    widths: Sequence[float] = ()
    rows: Sequence[Sequence[str]] = ()
    chart: Chart | None = None


def print_report(title: str, under: str, sections: Iterable[Section], *, footer: str, made_at: datetime) -> bytes:
    """The report as PDF: title, a line under it, the sections that have something to say, the signature block."""
    paper = Paper(footer)
    paper.text(title, size=HUGE, centre=True)
    paper.text(under, centre=True, space_mm=4)
    for section in sections:
        if section.sentences or len(section.rows) > 1 or section.chart:
            _section(paper, section)
    _signatures(paper)
    return paper.pdf(made_at)


def _section(paper: Paper, section: Section) -> None:
    paper.space(2, keep_mm=28)
    paper.text(section.heading, size=LARGE)
    for sentence in section.sentences:
        paper.text(sentence)
    if len(section.rows) > 1:
        whole = sum(section.widths)
        widths = [TEXT_MM * width / whole for width in section.widths]
        kept = [[cell if len(cell) <= MAX_CELL else cell[: MAX_CELL - 1] + "…" for cell in row] for row in section.rows]
        paper.table(widths, kept[: MAX_ROWS + 1], head=True, size=SMALL)
        left = len(kept) - MAX_ROWS - 1
        if left > 0:
            paper.text(f"另有 {left} 项，见附件工作簿。", size=SMALL)
    if section.chart:
        paper.space(2)
        paper.text(section.chart.title, size=SMALL, centre=True)
        paper.picture(section.chart.png, wide_mm=CHART_MM)


def _signatures(paper: Paper) -> None:
    """A row of boxes to sign in, kept together on a page."""
    paper.space(6, keep_mm=34)
    third = TEXT_MM / len(SIGNED_BY)
    paper.table([third] * len(SIGNED_BY), [[f"{who}：\n\n" for who in SIGNED_BY], ["日期："] * len(SIGNED_BY)])
