"""An edition's report on paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rongmei.reports.charts import Chart
from rongmei.reports.edition.context import EditionReport
from rongmei.reports.edition.pages import opening
from rongmei.reports.printout import Section, print_report
from rongmei.reports.scoresheet import index_words
from rongmei.reports.words import count, day_text, moment_text


def write(report: EditionReport, charts: Sequence[Chart]) -> bytes:
    """The report as PDF."""
    rehearsal = "（彩排）" if report.rehearsal else ""
    under = f"{report.cluster}　{day_text(report.day)}　数据截至 {moment_text(report.made_at)}（北京时间）"
    sections = _sections(report, {chart.name: chart for chart in charts})
    title = f"{report.campaign}考核报告{rehearsal}"
    return print_report(title, under, sections, footer=f"期次 {report.key}", made_at=report.made_at)


def _sections(report: EditionReport, charts: dict[str, Chart]) -> Iterator[Section]:
    yield Section("概要", (opening(report), *report.changes))
    yield Section(
        "各渠道",
        widths=(3, 2, 2, 2),
        rows=[
            ("渠道", "发布（成功/计划）", "阅读", "互动"),
            *(
                (one.name, f"{one.live}/{one.planned}", count(one.reads), count(one.interactions))
                for one in report.channels
            ),
        ],
        chart=charts.get("reads-by-channel"),
    )  # fmt: skip
    yield Section(
        f"媒体考核　{report.rules}",
        widths=(1, 3, 1.5, 5, 5),
        rows=[
            ("名次", "媒体", "总分", "各项得分", "传播指数（版本）"),
            *(
                (
                    str(line.rank),
                    line.outlet + ("" if line.complete else "（数据不齐全）"),
                    f"{line.total:.2f}",
                    "，".join(
                        f"{one.name} {'未知' if one.points is None else f'{one.points:.2f}'}" for one in line.terms
                    ),
                    "；".join(index_words(one) for one in line.indexes),
                )
                for line in report.ranking
            ),
        ],
    )
    yield Section(
        "阅读最多的稿件",
        widths=(1, 7, 3, 2, 2),
        rows=[
            ("", "稿件", "媒体", "阅读", "互动"),
            *(
                (str(place), story.title, story.outlet, count(story.reads), count(story.interactions))
                for place, story in enumerate(report.best, start=1)
            ),
        ],
    )
    yield Section(
        "要处理的事",
        widths=(2, 5, 5, 3),
        rows=[
            ("事项", "对象", "原因与办法", "谁来办"),
            *((one.kind, one.what, one.why, one.who) for one in report.tasks),
        ],
    )
