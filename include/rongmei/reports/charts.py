"""Draws the report's charts as PNG with Chinese labels from a font that comes with the installation.

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

from rongmei.reports.context import EditionReport
from rongmei.reports.words import UNKNOWN, short_count

FONT = "Noto Sans CJK SC"
FONT_PACKAGE = "noto_cjk_sans_otc"
WIDTH, BAR_STEP, FONT_SIZE = 460, 38, 16
SCALE = 2
"""Pixels drawn for one on the page: sharp on a phone."""
TEXT, LINE = "#7f848d", "#9a9ea6"
TEAL, AMBER, BLUE = "#2b9086", "#c9812e", "#4a7fc8"
NAMES = ("reads-by-channel", "reads-by-story", "outlet-scores")
"""Every chart there can be."""
MAX_LABEL = 12
TOP = 10


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
    """One bar; no value means unknown."""

    label: str
    value: float | None
    shown: str


def draw(report: EditionReport) -> tuple[Chart, ...]:
    """The charts that this report has numbers for; none for an edition without numbers."""
    by_channel, by_story, by_outlet = NAMES
    plots = (
        (by_channel, "各渠道阅读", TEAL, channel_bars(report)),
        (by_story, f"稿件阅读前 {TOP}", BLUE, story_bars(report)),
        (by_outlet, f"媒体考核得分前 {TOP}", AMBER, score_bars(report)),
    )
    return tuple(
        _chart(name, title, colour, bars)
        for name, title, colour, bars in plots
        if any(bar.value is not None for bar in bars)
    )


def channel_bars(report: EditionReport) -> list[Bar]:
    """Reads by channel, in the report's order."""
    return [Bar(line.name, line.reads, short_count(line.reads)) for line in report.channels]


def story_bars(report: EditionReport) -> list[Bar]:
    """The ten most read stories; live ones without known reads come after those with."""
    live = sorted((story for story in report.stories if story.live), key=lambda story: -(story.reads or -1))
    return [Bar(story.title, story.reads, short_count(story.reads)) for story in live[:TOP]]


def score_bars(report: EditionReport) -> list[Bar]:
    """The ten best outlets."""
    return [Bar(line.outlet, line.total, f"{line.total:.1f}") for line in report.ranking[:TOP]]


def _chart(name: str, title: str, colour: str, bars: Sequence[Bar]) -> Chart:
    png = _png(_spec(bars, colour))
    # A PNG says its size in the first chunk (PNG specification, 11.2.2 IHDR).
    width, height = (int.from_bytes(png[at : at + 4]) // SCALE for at in (16, 20))
    said = "；".join(f"{bar.label} {bar.shown}" for bar in bars)
    return Chart(name, title, f"{title}：{said}", png, width, height)


def _spec(bars: Sequence[Bar], colour: str) -> dict[str, Any]:
    rows = [
        {
            "order": order,
            "label": _short(bar.label),
            "value": bar.value,
            "from": bar.value or 0,
            "shown": bar.shown if bar.value is not None else UNKNOWN,
        }
        for order, bar in enumerate(bars)
    ]
    across: Any = alt.Scale(domain=[0, _far_end(rows)], nice=False)
    # Rows are placed by number and labelled by text: two stories may share a title.
    names = alt.Axis(
        title=None, labelExpr=_label_expression(rows), labelLimit=0, ticks=False, domain=False, labelPadding=10
    )
    base = alt.Chart(alt.InlineData(values=rows)).encode(y=alt.Y("order:O", axis=names))
    drawn = base.transform_filter("datum.value !== null").mark_bar(color=colour, size=20, cornerRadiusEnd=3)
    figures = base.mark_text(align="left", dx=7, color=TEXT, fontSize=FONT_SIZE, font=FONT).encode(
        x=alt.X("from:Q", axis=None, scale=across), text="shown:N"
    )
    layers = alt.layer(drawn.encode(x=alt.X("value:Q", axis=None, scale=across)), figures)
    chart = (
        layers.properties(width=WIDTH, height=alt.Step(BAR_STEP), padding=6, background="transparent")
        .configure(font=FONT, autosize=alt.AutoSizeParams(type="fit-x", contains="padding"))
        .configure_view(stroke=None)
        .configure_axis(labelFontSize=FONT_SIZE, labelColor=TEXT, labelFont=FONT, grid=False, domainColor=LINE)
    )
    spec: dict[str, Any] = chart.to_dict()
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
