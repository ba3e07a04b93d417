"""The wrap-up of a season as workbook and on paper."""

from __future__ import annotations

from rongmei.reports import blocks
from rongmei.reports.charts import Chart
from rongmei.reports.printout import Section, print_report
from rongmei.reports.scoresheet import ranking_sheet
from rongmei.reports.words import count, day_text, moment_text
from rongmei.reports.workbook import Sheet, naive, write
from rongmei.reports.wrapup.context import WrapUp
from rongmei.reports.wrapup.pages import opening


def write_book(wrapup: WrapUp) -> bytes:
    """An .xlsx with the reference figures, editions, outlets, channels, columns, stories, hot boards and scores."""
    sheets = [
        Sheet("参考数字", ("项目", "数字"), (36, 60), wrapup.reference),
        blocks.day_sheet("各期", "日期", wrapup.editions),
        blocks.group_sheet("各媒体", "媒体", wrapup.outlets),
        blocks.group_sheet("各渠道", "渠道", wrapup.channels),
        blocks.group_sheet("各栏目", "栏目", wrapup.columns),
        blocks.best_sheet(wrapup.best),
        blocks.hit_sheet(wrapup.hits),
        ranking_sheet(wrapup.ranking.lines),
        Sheet("时间线", ("时间（北京时间）", "事情"), (18, 80), [(naive(one.at), one.what) for one in wrapup.timeline]),
    ]
    return write(f"{wrapup.campaign} {wrapup.name} 活动总结", wrapup.made_at, sheets)


def write_paper(wrapup: WrapUp, charts: tuple[Chart, ...]) -> bytes:
    """The wrap-up as PDF."""
    drawn = {chart.name: chart for chart in charts}
    editions = [(day_text(one.day), str(one.live), count(one.reads)) for one in wrapup.editions]
    sections = [
        Section("概要", (opening(wrapup), *wrapup.changes)),
        Section("参考数字", widths=(4, 8), rows=[("项目", "数字"), *wrapup.reference]),
        Section(
            "一期一期看",
            widths=(5, 2, 3),
            rows=[("期次", "发布", "阅读"), *editions],
            chart=drawn.get("reads-by-edition"),
        ),
        blocks.best_section(wrapup.best, "阅读最多的稿件"),
        blocks.hit_section(wrapup.hits),
        blocks.group_section("各媒体（按稿件的作者媒体）", "媒体", wrapup.outlets),
        blocks.group_section("各渠道", "渠道", wrapup.channels, chart=drawn.get("reads-by-channel")),
        blocks.group_section("各栏目", "栏目", wrapup.columns),
        blocks.ranking_section(f"考核　{wrapup.ranking.rules}", wrapup.ranking.source, wrapup.ranking.lines),
        blocks.step_section(wrapup.funnel),
        Section(
            "时间线",
            widths=(3, 9),
            rows=[("时间", "事情"), *((moment_text(one.at), one.what) for one in wrapup.timeline)],
        ),
    ]
    title = f"{wrapup.campaign}活动总结{'（彩排）' if wrapup.rehearsal else ''}"
    under = f"{wrapup.cluster}　{wrapup.name}　数据截至 {moment_text(wrapup.made_at)}（北京时间）"
    return print_report(title, under, sections, footer=f"{wrapup.campaign}活动总结", made_at=wrapup.made_at)
