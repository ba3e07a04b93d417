"""Writes blocks as Markdown that says what the document said: nothing in its words becomes markup by accident.

The rules are CommonMark's, and those of the tables and the strike-through that the house's rendering adds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote, urlsplit

from rongmei.stories.documents.blocks import Block, Image, Span, Style

MAX_LINK: Final = 500

_MARKS: Final = re.compile(r"[\\`*\[\]~]|<(?=[A-Za-z/!?])|&(?=#?\w{1,40};)|\|")
_UNDERSCORE: Final = re.compile(r"(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_FENCES: Final = {"bold": "**", "italic": "*", "strike": "~~", "": ""}
_AT_START: Final = re.compile(r"(#{1,6}(?=\s|$)|>|[-+](?=\s|$)|[-=:](?=[-=:|\s\\]*$))")
_NUMBERED: Final = re.compile(r"(\d{1,9})([.)])(?=\s|$)")
_UNSAFE_IN_TARGET: Final = re.compile(r"[\s()<>%\\\[\]\"'`*_~|&?#!]")
_CONTROLS: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]+")
_LINK_CHARS: Final = re.compile(r"[!-;=?-Z_a-z~]+")
_SCHEMES: Final = frozenset(("http", "https", "mailto"))
_EDGE: Final = "PSZC"


def to_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown; empty ones are left out."""
    parts: list[str] = []
    before: Block | None = None
    depth = -1
    for block in blocks:
        depth = min(block.level, depth + 1) if block.kind == "item" else -1
        written = _block(block, depth)
        if not written:
            continue
        tight = before is not None and before.kind == block.kind == "item"
        parts += ["\n" if tight else "\n\n", written] if parts else [written]
        before = block
    return "".join(parts)


def _block(block: Block, depth: int) -> str:
    if block.kind == "rule":
        return "---"
    if block.kind == "table":
        return _table(block.rows)
    if block.kind == "heading":
        title = _line(escape_words(block.text))
        return f"{'#' * min(block.level + 1, 6)} {_closing(title)}" if title else ""
    line = _start(_line(inline(block.spans)))
    if not line:
        return ""
    if block.kind == "item":
        return f"{'    ' * depth}{block.marker} {line}"
    return f"> {line}" if block.kind == "quote" else line


def _closing(title: str) -> str:
    """A heading's last number signs would be taken for its end."""
    return re.sub(r"#(?=#*$)", r"\\#", title)


def _table(rows: Sequence[Sequence[Sequence[Span]]]) -> str:
    width = max((len(row) for row in rows), default=0)
    if not width:
        return ""
    lines = []
    for number, row in enumerate(rows):
        cells = [_line(inline(cell)) for cell in row] + [""] * (width - len(row))
        lines.append(f"| {' | '.join(cells)} |")
        if number == 0:
            lines.append("|" + "---|" * width)
    return "\n".join(lines)


def inline(spans: Sequence[Span]) -> str:
    """Spans as Markdown on one line."""
    out = ""
    for span in _merged(spans):
        if span.image is not None:
            out += _image(span.image)
        elif span.link:
            text = _line(escape_words(span.text))
            out += f"[{text}]({_address(span.link)})" if text else ""
        else:
            out += _styled(span.text, span.style, out)
    return out


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Neighbours of one style as one span: word processors cut sentences into crumbs."""
    merged: list[Span] = []
    for span in spans:
        last = merged[-1] if merged else None
        if last and not last.image and not span.image and (last.style, last.link) == (span.style, span.link):
            merged[-1] = Span(last.text + span.text, span.style, span.link)
        else:
            merged.append(span)
    return merged


def _styled(text: str, style: Style, before: str) -> str:
    """Words between the marks of their style.

    Marks next to a blank or to punctuation open and close nothing in Chinese text (CommonMark 6.2), so those stay
    outside, and where marks would touch other marks the words stay plain.
    """
    fence = _FENCES[style]
    start, end = 0, len(text)
    while start < end and _is_edge(text[start]):
        start += 1
    while end > start and _is_edge(text[end - 1]):
        end -= 1
    touches = start == 0 and before.endswith(("*", "~"))
    if not fence or start == end or touches or "\n" in text[start:end]:
        return escape_words(text)
    return f"{escape_words(text[:start])}{fence}{escape_words(text[start:end])}{fence}{escape_words(text[end:])}"


def _is_edge(char: str) -> bool:
    return unicodedata.category(char)[0] in _EDGE


def _image(image: Image) -> str:
    return f"![{_line(escape_words(image.alt))}]({target(image.name)})"


def target(name: str) -> str:
    """A file's name as the target of a Markdown picture; only what would end or change it is percent-encoded."""
    return _UNSAFE_IN_TARGET.sub(lambda found: quote(found[0], safe=""), _CONTROLS.sub(" ", name))


def _address(link: str) -> str:
    return link.replace("(", "%28").replace(")", "%29")


def check_address(link: str) -> str:
    """The address that a link may lead to; "" for one that leads nowhere a reader may be led."""
    link = link.strip()
    if len(link) > MAX_LINK or not _LINK_CHARS.fullmatch(link):
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    fits = parts.scheme in _SCHEMES and bool(parts.hostname or parts.scheme == "mailto") and "@" not in parts.netloc
    return link if fits else ""


def escape_words(text: str) -> str:
    """Words that a Markdown page shows as they are, wherever in a line; control characters become blanks."""
    return _UNDERSCORE.sub(r"\\_", _MARKS.sub(r"\\\g<0>", _CONTROLS.sub(" ", text)))


def _line(text: str) -> str:
    return " ".join(text.split())


def _start(line: str) -> str:
    """A line whose beginning makes no heading, list, quotation, rule or table of it."""
    line = _NUMBERED.sub(r"\1\\\2", line, count=1) if _NUMBERED.match(line) else line
    return f"\\{line}" if _AT_START.match(line) else line
