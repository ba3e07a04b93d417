"""The names of WordprocessingML, and what its styles and numberings say (ECMA-376 part 1, 17.7 and 17.9)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

_PREFIXES: Final = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://purl.oclc.org/ooxml/drawingml/main": "a",
    "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing": "wp",
    "http://purl.oclc.org/ooxml/drawingml/wordprocessingDrawing": "wp",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "urn:schemas-microsoft-com:vml": "v",
}
_HEADING: Final = re.compile(r"(?:heading|标题)\s*([1-9])", re.IGNORECASE)
_TITLES: Final = frozenset(("title", "标题"))
_CAPTIONS: Final = frozenset(("caption", "题注"))
_OFF: Final = frozenset(("0", "false", "off", "none"))
_PLAIN_NUMBER: Final = re.compile(r"%\d[.、．)）]?")
_HAN_DIGITS: Final = "零一二三四五六七八九"
MAX_STYLES: Final = 5_000
MAX_CHAIN: Final = 12


def tag(element: Any) -> str:
    """An element's name with the prefix that Word writes it with: "w:p"; "" for what is no element."""
    name = element.tag
    if not isinstance(name, str) or not name.startswith("{"):
        return ""
    space, _, local = name[1:].partition("}")
    return f"{_PREFIXES.get(space, '?')}:{local}"


def attribute(element: Any, local: str) -> str:
    """An attribute by its local name, "" where there is none."""
    for name, value in element.attrib.items():
        if name.rpartition("}")[2] == local:
            return str(value)
    return ""


def child(element: Any, *path: str) -> Any | None:
    """The first child of a child … of that name; None where there is none."""
    for name in path:
        element = next((one for one in element if tag(one) == name), None)
        if element is None:
            return None
    return element


def said(element: Any, *path: str) -> str:
    """The `w:val` at the end of a path of children."""
    found = child(element, *path)
    return "" if found is None else attribute(found, "val")


def is_on(properties: Any | None, name: str) -> bool | None:
    """A property that is switched on or off; None where nothing is said."""
    found = None if properties is None else child(properties, name)
    return None if found is None else attribute(found, "val").lower() not in _OFF


@dataclass(frozen=True)
class StyleSaid:
    """What a paragraph style says; `level` is 0 for what is no heading, 1 for a title, too."""

    level: int = 0
    caption: bool = False
    centred: bool = False
    bold: bool = False
    numbering: tuple[str, int] | None = None


class Styles:
    """The paragraph styles of a document by id."""

    def __init__(self, root: Any | None) -> None:
        self._elements: dict[str, Any] = {}
        self._known: dict[str, StyleSaid] = {}
        for element in list(root)[:MAX_STYLES] if root is not None else ():
            if tag(element) == "w:style":
                self._elements.setdefault(attribute(element, "styleId"), element)

    def of(self, style: str) -> StyleSaid:
        """What a style says, itself and what it is based on."""
        if style not in self._known:
            self._known[style] = self._read(style)
        return self._known[style]

    def _read(self, style: str) -> StyleSaid:
        chain = list(self._chain(style))
        outlines = [said(one, "w:pPr", "w:outlineLvl") for one in chain]
        jc = next((value for one in chain if (value := said(one, "w:pPr", "w:jc"))), "")
        bolds = [is_on(child(one, "w:rPr"), "w:b") for one in chain]
        numbered = next((own for one in chain if (own := numbering_of(child(one, "w:pPr")))), None)
        names = [said(one, "w:name").strip().lower() for one in chain[:1]]
        return StyleSaid(
            level=_level(names, outlines),
            caption=any(name in _CAPTIONS for name in names),
            centred=jc == "center",
            bold=next((own for own in bolds if own is not None), False),
            numbering=numbered,
        )

    def _chain(self, style: str) -> Iterator[Any]:
        for _ in range(MAX_CHAIN):
            element = self._elements.get(style)
            if element is None:
                return
            yield element
            style = said(element, "w:basedOn")


def _level(names: list[str], outlines: list[str]) -> int:
    for name in names:
        if name in _TITLES:
            return 1
        if found := _HEADING.fullmatch(name):
            return int(found[1])
    outline = next((one for one in outlines if one), "")
    return int(outline) + 1 if outline in set("012345678") else 0


def numbering_of(properties: Any | None) -> tuple[str, int] | None:
    """The numbering and level that paragraph properties name; ("0", …) switches numbering off."""
    numbered = None if properties is None else child(properties, "w:numPr")
    if numbered is None:
        return None
    level = said(numbered, "w:ilvl")
    return said(numbered, "w:numId") or "0", int(level) if level in set("012345678") else 0


@dataclass
class Numbering:
    """The numberings of a document, and how far each has counted."""

    levels: dict[tuple[str, int], tuple[str, str, int]] = field(default_factory=dict)
    counts: dict[str, dict[int, int]] = field(default_factory=lambda: defaultdict(dict))
    abstract: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, root: Any | None) -> Numbering:
        """What a numbering part says; without one nothing is numbered."""
        made = cls()
        for element in root if root is not None else ():
            if tag(element) == "w:abstractNum":
                own = attribute(element, "abstractNumId")
                for one in element:
                    level = attribute(one, "ilvl")
                    if tag(one) == "w:lvl" and level in set("012345678"):
                        start = said(one, "w:start")
                        first = int(start) if start.isdecimal() and len(start) < 6 else 1
                        made.levels[own, int(level)] = (said(one, "w:numFmt"), said(one, "w:lvlText"), first)
            elif tag(element) == "w:num":
                made.abstract[attribute(element, "numId")] = said(element, "w:abstractNumId")
        return made

    def next(self, number: str, level: int) -> tuple[str, str]:
        """Count one paragraph: the marker of a Markdown list, or else the words that the numbering puts before it."""
        own = self.abstract.get(number)
        if own is None or (own, level) not in self.levels:
            return ("-", "")
        kind, text, first = self.levels[own, level]
        counts = self.counts[number]
        counts[level] = counts.get(level, first - 1) + 1
        for deeper in [one for one in counts if one > level]:
            del counts[deeper]
        if kind in {"bullet", "none", ""}:
            return ("-", "") if kind == "bullet" else ("", "")
        if kind == "decimal" and _PLAIN_NUMBER.fullmatch(text):
            return (f"{counts[level]}.", "")
        return "", re.sub(r"%([1-9])", lambda found: self._shown(own, counts, int(found[1]) - 1), text)[:40]

    def _shown(self, own: str, counts: dict[int, int], level: int) -> str:
        kind, _, first = self.levels.get((own, level), ("decimal", "", 1))
        number = counts.get(level, first)
        if kind.startswith(("chinese", "ideograph", "taiwanese", "japaneseCounting")):
            return in_han(number)
        if kind in {"upperLetter", "lowerLetter"} and 1 <= number <= 26:
            return chr((65 if kind == "upperLetter" else 97) + number - 1)
        return str(number)


def in_han(number: int) -> str:
    """A number below 100 as Chinese counts: 十二; others in digits."""
    if not 0 <= number < 100:
        return str(number)
    tens, ones = divmod(number, 10)
    if not tens:
        return _HAN_DIGITS[ones]
    return f"{_HAN_DIGITS[tens] if tens > 1 else ''}十{_HAN_DIGITS[ones] if ones else ''}"
