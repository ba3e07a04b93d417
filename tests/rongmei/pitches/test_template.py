"""The pitch sheet: what is filled in comes back through the reader, and nothing else does."""

import io

import pytest
from openpyxl import load_workbook

from rongmei.errors import BadInput
from rongmei.pitches import pitch_sheet
from rongmei.pitches.sources.workbook import read_table


def filled(plan, outlet=None, *rows) -> bytes:
    book = load_workbook(io.BytesIO(pitch_sheet(plan, outlet)))
    for number, row in enumerate(rows, start=4):
        for at, value in enumerate(row, start=1):
            if value is not None:
                book["报题"].cell(number, at, value)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def test_what_is_filled_in_comes_back_and_the_example_does_not(plan):
    row = [
        "石龙融媒体中心",
        "醒狮少年",
        "登梅花桩",
        "村味人情",
        "微信、抖音",
        "石龙镇",
        "李四",
        "https://a.example/",
        "2026-06-06 18:30",
    ]
    (pitch,) = read_table("报题表.xlsx", filled(plan, None, row), "w").pitches
    assert (pitch.outlet, pitch.title, pitch.column, pitch.channels) == (
        "石龙融媒体中心",
        "醒狮少年",
        "村味人情",
        ("微信", "抖音"),
    )
    assert (pitch.place, pitch.author, pitch.url, str(pitch.submitted_at)) == (
        "石龙镇",
        "李四",
        "https://a.example/",
        "2026-06-06 10:30:00+00:00",
    )


@pytest.mark.parametrize("outlet", [None, "shilong"])
def test_an_empty_one_has_no_pitches_and_no_faults(plan, outlet):
    reading = read_table("报题表.xlsx", pitch_sheet(plan, outlet), "w")
    assert (reading.pitches, reading.rejected, reading.notes) == ((), (), ())


def test_of_a_known_outlet_only_the_title_is_needed(plan):
    (pitch,) = read_table("报题表.xlsx", filled(plan, "shilong", [None, "醒狮少年"]), "w").pitches
    assert (pitch.outlet, pitch.title) == ("石龙融媒体中心", "醒狮少年")
    with pytest.raises(BadInput):
        pitch_sheet(plan, "nowhere")


def test_headers_are_locked_frozen_and_offer_what_there_is(plan):
    book = load_workbook(io.BytesIO(pitch_sheet(plan)))
    sheet = book["报题"]
    assert sheet.freeze_panes == "C4"
    assert sheet.protection.sheet
    assert [sheet["A3"].protection.locked, sheet["A4"].protection.locked] == [True, False]
    offered = {rule.formula1: str(rule.sqref) for rule in sheet.data_validations.dataValidation}
    assert offered == {"=选项!$A$1:$A$4": "A4:A203", "=选项!$B$1:$B$2": "D4:D203", "=选项!$C$1:$C$1": "E4:E203"}
    assert [cell.value for cell in book["选项"]["A"]] == [
        "东莞日报",
        "东城融媒体中心",
        "石龙融媒体中心",
        "虎门融媒体中心",
    ]
    assert book["选项"].sheet_state == "hidden"
    assert all(sheet.cell(3, at).comment for at in range(1, 10))
