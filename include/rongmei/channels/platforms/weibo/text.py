"""The words of a status: what fits beside its link, cut where a reader expects it and never through a word or a sign.

Length: Weibo counts an ASCII character as half a character and a link as ten. Here every UTF-16 unit counts as one, the
link's too, which never comes out shorter than Weibo's count; so 140 by this count is at most 140 by theirs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rongmei.channels.rendering import one_line

TEXT_UNITS = 140
NEAR_UNITS = 12
"""How far back a cut goes to a punctuation mark, at most; never more than a third of the room."""
CUT = "…"

_URL = re.compile(r"https?://[!-~]*[0-9A-Za-z/]")
_MAGNITUDES = "十百千万亿"
# Signs that hold a word or a number together when they stand between two of its signs: 2:1, 1,000, don't, AC/DC.
_INSIDE_WORDS = ".,:'’-_/&+@%"
_INSIDE_NUMBERS = "．，：％"
_AFTER_NUMBERS = "%％‰°℃"
_PUNCTUATION = " 　。，、；：！？.,;:!?…—）)》”’」】"
# What a cut text does not end with, before the ellipsis.
_LOOSE = " 　，、；：,;:（(《“‘「【"


@dataclass(frozen=True)
class Words:
    """A status without its link, and the tags that found room in it."""

    text: str
    tags: tuple[str, ...] = ()


def units(text: str) -> int:
    """Length in UTF-16 units."""
    return len(text.encode("utf-16-le")) // 2


def tame(text: str) -> str:
    """Without what Weibo would act on: `#…#` is a topic, which share refuses, and `@name` calls somebody."""
    return text.replace("#", "＃").replace("@", "＠")


def headline(title: str) -> str:
    """The title as a status begins with it."""
    return f"【{tame(title)}】" if title else ""


def compose(title: str, digest: str, tags: Iterable[str], room: int) -> Words:
    """`【title】digest tag tag` in at most `room` units.

    The digest is cut before the title is; tags stand as plain words (share refuses topics) and only whole, where there
    is room left and the text does not have them already.
    """
    head = headline(title)
    if units(head) > room:
        shown = cut(tame(title), room - 2, force=True)
        return Words(f"【{shown}】" if shown else "")
    said = tame(digest)
    shown = cut(said, room - units(head))
    if shown != said:
        return Words(head + shown)
    text = head + shown
    used: list[str] = []
    for tag in tags:
        word = " ".join(tame(one_line(tag)).replace("＃", " ").split())
        if word and word not in text and units(f"{text} {word}") <= room:
            text = f"{text} {word}"
            used.append(word)
    return Words(text, tuple(used))


def cut(text: str, limit: int, *, force: bool = False) -> str:
    """At most `limit` units of the text, with … where something was cut; "" where not even a word fits.

    A cut is never made inside a Latin word, a number (which keeps its unit: 3万 or 2026年), a URL or a sign of several
    code points, and goes back to a punctuation mark when one is near.

    Args:
        force: rather cut a word between two of its signs than show nothing.
    """
    if units(text) <= limit:
        return text
    ends = _ends(text, limit - units(CUT))
    whole = _outside(_spans(text), [end for end in ends if not _splits_a_sign(text, end)])
    if not whole and force:
        whole = [end for end in ends if not _splits_a_sign(text, end)]
    if not whole:
        return ""
    last = whole[-1]
    back = min(NEAR_UNITS, limit // 3)
    near = [end for end in whole if text[end] in _PUNCTUATION and units(text[end:last]) <= back]
    kept = text[: near[-1] if near else last].rstrip(_LOOSE)
    return kept + CUT if kept else ""


def _ends(text: str, limit: int) -> list[int]:
    """The positions after 1, 2, 3 … signs that take up at most `limit` units, short of the whole text."""
    ends, used = [], 0
    for position, sign in enumerate(text[:-1], start=1):
        used += units(sign)
        if used > limit:
            break
        ends.append(position)
    return ends


def _outside(spans: Sequence[tuple[int, int]], ends: list[int]) -> list[int]:
    return [end for end in ends if not any(start < end < stop for start, stop in spans)]


def _spans(text: str) -> list[tuple[int, int]]:
    """The stretches that stay whole: URLs, words, and numbers with their units."""
    spans = [match.span() for match in _URL.finditer(text)]
    start = 0
    while start < len(text):
        if not _in_word(text[start]):
            start += 1
            continue
        stop = _end_of_word(text, start)
        spans.append((start, stop))
        start = stop
    return spans


def _end_of_word(text: str, start: int) -> int:
    stop = start + 1
    while stop < len(text) and (_in_word(text[stop]) or _extends(text[stop]) or _holds_together(text, stop)):
        stop += 1
    if not text[stop - 1].isdecimal():
        return stop
    # A number without its unit would say something else: 3万人 is not 3.
    while stop < len(text) and text[stop] in _MAGNITUDES + _AFTER_NUMBERS:
        stop += 1
    return stop + 1 if stop < len(text) and text[stop].isalnum() else stop


def _holds_together(text: str, at: int) -> bool:
    if at + 1 >= len(text) or not _in_word(text[at + 1]):
        return False
    if text[at] in _INSIDE_NUMBERS:
        return text[at - 1].isdecimal() and text[at + 1].isdecimal()
    return text[at] in _INSIDE_WORDS


def _in_word(sign: str) -> bool:
    """Whether it is a digit or of a script that sets words apart; wide characters such as Chinese stand alone."""
    wide = unicodedata.east_asian_width(sign) in ("W", "F", "H")
    return sign.isalnum() and (not wide or unicodedata.category(sign) in ("Lu", "Ll", "Nd"))


def _splits_a_sign(text: str, at: int) -> bool:
    if _extends(text[at]) or text[at - 1] == "\u200d":
        return True
    if not (_is_flag_half(text[at]) and _is_flag_half(text[at - 1])):
        return False
    before = at
    while before > 0 and _is_flag_half(text[before - 1]):
        before -= 1
    return (at - before) % 2 == 1


def _extends(sign: str) -> bool:
    """Whether it belongs to the sign before it: combining marks, variation selectors, joiners, skin tones, tags."""
    return (
        unicodedata.category(sign) in ("Mn", "Mc", "Me")
        or sign == "\u200d"
        or "\U0001f3fb" <= sign <= "\U0001f3ff"
        or "\U000e0020" <= sign <= "\U000e007f"
    )


def _is_flag_half(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"
