"""Reads a story filed as an HTML page: sanitised first, then cut into blocks; pictures only from beside the file.

Nothing of the page's own markup reaches the story: what remains of it are words, a few kinds of blocks and styles, and
checked addresses, which `writing` writes as Markdown.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from html import unescape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import unquote

import nh3

from rongmei.errors import BadInput
from rongmei.stories.documents.assembly import Found, assemble
from rongmei.stories.documents.blocks import MAX_CHARS, Block, Image, Span, Style
from rongmei.stories.documents.writing import check_address
from rongmei.stories.draft import MAX_PICTURES, Draft
from rongmei.stories.head import Unfit
from rongmei.text.normalise import clean_line

MAX_MIB: Final = 4
MAX_DEPTH: Final = 200
"""Tags inside each other; pages of real newsrooms have some thirty."""
MAX_TAGS: Final = 50_000
MAX_WORK: Final = 1_000_000
"""Tags times depth: an HTML parser opens every style that was left open anew in each paragraph."""

_TAGS: Final = frozenset(
    {"p", "div", "section", "article", "main", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "center"}
    | {"strong", "b", "em", "i", "del", "s", "strike", "ul", "ol", "li", "table", "tr", "th", "td", "a", "img"}
    | {"figure", "figcaption", "caption", "pre", "body"}
)
_GONE: Final = frozenset(
    {
        "script",
        "style",
        "title",
        "template",
        "noscript",
        "svg",
        "math",
        "iframe",
        "object",
        "form",
        "select",
        "textarea",
    }
)
_ATTRIBUTES: Final = {"a": {"href"}, "img": {"src", "alt", "width", "height", "data-src"}, "ol": {"start"}}
_STYLES: Final[dict[str, Style]] = {
    "strong": "bold", "b": "bold", "em": "italic", "i": "italic", "del": "strike", "s": "strike",
    "strike": "strike",
}  # fmt: skip
_BLOCKS: Final = frozenset(
    {"p", "div", "section", "article", "main", "blockquote", "center", "figure", "figcaption", "caption", "pre", "body"}
    | {"h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"}
)
_VOID: Final = frozenset(("br", "hr", "img"))
_BLANKS: Final = re.compile(r"[ \t\r\n\f]+")
_BETWEEN_HAN: Final = re.compile(
    r"(?<=[\u3000-\u9fff\uff00-\uffef])[ \t\r\f]*\n[ \t\r\n\f]*(?=[\u3000-\u9fff\uff00-\uffef])"
)
_TITLE: Final = re.compile(r"<title[^>]{0,200}>([^<]{0,500})</title", re.IGNORECASE)
_BIG5: Final = re.compile(rb"charset\s*=\s*[\"']?\s*big5", re.IGNORECASE)
_TAG: Final = re.compile(r"<(/?)([a-z][a-z0-9]*)", re.IGNORECASE)
_SELDOM_CLOSED: Final = frozenset(
    ("br", "hr", "img", "meta", "link", "input", "col", "wbr", "source", "p", "li", "td", "th", "tr", "option", "o")
)


def read_html(raw: bytes, name: str, beside: Sequence[str] = ()) -> Draft:
    """Read an HTML file.

    Args:
        name: its path in the drop folder; `beside` as in `assembly.assemble`.

    Raises:
        Unfit: it cannot be read, or with everything that is missing or wrong.
    """
    if len(raw) > MAX_MIB * 1024 * 1024:
        raise Unfit(BadInput(f"网页文件超过 {MAX_MIB} MB", mend="图片不要嵌在网页里，另存为文件放在旁边"))
    return assemble(found(decode(raw), kind="HTML"), name, beside)


def decode(raw: bytes) -> str:
    """The page's text: by its mark, else UTF-8, else Big5 where the page says so, else GB18030.

    What the page says of its encoding counts last: pages that are saved anew often still say the old one.

    Raises:
        Unfit: none of them fits.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        tried: tuple[str, ...] = ("utf-16",)
    else:
        tried = ("utf-8-sig", *(("big5hkscs",) if _BIG5.search(raw[:4096]) else ()), "gb18030")
    for encoding in tried:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unfit(BadInput("网页的编码认不出来", mend="重新保存，编码选 UTF-8"))


def found(page: str, *, kind: str) -> Found:
    """The blocks of a page, or of a piece of one, and the title it says it has."""
    _refuse_labyrinth(page)
    title = _TITLE.search(page)
    cutter = _Cutter()
    cutter.feed(sanitised(page))
    cutter.close()
    cutter.end_block()
    return Found(kind, cutter.blocks, clean_line(unescape(title[1]), 200) if title else "")


def _refuse_labyrinth(page: str) -> None:
    tags = depth = deepest = 0
    for closing, name in _TAG.findall(page):
        tags += 1
        if name.lower() not in _SELDOM_CLOSED:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    if tags > MAX_TAGS or deepest > MAX_DEPTH or tags * deepest > MAX_WORK:
        what = f"网页的标签多得不正常：{tags} 个，最多套了 {deepest} 层"
        raise Unfit(BadInput(what, mend="把文字粘贴到新的 Word 文档里再交"))


def sanitised(page: str) -> str:
    """The page with nothing but the tags and attributes that are read."""
    clean: str = nh3.clean(
        page,
        tags=set(_TAGS),
        clean_content_tags=set(_GONE),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        # Addresses are looked at one by one, so that a picture of the web is told apart from one that has none.
        url_schemes={"http", "https", "mailto", "data", "file"},
        link_rel=None,
    )
    return clean


class _Cutter(HTMLParser):
    """Cuts sanitised HTML into blocks."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._open: list[str] = []
        self._links: list[str] = []
        self._spans: list[Span] = []
        self._lists: list[int] = []
        self._item: str | None = None
        self._rows: list[list[list[Span]]] | None = None
        self._images = 0
        self._chars = 0

    # ── HTMLParser's part ────────────────────────────────────────────────────────────────────────────────────────

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an opening tag."""
        said = {name: value or "" for name, value in attrs}
        if tag in _VOID:
            self._void(tag, said)
            return
        if tag in _BLOCKS and self._rows is None:
            self.end_block()
        self._begin(tag, said)
        self._open.append(tag)
        if tag == "a":
            self._links.append(check_address(said.get("href", "")))

    def handle_endtag(self, tag: str) -> None:
        """Take a closing tag; what was opened inside and not closed is closed with it."""
        if tag not in self._open:
            return
        if tag in _BLOCKS:
            if self._rows is None:
                self.end_block()
            else:
                self._add(Span("\n"))
        while self._open:
            closed = self._open.pop()
            if closed == "a":
                self._links.pop()
            if closed == tag:
                break
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        elif tag == "table" and "table" not in self._open:
            self._end_table()

    def handle_data(self, data: str) -> None:
        """Take words."""
        if "pre" in self._open:
            self._add(Span(data, self._style, self._link))
            return
        text = _BLANKS.sub(" ", _BETWEEN_HAN.sub("", data)).replace("\xa0", " ")
        if text:
            self._add(Span(text, self._style, self._link))

    # ── blocks ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _begin(self, tag: str, said: dict[str, str]) -> None:
        if tag == "table":
            if self._rows is None:
                self.end_block()
                self._rows = []
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in {"td", "th"} and self._rows:
            self._rows[-1].append([])
        elif tag in {"ul", "ol"}:
            start = said.get("start", "1")
            self._lists.append((int(start) if start.isdecimal() and len(start) < 5 else 1) if tag == "ol" else 0)
        elif tag == "li" and self._lists:
            number = self._lists[-1]
            self._item = f"{number}." if number else "-"
            if number:
                self._lists[-1] += 1

    def _void(self, tag: str, said: dict[str, str]) -> None:
        if tag == "img":
            self._image(said)
        elif tag == "br":
            self._add(Span("\n"))
        elif self._rows is None:
            self.end_block()
            self.blocks.append(Block("rule"))

    def _image(self, said: dict[str, str]) -> None:
        tiny = {said.get("width", ""), said.get("height", "")} & {"0", "1", "0px", "1px"}
        source = said.get("src", "") or said.get("data-src", "")
        if tiny or not source or self._images > MAX_PICTURES:
            return
        self._images += 1
        self._add(Span(image=Image(unquote(source).removeprefix("./")[:300], alt=said.get("alt", ""))))

    def _add(self, span: Span) -> None:
        self._chars += len(span.text)
        if self._chars > MAX_CHARS:
            raise Unfit(BadInput("网页太长，不像一篇稿件", mend="只留要发的这一篇，其余的另存"))
        if self._rows is None:
            self._spans.append(span)
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1].append(span)

    def end_block(self) -> None:
        """Close the paragraph that is being collected."""
        spans, self._spans = self._spans, []
        item, self._item = self._item, None
        block = Block(spans=spans)
        if not block.text and not block.images:
            self._item = item
            return
        heading = next((tag for tag in reversed(self._open) if tag[0] == "h" and tag[1:].isdecimal()), None)
        if heading:
            block.kind, block.level = "heading", int(heading[1:])
        elif item is not None:
            block.kind, block.marker, block.level = "item", item, max(0, len(self._lists) - 1)
        elif "blockquote" in self._open:
            block.kind = "quote"
        block.caption = bool({"figcaption", "caption"} & set(self._open[-6:]))
        block.centred = "center" in self._open
        self.blocks.append(block)

    def _end_table(self) -> None:
        rows, self._rows = self._rows, None
        kept = [row for row in rows or () if row]
        if max((len(row) for row in kept), default=0) > 1:
            self.blocks.append(Block("table", rows=kept))
            return
        # One column is a frame around text.
        self.blocks += [Block(spans=cell) for row in kept for cell in row]

    @property
    def _style(self) -> Style:
        for tag in reversed(self._open):
            if tag in _STYLES:
                return _STYLES[tag]
            if tag in _BLOCKS:
                break
        return ""

    @property
    def _link(self) -> str:
        return self._links[-1] if self._links else ""
