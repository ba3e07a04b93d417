"""Text and tables on A4: nothing is lost between lines and pages, and a page is a page."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from rongmei.errors import BadInput
from rongmei.formats import paper
from rongmei.formats.paper import MAX_PAGES, PLAIN, TEXT_MM, Paper, px, wrap


def page_count(pdf: bytes) -> int:
    return len(re.findall(rb"/Type /Page\b", pdf))


def lines_of(rows: list[list[list[str]]], column: int) -> str:
    return "".join(line for row in rows for line in row[column])


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[list[list[str]]]:
    """Rows of tables as they were put on pages, in order, without drawing them."""
    rows: list[list[list[str]]] = []
    draw = Paper._rows

    def note(self: Paper, widths_mm: object, some: list[list[list[str]]], size: float) -> None:
        rows.extend(some)
        draw(self, widths_mm, some, size)

    monkeypatch.setattr(Paper, "_rows", note)
    return rows


def test_a_page_is_a4_and_black_and_white() -> None:
    sheet = Paper("审稿单")
    sheet.text("决赛夜", centre=True)
    pdf = sheet.pdf()
    assert pdf.startswith(b"%PDF-")
    assert page_count(pdf) == 1
    box = re.search(rb"/MediaBox \[ 0 0 ([\d.]+) ([\d.]+) \]", pdf)
    assert box is not None
    assert [round(float(side)) for side in box.groups()] == [595, 842]
    assert b"CCITTFaxDecode" in pdf
    (page,) = sheet._pages
    assert page.mode == "1"
    assert 0 < page.histogram()[0] < page.width * page.height / 50


@settings(max_examples=40, deadline=None)
@given(text=st.text(st.sampled_from("东莞村超夺冠，。：“”（）abc123.# \n"), max_size=120), wide=st.integers(8, 60))
def test_wrapping_loses_nothing_but_blanks(text: str, wide: int) -> None:
    lines = wrap(text, px(wide), PLAIN)
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)
    assert len(lines) >= text.count("\n") + 1


def test_lines_fit_and_do_not_begin_with_a_stop() -> None:
    text = "同意初审：观众人数请以场馆通报为准，改为“近三万人”。" * 9
    lines = wrap(text, px(57), PLAIN)
    em = PLAIN / 72 * paper.DPI
    assert all(paper._font(PLAIN).getlength(line) <= px(57) + 2 * em for line in lines)
    assert not any(line[0] in "，。”：" for line in lines)


def test_a_hash_too_long_for_its_line_is_broken() -> None:
    lines = wrap("指纹 " + "0123456789abcdef" * 4, px(40), PLAIN)
    assert len(lines) > 3
    assert "".join(lines).replace(" ", "") == "指纹" + "0123456789abcdef" * 4


def test_a_word_is_not_broken_where_it_need_not_be() -> None:
    assert wrap("时间 2026-06-06", px(24), PLAIN) == ["时间", "2026-06-06"]


def test_a_row_longer_than_a_page_goes_on_under_the_head(drawn: list[list[list[str]]]) -> None:
    said = "".join(f"第{number}条意见。" for number in range(600))
    sheet = Paper("审稿单")
    sheet.table((20, TEXT_MM - 20), [("审级", "意见"), ("初审", said), ("复审", "同意")], head=True)
    assert page_count(sheet.pdf()) > 1
    heads = [row for row in drawn if row[0] == ["审级"]]
    assert len(heads) == len(sheet._pages)
    assert lines_of([row for row in drawn if row not in heads], 1) == said + "同意"
    assert drawn[-1] == [["复审"], ["同意"]]


def test_many_rows_fill_many_pages(drawn: list[list[list[str]]]) -> None:
    sheet = Paper("审稿单")
    sheet.table((20, TEXT_MM - 20), [("一", str(number)) for number in range(100)])
    assert [row[1] for row in drawn] == [[str(number)] for number in range(100)]
    assert len(sheet._pages) == 4


def test_the_head_of_a_part_is_not_left_alone() -> None:
    sheet = Paper("审稿单")
    sheet.space(230)
    sheet.space(6, keep_mm=45)
    sheet.text("第 2 版")
    assert len(sheet._pages) == 2


def test_a_paper_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_PAGES < 100
    monkeypatch.setattr(paper, "MAX_PAGES", 2)
    sheet = Paper("审稿单　稿件 #1")
    with pytest.raises(BadInput, match=r"审稿单　稿件 #1：超过 2 页.*导出 HTML"):
        sheet.text("字\n" * 500)


def test_a_character_that_the_font_lacks_does_no_harm() -> None:
    sheet = Paper("审稿单")
    sheet.text("🏆\u202e\x00夺冠")
    assert isinstance(sheet._pages[0], Image.Image)
    assert page_count(sheet.pdf()) == 1


def test_a_pictures_colours_print_black_its_light_grey_dotted_and_its_ground_white() -> None:
    drawn = Image.new("RGBA", (300, 100), (0, 0, 0, 0))
    for left, colour in ((0, "#c9812e"), (100, "#adb2ba")):
        drawn.paste(colour, (left, 0, left + 100, 100))
    buffer = BytesIO()
    drawn.save(buffer, "PNG")
    sheet = Paper("图")
    sheet.picture(buffer.getvalue(), wide_mm=90)
    sheet.pdf()
    (page,) = sheet._pages
    left, third, high = (px(210) - px(90)) // 2, px(30), px(30)
    black = [
        page.crop((left + n * third + 9, px(16) + 9, left + (n + 1) * third - 9, px(16) + high - 9)).histogram()
        for n in range(3)
    ]
    shares = [one[0] / sum(one) for one in black]
    assert shares[0] == 1
    assert 0.1 < shares[1] < 0.6
    assert shares[2] == 0


def test_the_same_paper_gives_the_same_bytes_and_takes_any_character() -> None:
    def made() -> bytes:
        sheet = Paper("同")
        sheet.text("控制符\r\x07\u202e 与正文")
        return sheet.pdf(datetime(2026, 6, 6, tzinfo=UTC))

    assert made() == made()
