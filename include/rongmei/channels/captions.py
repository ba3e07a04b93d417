"""Texts that short-video platforms show under a film: cut to length, topics behind, and recognised again later.

Lengths are UTF-16 units, which never comes out shorter than a platform's own count of characters. A cut never leaves
half a sign: no lone surrogate, no emoji without its modifier or its second half, no mark without its letter.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from typing import Literal

from rongmei.channels.base import AI_LABEL, Article
from rongmei.channels.rendering import one_line

TOPIC_CHARS = 30
"""A longer tag is no topic anybody follows; it is left out, because a cut one would be another topic."""

_NO_WORD = re.compile(r"\W")
_LONE = re.compile(r"[\ud800-\udfff]")
_GLUE = "\u200d\u2060\ufeff"
"""Zero width joiner, word joiner and its old form: they belong to both sides."""


def units(text: str) -> int:
    """The length of a text in UTF-16 units."""
    return len(text) + sum(sign > "\uffff" for sign in text)


def cut(text: str, limit: int) -> str:
    """At most `limit` units of the text, with … where something was cut, never through the middle of a sign."""
    if units(text) <= limit:
        return text
    used = end = 0
    for at, sign in enumerate(text, start=1):
        used += units(sign)
        if used > limit - 1:
            break
        if not _holds_together(text, at):
            end = at
    return text[:end].rstrip() + "…" if limit > 0 else ""


def tame(text: str) -> str:
    """One line without what a platform would act on: `#word` is a topic and `@name` calls somebody."""
    return one_line(_LONE.sub("", text)).replace("#", "＃").replace("@", "＠")


def topics(tags: Sequence[str], most: int) -> tuple[str, ...]:
    """Tags as topics: letters and digits only (anything else would end the topic), each once, the first `most`."""
    words = (_NO_WORD.sub("", tag) for tag in tags)
    return tuple(dict.fromkeys(word for word in words if 0 < units(word) <= TOPIC_CHARS))[:most]


def caption(article: Article, channel: str, *, limit: int, most_topics: int) -> str:
    """Title, digest, AI label where one is due, and topics, a line each; title and digest give way to the rest."""
    title, digest = tame(article.title_for(channel)), tame(article.digest)
    words = title if digest in ("", title) else f"{title}\n{digest}"
    ending = f"\n（{AI_LABEL}）" if article.ai_generated else ""
    if found := topics(article.tags, most_topics):
        ending += "\n" + " ".join(f"#{topic}" for topic in found)
    return cut(words, limit - units(ending)) + ending


def likeness(shown: str, kept: str) -> Literal["same", "like", "other"]:
    """How a text that a platform shows compares to the one that was sent.

    `same`: nothing but white space and entities differ. `like`: it may be ours in the platform's dress – only signs
    and punctuation differ, or one is the beginning of the other, or nothing is shown at all. `other`: certainly not.
    """
    if _squeezed(kept) in (_squeezed(shown), _squeezed(html.unescape(shown))):
        return "same"
    ours, theirs = _letters(kept), _letters(html.unescape(shown))
    return "like" if ours.startswith(theirs) or theirs.startswith(ours) else "other"


def _holds_together(text: str, at: int) -> bool:
    """Whether what stands before position `at` and what follows it are one sign."""
    if not 0 < at < len(text):
        return False
    before, after = text[at - 1], text[at]
    if before in _GLUE or after in _GLUE or unicodedata.category(after).startswith("M"):
        return True
    if "\U0001f3fb" <= after <= "\U0001f3ff" or "\U000e0020" <= after <= "\U000e007f":
        return True  # Skin tones, and the letters that spell a region's flag.
    return _is_flag_letter(after) and _flag_letters_before(text, at) % 2 == 1


def _is_flag_letter(sign: str) -> bool:
    return "\U0001f1e6" <= sign <= "\U0001f1ff"


def _flag_letters_before(text: str, at: int) -> int:
    start = at
    while start > 0 and _is_flag_letter(text[start - 1]):
        start -= 1
    return at - start


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalnum()).casefold()
