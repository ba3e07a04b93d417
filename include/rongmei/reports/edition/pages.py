"""An edition's report as an HTML page and as plain text, with its subject and its first sentences."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.edition.context import EditionReport
from rongmei.reports.render import Picture, render_page, render_plain
from rongmei.reports.words import change_text, short_count


def render_html(report: EditionReport, pictures: Sequence[Picture] = ()) -> str:
    """The report as one HTML document."""
    return render_page("edition", pictures, report=report, opening=opening(report))


def render_text(report: EditionReport) -> str:
    """The report as plain text."""
    return render_plain("edition", report=report, opening=opening(report))


def subject(report: EditionReport) -> str:
    """The subject of the report's mail; the outbox marks rehearsals."""
    waiting = f"｜{len(report.tasks)} 件事待处理" if report.tasks else ""
    return f"{report.campaign} {report.day.month}月{report.day.day}日 考核报告{waiting}"


def opening(report: EditionReport) -> str:
    """What the edition came to, in one or two sentences."""
    if report.empty:
        return "本期还没有任何数据：没有选题、没有稿件，也没有发布。"
    if not report.live:
        return f"本期收到 {len(report.pitches)} 条选题、{len(report.stories)} 篇稿件，还没有一次成功的发布。"
    channels = sum(1 for channel in report.channels if channel.live)
    said = f"本期 {report.stories_live} 篇稿件在 {channels} 个渠道发布 {report.live} 次"
    if report.reads is None:
        said += "，平台还没有给出阅读数。"
    else:
        growth = change_text(report.reads_change)
        said += f"，累计阅读 {short_count(report.reads)}" + (f"，比上期{growth}。" if growth else "。")
    leaders = [line.outlet for line in report.ranking if line.rank == 1]
    if leaders and len(leaders) <= 3:
        said += f"{'、'.join(leaders)}{'并列' if len(leaders) > 1 else ''}考核第一。"
    return said
