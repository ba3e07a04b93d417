"""Clean text from outside for display, and reduce a title to the key by which two titles are compared."""

from __future__ import annotations

import re
import unicodedata

MAX_LINE = 300
MAX_TEXT = 20_000
ELLIPSIS = "…"

_SPACES = re.compile(r"[^\S\n]+")
_BLANK_LINES = re.compile(r"\n{3,}")
# Zalgo: more than three combining marks on one character carry no meaning and break layouts.
_MARKS = re.compile(r"([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})"
                    r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+")  # fmt: skip
# Letters by category, blank by look: Hangul fillers and the empty braille pattern.
_INVISIBLE = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
# Format characters (zero-width, bidi overrides, tags, soft hyphen), controls, surrogates, private use.
_DROPPED_CATEGORIES = frozenset(("Cc", "Cf", "Cs", "Co"))
_LINE_BREAKS = frozenset("\n\r\v\f\x85\u2028\u2029")

_WRAPPED_TAG = re.compile(r"#([^#\s](?:[^#]{0,58}[^#\s])?)#")
_TRAILING_TAGS = re.compile(r"(?:\s*#[^\s#]{1,60})+\s*$")
_MEDIA_SUFFIX = (
    "日报|晚报|晨报|早报|时报|快报|周报|商报|都市报|周刊|杂志|通讯社|新华社|中新社|新闻|新闻网|网|电视台|广播电视台|电台|卫视|"
    "融媒|融媒体|融媒体中心|传媒|客户端|频道|在线|发布|头条|报|微博|公众号|南方\\+|n视频"
)
# "…_新华网", "… | 南方日报", "…——东莞日报": one separator, then a short name that ends like a medium's name.
_TRAILING_SOURCE = re.compile(
    rf"(?<=\S)\s*(?:[_|丨｜]|\s[-–]|[-–—]{{1,2}})\s*(?=\D)"
    rf"[^\s_|丨｜\-–—]{{0,10}}?(?:{_MEDIA_SUFFIX})\s*$"
)
_BRACKETED_SOURCE = re.compile(
    rf"\s*[(\[【](?:来源|文|图|转自|转载自|记者)?[:：]?[^()\[\]【】]{{0,12}}(?:{_MEDIA_SUFFIX})[)\]】]\s*$"
)
_FORM_TAG = re.compile(r"\s*[(\[【](?:图|组图|多图|视频|图文|附图|直播|音频|海报|高清图?|短视频)[)\]】]\s*$")
_SOURCE_NOTE = re.compile(r"\s*[(\[【]?(?:来源|转自|转载自)[:：]\s*[^()\[\]【】]{1,20}[)\]】]?\s*$")
_TAILS = (_SOURCE_NOTE, _BRACKETED_SOURCE, _FORM_TAG, _TRAILING_SOURCE)
_MIN_KEY = 4
_INNER_SEPARATORS = frozenset(".:-/%")


def _visible(text: str) -> str:
    """Drop what cannot be seen; every kind of line break becomes \\n and every blank becomes a space."""
    out: list[str] = []
    for char in text.replace("\r\n", "\n"):
        if char in _LINE_BREAKS:
            out.append("\n")
        elif char == "\t":
            out.append(" ")
        elif char in _INVISIBLE or _is_noncharacter(char):
            continue
        elif unicodedata.category(char) not in _DROPPED_CATEGORIES:
            out.append(char)
    return "".join(out)


def _is_noncharacter(char: str) -> bool:
    code = ord(char)
    return code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF


def _cut(text: str, limit: int) -> str:
    if limit < 1:
        raise ValueError("limit must be at least 1")
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def clean_text(text: str, limit: int = MAX_TEXT) -> str:
    """Text of several lines for display: NFC, nothing invisible, no runs of blanks, at most `limit` characters.

    Chinese punctuation stays as written. The result is plain text: escaping for HTML is the surface's business.

    Args:
        text: anything a person or a machine sent.
        limit: most characters (code points) of the result; a cut ends in "…".
    """
    # A bound before the per-character work: what is beyond four times the limit cannot reach the result's head.
    visible = unicodedata.normalize("NFC", _visible(text[: limit * 4 + 64]))
    marked = _MARKS.sub(r"\1", visible)
    lines = "\n".join(_SPACES.sub(" ", line).strip() for line in marked.split("\n"))
    return _cut(_BLANK_LINES.sub("\n\n", lines).strip(), limit)


def clean_line(text: str, limit: int = MAX_LINE) -> str:
    """`clean_text` for a one-line field (title, name, place): line breaks become single spaces."""
    return _cut(" ".join(clean_text(text, limit * 2 + 64).split()), limit)


def fold(text: str) -> str:
    """Full-width, compatibility and upper-case forms folded away: NFKC and casefold until nothing changes."""
    for _ in range(4):
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
        if folded == text:
            break
        text = folded
    return text


def strip_tails(title: str) -> str:
    """A title without trailing source and form tags: "…_新华网", "…（来源：新华社）", "…（组图）"."""
    for _ in range(4):
        shorter = title
        for tail in _TAILS:
            candidate = tail.sub("", shorter)
            if len(candidate.strip()) >= _MIN_KEY:
                shorter = candidate
        if shorter == title:
            break
        title = shorter
    return title


def _open_hashtags(title: str) -> str:
    """`#话题#正文` keeps the topic's words; the string of tags that ends a video caption is dropped."""
    opened = _WRAPPED_TAG.sub(r" \1 ", title)
    bare = _TRAILING_TAGS.sub("", opened)
    return bare if len(bare.strip()) >= _MIN_KEY else opened


def _is_word_char(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN" or unicodedata.category(char) in ("Mn", "Mc", "So")


def _keep_words(text: str) -> str:
    """Letters, digits and emoji; a separator stays only between digits ("2-1", "3.5"), a blank only between ASCII."""
    out: list[str] = []
    for index, char in enumerate(text):
        if _is_word_char(char):
            out.append(char)
            continue
        before = text[index - 1] if index else ""
        after = text[index + 1 : index + 2]
        if char in _INNER_SEPARATORS and before.isdecimal() and (after.isdecimal() or char == "%"):
            out.append(char)
        elif out and out[-1] != " ":
            out.append(" ")
    words = "".join(out).split()
    joined: list[str] = []
    for word in words:
        if joined and joined[-1][-1].isascii() and word[0].isascii():
            joined.append(" ")
        joined.append(word)
    return "".join(joined)


def normalise(title: str) -> str:
    """The key of a title: equal keys mean the same title written by different hands.

    NFKC and casefold, invisible characters gone, hashtags opened, trailing source tags ("_新华网"), form tags
    ("（组图）") and caption tags dropped, punctuation and blanks removed. Digits keep their separators, so that
    "2-1" and "21" differ. Idempotent. A title of nothing but punctuation has the key "".
    """
    key = clean_line(title, MAX_LINE)
    for _ in range(8):
        shorter = _keep_words(strip_tails(_open_hashtags(clean_line(fold(key), MAX_LINE))))
        if shorter == key:
            break
        key = shorter
    return key
