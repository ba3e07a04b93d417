"""Reads a story filed as a Word document (.docx): words, headings, lists, tables, pictures; changes as accepted.

WordprocessingML as Word and WPS write it, transitional or strict (ECMA-376 part 1, 17). What readers should not see —
deleted words, comments, hidden text, field codes — is left out, and what had to be left out or moved is noted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from rongmei.errors import BadInput
from rongmei.stories.documents.archive import Archive, Relationship
from rongmei.stories.documents.assembly import Found, assemble
from rongmei.stories.documents.blocks import MAX_BLOCKS, MAX_CHARS, Block, Image, Span, Style
from rongmei.stories.documents.ooxml import Numbering, Styles, attribute, child, is_on, numbering_of, said, tag
from rongmei.stories.documents.writing import check_address
from rongmei.stories.draft import MAX_PICTURES, Draft
from rongmei.stories.head import Unfit

MAX_MIB: Final = 64
MAX_DEPTH: Final = 60
"""Elements of text inside each other: a table in a table in a text box comes to some thirty."""
MAX_STEPS: Final = 500_000
"""Paragraphs, runs, cells … that are walked through; 50 000 characters in a run each come to 150 000."""
MAX_FOOTNOTE: Final = 500

_INSIDE: Final = frozenset(
    {"w:ins", "w:moveTo", "w:hyperlink", "w:smartTag", "w:customXml", "w:sdt", "w:sdtContent", "w:fldSimple", "w:dir"}
    | {"w:bdo", "w:r", "w:rubyBase", "w:ruby", "m:oMathPara", "m:oMath"}
)
_DELETED: Final = frozenset(("w:del", "w:moveFrom"))
_CHARACTERS: Final = {"w:tab": " ", "w:ptab": " ", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}
_NOTES: Final = {
    "changed": "文档里有 {} 处修订，按全部接受处理：增加的保留，删掉的不要",
    "comment": "文档里有 {} 条批注，没有收；批注要说的请在系统里说",
    "box": "文档里有 {} 个文本框，框里的文字放在所在段落后面，请核对位置",
    "hidden": "文档里有 {} 处隐藏文字，没有收",
    "footnote": "文档里有 {} 条脚注或尾注，放在文末",
    "object": "文档里有 {} 个嵌入的对象（表格、附件等），没有收",
    "formula": "文档里有 {} 个公式，只取了其中的文字，请核对",
    "symbol": "文档里有 {} 个特殊字体的符号，没有收",
    "nested": "文档里有 {} 个表格套在表格里，里层按文字处理",
    "picture": "文档里有 {} 张图片的文件缺失，没有收",
    "too many": "文档里的图片超过上限，后面的 {} 张没有收",
}


def read_docx(raw: bytes, name: str, beside: Sequence[str] = ()) -> Draft:
    """Read a Word document.

    Args:
        name: its path in the drop folder; `beside` as in `assembly.assemble`.

    Raises:
        Unfit: it cannot or must not be opened, or with everything that is missing or wrong.
    """
    return assemble(found(Archive(raw)), name, beside)


def main_part(archive: Archive) -> str:
    """The name of the part with the document's text; "" when the archive is no Word document."""
    for relationship in archive.relationships("").values():
        inside = not relationship.external and relationship.target in archive
        if inside and relationship.kind == "officeDocument":
            return relationship.target
    return ""


def found(archive: Archive) -> Found:
    """The blocks of a document."""
    part = main_part(archive)
    root = archive.xml(part) if part else None
    body = child(root, "w:body") if root is not None and tag(root) == "w:document" else None
    if body is None:
        raise Unfit(BadInput("这不是 Word 文档", mend="用 Word 或 WPS 打开，“另存为” .docx 再交"))
    links = archive.relationships(part)

    def other(kind: str) -> Any | None:
        target = next((one.target for one in links.values() if one.kind == kind and not one.external), "")
        return archive.xml(target) if target else None

    reader = _Reader(archive, links, Styles(other("styles")), Numbering.of(other("numbering")))
    reader.blocks_of(body)
    reader.add_footnotes({"footnote": other("footnotes"), "endnote": other("endnotes")})
    notes = [_NOTES[what].format(count) for what, count in sorted(reader.counts.items()) if count]
    if any(name.endswith("vbaproject.bin") for name in archive.names):
        notes.append("文档带有宏，没有运行，只取了文字和图片")
    return Found("Word 文档", reader.blocks, notes=notes)


@dataclass
class _Spent:
    """How much of a document was read, by all who read it."""

    steps: int = 0
    chars: int = 0

    def check(self) -> None:
        """Stop where no story can come of it any more."""
        if self.steps > MAX_STEPS or self.chars > MAX_CHARS:
            raise Unfit(BadInput("文档太长，不像一篇稿件", mend="只留要发的这一篇，其余的另存"))


@dataclass
class _Reader:
    archive: Archive
    links: dict[str, Relationship]
    styles: Styles
    numbering: Numbering
    blocks: list[Block] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    spent: _Spent = field(default_factory=_Spent)
    _footnotes: list[tuple[str, str]] = field(default_factory=list)
    _boxes: list[Any] = field(default_factory=list)
    _carried: list[Span] = field(default_factory=list)
    _pictures: int = 0
    _depth: int = 0

    # ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────

    def blocks_of(self, container: Any) -> None:
        """Add the blocks of a body, a text box or a content control."""
        with _Deeper(self):
            for element in container:
                self._block(element)
                if len(self.blocks) > MAX_BLOCKS:
                    raise Unfit(BadInput(f"文档超过 {MAX_BLOCKS} 段", mend="只留要发的这一篇，其余的另存"))
            if self._carried:
                carried, self._carried = self._carried, []
                self.blocks.append(Block(spans=carried))

    def _block(self, element: Any) -> None:
        name = tag(element)
        if name == "w:p":
            self._paragraph(element)
        elif name == "w:tbl":
            self._table(element)
        elif name in _INSIDE:
            self.blocks_of(element)
        elif name == "mc:AlternateContent":
            if (chosen := _chosen(element)) is not None:
                self.blocks_of(chosen)
        elif name == "w:altChunk":
            self.counts["object"] += 1
        elif name in _DELETED:
            self.counts["changed"] += 1

    def _paragraph(self, element: Any) -> None:
        properties = child(element, "w:pPr")
        spans = [*self._carried, *self.spans(element)]
        self._carried = []
        mark = None if properties is None else child(properties, "w:rPr", "w:del")
        if mark is not None:
            # The end of the paragraph was deleted, so what follows belongs to it.
            self._carried = spans
            self.counts["changed"] += 1
            return
        self.blocks.append(self._formed(properties, spans))
        self._place_boxes()

    def _place_boxes(self) -> None:
        boxes, self._boxes = self._boxes, []
        for box in boxes:
            self.blocks_of(box)

    def _formed(self, properties: Any | None, spans: list[Span]) -> Block:
        style = self.styles.of("" if properties is None else said(properties, "w:pStyle"))
        outline = "" if properties is None else said(properties, "w:outlineLvl")
        level = int(outline) + 1 if outline in set("012345678") else 0 if outline else style.level
        jc = "" if properties is None else said(properties, "w:jc")
        block = Block(spans=spans, centred=jc == "center" or (not jc and style.centred), caption=style.caption)
        marker, before = self._number(numbering_of(properties) or style.numbering)
        if before:
            block.spans = [Span(before), *spans]
        if level and not block.images:
            block.kind, block.level = "heading", level
        elif marker:
            block.kind, block.marker = "item", marker
            block.level = (numbering_of(properties) or style.numbering or ("", 0))[1]
        elif style.bold:
            block.spans = [Span(one.text, one.style or "bold", one.link, one.image) for one in block.spans]
        return block

    def _number(self, numbered: tuple[str, int] | None) -> tuple[str, str]:
        if numbered is None or numbered[0] == "0":
            return "", ""
        return self.numbering.next(*numbered)

    def _table(self, element: Any) -> None:
        rows = [row for one in _rows(element) if (row := self._row(one)) is not None]
        if max((len(row) for row in rows), default=0) == 1:
            # A frame around text is no table.
            self.blocks += [Block(spans=cell) for row in rows for cell in row]
        elif rows:
            self.blocks.append(Block("table", rows=rows))
        self._place_boxes()

    def _row(self, row: Any) -> list[list[Span]] | None:
        """The cells of a row as wide as they are; None for a deleted one."""
        properties = child(row, "w:trPr")
        if properties is not None and child(properties, "w:del") is not None:
            self.counts["changed"] += 1
            return None
        cells: list[list[Span]] = []
        for cell in _cells(row):
            about = child(cell, "w:tcPr")
            merge = None if about is None else child(about, "w:vMerge")
            continued = merge is not None and attribute(merge, "val") in {"", "continue"}
            cells.append([] if continued else self._cell(cell))
            wide = "" if about is None else said(about, "w:gridSpan")
            cells += [[] for _ in range(min(int(wide), 30) - 1 if wide.isdecimal() and len(wide) < 4 else 0)]
        return cells

    def _cell(self, cell: Any) -> list[Span]:
        """The text of a cell, its paragraphs on lines of their own; what else is in it, too."""
        inner = _Reader(
            self.archive,
            self.links,
            self.styles,
            self.numbering,
            counts=self.counts,
            spent=self.spent,
            _footnotes=self._footnotes,
            _pictures=self._pictures,
            _depth=self._depth,
        )
        inner.blocks_of(cell)
        self._pictures = inner._pictures
        spans: list[Span] = []
        for block in inner.blocks:
            if block.kind == "table":
                self.counts["nested"] += 1
                own = [span for row in block.rows for one in row for span in [*one, Span(" ")]]
            else:
                own = block.spans
            if own:
                spans += [Span("\n"), *own] if spans else own
        return spans

    def add_footnotes(self, parts: dict[str, Any | None]) -> None:
        """Add what the text refers to at the foot, in the order of the references."""
        texts: dict[tuple[str, str], list[Span]] = {}
        for kind, root in parts.items():
            for note in list(root)[:MAX_BLOCKS] if root is not None else ():
                texts.setdefault((kind, attribute(note, "id")), []).extend(self._note(note))
        for number, reference in enumerate(self._footnotes, 1):
            spans = texts.get(reference, [])
            self.blocks.append(Block(spans=[Span(f"注 {number}："), *spans]))
            self.counts["footnote"] += 1
        self._place_boxes()

    def _note(self, note: Any) -> list[Span]:
        spans: list[Span] = []
        for paragraph in note:
            if tag(paragraph) == "w:p":
                spans += [Span(one.text[:MAX_FOOTNOTE].replace("\n", " ")) for one in self.spans(paragraph)]
        return spans

    # ── what is in a paragraph ───────────────────────────────────────────────────────────────────────────────────

    def spans(self, element: Any, style: Style = "", link: str = "") -> Iterator[Span]:
        """The words and pictures of a paragraph or of a part of one."""
        with _Deeper(self):
            for one in element:
                yield from self._spans_of(one, style, link)

    def _spans_of(self, one: Any, style: Style, link: str) -> Iterator[Span]:
        name = tag(one)
        self.spent.steps += 1
        if name in {"w:t", "m:t"}:
            self.spent.chars += len(one.text or "")
            self.spent.check()
            yield Span(one.text or "", style, link)
        elif name in _CHARACTERS:
            yield Span(" " if attribute(one, "type") in {"page", "column"} else _CHARACTERS[name], style, link)
        elif name == "w:r":
            yield from self._run(one, style, link)
        elif name in _INSIDE or name.startswith("m:"):
            self.counts["changed"] += name in {"w:ins", "w:moveTo"}
            self.counts["formula"] += name == "m:oMath"
            own = self._link(one) if name == "w:hyperlink" else link
            yield from self.spans(one, style, own)
        elif name == "mc:AlternateContent":
            if (chosen := _chosen(one)) is not None:
                yield from self.spans(chosen, style, link)
        elif (special := _SPECIAL.get(name)) is not None:
            yield from special(self, one)

    def _run(self, run: Any, style: Style, link: str) -> Iterator[Span]:
        properties = child(run, "w:rPr")
        if is_on(properties, "w:vanish"):
            self.counts["hidden"] += 1
            return
        own: Style = style
        bold = is_on(properties, "w:b")
        if bold is None and properties is not None:
            bold = self.styles.of(said(properties, "w:rStyle")).bold
        if bold:
            own = "bold"
        elif is_on(properties, "w:i"):
            own = "italic"
        elif is_on(properties, "w:strike") or is_on(properties, "w:dstrike"):
            own = "strike"
        yield from self.spans(run, own, link)

    def _link(self, element: Any) -> str:
        relationship = self.links.get(attribute(element, "id"))
        return check_address(relationship.target) if relationship and relationship.external else ""

    def _deletion(self, _: Any) -> Iterator[Span]:
        self.counts["changed"] += 1
        return iter(())

    def _comment(self, _: Any) -> Iterator[Span]:
        self.counts["comment"] += 1
        return iter(())

    def _symbol(self, _: Any) -> Iterator[Span]:
        self.counts["symbol"] += 1
        return iter(())

    def _footnote(self, reference: Any) -> Iterator[Span]:
        kind = tag(reference).removeprefix("w:").removesuffix("Reference")
        self._footnotes.append((kind, attribute(reference, "id")))
        yield Span(f"［注 {len(self._footnotes)}］")

    def _drawing(self, drawing: Any) -> Iterator[Span]:
        """The pictures and text boxes of a DrawingML or VML drawing."""
        alt, waiting = "", [drawing]
        while waiting:
            one = waiting.pop()
            name = tag(one)
            if name == "w:txbxContent":
                self.counts["box"] += 1
                self._boxes.append(one)
                continue
            if name == "mc:AlternateContent":
                waiting += [chosen for chosen in [_chosen(one)] if chosen is not None]
                continue
            if name == "wp:docPr":
                alt = attribute(one, "descr")
            elif name == "a:blip":
                yield from self._picture(attribute(one, "embed"), attribute(one, "link"), alt)
            elif name == "v:imagedata":
                yield from self._picture(attribute(one, "id"), "", attribute(one, "title"))
            waiting += reversed(one)

    def _object(self, _: Any) -> Iterator[Span]:
        self.counts["object"] += 1
        return iter(())

    def _picture(self, embedded: str, linked: str, alt: str) -> Iterator[Span]:
        relationship = self.links.get(embedded) or self.links.get(linked)
        if relationship is None:
            self.counts["picture"] += 1
        elif relationship.external:
            # Nothing is fetched: the picture's name is refused with the advice for pictures of the web.
            yield Span(image=Image(_elsewhere(relationship.target), alt))
        elif self._pictures > MAX_PICTURES:
            self.counts["too many"] += 1
        elif (data := self.archive.blob(relationship.target)) is None:
            self.counts["picture"] += 1
        else:
            self._pictures += 1
            yield Span(image=Image(relationship.target.rpartition("/")[2], alt, data=data))


_SPECIAL: Final[dict[str, Callable[[_Reader, Any], Iterator[Span]]]] = {
    "w:del": _Reader._deletion,
    "w:moveFrom": _Reader._deletion,
    "w:commentReference": _Reader._comment,
    "w:sym": _Reader._symbol,
    "w:footnoteReference": _Reader._footnote,
    "w:endnoteReference": _Reader._footnote,
    "w:drawing": _Reader._drawing,
    "w:pict": _Reader._drawing,
    "w:object": _Reader._object,
}


class _Deeper:
    """Counts how deep a reader is in the document."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader

    def __enter__(self) -> None:
        self._reader._depth += 1
        self._reader.spent.steps += 1
        self._reader.spent.check()
        if self._reader._depth > MAX_DEPTH:
            raise Unfit(BadInput(f"文档里一层套一层，超过 {MAX_DEPTH} 层", mend="把文字粘贴到新文档里再交"))

    def __exit__(self, *_: object) -> None:
        self._reader._depth -= 1


def _chosen(alternatives: Any) -> Any | None:
    """The one of several forms of the same content that is read: the newest."""
    return (
        child(alternatives, "mc:Choice")
        if child(alternatives, "mc:Choice") is not None
        else child(alternatives, "mc:Fallback")
    )


def _rows(table: Any) -> Iterator[Any]:
    for one in table:
        if tag(one) == "w:tr":
            yield one
        elif tag(one) in {"w:ins", "w:sdt", "w:sdtContent", "w:customXml"}:
            yield from _rows(one)


def _cells(row: Any) -> Iterator[Any]:
    for one in row:
        if tag(one) == "w:tc":
            yield one
        elif tag(one) in {"w:sdt", "w:sdtContent", "w:customXml"}:
            yield from _cells(one)


def _elsewhere(target: str) -> str:
    """An outside picture's address in the form that is refused as such, whatever it is."""
    return target if "://" in target else f"file://{target}"
