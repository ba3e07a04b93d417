"""A story as a Word document for people who publish or file it by hand; the same article gives the same bytes."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

from docx import Document
from docx.image.exceptions import UnrecognizedImageError
from docx.oxml.ns import qn
from docx.shared import Cm, Pt

from rongmei.channels.base import Article, Picture
from rongmei.channels.pictures import fit
from rongmei.clock import spoken

FONT = "仿宋"
HEADING_FONT = "黑体"
PICTURE_WIDTH_CM = 14
PICTURE_BYTES = 4 * 1024 * 1024
_EPOCH = (1980, 1, 1, 0, 0, 0)
_BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "tr", "hr"})


@dataclass
class Run:
    """Some words in one style."""

    text: str
    bold: bool = False
    italic: bool = False


@dataclass
class Block:
    """A paragraph, a heading, a list item, a row of a table, or a picture standing by itself."""

    kind: str = "p"
    runs: list[Run] = field(default_factory=list)
    picture: str | None = None

    @property
    def text(self) -> str:
        """The words without their style."""
        return "".join(run.text for run in self.runs).strip()


class _Reader(HTMLParser):
    """Cuts a sanitised body into blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[str] = []
        self._block = Block()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "img":
            source = dict(attrs).get("src") or ""
            self._end()
            self.blocks.append(Block("picture", picture=source.rpartition(":")[2]))
        elif tag == "br":
            self._block.runs.append(Run("\n"))
        elif tag in ("td", "th") and self._block.runs:
            self._block.runs.append(Run("\t"))
        elif tag in _BLOCKS:
            self._end()
            self._block = Block(tag)
        if tag not in ("img", "br", "hr"):
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._open:
            self._open.remove(tag)
        if tag in _BLOCKS:
            self._end()

    def handle_data(self, data: str) -> None:
        if data.strip() or self._block.runs:
            bold = bool({"strong", "th"} & set(self._open))
            self._block.runs.append(Run(data, bold=bold, italic="em" in self._open))

    def _end(self) -> None:
        if self._block.text:
            self.blocks.append(self._block)
        self._block = Block()

    def finish(self) -> list[Block]:
        """Everything that was read."""
        self.close()
        self._end()
        return self.blocks


def blocks(body: str) -> list[Block]:
    """The body of an article (`Article.html`) as blocks in their order."""
    reader = _Reader()
    reader.feed(body)
    return reader.finish()


def paragraphs(body: str) -> list[str]:
    """The words of a body, a paragraph each; pictures left out."""
    return [" ".join(block.text.split()) for block in blocks(body) if block.text]


def word_document(article: Article) -> bytes:
    """The story with by-line, pictures in their places, and who signed it off, as DOCX.

    Raises:
        Refused: a picture is not there or is not the one that was reviewed.
    """
    document = Document()
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(14)
    normal.element.rPr.rFonts.set(qn("w:eastAsia"), FONT)
    _heading(document, article.title, 20)
    for line in _credits(article):
        document.add_paragraph(line)
    shown = {picture.sha256: picture for picture in article.pictures}
    for block in blocks(article.html):
        if block.kind == "picture":
            _add_picture(document, shown.get(block.picture or ""))
        elif block.kind.startswith("h") and block.kind[1:].isdigit():
            _heading(document, block.text, 16)
        else:
            _add_words(document, block)
    for line in _signatures(article):
        document.add_paragraph(line)
    _say_nothing_of_this_machine(document, article)
    buffer = BytesIO()
    document.save(buffer)
    return _without_dates(buffer.getvalue())


def _heading(document: Any, text: str, size: int) -> None:
    run = document.add_paragraph().add_run(_printable(text))
    run.bold, run.font.size, run.font.name = True, Pt(size), HEADING_FONT
    run._element.get_or_add_rPr().get_or_add_rFonts().set(qn("w:eastAsia"), HEADING_FONT)


def _add_words(document: Any, block: Block) -> None:
    style = "List Bullet" if block.kind == "li" else None
    paragraph = document.add_paragraph(style=style)
    for part in block.runs:
        run = paragraph.add_run(_printable(part.text))
        run.bold, run.italic = part.bold, part.italic


def _add_picture(document: Any, picture: Picture | None) -> None:
    if picture is None:
        return
    upload = fit(picture, max_bytes=PICTURE_BYTES)
    try:
        document.add_picture(BytesIO(upload.data), width=Cm(PICTURE_WIDTH_CM))
    except (UnrecognizedImageError, ZeroDivisionError):
        # Word knows fewer kinds of JPEG than cameras make; the file itself lies in the folder.
        document.add_paragraph(f"（图片见文件：{_printable(picture.name)}）")


def _credits(article: Article) -> Iterator[str]:
    who = "　".join(part for part in (article.outlet, article.author) if part)
    if who:
        yield _printable(who)
    if article.source:
        yield f"来源：{_printable(article.source)}"
    if article.place:
        yield f"地点：{_printable(article.place)}"


def _signatures(article: Article) -> Iterator[str]:
    stages: Sequence[str] = ("初审", "复审", "终审", "加签")
    for stage, name in zip(stages, article.signed_by, strict=False):
        yield f"{stage}：{_printable(name)}"
    if article.filed_at is not None:
        yield f"交稿：{spoken(article.filed_at)}（第 {article.version} 版）"


def _say_nothing_of_this_machine(document: Any, article: Article) -> None:
    core = document.core_properties
    core.title, core.author, core.last_modified_by = _printable(article.title)[:255], _printable(article.author), ""
    core.comments = ""
    if article.filed_at is not None:
        core.created = core.modified = article.filed_at.replace(tzinfo=None)


def _printable(text: str) -> str:
    """Text that XML can hold."""
    return "".join(
        sign
        for sign in text
        if sign in "\t\n" or "\x20" <= sign <= "\ud7ff" or "\ue000" <= sign <= "\ufffd" or sign >= "\U00010000"
    )


def _without_dates(data: bytes) -> bytes:
    """The same archive with every file dated alike, so that the same story is the same file."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename, _EPOCH), source.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()
