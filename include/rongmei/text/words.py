"""Cut Chinese text into words with jieba, which is loaded only when the first text needs it."""

from __future__ import annotations

import importlib
import logging
import math
import os
import stat
import tempfile
import threading
import warnings
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from rongmei.text.normalise import clean_line

# How often a word of the house's own is taken to occur in jieba's corpus of 60 million words: like a known name,
# so that it wins against single characters and loses against common words that cross it (乡村 in 乡村超模).
OWN_WORD_FREQUENCY = 100
# jieba counted in newspapers of the nineties; supermarkets are ten times as common in headlines since.
_TODAY = {"超市": 5_000}
_MAX_CHARS = 2_000
_lock = threading.Lock()


def _private_folder() -> str | None:
    """A folder only this user can write, for jieba's dictionary cache.

    jieba would put its cache, which it reads with `marshal`, at a fixed name in the shared temporary folder, where
    any local user could plant one. jieba itself writes it to a fresh file and renames it, so parallel processes
    are safe. None (no cache, a slower start) where the folder is not ours.
    """
    uid = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"rongmei-words-{uid}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    private = stat.S_ISDIR(found.st_mode) and found.st_uid == uid and not found.st_mode & 0o022
    return str(folder) if private else None


def _import_jieba() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        jieba = importlib.import_module("jieba")
    logger = logging.getLogger("jieba")
    logger.setLevel(logging.WARNING)
    logger.handlers.clear()  # jieba attaches its own handler to stderr
    return jieba


@lru_cache(maxsize=1)
def _base() -> Any:
    """The tokenizer with jieba's own dictionary, loaded once a process; never jieba's global one."""
    tokenizer = _import_jieba().Tokenizer()
    folder = _private_folder()
    if folder is None:
        with tempfile.TemporaryDirectory(prefix="rongmei-words-") as passing:
            tokenizer.tmp_dir = passing
            tokenizer.initialize()
    else:
        tokenizer.tmp_dir = folder
        tokenizer.initialize()
    for word, frequency in _TODAY.items():
        tokenizer.add_word(word, frequency)
    return tokenizer


class Vocabulary:
    """jieba's dictionary and the house's own words; made by `vocabulary`."""

    def __init__(self, own: frozenset[str]) -> None:
        base = _base()
        self._known: dict[str, int] = base.FREQ
        self._own = {word: max(OWN_WORD_FREQUENCY, base.FREQ.get(word) or 0) for word in sorted(own)}
        self._beginnings = {word[:end] for word in own for end in range(1, len(word) + 1)}
        self._log_total = math.log(base.total + sum(self._own.values()))

    @cached_property
    def _tokenizer(self) -> Any:
        """jieba's own, with a copy of its table, which takes tens of megabytes: made only when a text is cut."""
        base = _base()
        tokenizer = _import_jieba().Tokenizer()
        tokenizer.FREQ, tokenizer.total, tokenizer.initialized = dict(base.FREQ), base.total, True
        for word, frequency in self._own.items():
            tokenizer.add_word(word, frequency)
        return tokenizer

    def cut(self, text: str) -> tuple[str, ...]:
        """Words and punctuation of `text` in order (at most the first 2,000 characters); blanks are left out."""
        words: list[str] = self._tokenizer.lcut(clean_line(text, _MAX_CHARS))
        return tuple(word for word in words if not word.isspace())

    def words(self, text: str) -> tuple[str, ...]:
        """Like `cut`, with letters or digits in each word: no punctuation."""
        return tuple(word for word in self.cut(text) if any(char.isalnum() for char in word))

    def frequency(self, word: str) -> int:
        """Occurrences in jieba's corpus; 0 for an unknown word."""
        return int(self._own.get(word) or self._known.get(word) or 0)

    def knows(self, word: str) -> bool:
        """Whether jieba's own dictionary has the word."""
        return bool(self._known.get(word))

    def is_prefix(self, fragment: str) -> bool:
        """Whether some word of the dictionary begins with `fragment`."""
        return fragment in self._known or fragment in self._beginnings

    def cost(self, word: str) -> float:
        """Negative log probability (nats) of the word; an unknown one costs as much as a word seen once."""
        return self._log_total - math.log(max(self.frequency(word), 1))


@lru_cache(maxsize=32)
def _vocabulary(own: frozenset[str]) -> Vocabulary:
    return Vocabulary(own)


def vocabulary(own: frozenset[str] = frozenset()) -> Vocabulary:
    """The vocabulary with the campaign's keywords, aliases and places as words; one per set and process.

    The first call of a process loads the dictionary (about half a second from the cache); a further set that only asks
    for frequencies costs next to nothing, one that cuts texts a copy of the table.
    """
    with _lock:
        return _vocabulary(frozenset(word for word in own if word))
