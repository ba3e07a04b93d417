"""The body of a story as NITF 3.6, the markup that NewsML-G2 carries inside (`application/nitf+xml`).

The HTML of an `Article` knows few elements (see channels/rendering), and each has its place here: headings become
`hl2`, quotations `bq`, pictures `media` after the paragraph they stand in; anything else leaves its words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree, html

from rongmei.channels.base import Article
from rongmei.channels.rendering import SCHEME
from rongmei.formats.parts import Attachment, Release, clean, dateline, line, moment

NAMESPACE = "http://iptc.org/std/NITF/2006-10-18/"
MAX_DEPTH = 40
"""Elements deeper than this give only their words: no story is built so, and recursion has an end."""

_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BLOCKS = _HEADINGS | {"p", "ul", "ol", "table", "blockquote", "pre", "hr"}
_INLINE = {"strong": "em", "em": "em", "br": "br", "a": "a"}


def document(article: Article, release: Release, pictures: Mapping[str, Attachment]) -> Any:
    """An lxml element `nitf`; `pictures` are the delivered files by SHA-256, others are left out."""
    root = etree.Element(_tag("nitf"), nsmap={None: NAMESPACE})
    body = _under(root, "body")
    head = _under(body, "body.head")
    _under(_under(head, "hedline"), "hl1", line(article.title))
    if line(article.author):
        _under(head, "byline", line(article.author))
    if dateline(article, release):
        place = _under(head, "dateline")
        _under(place, "location", line(article.place))
        when = article.filed_at or release.created_at
        date = _under(place, "story.date", dateline(article, release).removeprefix(line(article.place)))
        date.set("norm", moment(when))
    if line(article.digest):
        _under(_under(head, "abstract"), "p", line(article.digest))
    content = _under(body, "body.content")
    _Writer(pictures).blocks(_parsed(article.html), content, 0)
    return root


def _parsed(body: str) -> Any:
    # huge_tree stays off: what is too deep is cut by the parser, and never reaches the recursion below.
    return html.fragment_fromstring(clean(body), create_parent="div")


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _under(parent: Any, name: str, text: str = "") -> Any:
    made = etree.SubElement(parent, _tag(name))
    if text:
        made.text = text
    return made


class _Writer:
    """Writes HTML elements as NITF below a parent."""

    def __init__(self, pictures: Mapping[str, Attachment]) -> None:
        self._pictures = pictures

    def blocks(self, source: Any, parent: Any, depth: int) -> None:
        """The children of `source` as blocks; loose words between them become paragraphs."""
        loose: Any = None
        for piece in _pieces(source):
            if not isinstance(piece, str) and piece.tag in _BLOCKS:
                loose = None
                self._block(piece, parent, depth)
            elif not isinstance(piece, str) or piece.strip():
                loose = _under(parent, "p") if loose is None else loose
                self._inline(piece, loose, depth)
        self._drop_empty(parent)
        # Pictures that stood between words come after them: a paragraph holds no media.
        self._media(source, parent, inline_only=True)

    def _block(self, element: Any, parent: Any, depth: int) -> None:
        name = element.tag
        if depth >= MAX_DEPTH or name == "pre":
            _under(parent, "pre" if name == "pre" else "p", clean(element.text_content()))
        elif name == "p" or name in _HEADINGS:
            self._inlines(element, _under(parent, "p" if name == "p" else "hl2"), depth)
            self._drop_empty(parent)
            self._media(element, parent)
        elif name in {"ul", "ol"}:
            self._list(element, parent, depth)
        elif name == "table":
            self._table(element, parent, depth)
        elif name == "blockquote":
            self.blocks(element, _under(_under(parent, "bq"), "block"), depth + 1)
        else:
            _under(parent, "hr")

    def _list(self, element: Any, parent: Any, depth: int) -> None:
        entries = [child for child in element if child.tag == "li"]
        if entries:
            made = _under(parent, element.tag)
            for entry in entries:
                self._mixed(entry, _under(made, "li"), depth + 1)

    def _table(self, element: Any, parent: Any, depth: int) -> None:
        rows = [row for row in element.iter("tr") if any(cell.tag in {"td", "th"} for cell in row)]
        if rows:
            made = _under(parent, "table")
            for row in rows:
                line_of_cells = _under(made, "tr")
                for cell in row:
                    if cell.tag in {"td", "th"}:
                        self._mixed(cell, _under(line_of_cells, cell.tag), depth + 1)

    def _mixed(self, source: Any, parent: Any, depth: int) -> None:
        """The children of `source` where words and blocks may stand side by side."""
        for piece in _pieces(source):
            if not isinstance(piece, str) and piece.tag in _BLOCKS:
                self._block(piece, parent, depth)
            else:
                self._inline(piece, parent, depth)
        self._media(source, parent, inline_only=True)

    def _inlines(self, source: Any, parent: Any, depth: int) -> None:
        for piece in _pieces(source):
            self._inline(piece, parent, depth)

    def _inline(self, piece: Any, parent: Any, depth: int) -> None:
        if isinstance(piece, str):
            _append(parent, piece)
        elif depth >= MAX_DEPTH:
            _append(parent, piece.text_content())
        elif piece.tag in _INLINE:
            made = _under(parent, _INLINE[piece.tag])
            if piece.tag == "a" and piece.get("href"):
                made.set("href", line(piece.get("href")))
            self._inlines(piece, made, depth + 1)
        elif piece.tag != "img":
            self._inlines(piece, parent, depth + 1)

    def _media(self, source: Any, parent: Any, *, inline_only: bool = False) -> None:
        for image in source.iter("img"):
            if inline_only and any(above.tag in _BLOCKS for above in _between(image, source)):
                continue
            shown = self._pictures.get(str(image.get("src", "")).removeprefix(f"{SCHEME}:"))
            if shown is not None:
                _media(parent, shown)

    @staticmethod
    def _drop_empty(parent: Any) -> None:
        """A paragraph that held nothing but a picture says nothing."""
        for made in list(parent):
            if made.tag in {_tag("p"), _tag("hl2")} and not len(made) and not (made.text or "").strip():
                parent.remove(made)


def _media(parent: Any, shown: Attachment) -> None:
    made = etree.SubElement(parent, _tag("media"), {"media-type": "image"})
    facts = {"source": shown.address or shown.name, "name": line(shown.title), "mime-type": shown.mime}
    facts |= {"alternate-text": line(shown.caption), "source-credit": line(shown.credit)}
    if shown.width and shown.height:
        facts |= {"width": str(shown.width), "height": str(shown.height), "units": "pixels"}
    etree.SubElement(made, _tag("media-reference"), {name: value for name, value in facts.items() if value})
    if line(shown.caption):
        _under(_under(made, "media-caption"), "p", line(shown.caption))


def _pieces(element: Any) -> Iterator[Any]:
    """Words and elements inside `element`, in their order."""
    if element.text:
        yield element.text
    for child in element:
        if isinstance(child.tag, str):
            yield child
        if child.tail:
            yield child.tail


def _between(inner: Any, outer: Any) -> Iterator[Any]:
    for above in inner.iterancestors():
        if above is outer:
            return
        yield above


def _append(parent: Any, words: str) -> None:
    """Add words after what `parent` holds already; a character reference may have hidden what XML cannot hold."""
    words = clean(words)
    last = parent[-1] if len(parent) else None
    if last is None:
        parent.text = (parent.text or "") + words
    else:
        last.tail = (last.tail or "") + words
