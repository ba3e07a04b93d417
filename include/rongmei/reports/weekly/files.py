"""A weekly review as workbook and on paper."""

from __future__ import annotations

from rongmei.reports import blocks
from rongmei.reports.charts import Chart
from rongmei.reports.printout import Section, print_report
from rongmei.reports.scoresheet import detail_sheet, ranking_sheet
from rongmei.reports.weekly.context import WeeklyReview
from rongmei.reports.weekly.pages import opening
from rongmei.reports.words import count, days_text, moment_text
from rongmei.reports.workbook import Sheet, write


def write_book(review: WeeklyReview) -> bytes:
    """An .xlsx with the ranking (an outlet: its own line and what it is made of), channels, days, stories, troubles."""
    sheets = [
        ranking_sheet(review.ranking.lines, "本单位考核" if review.outlet else "考核排名"),
        *([detail_sheet(review.ranking.lines)] if any(line.details for line in review.ranking.lines) else []),
        blocks.group_sheet("各渠道", "渠道", review.channels, "上周"),
        blocks.day_sheet("每天新增阅读", "日期", review.days),
        blocks.best_sheet(review.best, "新增阅读最多的稿件"),
        blocks.hit_sheet(review.hits),
        blocks.trouble_sheet(review.troubles, "上周"),
        blocks.step_sheet(review.funnel),
        _duty(review),
        *([] if review.leader else [_quotas(review)]),
    ]
    return write(f"{review.outlet or review.cluster} {review.name} 考核", review.made_at, sheets)


def _duty(review: WeeklyReview) -> Sheet:
    rows = [(week.first, week.last, week.outlet, week.why) for week in review.duty]
    return Sheet("轮值", ("从", "到", "媒体", "说明"), (14, 14, 20, 50), rows)


def _quotas(review: WeeklyReview) -> Sheet:
    rows = [(one.account, one.quota, one.window, one.used, one.limit) for one in review.quotas]
    return Sheet("额度使用", ("账号", "额度", "窗口", "已用", "上限"), (30, 14, 14, 10, 10), rows)


def write_paper(review: WeeklyReview, charts: tuple[Chart, ...]) -> bytes:
    """The review as PDF."""
    drawn = {chart.name: chart for chart in charts}
    ranking = review.ranking
    sections = [
        Section("概要", (opening(review), *review.changes)),
        blocks.ranking_section(f"考核排名　{ranking.rules}", ranking.source, ranking.lines, drawn.get("outlet-scores")),
        blocks.best_section(review.best),
        blocks.trouble_section(review.troubles, "上周"),
        blocks.group_section("各渠道", "渠道", review.channels, "上周", drawn.get("reads-by-day")),
        blocks.hit_section(review.hits),
        blocks.step_section(review.funnel),
        Section(
            "轮值",
            widths=(3, 3, 6),
            rows=[
                ("周", "媒体", "说明"),
                *((days_text(one.first, one.last), one.outlet, one.why) for one in review.duty),
            ],
        ),
        *([] if review.leader else [_quota_section(review)]),
    ]
    title = f"{review.name}考核{'（彩排）' if review.rehearsal else ''}"
    under = f"{review.cluster}　数据截至 {moment_text(review.made_at)}（北京时间）"
    return print_report(title, under, sections, footer=f"{review.cluster} {review.name}考核", made_at=review.made_at)


def _quota_section(review: WeeklyReview) -> Section:
    rows = [(one.account, one.quota, one.window, f"{count(one.used)}/{count(one.limit)}") for one in review.quotas]
    return Section("额度使用", widths=(5, 2, 2, 2), rows=[("账号", "额度", "窗口", "已用/上限"), *rows])
