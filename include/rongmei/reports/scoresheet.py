"""Scores as a sheet of a workbook: every total is a formula over its points, and every point one over its value."""

from __future__ import annotations

from collections.abc import Sequence

from rongmei.reports.lines import IndexLine, RankLine, TermLine
from rongmei.reports.workbook import Cell, Formula, Sheet, column

ROUNDING = 0.005


def ranking_sheet(ranking: Sequence[RankLine], name: str = "媒体考核") -> Sheet:
    """Scores as they come about: a dimension's value × its share is its points, and the points add up to the total."""
    names = list(dict.fromkeys(term.name for line in ranking for term in line.terms))
    head = ["名次", "媒体", "总分"]
    for one in names:
        head += [f"{one}（0–100）", f"{one}占比", f"{one}得分"]
    head += ["数据是否齐全", "算式", "传播指数（版本）"]
    widths = [8, 18, 10, *([10, 8, 10] * len(names)), 14, 60, 40]
    rows = [_ranked(number, line, names) for number, line in enumerate(ranking, start=2)]
    return Sheet(name, head, widths, rows)


def _ranked(number: int, line: RankLine, names: Sequence[str]) -> tuple[Cell, ...]:
    by_name = {term.name: term for term in line.terms}
    cells: list[Cell] = []
    at_points: list[str] = []
    for place, name in enumerate(names):
        value, share, points = (f"{column(3 + 3 * place + step)}{number}" for step in range(3))
        cells += _term(by_name.get(name), value, share)
        at_points.append(points)
    known = [term.points for term in line.terms if term.points is not None]
    # A score with caps or deductions outside its terms is not their sum; it is then no formula.
    adds_up = known and abs(sum(known) - line.total) < ROUNDING
    total: Cell = Formula(f"=ROUND(SUM({','.join(at_points)}),2)", line.total) if adds_up else line.total
    indexes = "；".join(index_words(index) for index in line.indexes)
    complete = "齐全" if line.complete else "不齐全"
    return (line.rank, line.outlet, total, *cells, complete, line.summary, indexes)


def _term(term: TermLine | None, value: str, share: str) -> tuple[Cell, Cell, Cell]:
    if term is None:
        return (None, None, None)
    reckoned = (
        term.value is not None
        and term.share is not None
        and term.points is not None
        and abs(term.value * term.share - term.points) < 2 * ROUNDING
    )
    points: Cell = Formula(f"=ROUND({value}*{share},2)", term.points) if reckoned else term.points
    return (term.value, term.share, points)


def index_words(index: IndexLine) -> str:
    """As every report prints it: the account, the version, whether forwards are in it, the figure or its bounds."""
    forwards = "含转发" if index.forwards else "不含转发"
    return f"{index.account_name} {index.version}（{forwards}）{index.shown(2)}"


def detail_sheet(ranking: Sequence[RankLine], name: str = "逐项算式") -> Sheet:
    """What each total is made of, a line each, as the rules reckon it."""
    rows = [
        (line.outlet, term.name, term.value, term.share, term.points, term.how)
        for line in ranking
        for term in line.details
    ]
    return Sheet(name, ("媒体", "项目", "分值", "占比", "得分", "算式"), (18, 30, 10, 10, 10, 100), rows)
