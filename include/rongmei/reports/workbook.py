"""The report's figures as an Excel workbook: real numbers, empty where unknown, and no cell that Excel would run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter

from rongmei.clock import local
from rongmei.reports.context import EditionReport, IndexLine
from rongmei.reports.words import web_address

Cell = str | int | float | datetime | None
CREATED = "created"
OPTIONS = {
    "in_memory": True,
    # Titles come from outside: "=1+1" or "@SUM(…)" is a title, not a formula.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MAX_TEXT = 30_000
ADDRESS_COLUMN = "链接"


def write(report: EditionReport) -> bytes:
    """An .xlsx with the sheets 发布与数据, 媒体考核, 选题 and 待处理; the same report gives the same bytes.

    Times are Asia/Shanghai, since Excel knows no zones.
    """
    buffer = BytesIO()
    book = xlsxwriter.Workbook(buffer, OPTIONS)
    book.set_properties({"title": f"{report.campaign} {report.day}", CREATED: _naive(report.made_at)})
    formats = {
        "head": book.add_format({"bold": True, "bottom": 1, "bg_color": "#F1EDE4", "text_wrap": True}),
        "number": book.add_format({"num_format": "#,##0"}),
        "decimal": book.add_format({"num_format": "0.00"}),
        "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "text": book.add_format({"text_wrap": True, "valign": "top"}),
        "link": book.add_format({"font_color": "#0B5CAD", "underline": 1}),
    }
    for name, head, widths, rows in _sheets(report):
        _sheet(book.add_worksheet(name), formats, head, widths, rows)
    book.close()
    return buffer.getvalue()


def _sheets(report: EditionReport) -> Iterable[tuple[str, Sequence[str], Sequence[int], list[Sequence[Cell]]]]:
    yield (
        "发布与数据",
        ("稿件", "作者媒体", "栏目", "渠道", "账号", "状态", "发布时间（北京时间）", "阅读", "点赞", "评论", "转发",
         "在看", "数据时间（北京时间）", ADDRESS_COLUMN, "错误"),
        (40, 16, 12, 12, 18, 12, 18, 10, 10, 10, 10, 10, 18, 40, 30),
        [
            (story.title, story.outlet, story.column, post.channel_name, post.account_name, post.state_name,
             _naive(post.live_at), post.reads, post.likes, post.comments, post.shares, post.watching,
             _naive(post.observed_at), post.url, post.error)
            for story in report.stories
            for post in story.posts
        ],
    )  # fmt: skip
    names = list(dict.fromkeys(term.name for line in report.ranking for term in line.terms))
    yield (
        "媒体考核",
        ("名次", "媒体", "总分", *(f"{name}（0–100）" for name in names), "数据是否齐全", "算式", "传播指数"),
        (8, 18, 10, *(12 for _ in names), 14, 60, 30),
        [
            (line.rank, line.outlet, line.total,
             *(next((term.value for term in line.terms if term.name == name), None) for name in names),
             "齐全" if line.complete else "不齐全", line.summary,
             "；".join(_index(index) for index in line.indexes))
            for line in report.ranking
        ],
    )  # fmt: skip
    yield (
        "选题",
        ("选题", "来自", "来源", "状态", "得分", "报送时间（北京时间）", "承接媒体"),
        (40, 18, 16, 10, 10, 18, 18),
        [
            (pitch.title, pitch.outlet, pitch.source, pitch.state, pitch.score, _naive(pitch.submitted_at),
             pitch.assigned_to)
            for pitch in report.pitches
        ],
    )  # fmt: skip
    yield (
        "待处理",
        ("事项", "对象", "原因与办法", "谁来办", "是否紧急"),
        (14, 50, 50, 24, 10),
        [(task.kind, task.what, task.why, task.who, "是" if task.urgent else "否") for task in report.tasks],
    )


def _sheet(
    sheet: Any, formats: dict[str, Any], head: Sequence[str], widths: Sequence[int], rows: list[Sequence[Cell]]
) -> None:
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(1, len(rows)), len(head) - 1)
    for column, (title, width) in enumerate(zip(head, widths, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, formats["head"])
    for number, row in enumerate(rows, start=1):
        for column, value in enumerate(row):
            _cell(sheet, formats, number, column, value, link=head[column] == ADDRESS_COLUMN)


def _cell(sheet: Any, formats: dict[str, Any], row: int, column: int, value: Cell, *, link: bool) -> None:
    """An unknown value leaves the cell empty: an average over the column then leaves it out too."""
    if value is None:
        return
    if isinstance(value, datetime):
        sheet.write_datetime(row, column, value, formats["time"])
    elif isinstance(value, int):
        sheet.write_number(row, column, value, formats["number"])
    elif isinstance(value, float):
        sheet.write_number(row, column, value, formats["decimal"])
    elif link and web_address(value):
        sheet.write_url(row, column, value, formats["link"], value)
    else:
        sheet.write_string(row, column, value[:MAX_TEXT], formats["text"])


def _index(index: IndexLine) -> str:
    """As the report prints it: the version with its figure, and whether forwards are in it."""
    forwards = "含转发" if index.forwards else "不含转发"
    return f"{index.account_name} {index.version}（{forwards}）{index.value:.2f}"


def _naive(moment: datetime | None) -> datetime | None:
    return local(moment).replace(tzinfo=None) if moment else None
