"""Finds, among a hundred thousand titles, the few that share enough neighbouring characters with a new one.

An inverted index of character bigrams in numpy arrays: the titles become one array of code points, a table folds each
(traditional to simplified, width, case; punctuation and pictures drop out), neighbours of one title make a bigram, and
only bigrams that the new titles have are kept. It is exact: every pair with a share of `LEAST_SHARED` is found, no
other. Built for each run; see docs/near-duplicates.md for what that costs.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from rongmei.text.keys import MAX_CHARS, simplified_characters

LEAST_SHARED = 0.35
"""Share of the shorter title's bigrams that the other one must have for the two to be compared at all."""

_BMP = 0x10000
_BITS = np.uint64(21)

Ints = NDArray[np.int64]
Codes = NDArray[np.uint64]


@lru_cache(maxsize=1)
def _table() -> NDArray[np.uint32]:
    """Code point of the basic plane → the one it counts as, 0 for what does not count."""
    table = np.fromiter(map(_folded_one, range(_BMP)), np.uint32, _BMP)
    for traditional, simplified in simplified_characters().items():
        table[traditional] = ord(simplified)
    return table


def _folded_one(code: int) -> int:
    folded = unicodedata.normalize("NFKC", chr(code)).casefold()
    if not any(map(str.isalnum, folded)):
        return 0
    return ord(folded) if len(folded) == 1 else code


def _folded(points: NDArray[np.uint32]) -> Codes:
    """What the code points count as. Beyond the basic plane each that occurs is asked about."""
    folded: Codes = _table()[points & (_BMP - 1)].astype(np.uint64)
    high = points >= _BMP
    codes, places = np.unique(points[high], return_inverse=True)
    folded[high] = np.fromiter(map(_folded_one, codes.tolist()), np.uint64, len(codes))[places]
    return folded


def _bigrams(titles: Sequence[str]) -> tuple[Ints, Codes]:
    """Every title with each of its bigrams once, in order: the title's number, and the bigram's code.

    A title of one character has that character as its bigram; one without any has none.
    """
    cut = [title[:MAX_CHARS] for title in titles]
    lengths = np.fromiter(map(len, cut), np.int64, len(cut))
    points = np.frombuffer("".join(cut).encode("utf-32-le", "replace"), np.uint32)
    folded = _folded(points)
    counts = folded > 0
    owners, folded = np.repeat(np.arange(len(cut), dtype=np.uint64), lengths)[counts], folded[counts]
    goes_on = np.append(owners[1:] == owners[:-1], False) if len(owners) else np.zeros(0, bool)
    begins = np.append(True, ~goes_on[:-1]) if len(owners) else goes_on
    following = np.append(folded[1:], folded[:1]) * goes_on
    kept = goes_on | begins
    pairs = np.sort((owners << 2 * _BITS | folded << _BITS | following)[kept])
    pairs = pairs[np.append(True, pairs[1:] != pairs[:-1])] if len(pairs) else pairs
    return (pairs >> 2 * _BITS).astype(np.int64), pairs & (np.uint64(1) << 2 * _BITS) - np.uint64(1)


class Candidates:
    """The titles to be searched, indexed for one batch of new titles.

    Args:
        new: the titles that will be asked about, by their number.
        existing: the titles to be found, by their number; at most four million.
    """

    def __init__(self, new: Sequence[str], existing: Sequence[str]) -> None:
        owners, codes = _bigrams(new)
        known, self._asked = np.unique(codes, return_inverse=True)
        self._starts = np.searchsorted(owners, np.arange(len(new) + 1))
        owners, codes = _bigrams(existing)
        self._sizes = np.bincount(owners, minlength=len(existing))
        places = np.searchsorted(known, codes)
        is_known = places < len(known)
        is_known[is_known] = known[places[is_known]] == codes[is_known]
        order = np.argsort(places[is_known], kind="stable")
        self._holders = owners[is_known][order]
        self._lists = np.searchsorted(places[is_known][order], np.arange(len(known) + 1))

    def of(self, number: int) -> list[int]:
        """Numbers of the existing titles worth comparing with the new title `number`, ascending."""
        mine = self._asked[self._starts[number] : self._starts[number + 1]]
        if not len(mine):
            return []
        lists = [self._holders[self._lists[one] : self._lists[one + 1]] for one in mine]
        holders = np.sort(np.concatenate(lists))
        ends = np.flatnonzero(np.append(holders[1:] != holders[:-1], len(holders) > 0))
        titles, shared = holders[ends], np.diff(ends, prepend=-1)
        found: list[int] = titles[shared >= LEAST_SHARED * np.minimum(self._sizes[titles], len(mine))].tolist()
        return found


def worth_comparing(a: str, b: str) -> bool:
    """Whether two titles share enough bigrams; symmetric."""
    one, other = _bigrams([a])[1], _bigrams([b])[1]
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared > 0 and shared >= LEAST_SHARED * min(len(one), len(other))
