"""Finds what a document says about itself at its top: a table or lines of “任务：12”, and what its file name says."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from rongmei.config import CHANNEL_NAMES
from rongmei.stories.documents.blocks import Block, words
from rongmei.stories.head import CARD_KEYS, KEYS, canonical, canonical_key
from rongmei.text.normalise import clean_line

LOOKED_AT: Final = 40
"""Blocks from the top in which lines are looked for; further down “标题：…” is a sentence of the story."""
MAX_VALUE: Final = 4_000

# A number before a blank or a dash is an assignment's; “3-2 胜”, “2 比 1”, “6月6日” and “20260606 ” are not.
_FILE_NUMBER: Final = re.compile(
    r"\s*(?:任务\s*[#＃]?\s*0*([1-9]\d{0,8})|[#＃]?0*([1-9]\d{0,6})(?=$|[\s_、.．：:]|[-—](?!\s*\d)))"
    r"(?!\s*[比对月日年时点分人名个场万亿届次轮岁米元%％:：]|[.．]\d)"
)
_NAMES: Final = sorted((name for key, names in KEYS.items() for name in (key, *names)), key=len, reverse=True)
_SPACED: Final = "|".join(r"[ \t\u3000]*".join(map(re.escape, name)) for name in _NAMES)
_FIELD: Final = re.compile(rf"(?:^|(?<=[\s\u3000;；|｜]))({_SPACED})[ \t\u3000]*[:：]", re.IGNORECASE)
_OTHER_FIELD: Final = re.compile(r"[^\s:：。，！？]{1,8}[ \u3000]*[:：]")
_LIST: Final = re.compile(r"[,，、;；\n]+")
_PAIR: Final = re.compile(r"[;；\n]+")


@dataclass
class Top:
    """What stands at the top, and the blocks without it.

    Attributes:
        fields: key of `KEYS` → (as it is written, what it says).
        repeated: what is said twice, as it is written.
    """

    rest: list[Block]
    fields: dict[str, tuple[str, str]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)

    def add(self, written: str, said: str) -> None:
        """Take a field; an empty one says nothing."""
        key, said = canonical_key(written), said.strip(" \t\u3000\n;；|｜")[:MAX_VALUE]
        if not said:
            return
        if key in self.fields:
            self.repeated.append(written)
        else:
            self.fields[key] = ("".join(written.split()), said)


def read_top(blocks: Sequence[Block]) -> Top:
    """Take the fields off the top of a document.

    They stand in tables, or in lines of their own, before the first ordinary paragraph; a heading, a picture or a line
    of another form's kind (“编辑：李四”) may stand between them and stays where it is.
    """
    top = Top([])
    for number, block in enumerate(blocks):
        ends = number >= LOOKED_AT
        if not ends and block.kind == "table" and not _has_pictures(block):
            ends = not _take_table(top, block)
            if not ends:
                continue
        elif not ends and not block.images:
            if _take_line(top, block):
                continue
            ends = _is_prose(block)
        if ends:
            top.rest += blocks[number:]
            break
        top.rest.append(block)
    return top


def _has_pictures(block: Block) -> bool:
    return any(span.image for row in block.rows for cell in row for span in cell)


def _is_prose(block: Block) -> bool:
    text = block.text
    if block.kind == "heading" or block.centred or not text:
        return False
    return block.kind not in {"text"} or len(text) > 60 or not _OTHER_FIELD.match(text)


def _take_line(top: Top, block: Block) -> bool:
    if block.kind not in {"text", "item", "heading"}:
        return False
    text = block.text.strip("【】[]（）() \t\u3000")
    found = list(_FIELD.finditer(text))
    if not found or found[0].start() != 0:
        return False
    for one, after in zip(found, [*found[1:], None], strict=True):
        top.add(one[1], text[one.end() : after.start() if after else len(text)])
    return True


def _take_table(top: Top, block: Block) -> bool:
    """Whether the table is a form: pairs of a known name and what it says, or cells of “任务：12”."""
    rows = [[words(cell) for cell in row] for row in block.rows]
    pairs = [pair for row in rows for pair in _pairs(row)]
    known = [pair for pair in pairs if canonical_key(pair[0])]
    if not known or (len(known) < 2 and len(pairs) > 2 * len(known)):
        return False
    for written, said in known:
        top.add(written, said)
    top.unknown += [written for written, said in pairs if not canonical_key(written) and said]
    return True


def _pairs(row: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Names and values of a row: side by side, or in one cell with a colon between them."""
    cells = [cell for cell in row if cell]
    at = 0
    while at < len(cells):
        own = _FIELD.match(cells[at])
        bare = cells[at].strip(" \u3000:：")
        if own:
            yield own[1], cells[at][own.end() :]
            at += 1
        elif len(bare) <= 10 and at + 1 < len(cells):
            yield bare, cells[at + 1]
            at += 2
        else:
            at += 1


def number_in_name(name: str) -> str:
    """The assignment's number that a file's name, or its folder's, begins with; "" where it begins otherwise."""
    path = PurePosixPath(name)
    for part in (path.stem, path.parent.name):
        found = _FILE_NUMBER.match(unicodedata.normalize("NFKC", part[:120]))
        if found:
            return found[1] or found[2]
    return ""


def value_of(key: str, said: str) -> Any:
    """What a field says in the form in which a YAML head would say it."""
    if key in {"images", "video", "audio"}:
        return [part.strip() for part in _LIST.split(said) if part.strip()]
    if key == "card":
        return _group(said, canonical(CARD_KEYS))
    if key in {"titles", "title"}:
        group = _group(said, _CHANNELS)
        return group if key == "titles" or len(group) > 1 else _one_line(said)
    return _one_line(said)


_CHANNELS: Final = {name: name for pair in CHANNEL_NAMES.items() for name in pair}


def _one_line(said: str) -> str:
    return " ".join(said.split())


def _group(said: str, known: dict[str, str]) -> dict[str, str]:
    """“标题：预约；链接：https://…” as a group; a part that begins with no known name belongs to the one before."""
    group: dict[str, str] = {}
    last = ""
    for part in _PAIR.split(said):
        name, _, value = part.replace("：", ":", 1).partition(":") if _begins(part, known) else ("", "", part)
        if name.strip():
            last = name.strip()
            group[last] = value.strip()
        elif last:
            group[last] += f"；{value.strip()}"
        elif value.strip():
            group[clean_line(value, 40)] = ""
    return group


def _begins(part: str, known: dict[str, str]) -> bool:
    name, colon, _ = part.replace("：", ":", 1).partition(":")
    return bool(colon) and name.strip() in known
