"""Draws charts as PNG with Chinese labels from a font that comes with the installation.

The ground is transparent and every colour of middle lightness, so that a chart reads on a light page, on a dark one and
in mail programs that turn the one into the other. What a platform did not report is named, never drawn as zero.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode

from rongmei.reports.words import UNKNOWN

FONT = "Noto Sans CJK SC"
FONT_PACKAGE = "noto_cjk_sans_otc"
WIDTH, BAR_STEP, COLUMN_HEIGHT, FONT_SIZE = 460, 38, 170, 16
SCALE = 2
"""Pixels drawn for one on the page: sharp on a phone."""
TEXT, LINE = "#7f848d", "#9a9ea6"
TEAL, AMBER, BLUE, GREY = "#2b9086", "#c9812e", "#4a7fc8", "#adb2ba"
MAX_LABEL = 12
TOP = 10
"""Bars that a chart of the best shows."""


@dataclass(frozen=True)
class Chart:
    """A drawn chart; `width` and `height` are those on the page, half of the picture's.

    Attributes:
        name: file name without ending, also its content id in a mail.
        alt: says in words what the picture shows.
    """

    name: str
    title: str
    alt: str
    png: bytes
    width: int
    height: int


@dataclass(frozen=True)
class Bar:
    """One bar; no value means unknown.

    Attributes:
        marked: the one the report is about, among others beside it for comparison.
    """

    label: str
    value: float | None
    shown: str
    marked: bool = True


@dataclass(frozen=True)
class Plot:
    """What is to be drawn: bars from left to right, or, `upright`, columns in the order of time."""

    name: str
    title: str
    colour: str
    bars: tuple[Bar, ...]
    upright: bool = False


def draw(plots: Sequence[Plot]) -> tuple[Chart, ...]:
    """The plots that have a number to show."""
    return tuple(_chart(plot) for plot in plots if any(bar.value is not None for bar in plot.bars))


def _chart(plot: Plot) -> Chart:
    png = _png(_specification(plot))
    # A PNG says its size in the first chunk (PNG specification, 11.2.2 IHDR).
    width, height = (int.from_bytes(png[at : at + 4]) // SCALE for at in (16, 20))
    said = "；".join(f"{bar.label} {bar.shown}" for bar in plot.bars)
    return Chart(plot.name, plot.title, f"{plot.title}：{said}", png, width, height)


def _specification(plot: Plot) -> dict[str, Any]:
    # Altair proves every piece against its schema, which takes as long as drawing; a test does that once.
    with debug_mode(False):
        return _columns(plot) if plot.upright else _bars(plot.bars, plot.colour)


def _rows(bars: Sequence[Bar]) -> list[dict[str, Any]]:
    return [
        {
            "order": order,
            "label": _short(bar.label),
            "value": bar.value,
            "from": bar.value or 0,
            "shown": bar.shown if bar.value is not None else UNKNOWN,
            "marked": bar.marked,
        }
        for order, bar in enumerate(bars)
    ]


def _bars(bars: Sequence[Bar], colour: str) -> dict[str, Any]:
    rows = _rows(bars)
    across: Any = alt.Scale(domain=[0, _far_end(rows)], nice=False)
    # Rows are placed by number and labelled by text: two stories may share a title.
    names = alt.Axis(
        title=None, labelExpr=_label_expression(rows), labelLimit=0, ticks=False, domain=False, labelPadding=10
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("order:O", axis=names))
    drawn = base.transform_filter("datum.value !== null").mark_bar(size=20, cornerRadiusEnd=3)
    figures = base.mark_text(align="left", dx=7, color=TEXT, fontSize=FONT_SIZE, font=FONT).encode(
        x=alt.X("from:Q", axis=None, scale=across), text="shown:N"
    )
    layers = alt.layer(drawn.encode(x=alt.X("value:Q", axis=None, scale=across), color=_coloured(colour)), figures)
    return _finished(layers.properties(width=WIDTH, height=alt.Step(BAR_STEP), padding=6, background="transparent"))


def _columns(plot: Plot) -> dict[str, Any]:
    rows = _rows(plot.bars)
    top = float(max((row["from"] for row in rows), default=0)) or 1.0
    up: Any = alt.Scale(domain=[0, top * 1.18], nice=False)
    names = alt.Axis(
        title=None,
        labelExpr=_label_expression(rows),
        labelAngle=0,
        labelOverlap="parity",
        ticks=False,
        labelPadding=8,
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(x=alt.X("order:O", axis=names))
    drawn = base.transform_filter("datum.value !== null").mark_bar(
        cornerRadiusTopLeft=3, cornerRadiusTopRight=3, width={"band": 0.62}
    )
    layers = [drawn.encode(y=alt.Y("value:Q", axis=None, scale=up), color=_coloured(plot.colour))]
    # Figures over every column would run into each other when there are many; the alt text has them all.
    room = (WIDTH - 20) / max(1, len(rows))
    if all(_width(row["shown"]) * 0.85 <= room for row in rows):
        layers.append(
            base.mark_text(dy=-10, color=TEXT, fontSize=FONT_SIZE - 3, font=FONT).encode(
                y=alt.Y("from:Q", axis=None, scale=up), text="shown:N"
            )
        )
    return _finished(
        alt.layer(*layers).properties(width=WIDTH, height=COLUMN_HEIGHT, padding=6, background="transparent")
    )


def _coloured(colour: str) -> Any:
    return alt.condition("datum.marked", alt.value(colour), alt.value(GREY))


def _finished(chart: Any) -> dict[str, Any]:
    made = (
        chart.configure(font=FONT, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=FONT_SIZE, labelColor=TEXT, labelFont=FONT, grid=False, domainColor=LINE)
    )
    spec: dict[str, Any] = made.to_dict(validate=False)
    return spec


def _far_end(rows: Sequence[dict[str, Any]]) -> float:
    """The value at the right edge: far enough out for the figure behind the longest bar."""
    most = float(max((row["from"] for row in rows), default=0)) or 1.0
    plot = WIDTH - 40 - max(_width(row["label"]) for row in rows)
    return most * plot / (plot - max(_width(row["shown"]) for row in rows) - 14)


def _width(text: str) -> int:
    """Roughly the pixels `text` takes on the page: Chinese characters are square, others about half as wide."""
    return sum(FONT_SIZE if ord(char) > 0x2000 else FONT_SIZE * 3 // 5 for char in text)


def _label_expression(rows: Sequence[dict[str, Any]]) -> str:
    """A Vega expression from row number to label; labels are quoted as JSON, so no title can be code."""
    labels = json.dumps([row["label"] for row in rows], ensure_ascii=True)
    return f"{labels}[datum.value]"


def _png(spec: dict[str, Any]) -> bytes:
    _use_the_font()
    png: bytes = vl_convert.vegalite_to_png(spec, scale=SCALE, allowed_base_urls=[])
    return png


@cache
def _use_the_font() -> None:
    with as_file(files(FONT_PACKAGE)) as folder:
        vl_convert.register_font_directory(str(folder))


def _short(label: str) -> str:
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"
