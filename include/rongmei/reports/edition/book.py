"""An edition's figures as a workbook whose sums and scores are formulas over its own rows."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.edition.context import EditionReport
from rongmei.reports.scoresheet import ranking_sheet
from rongmei.reports.workbook import ADDRESS_COLUMN, Cell, Formula, Sheet, column, naive
from rongmei.reports.workbook import write as write_book

POSTS = "发布与数据"
LIVE = "已发布"
CHANNEL_AT, STATE_AT, READS_AT, LIKES_AT, WATCHING_AT = 3, 5, 7, 8, 11
"""Columns of `POSTS` that the sums are over."""


def write(report: EditionReport) -> bytes:
    """An .xlsx with the sheets 汇总, 发布与数据, 媒体考核, 选题 and 待处理; the same report gives the same bytes."""
    sheets = (_totals(report), _posts(report), ranking_sheet(report.ranking), _pitches(report), _tasks(report))
    return write_book(f"{report.campaign} {report.day}", report.made_at, sheets)


def _totals(report: EditionReport) -> Sheet:
    rows = [
        (
            line.name,
            Formula(f"=COUNTIF({_whole(CHANNEL_AT)},A{row})", line.planned),
            Formula(f'=COUNTIFS({_whole(CHANNEL_AT)},A{row},{_whole(STATE_AT)},"{LIVE}")', line.live),
            Formula(_sum_of_known(row, READS_AT, READS_AT), line.reads),
            Formula(_sum_of_known(row, LIKES_AT, WATCHING_AT), line.interactions),
        )
        for row, line in enumerate(report.channels, start=2)
    ]
    last = len(rows) + 1
    sums = (report.planned, report.live, report.reads, report.interactions)
    totals: Sequence[Cell] = (
        "合计",
        *(Formula(f"=SUM({column(at)}2:{column(at)}{last})", sums[at - 1]) for at in range(1, 5)),
    )
    return Sheet("汇总", ("渠道", "发布单", LIVE, "阅读", "互动"), (20, 10, 10, 14, 14), rows, totals if rows else ())


def _whole(place: int) -> str:
    return f"'{POSTS}'!${column(place)}:${column(place)}"


def _sum_of_known(row: int, first: int, last: int) -> str:
    """The sum over a channel's live posts, empty when no figure of theirs is known."""
    where = f'{_whole(CHANNEL_AT)},A{row},{_whole(STATE_AT)},"{LIVE}"'
    known = "+".join(f'COUNTIFS({where},{_whole(at)},">=0")' for at in range(first, last + 1))
    added = "+".join(f"SUMIFS({_whole(at)},{where})" for at in range(first, last + 1))
    return f'=IF({known}=0,"",{added})'


def _posts(report: EditionReport) -> Sheet:
    return Sheet(
        POSTS,
        ("稿件", "作者媒体", "栏目", "渠道", "账号", "状态", "发布时间（北京时间）", "阅读", "点赞", "评论", "转发",
         "在看", "数据时间（北京时间）", ADDRESS_COLUMN, "错误"),
        (40, 16, 12, 12, 18, 12, 18, 10, 10, 10, 10, 10, 18, 40, 30),
        [
            (story.title, story.outlet, story.column, post.channel_name, post.account_name, post.state_name,
             naive(post.live_at), post.reads, post.likes, post.comments, post.shares, post.watching,
             naive(post.observed_at), post.url, post.error)
            for story in report.stories
            for post in story.posts
        ],
    )  # fmt: skip


def _pitches(report: EditionReport) -> Sheet:
    return Sheet(
        "选题",
        ("选题", "来自", "来源", "状态", "得分", "报送时间（北京时间）", "承接媒体"),
        (40, 18, 16, 10, 10, 18, 18),
        [
            (pitch.title, pitch.outlet, pitch.source, pitch.state, pitch.score, naive(pitch.submitted_at),
             pitch.assigned_to)
            for pitch in report.pitches
        ],
    )  # fmt: skip


def _tasks(report: EditionReport) -> Sheet:
    return Sheet(
        "待处理",
        ("事项", "对象", "原因与办法", "谁来办", "是否紧急"),
        (14, 50, 50, 24, 10),
        [(task.kind, task.what, task.why, task.who, "是" if task.urgent else "否") for task in report.tasks],
    )
