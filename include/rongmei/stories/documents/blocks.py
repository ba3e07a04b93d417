"""What a document consists of before it is Markdown: blocks of spans, the same whatever format it came in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

Style = Literal["", "bold", "italic", "strike"]
Kind = Literal["text", "heading", "item", "quote", "table", "rule"]

MAX_BLOCKS: Final = 20_000
MAX_CHARS: Final = 200_000
"""Characters that are read of a document; a story has at most a quarter of them."""


@dataclass(frozen=True)
class Image:
    """A picture in the text.

    Attributes:
        name: the file as the document names it; of a picture in the document itself, the name it is given here.
        data: the bytes of a picture in the document itself; None for a file that lies beside it.
    """

    name: str
    alt: str = ""
    credit: str = ""
    data: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Span:
    """Words in one style, or a picture; `text` may have line breaks, `link` is an http(s) or mailto address."""

    text: str = ""
    style: Style = ""
    link: str = ""
    image: Image | None = None


@dataclass
class Block:
    """A paragraph, heading, list item, quotation, table or rule.

    Attributes:
        level: of a heading from 1, of an item from 0.
        marker: of an item, "-" or "3.".
        centred: stands in the middle of the line, as titles and captions do.
        caption: its style says that it is a picture's caption.
        rows: of a table, the cells' spans.
    """

    kind: Kind = "text"
    spans: list[Span] = field(default_factory=list)
    level: int = 0
    marker: str = "-"
    centred: bool = False
    caption: bool = False
    rows: list[list[list[Span]]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words without their style and the pictures."""
        return words(self.spans)

    @property
    def images(self) -> list[Image]:
        """The pictures in order."""
        return [span.image for span in self.spans if span.image is not None]


def words(spans: Sequence[Span]) -> str:
    """The words of spans, outer blanks removed."""
    return "".join(span.text for span in spans).strip()


def split_lines(block: Block) -> Iterator[Block]:
    """A paragraph with line breaks in it as so many paragraphs: that is what the break was typed for."""
    if block.kind not in {"text", "quote"} or not any("\n" in span.text for span in block.spans):
        yield block
        return
    lines: list[list[Span]] = [[]]
    for span in block.spans:
        first, *others = span.text.split("\n")
        for number, part in enumerate([first, *others]):
            if number:
                lines.append([])
            if part or span.image is not None:
                lines[-1].append(Span(part, span.style, span.link, span.image))
    for line in lines:
        if line:
            yield Block(block.kind, line, centred=block.centred, caption=block.caption)
