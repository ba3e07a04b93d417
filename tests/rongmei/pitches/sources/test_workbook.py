"""Tests of reading outlets' sheets, good and bad."""

from __future__ import annotations

import os
import tracemalloc
import zipfile
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from rongmei.errors import BadInput
from rongmei.pitches.sources import workbook
from rongmei.pitches.sources.workbook import decode_table, moment, read_workbook, scan_inbox

HEADER = ("媒体", "选题", "内容简介", "栏目", "发布渠道", "地点", "记者", "链接", "时间")
ROW = (
    "虎门融媒",
    "村超龙舟对抗赛",
    "两支村队对抗",
    "豪迈",
    "微信、微博",
    "虎门",
    "陈某",
    "https://a.example/1",
    "2026-06-06 18:30",
)


def write(path: Path, *rows: tuple[Any, ...], merge: str = "", title: str = "报题") -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    book.save(path)
    return path


def refused(path: Path) -> BadInput:
    with pytest.raises(BadInput) as caught:
        read_workbook(path, "s")
    assert path.name in caught.value.where
    assert caught.value.mend
    return caught.value


def test_a_full_row_becomes_a_pitch(tmp_path: Path) -> None:
    reading = read_workbook(write(tmp_path / "虎门.xlsx", HEADER, ROW), "desk")
    (pitch,) = reading.pitches
    assert (pitch.source_id, pitch.outlet, pitch.title, pitch.column) == ("desk", "虎门融媒", "村超龙舟对抗赛", "豪迈")
    assert pitch.channels == ("微信", "微博")
    assert (pitch.place, pitch.author, pitch.url) == ("虎门", "陈某", "https://a.example/1")
    assert pitch.submitted_at == datetime(2026, 6, 6, 10, 30, tzinfo=UTC)
    assert reading.rejected == reading.notes == ()


def test_the_ref_is_the_same_in_another_file_and_hand(tmp_path: Path) -> None:
    one = read_workbook(write(tmp_path / "a.xlsx", HEADER, ROW), "s").pitches[0]
    table = "单位,标题\n虎门融媒,“村超”龙舟对抗赛！\n"
    (tmp_path / "b.csv").write_text(table, encoding="utf-8")
    assert read_workbook(tmp_path / "b.csv", "s").pitches[0].ref == one.ref


def test_the_header_is_found_below_a_letterhead_and_by_its_aliases(tmp_path: Path) -> None:
    rows = (
        ("东莞市融媒体报题表",),
        (),
        ("填报日期：6月6日", None, "第23周"),
        ("序号", "报送单位*", "选题名称（必填）"),
        (1, "厚街", "龙舟"),
    )
    assert [p.outlet for p in read_workbook(write(tmp_path / "a.xlsx", *rows), "s").pitches] == ["厚街"]


def test_wrong_columns_say_what_is_missing_and_what_was_found(tmp_path: Path) -> None:
    error = refused(write(tmp_path / "a.xlsx", ("标题", "备注"), ("龙舟", "x")))
    assert "缺少「媒体」" in error.what
    assert "标题、备注" in error.what


def test_a_help_sheet_is_passed_over_and_another_headless_one_reported(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER)
    sheet.append(ROW)
    book.create_sheet("填写说明").append(("请逐行填写",))
    book.create_sheet("第二张").append(("没有表头",))
    book.save(tmp_path / "a.xlsx")
    reading = read_workbook(tmp_path / "a.xlsx", "s")
    assert len(reading.pitches) == 1
    assert [r.where for r in reading.rejected] == ["a.xlsx「第二张」"]


def test_a_merged_outlet_fills_down_and_stops(tmp_path: Path) -> None:
    rows = (("媒体", "选题", "地点"), ("虎门", "甲题目", "一"), (None, "乙题目", None), (None, "丙题目", None))
    reading = read_workbook(write(tmp_path / "a.xlsx", *rows, merge="A2:A3"), "s")
    assert [(p.outlet, p.title, p.place) for p in reading.pitches] == [
        ("虎门", "甲题目", "一"),
        ("虎门", "乙题目", None),
    ]
    assert [(r.where, r.reason) for r in reading.rejected] == [("a.xlsx「报题」第 4 行", "没有写媒体")]


def test_a_merge_over_the_whole_grid_costs_nothing(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", HEADER, ROW)
    doctored = tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(doctored, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                merged = b'<mergeCells count="1"><mergeCell ref="A2:XFD1048576"/></mergeCells>'
                content = content.replace(b"</sheetData>", b"</sheetData>" + merged)
            target.writestr(entry.filename, content)
    assert len(read_workbook(doctored, "s").pitches) == 1


def test_formulas_give_their_cached_value_or_a_rejected_row(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "a.xlsx"))
    sheet = book.add_worksheet("报题")
    sheet.write_row(0, 0, ("媒体", "选题"))
    sheet.write(1, 0, "虎门")
    sheet.write_formula(1, 1, '="村超"&"开赛"', None, "村超开赛")
    book.close()
    assert read_workbook(tmp_path / "a.xlsx", "s").pitches[0].title == "村超开赛"
    path = write(tmp_path / "b.xlsx", ("媒体", "选题"), ("虎门", '="村超"&"开赛"'), ("厚街", "龙舟"))
    reading = read_workbook(path, "s")
    assert [p.outlet for p in reading.pitches] == ["厚街"]
    assert "公式" in reading.rejected[0].reason
    assert "第 2 行" in reading.rejected[0].where


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    titles = ["=cmd|' /C calc'!A0", "+86村超热线", "-5℃里的村超", "@村超来了"]
    (tmp_path / "a.csv").write_text("媒体,选题\n" + "".join(f'虎门,"{t}"\n' for t in titles), encoding="utf-8")
    assert [p.title for p in read_workbook(tmp_path / "a.csv", "s").pitches] == titles
    book = xlsxwriter.Workbook(str(tmp_path / "b.xlsx"), {"strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ("媒体", "选题"))
    for number, text in enumerate(titles, start=1):
        sheet.write_string(number, 0, "虎门")
        sheet.write_string(number, 1, text)
    book.close()
    assert [p.title for p in read_workbook(tmp_path / "b.xlsx", "s").pitches] == titles


def test_bad_rows_are_rejected_by_number_and_the_rest_taken(tmp_path: Path) -> None:
    rows = (
        ("媒体", "选题", "内容"),
        ("虎门", None, "写了内容"),
        (None, "龙舟"),
        ("厚街", "龙舟"),
        (),
        ("厚街", "龙舟！"),
        ("厚街", "？？"),
    )
    reading = read_workbook(write(tmp_path / "a.xlsx", *rows), "s")
    assert [p.title for p in reading.pitches] == ["龙舟"]
    assert [(r.where, r.reason) for r in reading.rejected] == [
        ("a.xlsx「报题」第 2 行", "没有写选题"),
        ("a.xlsx「报题」第 3 行", "没有写媒体"),
        ("a.xlsx「报题」第 6 行", "与「报题」第 4 行重复"),
        ("a.xlsx「报题」第 7 行", "没有写选题"),
    ]
    assert all(r.mend for r in reading.rejected)


def test_an_unreadable_time_or_unsafe_link_is_noted_and_the_pitch_taken(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.xlsx",
        ("媒体", "选题", "链接", "时间"),
        ("虎门", "龙舟", "javascript:alert(1)", "下周"),
        ("厚街", "村超", "无", None),
    )
    reading = read_workbook(path, "s")
    assert [(p.url, p.submitted_at) for p in reading.pitches] == [(None, None), (None, None)]
    assert [n.reason for n in reading.notes] == ["「链接」看不懂，没有采用", "「时间」看不懂，没有采用"]


def test_a_sheet_too_long_is_cut_in_bounded_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MAX_ROWS", 200)
    path = write(tmp_path / "small.xlsx", HEADER, ROW)

    def cells(*values: str) -> str:
        return "".join(f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' for value in values)

    rest = cells(*ROW[2:])
    rows = (f'<row r="{n}">{cells(ROW[0], f"第{n}号选题")}{rest}</row>' for n in range(3, 10_003))
    with zipfile.ZipFile(path) as source:
        members = {name: source.read(name) for name in source.namelist()}
    sheet = members["xl/worksheets/sheet1.xml"]
    members["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", "".join(rows).encode() + b"</sheetData>")
    package(tmp_path / "a.xlsx", members)
    tracemalloc.start()
    reading = read_workbook(tmp_path / "a.xlsx", "s")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * 1024 * 1024
    assert len(reading.pitches) == 200
    assert [r.where for r in reading.rejected] == ["a.xlsx「报题」第 202 行"]
    assert "只读了前 200 行" in reading.rejected[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_csv_encodings(tmp_path: Path, encoding: str) -> None:
    text = '媒体,选题,内容\r\n虎门融媒,村超龙舟对抗赛,"两行\r\n内容"\r\n'
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    pitch = read_workbook(tmp_path / "a.csv", "s").pitches[0]
    assert (pitch.outlet, pitch.title, pitch.summary) == ("虎门融媒", "村超龙舟对抗赛", "两行\n内容")


def test_semicolon_and_tab_tables_are_read(tmp_path: Path) -> None:
    for number, mark in enumerate(";\t"):
        path = tmp_path / f"{number}.csv"
        path.write_text(f"媒体{mark}选题\n虎门{mark}龙舟\n", encoding="utf-8")
        assert read_workbook(path, "s").pitches[0].title == "龙舟"


def test_whole_files_that_cannot_be_used(tmp_path: Path) -> None:
    cases = {
        "empty.xlsx": (b"", "空"),
        "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "旧格式"),
        "locked.xlsx": (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 9 + "EncryptedPackage".encode("utf-16-le"),
            "密码",
        ),
        "broken.xlsx": (b"PK\x03\x04 half a file", "损坏"),
        "noise.xlsx": (bytes(range(256)) * 20, "损坏"),
        "macro.xlsm": (b"PK\x03\x04", "宏"),
        "word.docx": (b"PK\x03\x04", "不是 .xlsx"),
        "bytes.csv": (b"\xff\xff\xff\xff\x81\x20", "编码"),
        "zip.csv": (b"PK\x03\x04abc", "工作簿"),
        "nul.csv": (b"\xfe\xff\x00", "编码"),
    }
    for name, (content, word) in cases.items():
        (tmp_path / name).write_bytes(content)
        assert word in refused(tmp_path / name).what, name


def test_an_empty_workbook_and_one_with_a_header_only(tmp_path: Path) -> None:
    assert "没有内容" in refused(write(tmp_path / "a.xlsx")).what
    assert read_workbook(write(tmp_path / "b.xlsx", HEADER), "s").pitches == ()


def package(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def test_bombs_macros_and_entities_are_refused_before_opening(tmp_path: Path) -> None:
    book = {"xl/workbook.xml": b"<workbook/>"}
    assert "炸弹" in refused(package(tmp_path / "a.xlsx", {**book, "xl/x.xml": b"0" * 70_000_000})).what
    assert "炸弹" in refused(package(tmp_path / "b.xlsx", {**book, "xl/x.xml": b"0" * 5_000_000})).what
    assert "炸弹" in refused(package(tmp_path / "c.xlsx", {**book, **{f"m{n}.xml": b"" for n in range(2_100)}})).what
    assert "宏" in refused(package(tmp_path / "d.xlsx", {**book, "xl/vbaProject.bin": b"x"})).what
    laughs = b'<!DOCTYPE a [<!ENTITY b "ha">]><a>&b;</a>'
    assert "实体" in refused(package(tmp_path / "e.xlsx", {**book, "xl/sharedStrings.xml": laughs})).what
    assert "不是 Excel" in refused(package(tmp_path / "f.xlsx", {"a.txt": b"x"})).what


def test_a_false_claim_of_size_is_not_believed(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", HEADER, ROW)
    for claim in (b'ref="A1"', b'ref="A1:XFD1048576"'):
        doctored = tmp_path / "b.xlsx"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(doctored, "w") as target:
            for entry in source.infolist():
                content = source.read(entry)
                if entry.filename.endswith("sheet1.xml"):
                    assert b'<dimension ref="A1:I2"' in content
                    content = content.replace(b'ref="A1:I2"', claim)
                target.writestr(entry.filename, content)
        assert len(read_workbook(doctored, "s").pitches) == 1


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (datetime(2026, 6, 6, 18, 30), datetime(2026, 6, 6, 10, 30, tzinfo=UTC)),  # noqa: DTZ001 - a workbook's time
        (date(2026, 6, 6), datetime(2026, 6, 5, 16, 0, tzinfo=UTC)),
        ("2026年6月6日 18时30分", datetime(2026, 6, 6, 10, 30, tzinfo=UTC)),
        ("２０２６/6/6", datetime(2026, 6, 5, 16, 0, tzinfo=UTC)),
        ("2026-02-30", None),
        ("1026-02-03", None),
        (45000.5, None),
        (None, None),
    ],
)
def test_times_are_read_as_shanghai(value: object, expected: datetime | None) -> None:
    assert moment(value) == expected


def test_the_inbox_takes_good_files_and_reports_bad_ones(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    write(inbox / "b.xlsx", HEADER, ROW)
    write(inbox / "c.xlsx", HEADER, ROW, ("厚街", "另一个选题"))
    (inbox / "a.xlsx").write_bytes(b"PK\x03\x04")
    for passing in ("~$b.xlsx", ".hidden.xlsx", "d.xlsx.part"):
        (inbox / passing).write_bytes(b"x")
    (inbox / "folder").mkdir()
    write(tmp_path / "outside.xlsx", HEADER, ("外部", "不该读到"))
    (inbox / "link.xlsx").symlink_to(tmp_path / "outside.xlsx")
    (inbox / "dead.xlsx").symlink_to(tmp_path / "nowhere")
    reading = scan_inbox(inbox, "s")
    assert [p.outlet for p in reading.pitches] == ["虎门融媒", "厚街"]
    assert [(r.where, r.reason) for r in reading.rejected] == [
        ("a.xlsx", "工作簿已损坏"),
        ("dead.xlsx", "文件打不开"),
        ("link.xlsx", "是指向收件文件夹之外的链接，不予读取"),
    ]


def test_a_missing_inbox_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="收件文件夹不存在"):
        scan_inbox(tmp_path / "none", "s")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.binary(max_size=400),
    st.sampled_from(["a.csv", "a.xlsx"]),
    st.sampled_from([b"", b"PK\x03\x04", "媒体,选题\n".encode()]),
)
def test_random_bytes_raise_nothing_but_bad_input(tmp_path: Path, noise: bytes, name: str, start: bytes) -> None:
    (tmp_path / name).write_bytes(start + noise)
    with suppress(BadInput):
        read_workbook(tmp_path / name, "s")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_workbook_raises_nothing_but_bad_input(tmp_path: Path, data: st.DataObject) -> None:
    good = tmp_path / "good.xlsx"
    if not good.exists():
        write(good, HEADER, ROW)
    with zipfile.ZipFile(good) as source:
        members = {name: source.read(name) for name in source.namelist()}
    victim = data.draw(st.sampled_from(sorted(members)))
    at = data.draw(st.integers(0, max(0, len(members[victim]) - 1)))
    members[victim] = members[victim][:at] + data.draw(st.binary(max_size=12)) + members[victim][at + 3 :]
    package(tmp_path / "bad.xlsx", members)
    with suppress(BadInput):
        read_workbook(tmp_path / "bad.xlsx", "s")


@pytest.mark.data
def test_a_real_gb18030_file_is_decoded() -> None:
    root = Path(os.environ.get("RONGMEI_SHARED") or Path(__file__).resolve().parents[5] / "shared")
    path = root / "data" / "gbk_csv" / "1.19.csv"
    if not path.is_file():
        pytest.skip("the shared data is not here (set RONGMEI_SHARED)")
    assert "冠状病毒" in decode_table(path.read_bytes(), "1.19.csv")
    assert "表头缺少「媒体」、「选题」" in refused(path).what
