"""The workbook recomputes every score by itself: its formulas are evaluated without the product's arithmetic."""

from __future__ import annotations

from io import BytesIO

import openpyxl
import pytest
from tests.rongmei.appraisal import sheets

from rongmei import appraisal
from rongmei.config import load_period_rules
from rongmei.ledger.periods import read_period, workbook_path
from rongmei.settings import PACKAGE_CONFIG


@pytest.fixture
def key(room, now):
    for outlet, reads in (("humen", 500), ("daily", 90_000)):
        room.post(room.story(outlet, 10, author="张三 李四"), f"{outlet}/wechat", (20, {"reads": reads, "likes": 9}))
        second = room.story(outlet, 40, late=True, returned=1, title="=SUM(A1)", ai_generated=True)
        room.post(second, f"{outlet}/wechat", (20, {"reads": reads // 3, "shares": 7}), live=60, position=2)
    room.post(room.story("shipai"), "shipai/weibo", (20, {"reads": None, "likes": 20}), position=None)
    summary = appraisal.freeze(room.ledger, room.span, room.rules, by="chen", now=now)
    given = {"why": "漏算", "by": "chen", "now": now}
    appraisal.amend(room.ledger, room.cluster, summary.key, "humen", "spread.works", points=1.25, **given)
    return summary.key


def cell_of(book, subject, head):
    """The address of a column's cell in the row of a subject, in the sheet of totals."""
    sheet = book["总分"]
    column = next(cell.column_letter for cell in sheet[1] if cell.value == head)
    row = next(cell.row for cell in sheet["B"] if cell.value == subject)
    return f"{column}{row}"


@pytest.mark.parametrize(
    ("rules", "kind"),
    [("dongguan-cluster-v1", "outlet"), ("dongguan-cluster-v1", "person"), ("county-centre-v1", "outlet")],
)
def test_every_formula_gives_what_the_ledger_says(room, key, now, rules, kind):
    if rules not in key:
        county = load_period_rules(PACKAGE_CONFIG, rules)
        key = appraisal.freeze(room.ledger, room.span, county, by="chen", now=now).key
    with room.ledger.read() as session:
        period = read_period(session, key, kind=kind)
        content = appraisal.workbook(session, key, kind=kind)
        assert appraisal.workbook(session, key, kind=kind) == content
    raw = openpyxl.load_workbook(BytesIO(content))
    stored = openpyxl.load_workbook(BytesIO(content), data_only=True)
    book = sheets.Book(raw)
    checked = 0
    for sheet in raw:
        for row in sheet.iter_rows():
            for cell in row:
                if isinstance(cell.value, str) and cell.data_type == "f":
                    kept = stored[sheet.title][cell.coordinate].value
                    found = book.value(sheet.title, cell.coordinate)
                    assert found == (pytest.approx(kept, abs=1e-9) if kept not in {None, ""} else ""), (
                        f"{sheet.title}!{cell.coordinate} {cell.value}"
                    )
                    checked += 1
    assert checked > 100
    for one in period.subjects:
        assert book.value("总分", cell_of(raw, one.subject, "现分数")) == pytest.approx(one.standing)
        assert book.value("总分", cell_of(raw, one.subject, "冻结时总分")) == pytest.approx(one.total)
        assert book.value("总分", cell_of(raw, one.subject, "名次")) == one.place


def test_changing_a_figure_changes_the_score(room, key):
    with room.ledger.read() as session:
        raw = openpyxl.load_workbook(BytesIO(appraisal.workbook(session, key)))
    book = sheets.Book(raw)
    where = cell_of(raw, "humen", "冻结时总分")
    before = book.value("总分", where)
    posts = raw["作品"]
    column = next(cell.column_letter for cell in posts[1] if cell.value == "阅读")
    row = next(cell.row for cell in posts["A"] if cell.value == "虎门融媒")
    book.set("作品", f"{column}{row}", 5000)
    assert book.value("总分", where) > before


def test_what_is_unknown_is_an_empty_cell_and_titles_are_no_formulas(room, key):
    with room.ledger.read() as session:
        raw = openpyxl.load_workbook(BytesIO(appraisal.workbook(session, key)))
    posts = raw["作品"]
    heads = [cell.value for cell in posts[1]]
    row = next(cell.row for cell in posts["A"] if cell.value == "石排融媒")
    assert posts.cell(row, heads.index("阅读") + 1).value is None
    titles = [cell for sheet in raw for row in sheet.iter_rows() for cell in row if "=SUM(A1)" in str(cell.value)]
    assert titles
    assert all(cell.data_type == "s" for cell in titles)
    assert [cell.value for cell in raw["更正"][2]][:4] == ["humen", "虎门融媒", "spread.works", 1.25]


def test_it_lies_where_reports_find_it(room, key, tmp_path):
    path = appraisal.write_period(room.ledger, key, tmp_path)
    assert path == workbook_path(tmp_path, key)
    assert path.name == "period_dg_2026-06-01_2026-06-07_dongguan-cluster-v1.xlsx"
    assert openpyxl.load_workbook(path)["说明"]["A1"].value == "项目"
