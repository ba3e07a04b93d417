"""差错 and 敏感: words of the centre's lists, as written or, for sensitive ones, however they are hidden."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rongmei.config.lists import SensitiveWord, SensitiveWords, WrongWord, WrongWords
from rongmei.stories.checks.finding import Finding, Passage, grouped, visible
from rongmei.stories.checks.matching import Terms, inside_words, skeleton

_LEVELS: Final = {"forbidden": "禁用", "careful": "慎用"}


def wrong_terms(words: WrongWords | None) -> Terms[WrongWord]:
    """The wrong forms; the right one is an exception where it contains the wrong one."""
    entries = words.words if words else ()
    return Terms((word.wrong, word, (*word.exceptions, word.right)) for word in entries)


def check_wrong_words(parts: Sequence[Passage], terms: Terms[WrongWord]) -> Iterator[Finding]:
    """Wrong words that are not a piece of other, right ones."""
    yield from grouped(
        (hit.entry.wrong, Finding("wrong_word", _wrong(part, hit.start, hit.end, hit.entry), group="errors"))
        for part in parts
        for hit in terms.find(part.text)
        if not inside_words(part.text, hit.start, hit.end)
    )


def _wrong(part: Passage, start: int, end: int, word: WrongWord) -> str:
    return f"{part.around(start, end)}：“{word.wrong}”应为“{word.right}”"


def sensitive_terms(words: SensitiveWords | None) -> Terms[SensitiveWord]:
    """The sensitive words as skeletons."""
    entries = words.words if words else ()
    return Terms((skeleton(one.word)[0], one, [skeleton(phrase)[0] for phrase in one.exceptions]) for one in entries)


def check_sensitive(parts: Sequence[Passage], terms: Terms[SensitiveWord]) -> Iterator[Finding]:
    """Sensitive words, those that are not to be used at all first."""
    hits = []
    for part in parts if terms else ():
        bare, places = skeleton(part.text)
        for hit in terms.find(bare):
            start, end = places[hit.start], places[hit.end - 1] + 1
            hits.append((hit.entry, Finding("sensitive", _sensitive(part, start, end, hit.entry), group="sensitive")))
    hits.sort(key=lambda one: one[0].level != "forbidden")
    yield from grouped((entry.word, finding) for entry, finding in hits)


def _sensitive(part: Passage, start: int, end: int, word: SensitiveWord) -> str:
    written = part.text[start:end]
    hidden = "，中间夹了看不见的字符" if visible(written) != written else ""
    form = f"（写作“{visible(written)[:20]}”{hidden}）" if written != word.word else ""
    return f"{part.around(start, end)}：{_LEVELS[word.level]}词“{word.word}”{form}，{word.reason}"
