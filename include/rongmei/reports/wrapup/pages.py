"""The wrap-up of a season as mail and page: subject, top line, charts, HTML and plain text."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.charts import AMBER, BLUE, TEAL, TOP, Bar, Chart, Plot, draw
from rongmei.reports.lines import GroupLine
from rongmei.reports.render import Picture, render_page, render_plain
from rongmei.reports.words import short_count
from rongmei.reports.wrapup.context import WrapUp

NAMES = ("reads-by-edition", "reads-by-channel", "reads-by-outlet")
MOST_COLUMNS = 30
"""Editions in the chart, the latest ones."""


def subject(wrapup: WrapUp) -> str:
    """The subject of the mail."""
    mark = "【彩排】" if wrapup.rehearsal else ""
    if wrapup.quiet:
        return f"{mark}{wrapup.campaign} 活动总结：没有开过期"
    return f"{mark}{wrapup.campaign} 活动总结：{len(wrapup.editions)} 期，总阅读 {short_count(wrapup.sums.reads)}"


def opening(wrapup: WrapUp) -> str:
    """The top line."""
    if wrapup.quiet:
        return f"{wrapup.name}没有开过一期。"
    sums = wrapup.sums
    where = f"{len(wrapup.outlets)} 家媒体的稿件在 {len(wrapup.channels)} 个渠道发布 {sums.live} 次"
    said = [f"{len(wrapup.editions)} 期", where]
    if sums.reads is not None:
        said.append(f"总阅读 {short_count(sums.reads)}")
    if sums.interactions is not None:
        said.append(f"互动 {short_count(sums.interactions)}")
    if wrapup.hits:
        said.append(f"{len(wrapup.hits)} 条话题上热榜，最高{wrapup.hits[0].board}{wrapup.hits[0].place}")
    return f"{wrapup.name}共 {'，'.join(said)}。"


def draw_charts(wrapup: WrapUp) -> tuple[Chart, ...]:
    """Reads by edition, by channel and by outlet."""
    editions, channels, outlets = NAMES
    by_edition = tuple(
        Bar(f"{one.day.month}/{one.day.day}", one.reads, short_count(one.reads))
        for one in wrapup.editions[-MOST_COLUMNS:]
    )
    return draw(
        [
            Plot(editions, "各期阅读", TEAL, by_edition, upright=True),
            Plot(channels, "各渠道阅读", BLUE, _bars(wrapup.channels)),
            Plot(outlets, f"各媒体稿件阅读前 {TOP}", AMBER, _bars(wrapup.outlets[:TOP])),
        ]
    )


def _bars(lines: Sequence[GroupLine]) -> tuple[Bar, ...]:
    return tuple(Bar(line.name, line.reads, short_count(line.reads)) for line in lines)


def render_html(wrapup: WrapUp, pictures: Sequence[Picture] = ()) -> str:
    """The wrap-up as one HTML document."""
    return render_page("wrapup", pictures, report=wrapup, opening=opening(wrapup))


def render_text(wrapup: WrapUp) -> str:
    """The wrap-up as plain text."""
    return render_plain("wrapup", report=wrapup, opening=opening(wrapup))
