"""A period as an Excel workbook whose formulas recompute every score from the raw figures.

Sheets: 总分 (one row a subject), 分项 (one row a line of a score), 作品 (one row a post that counts for a subject) and
one for each other kind of rows, 事实 (the counts of each subject), 更正, 说明. Changing a figure changes the scores;
every formula has its result stored with it, so that readers which do not calculate show the right numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from rongmei.appraisal.freezing import thaw
from rongmei.appraisal.reckoning import Result, reckon
from rongmei.clock import local, spoken
from rongmei.config import CHANNEL_NAMES
from rongmei.config.appraisal.algebra import Rows, Signs
from rongmei.config.appraisal.facts import KINDS, NUMBERS, ROWS
from rongmei.config.appraisal.marking import GROUPS, Line, Marked, ready, rows_of
from rongmei.config.appraisal.rules import POWERS
from rongmei.config.appraisal.writing import Words, figure
from rongmei.ledger import Ledger
from rongmei.ledger.periods import PeriodRead, read_period, workbook_path

OPTIONS = {
    "in_memory": True,
    # Titles come from outside: "=1+1" is a title, not a formula.
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
MAX_TEXT = 2000
SHEETS = {
    "posts": "作品",
    "works": "稿件",
    "weeks": "周",
    "months": "月",
    "adoptions": "上级采用",
    "awards": "获奖",
    "hits": "上榜",
    "errors": "差错",
}
FACTS, LINES, TOTALS = "事实", "分项", "总分"
NUMBER, WHOLE = "0.0000", "#,##0"


def write_period(ledger: Ledger, key: str, reports: Path, *, kind: str = "outlet") -> Path:
    """Write the workbook of a period where `workbook_path` says; the path.

    Raises:
        BadInput: there is no such period.
    """
    path = workbook_path(reports, key)
    with ledger.read() as session:
        content = workbook(session, key, kind=kind)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def workbook(session: Session, key: str, *, kind: str = "outlet") -> bytes:
    """The workbook of a period's outlets (or people); the same period gives the same bytes.

    Raises:
        BadInput: there is no such period.
    """
    period = read_period(session, key, kind=kind)
    frozen = thaw(session, key)
    results = reckon(frozen.rules, frozen.inputs, kind)
    if not results:
        return _Book(period, results, (), 0.0, 0.0).written()
    scheme = ready(frozen.rules, kind)
    return _Book(period, results, scheme.lines, scheme.total.floor, scheme.total.cap).written()


@dataclass
class _Sheet:
    """Where things stand in a sheet: the columns by name, and the rows of each subject (counted from 1, inclusive)."""

    name: str
    columns: dict[str, int] = field(default_factory=dict)
    rows: dict[str, tuple[int, int]] = field(default_factory=dict)

    def cell(self, column: str, row: int, *, fixed: bool = False) -> str:
        """A cell of this sheet as other sheets name it."""
        letter = _letters(self.columns[column])
        return f"'{self.name}'!${letter}${row}" if fixed else f"'{self.name}'!{letter}{row}"

    def span(self, column: str, subject: str) -> str:
        """A subject's cells in a column."""
        letter = _letters(self.columns[column])
        first, last = self.rows[subject]
        return f"'{self.name}'!${letter}${first}:${letter}${last}"


class _CellPen:
    """Writes a formula as Excel reads it, with the facts' cells.

    Attributes:
        facts: cell of each fact; `spans`: what rows come to, by the block that goes over them.
    """

    def __init__(self, facts: Mapping[str, str], spans: Mapping[Rows, str] | None = None) -> None:
        self._facts, self._spans = facts, spans or {}

    @property
    def signs(self) -> Signs:
        return Signs(times="*", over="/", log="LN", least="MIN", most="MAX", power="^")

    def number(self, value: float) -> str:
        return repr(int(value)) if value == int(value) else repr(value)

    def fact(self, name: str) -> str:
        # An empty cell is 0 in arithmetic.
        return self._facts[name]

    def rows(self, node: Rows) -> str:
        return self._spans[node]

    def steps(self, inner: str, steps: Sequence[tuple[float, float]]) -> str:
        text = "0"
        for start, to in steps:
            text = f"IF({inner}>={self.number(start)},{self.number(to)},{text})"
        return text


class _Book:
    """The workbook in the making."""

    def __init__(
        self, period: PeriodRead, results: Sequence[Result], lines: Sequence[Line], floor: float, cap: float
    ) -> None:
        self._period, self._results, self._lines = period, results, lines
        self._floor, self._cap = floor, cap
        self._blocks = list(dict.fromkeys(node for line in lines for node in rows_of(line.inner)))
        self._buffer = BytesIO()
        # A heavy library: only a process that writes a workbook loads it.
        import xlsxwriter

        self._book = xlsxwriter.Workbook(self._buffer, OPTIONS)
        self._book.set_properties({"title": period.key, "created": _naive(period.frozen_at)})
        self._formats = {
            "head": self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#F1EDE4", "text_wrap": True}),
            "number": self._book.add_format({"num_format": NUMBER}),
            "points": self._book.add_format({"num_format": "0.00"}),
            "whole": self._book.add_format({"num_format": WHOLE}),
            "raw": self._book.add_format({"num_format": WHOLE, "font_color": "#0B5CAD"}),
            "text": self._book.add_format({"text_wrap": True, "valign": "top"}),
        }
        self._sheets: dict[str, _Sheet] = {}

    def written(self) -> bytes:
        """The file's bytes."""
        totals = self._book.add_worksheet(TOTALS)
        lines = self._book.add_worksheet(LINES)
        for rows in ROWS:
            if any(node.of == rows for node in self._blocks):
                self._rows_sheet(rows)
        self._facts_sheet()
        self._lines_sheet(lines)
        self._totals_sheet(totals)
        self._amendments_sheet()
        self._notes_sheet()
        self._book.close()
        return self._buffer.getvalue()

    # ── raw figures ──────────────────────────────────────────────────────────────────────────────────────────────

    def _rows_sheet(self, rows: str) -> None:
        """One row a thing that counts, its figures, and for each block a formula of what it comes to."""
        blocks = [node for node in self._blocks if node.of == rows]
        names = [name.partition(".")[2] for name in KINDS if name.startswith(f"{rows}.")]
        head = ["归属", "是什么", "出处", *(KINDS[f"{rows}.{name}"].label for name in names)]
        head += [f"{node.label} {number}" for number, node in enumerate(blocks, start=1)]
        sheet, made = self._new(SHEETS[rows], head, (16, 40, 24))
        made.columns = {name: 3 + i for i, name in enumerate(names)}
        made.columns.update({f"block{i}": 3 + len(names) + i for i in range(len(blocks))})
        self._sheets[rows] = made
        at = 1
        for result in self._results:
            first = at + 1
            for facts, source in zip(result.case.facts[rows], result.case.sources[rows], strict=True):
                at += 1
                self._text(sheet, at, 0, result.case.name)
                self._text(sheet, at, 1, _what(source))
                self._text(sheet, at, 2, _origin(source))
                for name in names:
                    self._fact(sheet, at, made.columns[name], facts[name], KINDS[f"{rows}.{name}"].whole)
                self._row_formulas(sheet, made, at, blocks, facts)
            made.rows[result.case.id] = (first, max(first, at))
            # A subject without rows points at an empty row, which adds nothing.
            at = max(at, first)
        self._frame(sheet, at, len(head))

    def _row_formulas(
        self, sheet: Any, made: _Sheet, at: int, blocks: Sequence[Rows], facts: Mapping[str, Any]
    ) -> None:
        cells = {name: f"{_letters(column)}{at}" for name, column in made.columns.items()}
        for i, node in enumerate(blocks):
            column = made.columns[f"block{i}"]
            formula = node.each.write(_CellPen(cells))
            known = not node.needs or any(facts[name] is not None for name in node.needs)
            if node.needs:
                wanted = ",".join(cells[name] for name in node.needs)
                formula = f'IF(COUNT({wanted})=0,"",{formula})'
            result = node.each.value(facts) if known else ""
            sheet.write_formula(at - 1, column, f"={formula}", self._formats["number"], result)

    def _facts_sheet(self) -> None:
        """One row a subject with its counts."""
        head = ["标识", "名称", *(KINDS[name].label for name in NUMBERS)]
        sheet, made = self._new(FACTS, head, (18, 18))
        made.columns = {name: 2 + i for i, name in enumerate(NUMBERS)}
        self._sheets[FACTS] = made
        for at, result in enumerate(self._results, start=2):
            self._text(sheet, at, 0, result.case.id)
            self._text(sheet, at, 1, result.case.name)
            for name in NUMBERS:
                self._fact(sheet, at, made.columns[name], result.case.facts[name], True)
            made.rows[result.case.id] = (at, at)
        self._frame(sheet, len(self._results) + 1, len(head))

    # ── scores ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _lines_sheet(self, sheet: Any) -> None:
        """One row a subject and line: what is measured, the points, weight, share, and what it adds to the total."""
        head = ["标识", "名称", "计分项", "项目", "所属", "量到", "得分", "权重", "占比", "计入总分"]
        widths = (18, 18, 24, 18, 10)
        self._head(sheet, head, widths)
        names = ("subject", "name", "key", "label", "group", "measured", "value", "weight", "share", "points")
        made = _Sheet(LINES, {name: i for i, name in enumerate(names)})
        self._sheets[LINES] = made
        at = 1
        for result in self._results:
            made.rows[result.case.id] = (at + 1, at + len(result.marks.lines))
            for marked in result.marks.lines:
                at += 1
                self._line(sheet, at, result, marked)
        self._frame(sheet, at, len(head))

    def _line(self, sheet: Any, at: int, result: Result, marked: Marked) -> None:
        line, subject = marked.line, result.case.id
        for column, text in enumerate((subject, result.case.name, line.key, line.said.name, _group(line.group))):
            self._text(sheet, at, column, text)
        pen = self._pen(subject)
        asked = [node for node in rows_of(line.inner) if node.needs and result.case.facts[node.of]]
        unknown = ",".join(f"COUNT({pen.block(node)})=0" for node in asked)
        self._formula(sheet, at, 5, line.inner.write(pen), marked.measured, unknown)
        self._formula(sheet, at, 6, f"ROUND({line.outer.write(pen)},4)", marked.value, unknown)
        if line.group in GROUPS:
            sign = "-" if line.group == "deductions" else ""
            self._formula(sheet, at, 9, f"{sign}G{at}", marked.points)
            return
        first, last = self._group_rows(result, line.group)
        sheet.write_number(at - 1, 7, line.weight, self._formats["number"])
        share = f'IF(G{at}="",0,H{at}/SUMPRODUCT(H${first}:H${last},--(G${first}:G${last}<>"")))'
        self._formula(sheet, at, 8, share, marked.share)
        self._formula(
            sheet,
            at,
            9,
            f'IF(G{at}="",0,ROUND({self._power_share(result, line.group)}*I{at}*G{at},4))',
            marked.points or 0.0,
        )

    def _group_rows(self, result: Result, group: str) -> tuple[int, int]:
        """The rows in which the lines of this subject's power stand."""
        first, _ = self._sheets[LINES].rows[result.case.id]
        places = [first + i for i, one in enumerate(result.marks.lines) if one.line.group == group]
        return places[0], places[-1]

    def _power_share(self, result: Result, power: str) -> str:
        """The cell of the power's share in the sheet of totals."""
        order = [one.case.id for one in self._results].index(result.case.id)
        powers = [one.id for one in result.marks.powers]
        column = 4 + 3 * powers.index(power) + 2
        return f"'{TOTALS}'!${_letters(column)}${order + 2}"

    def _totals_sheet(self, sheet: Any) -> None:
        """One row a subject: each power with weight and share, bonuses, deductions, corrections, the standing."""
        powers = [one.id for one in self._results[0].marks.powers] if self._results else []
        head = ["名次", "标识", "名称", "现分数"]
        head += [f"{POWERS[power]}{what}" for power in powers for what in ("", "权重", "占比")]
        head += ["加分", "减分", "封顶保底前", "冻结时总分", "更正"]
        self._head(sheet, head, (8, 18, 18, 10))
        lines = self._sheets[LINES]
        for at, result in enumerate(self._results, start=2):
            kept = self._period.of(result.case.id)
            self._text(sheet, at, 1, result.case.id)
            self._text(sheet, at, 2, result.case.name)
            column = 4
            for power in result.marks.powers:
                first, last = self._group_rows(result, power.id)
                where = f"'{LINES}'!"
                known = f'SUMPRODUCT(--({where}G{first}:G{last}<>""))'
                values = f"ROUND(SUMPRODUCT({where}I{first}:I{last},{where}G{first}:G{last}),4)"
                self._formula(sheet, at, column, f'IF({known}=0,"",{values})', power.value)
                sheet.write_number(at - 1, column + 1, power.weight, self._formats["number"])
                value = f"{_letters(column)}{at}"
                weight = f"{_letters(column + 1)}{at}"
                self._formula(
                    sheet,
                    at,
                    column + 2,
                    f'IF({value}="",0,{weight}/({self._known_weights(at, len(powers))}))',
                    power.share,
                )
                column += 3
            self._ends(sheet, at, column, result, lines, kept.standing if kept else result.marks.total)
        self._frame(sheet, len(self._results) + 1, len(head))

    def _known_weights(self, at: int, powers: int) -> str:
        cells = [(f"{_letters(4 + 3 * i)}{at}", f"{_letters(5 + 3 * i)}{at}") for i in range(powers)]
        return "+".join(f'IF({value}="",0,{weight})' for value, weight in cells)

    def _ends(self, sheet: Any, at: int, column: int, result: Result, lines: _Sheet, standing: float) -> None:
        """Bonuses, deductions, the total before and after floor and cap, corrections, the standing, the place."""
        for offset, group in enumerate(GROUPS):
            points = [one.points or 0.0 for one in result.marks.lines if one.line.group == group]
            keys, values = lines.span("group", result.case.id), lines.span("points", result.case.id)
            self._formula(sheet, at, column + offset, f'SUMIFS({values},{keys},"{GROUPS[group]}")', sum(points))
        parts = [
            f'IF({_letters(4 + 3 * i)}{at}="",0,{_letters(6 + 3 * i)}{at}*{_letters(4 + 3 * i)}{at})'
            for i in range(len(result.marks.powers))
        ]
        bonus, cut, raw, total, fixed = (f"{_letters(column + i)}{at}" for i in range(5))
        self._formula(sheet, at, column + 2, f"ROUND({'+'.join(parts)}+{bonus}+{cut},4)", result.marks.raw)
        floor, cap = _number(self._floor), _number(self._cap)
        self._formula(
            sheet, at, column + 3, f"ROUND(MIN({cap},MAX({floor},{raw})),2)", result.marks.total, style="points"
        )
        kept = self._period.of(result.case.id)
        made = kept.amendments if kept else ()
        rows = f"'更正'!$A$2:$A${max(2, self._amended + 1)}", f"'更正'!$D$2:$D${max(2, self._amended + 1)}"
        self._formula(sheet, at, column + 4, f"SUMIFS({rows[1]},{rows[0]},B{at})", sum(one.points for one in made))
        self._formula(sheet, at, 3, f"ROUND(MIN({cap},MAX({floor},{total}+{fixed})),2)", standing, style="points")
        last = len(self._results) + 1
        self._formula(sheet, at, 0, f"RANK(D{at},D$2:D${last})", kept.place if kept else result.rank, style="whole")

    @property
    def _amended(self) -> int:
        return sum(len(one.amendments) for one in self._period.subjects)

    def _amendments_sheet(self) -> None:
        head = ["标识", "名称", "计分项", "分", "原因", "经手", "时间（北京时间）", "申诉"]
        sheet, _ = self._new("更正", head, (18, 18, 24, 8, 50, 14, 18, 8))
        at = 1
        for one in self._period.subjects:
            for made in one.amendments:
                at += 1
                self._text(sheet, at, 0, one.subject)
                self._text(sheet, at, 1, one.name)
                self._text(sheet, at, 2, made.term)
                sheet.write_number(at - 1, 3, made.points, self._formats["points"])
                self._text(sheet, at, 4, made.why)
                self._text(sheet, at, 5, made.by)
                self._text(sheet, at, 6, spoken(made.at))
                self._text(sheet, at, 7, f"#{made.appeal_id}" if made.appeal_id else "")
        self._frame(sheet, at, len(head))

    def _notes_sheet(self) -> None:
        period = self._period
        sheet, _ = self._new("说明", ["项目", "内容"], (16, 100))
        rows = [
            (
                "周期",
                f"{period.first_day} 至 {period.last_day}（北京时间，首尾都算）{'　彩排' if period.rehearsal else ''}",
            ),
            ("规则", f"{period.rules_name} {period.rules}"),
            ("冻结", f"{spoken(period.frozen_at)}，{period.frozen_by}"),
            ("数据指纹", period.inputs_hash),
            ("怎样复算", "蓝字是原始数据，黑字是公式。改蓝字，分项、总分和名次随之变；空格是平台没有给，不是 0"),
            *((f"计分项 {line.key}", f"{line.said.name}：{_said(line)}") for line in self._lines),
            *(("说明", note) for note in period.notes),
            *((one.name, note) for one in period.subjects for note in one.notes),
        ]
        for at, (what, text) in enumerate(rows, start=2):
            self._text(sheet, at, 0, what)
            self._text(sheet, at, 1, text)
        self._frame(sheet, len(rows) + 1, 2)

    # ── cells ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _pen(self, subject: str) -> _SubjectPen:
        facts = self._sheets[FACTS]
        cells = {name: facts.cell(name, facts.rows[subject][0]) for name in NUMBERS}
        blocks = {}
        for node in self._blocks:
            number = [one for one in self._blocks if one.of == node.of].index(node)
            blocks[node] = self._sheets[node.of].span(f"block{number}", subject)
        return _SubjectPen(cells, blocks)

    def _new(self, name: str, head: Sequence[str], widths: Sequence[int]) -> tuple[Any, _Sheet]:
        sheet = self._book.add_worksheet(name)
        self._head(sheet, head, widths)
        return sheet, _Sheet(name)

    def _head(self, sheet: Any, head: Sequence[str], widths: Sequence[int]) -> None:
        sheet.freeze_panes(1, 0)
        for column, title in enumerate(head):
            sheet.set_column(column, column, widths[column] if column < len(widths) else 12)
            sheet.write_string(0, column, title, self._formats["head"])

    def _frame(self, sheet: Any, last_row: int, columns: int) -> None:
        sheet.autofilter(0, 0, max(1, last_row - 1), columns - 1)

    def _text(self, sheet: Any, at: int, column: int, text: str) -> None:
        sheet.write_string(at - 1, column, text[:MAX_TEXT], self._formats["text"])

    def _fact(self, sheet: Any, at: int, column: int, value: float | None, whole: bool) -> None:
        """A raw figure; what is not known leaves the cell empty."""
        if value is not None:
            sheet.write_number(at - 1, column, value, self._formats["raw" if whole else "number"])

    def _formula(
        self,
        sheet: Any,
        at: int,
        column: int,
        formula: str,
        result: float | None,
        unknown: str = "",
        style: str = "number",
    ) -> None:
        if unknown:
            formula = f'IF(OR({unknown}),"",{formula})'
        sheet.write_formula(at - 1, column, f"={formula}", self._formats[style], "" if result is None else result)


class _SubjectPen(_CellPen):
    """Writes a line's formula with one subject's cells."""

    def __init__(self, facts: Mapping[str, str], blocks: Mapping[Rows, str]) -> None:
        functions = {"sum": "SUM({})", "mean": "IF(COUNT({0})=0,0,AVERAGE({0}))", "best": "MAX(0,{})"}
        super().__init__(facts, {node: functions[node.how].format(span) for node, span in blocks.items()})
        self._blocks = blocks

    def block(self, node: Rows) -> str:
        """The cells that rows are added up from."""
        return self._blocks[node]


def _what(source: Mapping[str, Any]) -> str:
    if "from" in source:
        return f"{source['from']} 至 {source['to']}"
    if "channel" in source:
        return f"#{source['id']} {CHANNEL_NAMES.get(source['channel'], source['channel'])} {source['title']}"
    return str(source["title"])


def _origin(source: Mapping[str, Any]) -> str:
    if "observed_at" in source:
        return f"快照 {spoken(datetime.fromisoformat(source['observed_at']))}"
    if "cutoff" in source:
        return "平台没有给过数据"
    if "evidence" in source:
        return f"登记 #{source['id']} {source['evidence']}"
    if "board" in source:
        return f"上榜 #{source['id']} {source['board']} 第 {source['best']} 名"
    return f"稿件 #{source['story']}" if "story" in source else ""


def _said(line: Line) -> str:
    return line.outer.write(Words())


def _group(group: str) -> str:
    return POWERS.get(group) or GROUPS[group]


def _number(value: float) -> str:
    return figure(value)


def _naive(moment: datetime) -> datetime:
    return local(moment).replace(tzinfo=None)


def _letters(column: int) -> str:
    """The letters of a column; 0 is A."""
    from xlsxwriter.utility import xl_col_to_name

    return str(xl_col_to_name(column))
