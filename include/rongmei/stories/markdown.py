"""What the stage needs to know of a Markdown body: its pictures, its length, and how to show it harmlessly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PICTURE = re.compile(r"!\[([^\]\n]{0,300})\]\(([^)\n]{0,300})\)")
_TAG = re.compile(r"</?[a-zA-Z][a-zA-Z0-9-]*(?=[\s/>])")
_HANDLER = re.compile(r"\bon[a-z]{3,20}\s*=|javascript\s*:", re.IGNORECASE)
_HEADING = re.compile(r"#{1,6}\s+(\S.*?)\s*#*$")
_SPECIAL = re.compile(r"([!-/:-@\[-`{-~])")


@dataclass(frozen=True)
class Reference:
    """A picture as the body names it: the decoded target of `![alt](target)`."""

    target: str
    alt: str


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Raw HTML is off: what looks like a tag is text, here and in every renderer of the house.
    return MarkdownIt("commonmark", {"html": False})


def references(body: str) -> tuple[Reference, ...]:
    """The pictures of a body in the order of appearance; percent-encoding is undone once."""
    return tuple(
        Reference(unquote(str(token.attrs.get("src", ""))), token.content)
        for token in _tokens(body)
        if token.type == "image"
    )


def plain(body: str) -> str:
    """The words a reader reads: no markup, no picture descriptions; blocks are on lines of their own."""
    parts = [
        "\n" if token.type in {"softbreak", "hardbreak", "block"} else token.content
        for token in _tokens(body)
        if token.type in {"text", "code_inline", "code_block", "fence", "softbreak", "hardbreak", "block"}
    ]
    return "".join(parts).strip()


def _tokens(body: str) -> Iterator[Token]:
    for token in _parser().parse(body):
        yield from token.children or [token]
        yield Token("block", "", 0)


def count_chars(body: str) -> int:
    """Characters of a body as newsrooms count them: every visible one, punctuation included, no blanks."""
    return sum(not char.isspace() for char in plain(body))


def odd_markup(body: str) -> tuple[str, ...]:
    """Chinese notes on what will not have the effect its writer may have wanted: HTML, scripts, unread pictures."""
    notes = []
    if tags := sorted({found.lower().strip("</") for found in _TAG.findall(body)}):
        notes.append(f"正文里有 HTML 标签（{'、'.join(tags[:6])[:120]}），一律按普通文字处理，不会生效")
    if _HANDLER.search(body):
        notes.append("正文里有脚本写法（事件属性或 javascript:），一律按普通文字处理，不会生效")
    unread = sum(token.content.count("![") for token in _tokens(body) if token.type == "text")
    if unread:
        notes.append(f"正文有 {unread} 处“![”没有被认作图片，核对图片的写法")
    return tuple(notes)


def escape(text: str) -> str:
    """Text that a Markdown page shows as it is: every ASCII punctuation mark is escaped (CommonMark 2.4)."""
    return _SPECIAL.sub(r"\\\1", text)


def quoted(text: str) -> str:
    """A Markdown source as a table of its literal lines, one a row, headings in bold.

    Pictures become 〔图：说明（文件）〕, never requests. A table keeps the text apart from the page around it; Airflow
    sets block quotes in italics, which are hard to read in Chinese.
    """
    shown = _PICTURE.sub(lambda found: f"〔图：{found[1]}（{found[2]}）〕", text)
    lines = [line.strip() for line in shown.split("\n")]
    return "\n".join(["| 正文 |", "|---|", *(f"| {_row(line)} |" for line in lines if line)])


def _row(line: str) -> str:
    heading = _HEADING.match(line)
    return f"**{escape(heading[1])}**" if heading else escape(line)
