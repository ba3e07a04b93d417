"""A daily brief as mail and page: subject, top line, charts, HTML and plain text."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.charts import TEAL, Bar, Chart, Plot, draw
from rongmei.reports.daily.context import DailyBrief
from rongmei.reports.render import Picture, render_page, render_plain
from rongmei.reports.words import change_text, short_count

NAMES = ("reads-by-day",)
FEWEST_DAYS = 3
"""A chart of fewer days with figures shows nothing."""


def subject(brief: DailyBrief) -> str:
    """The subject of the mail."""
    mark = "【彩排】" if brief.rehearsal else ""
    if brief.quiet:
        return f"{mark}{brief.cluster} {brief.name}简报：无事"
    waiting = f"｜{len(brief.tasks)} 件事待处理" if brief.tasks and not brief.leader else ""
    return f"{mark}{brief.cluster} {brief.name}简报：新增阅读 {short_count(brief.reads)}{waiting}"


def opening(brief: DailyBrief) -> str:
    """The top line."""
    if brief.quiet:
        return f"{brief.name}没有新的选题、稿件和发布，也没有要处理的事。"
    said = [f"新发布 {brief.live} 次"]
    if brief.reads is not None:
        ratio = change_text(brief.headlines[0].ratio)
        said.insert(0, f"新增阅读 {short_count(brief.reads)}" + (f"（比{brief.against}{ratio}）" if ratio else ""))
    if brief.hits:
        said.append(f"{len(brief.hits)} 条话题上热榜，最高{brief.hits[0].board}{brief.hits[0].place}")
    urgent = sum(1 for task in brief.tasks if task.urgent)
    said.append(f"{len(brief.tasks)} 件事待处理，其中 {urgent} 件紧急" if brief.tasks else "没有要处理的事")
    return f"{brief.name}{'；'.join(said)}。"


def draw_charts(brief: DailyBrief) -> tuple[Chart, ...]:
    """The last two weeks; none for a brief of one line."""
    known = [day for day in brief.days if day.reads is not None]
    if brief.quiet or len(known) < FEWEST_DAYS:
        return ()
    bars = tuple(
        Bar(f"{day.day.month}/{day.day.day}", day.reads, short_count(day.reads), marked=day.day >= brief.first)
        for day in brief.days
    )
    return draw([Plot(NAMES[0], "近两周每天新增阅读", TEAL, bars, upright=True)])


def render_html(brief: DailyBrief, pictures: Sequence[Picture] = ()) -> str:
    """The brief as one HTML document."""
    return render_page("daily", pictures, report=brief, opening=opening(brief))


def render_text(brief: DailyBrief) -> str:
    """The brief as plain text."""
    return render_plain("daily", report=brief, opening=opening(brief))
