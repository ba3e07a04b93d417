from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from openpyxl import load_workbook

from rongmei.reports import gather
from rongmei.reports.edition.book import write
from rongmei.reports.edition.context import EditionReport, PitchLine, PostLine, StoryLine
from rongmei.reports.lines import Task

NOW = datetime(2026, 6, 8, 1, 0, tzinfo=UTC)
EMPTY = EditionReport("k", "村超", "东莞", date(2026, 6, 6), False, "", "", NOW)


def read(report):
    return load_workbook(BytesIO(write(report)))


def test_the_figures_are_those_of_the_report(lively, plan):
    report = gather(lively, plan, "cunchao/2026-06-06", now=NOW)
    book = read(report)
    assert book.sheetnames == ["汇总", "发布与数据", "媒体考核", "选题", "待处理"]
    head, *rows = book["发布与数据"].iter_rows(values_only=True)
    assert head[:9] == ("稿件", "作者媒体", "栏目", "渠道", "账号", "状态", "发布时间（北京时间）", "阅读", "点赞")
    expected = [
        (story.title, post.account_name, post.state_name, post.reads, post.likes, post.url)
        for story in report.stories
        for post in story.posts
    ]
    assert [(row[0], row[4], row[5], row[7], row[8], row[13]) for row in rows] == expected
    assert sum(row[7] or 0 for row in rows) == report.reads
    assert rows[0][6] == datetime(2026, 6, 6, 23, 32)  # noqa: DTZ001 - Excel knows no zones
    ranking = list(book["媒体考核"].iter_rows(min_row=2, values_only=True))
    assert [(row[0], row[1], row[2]) for row in ranking] == [
        (1, "茶山融媒", 86.4),
        (2, "虎门融媒", 71.2),
        (3, "石排融媒", 66.5),
    ]
    assert ranking[0][3:5] == (70, None)
    assert len(list(book["选题"].iter_rows(min_row=2))) == len(report.pitches)
    assert [row[0] for row in book["待处理"].iter_rows(min_row=2, values_only=True)] == [
        task.kind for task in report.tasks
    ]


def test_sheets_can_be_sorted_and_filtered(lively, plan):
    for sheet in read(gather(lively, plan, "cunchao/2026-06-06", now=NOW)).worksheets:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1:")


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "{=1}", "https://evil.example", "007"]
)
def test_text_from_outside_is_never_run(text):
    report = replace(
        EMPTY, pitches=(PitchLine(text, text, text, "已报", 0.5, NOW),), tasks=(Task(text, text, text, text),)
    )
    book = read(report)
    cell = book["选题"]["A2"]
    assert (cell.value, cell.data_type, cell.hyperlink) == (text, "s", None)
    assert book["待处理"]["A2"].data_type == "s"


@pytest.mark.parametrize(("url", "linked"), [("https://example.com/1", True), ("javascript:alert(1)", False)])
def test_only_web_addresses_are_links(url, linked):
    post = PostLine("wechat", "微信公众号", "a/wechat", "甲", "live", "已发布", url, NOW, NOW)
    report = replace(EMPTY, stories=(StoryLine("稿", "甲", "", "signed_off", (post,)),))
    cell = read(report)["发布与数据"]["N2"]
    assert cell.value == url
    assert (cell.hyperlink is not None) == linked


def test_an_empty_edition_is_sheets_of_headings():
    assert [sheet.max_row for sheet in read(EMPTY).worksheets] == [1] * 5


def test_the_same_report_gives_the_same_bytes(lively, plan):
    report = gather(lively, plan, "cunchao/2026-06-06", now=NOW)
    assert write(report) == write(report)
