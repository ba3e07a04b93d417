"""A daily brief as workbook and on paper."""

from __future__ import annotations

from rongmei.reports import blocks
from rongmei.reports.charts import Chart
from rongmei.reports.daily.context import DailyBrief
from rongmei.reports.daily.pages import opening
from rongmei.reports.printout import Section, print_report
from rongmei.reports.words import moment_text
from rongmei.reports.workbook import Sheet, write


def write_book(brief: DailyBrief) -> bytes:
    """An .xlsx with the sheets 各渠道, 各活动, 每天, 稿件, 热榜, and 待处理 for the desk."""
    against = brief.against
    sheets: list[Sheet] = [
        blocks.group_sheet("各渠道", "渠道", brief.channels, against),
        blocks.group_sheet("各活动", "活动", brief.campaigns, against),
        blocks.day_sheet("每天新增阅读", "日期", brief.days),
        blocks.best_sheet(brief.best, "新增阅读最多的稿件"),
        blocks.hit_sheet(brief.hits),
        blocks.step_sheet(brief.funnel),
    ]
    if not brief.leader:
        sheets.append(blocks.task_sheet(brief.tasks))
    return write(f"{brief.cluster} {brief.name} 每日简报", brief.made_at, sheets)


def write_paper(brief: DailyBrief, charts: tuple[Chart, ...]) -> bytes:
    """The brief as PDF."""
    drawn = {chart.name: chart for chart in charts}
    sections = [
        Section("概要", (opening(brief), *brief.changes)),
        *([] if brief.leader else [blocks.task_section(brief.tasks)]),
        blocks.best_section(brief.best),
        blocks.hit_section(brief.hits),
        blocks.group_section("各活动", "活动", brief.campaigns, brief.against),
        blocks.group_section("各渠道", "渠道", brief.channels, brief.against, drawn.get("reads-by-day")),
        blocks.step_section(brief.funnel),
        Section("今天", brief.today),
    ]
    title = f"{brief.name}简报{'（彩排）' if brief.rehearsal else ''}"
    under = f"{brief.cluster}　数据截至 {moment_text(brief.made_at)}（北京时间）"
    return print_report(title, under, sections, footer=f"{brief.cluster} {brief.name}简报", made_at=brief.made_at)
