"""Word documents as newsrooms send them, and as nobody should: built with python-docx, or by hand as archives."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Sequence
from io import BytesIO
from typing import Any

import pytest
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from PIL import Image

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = (
    '<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = f'<Relationships xmlns="{RELS}"><Relationship Id="r1" Type="{KINDS}/officeDocument" Target="word/document.xml"/></Relationships>'  # noqa: E501
SENTENCE = "东城队昨晚以二比一战胜南城队，全场观众超过三万人。"


def shot(colour: str = "red", fmt: str = "PNG") -> bytes:
    stream = BytesIO()
    Image.new("RGB", (40, 30), colour).save(stream, fmt)
    return stream.getvalue()


class Word:
    """A document that is written from top to bottom."""

    def __init__(self) -> None:
        self.document = Document()

    def line(self, text: str, style: str | None = None, *, centred: bool = False) -> Any:
        paragraph = self.document.add_paragraph(text, style)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return paragraph

    def table(self, rows: Sequence[Sequence[str]]) -> Any:
        table = self.document.add_table(len(rows), len(rows[0]))
        for row, texts in zip(table.rows, rows, strict=True):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        return table

    def picture(self, data: bytes, alt: str = "") -> None:
        paragraph = self.document.add_paragraph()
        shape = paragraph.add_run().add_picture(BytesIO(data))
        shape._inline.docPr.set("descr", alt)

    def raw(self, xml: str) -> None:
        """Add a block by its XML."""
        body = self.document.element.body
        body.insert(
            len(body) - 1, parse_xml(xml.replace("<w:p>", f"<w:p {W}>", 1).replace("<w:tbl>", f"<w:tbl {W}>", 1))
        )

    def bytes(self) -> bytes:
        stream = BytesIO()
        self.document.save(stream)
        return stream.getvalue()


def archive(parts: dict[str, bytes | str], *, stored: bool = False) -> bytes:
    """A ZIP with the parts of a minimal Word document, and others or others' content."""
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED) as made:
        for name, data in {"[Content_Types].xml": TYPES, "_rels/.rels": MAIN, **parts}.items():
            made.writestr(name, data)
    return stream.getvalue()


def text_part(body: str, *, before: str = "") -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}<w:document {W} '
        'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
        'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
        f'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:body>{body}</w:body></w:document>'
    )


def paragraph(text: str) -> str:
    return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"


HEAD = paragraph("任务：12") + paragraph("标题：东城夺冠")


@pytest.fixture
def word() -> Word:
    made = Word()
    made.line("任务：12")
    return made


@pytest.fixture(name="blank_word")
def _blank_word() -> Callable[[], Word]:
    return Word


@pytest.fixture(name="shot")
def _shot() -> Callable[..., bytes]:
    return shot


@pytest.fixture(name="packed")
def _packed() -> Callable[..., bytes]:
    return archive


@pytest.fixture(name="part")
def _part() -> Callable[..., str]:
    return lambda body, **options: text_part(HEAD + body, **options)


@pytest.fixture(name="relations")
def _relations() -> Callable[[str], str]:
    return lambda inside: f'<Relationships xmlns="{RELS}">{inside.replace("KINDS", KINDS)}</Relationships>'


@pytest.fixture(name="sentence")
def _sentence() -> str:
    return SENTENCE
