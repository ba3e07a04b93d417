"""Writes the workbook of `template` with openpyxl: headers, example, rows, help, choices, drop-downs, protection."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from rongmei.config import CHANNEL_NAMES, Plan

ROWS = 200
"""Rows prepared for pitches; the reader takes up to 2,000."""
SHEET, HELP, CHOICES = "报题", "填写说明", "选项"
_HEADER_ROW = 3
_EXAMPLE = (
    "示例（不会读入）",
    "端午醒狮少年上阵",
    "12 岁的张同学第一次登上梅花桩，采访他和教练，拍训练和比赛",
    "",
    "微信、抖音",
    "石龙镇中山公园",
    "李四 13800000000",
    "https://www.example.com/",
    "2026-06-06 09:30",
)
_COLUMNS: Sequence[tuple[str, int, str]] = (
    ("媒体（必填）", 22, "从下拉里选自己的单位。"),
    ("选题（必填）", 34, "一句话说清是什么事，200 字以内。没有选题的行不会读入。"),
    ("内容", 56, "谁、什么事、打算怎么做。写具体，得分更高。"),
    ("栏目", 16, "从下拉里选；拿不准就空着。"),
    ("渠道", 20, "可以写几个，用顿号隔开，如 微信、抖音；下拉里有写法。"),
    ("地点", 18, "在哪里发生，写到镇街。"),
    ("记者", 18, "联系人，可写电话。"),
    ("链接", 28, "参考网页，以 http:// 或 https:// 开头。"),
    ("时间", 18, "报题时间，写成 2026-06-06 18:30；可以空着。"),
)
_NOTES = (
    "在“报题”表第 4 行起填写，一行一条；第 2 行是示例，不会读入。",
    "媒体和选题两栏必填。同一条不用报两遍，重复的会自动合并，各家都记为报题媒体。",
    "表头和示例已锁定；如果表头被改，只要还叫“媒体”“选题”“内容”……也能读。",
    "不要用公式、不要插图片、不要加密码。存为 .xlsx。",
    "交法：放进收件文件夹，或作为附件发到收件邮箱（用登记过的单位邮箱发）。",
    "读不进去的行，会在收件文件夹的“问题”清单里写明哪一行、什么问题、怎么改。",
)
_HEAD = PatternFill("solid", fgColor="1F5FAE")
_PALE = PatternFill("solid", fgColor="F2F2F2")
_LINE = Side(style="thin", color="C5CCD3")
_GRID = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)
_WRAP = Alignment(wrap_text=True, vertical="top")


def write_sheet(plan: Plan, outlet_id: str | None) -> bytes:
    """See `template.pitch_sheet`."""
    outlet = plan.cluster.outlet(outlet_id).name if outlet_id is not None else None
    book = Workbook()
    sheet: Any = book.active
    sheet.title = SHEET
    _write_help(book, plan)
    lists = _write_choices(book, plan)
    _write_head(sheet, plan, outlet)
    _write_rows(sheet, outlet)
    _offer(sheet, lists)
    _protect(sheet)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def _write_head(sheet: Any, plan: Plan, outlet: str | None) -> None:
    whose = f"（{outlet}）" if outlet else ""
    sheet["A1"] = f"{plan.campaign.name} 报题表{whose}　从第 {_HEADER_ROW + 1} 行起填，一行一条；说明见“{HELP}”"
    sheet["A1"].font = Font(bold=True, size=13)
    for at, (name, width, note) in enumerate(_COLUMNS, start=1):
        example = sheet.cell(_HEADER_ROW - 1, at, _EXAMPLE[at - 1])
        example.font, example.fill, example.alignment = Font(italic=True, color="76808C"), _PALE, _WRAP
        head = sheet.cell(_HEADER_ROW, at, name)
        head.font, head.fill = Font(bold=True, color="FFFFFF"), _HEAD
        head.alignment, head.border = Alignment(vertical="center"), _GRID
        head.comment = Comment(note, "融媒", width=240, height=80)
        sheet.column_dimensions[get_column_letter(at)].width = width
    sheet.cell(_HEADER_ROW - 1, 4, plan.campaign.columns[0].name).font = Font(italic=True, color="76808C")
    sheet.row_dimensions[_HEADER_ROW].height = 24
    sheet.freeze_panes = sheet.cell(_HEADER_ROW + 1, 3)
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    sheet.page_setup.orientation, sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = "landscape", 1, 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True


def _write_rows(sheet: Any, outlet: str | None) -> None:
    """Rows that may be written in, with the outlet's name where it is known: a name alone is no pitch."""
    for row in range(_HEADER_ROW + 1, _HEADER_ROW + 1 + ROWS):
        for at in range(1, len(_COLUMNS) + 1):
            cell = sheet.cell(row, at)
            cell.protection, cell.alignment, cell.border = Protection(locked=False), _WRAP, _GRID
        if outlet is not None:
            sheet.cell(row, 1, outlet)


def _write_help(book: Any, plan: Plan) -> None:
    sheet = book.create_sheet(HELP)
    sheet.column_dimensions["A"].width = 100
    lines = [f"{plan.campaign.name} 报题表怎么填", *(f"{n}. {note}" for n, note in enumerate(_NOTES, start=1))]
    lines += ["", "各栏：", *(f"　{name}：{note}" for name, _, note in _COLUMNS)]
    for row, line in enumerate(lines, start=1):
        sheet.cell(row, 1, line).alignment = _WRAP
    sheet["A1"].font = Font(bold=True, size=13)
    sheet.protection.sheet = True


def _write_choices(book: Any, plan: Plan) -> dict[str, str]:
    """What the drop-downs offer, on a hidden sheet: a list inside a cell's rule may have 255 characters only."""
    sheet = book.create_sheet(CHOICES)
    sheet.sheet_state = "hidden"
    choices = {
        "媒体（必填）": [outlet.name for outlet in plan.cluster.outlets],
        "栏目": [column.name for column in plan.campaign.columns],
        "渠道": [CHANNEL_NAMES[channel] for channel in plan.campaign.publishing.channels],
    }
    lists = {}
    for at, (name, words) in enumerate(choices.items(), start=1):
        letter = get_column_letter(at)
        for row, word in enumerate(words, start=1):
            sheet.cell(row, at, word)
        lists[name] = f"{CHOICES}!${letter}$1:${letter}${len(words)}"
    return lists


def _offer(sheet: Any, lists: dict[str, str]) -> None:
    for at, (name, _, note) in enumerate(_COLUMNS, start=1):
        if name not in lists:
            continue
        # Several channels may be written, which no list has; only the outlet has to be one of the list.
        strict = name.startswith("媒体")
        rule = DataValidation(type="list", formula1=f"={lists[name]}", allow_blank=True, showErrorMessage=strict)
        rule.promptTitle, rule.prompt, rule.showInputMessage = name[:2], note, True
        rule.errorTitle, rule.error = "没有这个单位", "请从下拉里选自己的单位。"
        letter = get_column_letter(at)
        rule.add(f"{letter}{_HEADER_ROW + 1}:{letter}{_HEADER_ROW + ROWS}")
        sheet.add_data_validation(rule)


def _protect(sheet: Any) -> None:
    """Headers and example cannot be typed over; rows may be added, sorted and sized. There is no password."""
    protection = sheet.protection
    protection.sheet = True
    protection.formatCells = protection.formatColumns = protection.formatRows = False
    protection.insertRows = protection.deleteRows = protection.sort = protection.autoFilter = False
