"""Finds any of thousands of terms in a text, also where somebody hid them with blanks or full-width letters."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import Final, Generic, TypeVar

from rongmei.text.keys import simplified_characters
from rongmei.text.words import vocabulary

T = TypeVar("T")

# Signs that are put between the characters of a word so that it is not found.
_DECORATION: Final = frozenset("·•*_~^|＊・")
_CONTEXT: Final = 6
_UNMISTAKABLE: Final = 4


@dataclass(frozen=True)
class Hit(Generic[T]):
    """A term at `text[start:end]`."""

    start: int
    end: int
    entry: T


class Terms(Generic[T]):
    """An index of terms by their first two characters; building is linear, and finding takes one look a character.

    A term is passed over where it stands within one of its exceptions, and Latin ones where they are part of a word.
    """

    def __init__(self, entries: Iterable[tuple[str, T, Sequence[str]]]) -> None:
        self._by_start: dict[str, list[tuple[str, T, tuple[tuple[str, int], ...]]]] = {}
        for term, entry, exceptions in entries:
            around = tuple((phrase, at) for phrase in exceptions for at in _places(term, phrase))
            self._by_start.setdefault(term[:2], []).append((term, entry, around))
        for found in self._by_start.values():
            found.sort(key=lambda one: -len(one[0]))

    def __bool__(self) -> bool:
        return bool(self._by_start)

    def find(self, text: str) -> Iterator[Hit[T]]:
        """Every term of the text in order; of several that begin at one place the longest only."""
        look = self._by_start.get
        for start, pair in enumerate(map(add, text, text[1:])):
            for term, entry, exceptions in look(pair, ()):
                end = start + len(term)
                if text.startswith(term, start) and not _part_of_latin(text, start, end):
                    if not any(start >= at and text.startswith(phrase, start - at) for phrase, at in exceptions):
                        yield Hit(start, end, entry)
                    break


def _places(term: str, phrase: str) -> Iterator[int]:
    at = phrase.find(term)
    while at >= 0:
        yield at
        at = phrase.find(term, at + 1)


def _part_of_latin(text: str, start: int, end: int) -> bool:
    before = start > 0 and _latin(text[start]) and _latin(text[start - 1])
    return before or (end < len(text) and _latin(text[end - 1]) and _latin(text[end]))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


@lru_cache(maxsize=16_384)
def _folded(char: str) -> str:
    if char.isspace() or char in _DECORATION or unicodedata.category(char) in {"Cf", "Cc", "Mn", "Me"}:
        return ""
    plain = unicodedata.normalize("NFKC", char).casefold().translate(simplified_characters())
    return "".join(one for one in plain if not one.isspace())


def skeleton(text: str) -> tuple[str, list[int]]:
    """The text without blanks, invisible signs and decoration, narrow, lower case, simplified.

    With it the place in `text` of each of its characters.
    """
    kept: list[str] = []
    places: list[int] = []
    for place, folded in enumerate(map(_folded, text)):
        kept.append(folded)
        # Nearly every character folds into one, and a loop over it would take twice the time.
        if len(folded) == 1:
            places.append(place)
        else:
            places.extend([place] * len(folded))
    return "".join(kept), places


def inside_words(text: str, start: int, end: int) -> bool:
    """Whether a word of jieba's dictionary crosses an end of the stretch: 象样 in 大象样子.

    Words that jieba only guesses do not count: next to a wrong word it guesses wrongly. A stretch of four characters is
    no piece of other words by chance, and is not looked at.
    """
    if end - start >= _UNMISTAKABLE:
        return False
    left = max(0, start - _CONTEXT)
    window = text[left : end + _CONTEXT]
    first, last = start - left, end - left
    known = vocabulary()
    place = 0
    for word in known.cut(window):
        found = window.find(word, place)
        if found < 0:
            continue
        place = found + len(word)
        crosses = found < first < place or found < last < place
        if crosses and len(word) > 1 and known.frequency(word) > 0:
            return True
    return False
