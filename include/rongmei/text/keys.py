"""The key by which stories are compared: what a title says, whatever script, width, numerals, spacing or pictures."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from pathlib import Path

from rongmei.text.normalise import MAX_LINE, fold, normalise, strip_tails

MAX_CHARS = MAX_LINE * 2
"""Further than that no title is read."""

_TABLE = Path(__file__).with_name("traditional.txt")
# Emoji and other pictures by category (So, Sk); variation selectors and the keycap are marks that follow them.
_PICTURES = frozenset(("So", "Sk"))
_PICTURE_MARKS = re.compile("[\ufe00-\ufe0f\u20e0\u20e3]")

_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1_000}
_NUMERALS = "".join((*_DIGITS, *_UNITS))
# What is counted in headlines: a Chinese numeral before one of these, after 第 or on both sides of 比 is a number.
_COUNTED = (
    "轮届场次名人日月年天岁强支队个位期集站回季周号元米里分球胜负平倍成小时分钟连冠金银铜项县镇村万亿度级家所条起死伤点"
    "车辆只头座栋间户台套件份张把对双部首篇本页票桌店校班块"
)
_NUMERAL = re.compile(
    rf"第[{_NUMERALS}]+|[{_NUMERALS}]+(?=[{_COUNTED}]|比[{_NUMERALS}\d])|(?<=[\d{_NUMERALS}]比)[{_NUMERALS}]+"
)
_SCORE = re.compile(r"(?<=\d)[比\-/](?=\d)")
_THOUSANDS = re.compile(r"(?<=\d)[,，](?=\d{3}(?!\d))")
_BLANK = re.compile(r"(?<!\d) | (?!\d)")

# A title of nothing but these letters and marks is plain, unless it may have a separator that tells numbers apart or
# a tail: a bracket or the name of a medium at its end. The marks of a plain title just drop out.
_MARKS = " 　，。！？；：、“”‘’《》〈〉「」…·!?;:,.'\"()（）【】[]—-|丨｜_/&+*=~～<>@"
_PLAIN = re.compile(rf"[一-鿿A-Za-z0-9{re.escape(_MARKS)}]*")
_NOT_SO_PLAIN = re.compile(
    r"\d[\W_丨]+\d|[来來]源|[转轉]自|[转轉][载載]自"
    r"|[)\]】）报報刊志誌社闻聞网網台臺视視体體心媒端道线線綫布佈条條博号號频頻]\s*$",
    re.ASCII,
)
_CLAUSE_ENDS = re.compile(r"[,，。;!！?？|丨…\n]|——|(?<!\d):|:(?!\d)|\s(?![a-z0-9])|(?<![a-z0-9])\s")


@lru_cache(maxsize=1)
def simplified_characters() -> dict[int, str]:
    """Code point of a traditional character → the simplified one it is written with most often."""
    lines = (line for line in _TABLE.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    return {ord(traditional): line[0] for line in lines for traditional in line[1:]}


def simplify(text: str) -> str:
    """`text` with every traditional character replaced.

    Character by character, so that it also runs 乾隆 and 干 together: a key for comparing, not a text to be read.
    """
    return text.translate(simplified_characters())


@lru_cache(maxsize=1)
def _plain_table() -> dict[int, str | None]:
    latin = {code: chr(code).lower() for code in range(ord("A"), ord("Z") + 1)}
    dropped = dict.fromkeys(map(ord, _MARKS))
    return {**simplified_characters(), **latin, **dropped}


@lru_cache(maxsize=50_000)
def story_key(title: str) -> str:
    """The key of a title; equal keys mean that the titles say the same, letter for letter.

    As `normalise`, and further: traditional characters simplified, emoji gone, blanks only between digits, Chinese
    numerals of counted things as digits (第三轮, 三比一 → 第3轮, 3:1). A title of nothing but punctuation and pictures
    has the key "". Never raises.
    """
    if len(title) <= MAX_LINE and _PLAIN.fullmatch(title) and not _NOT_SO_PLAIN.search(title):
        return _count(title.translate(_plain_table()))
    return _long_way(title)


def _long_way(title: str) -> str:
    bare = _without_pictures(simplify(fold(title[:MAX_CHARS]))).replace("丨", "|")
    key = _count(_BLANK.sub("", normalise(_THOUSANDS.sub("", bare))))
    return key if any(map(str.isalnum, key)) else ""


def _without_pictures(text: str) -> str:
    marked = _PICTURE_MARKS.sub("", text)
    if marked.isascii():
        return marked
    return "".join(" " if unicodedata.category(char) in _PICTURES else char for char in marked)


def _count(key: str) -> str:
    """Numerals as digits, and one separator (":") for scores and dates however they are written."""
    return _SCORE.sub(":", _NUMERAL.sub(lambda found: _as_digits(found.group()), key))


def _as_digits(numeral: str) -> str:
    first, digits = ("第", numeral[1:]) if numeral[0] == "第" else ("", numeral)
    return f"{first}{_value(digits)}"


def _value(numeral: str) -> int:
    """The value below 10,000 of a numeral such as 二十三; digit strings (二〇二四) are read digit by digit."""
    if not any(char in _UNITS for char in numeral):
        return int("".join(str(_DIGITS[char]) for char in numeral))
    total, digit = 0, 0
    for char in numeral:
        if char in _UNITS:
            total += (digit or 1) * _UNITS[char]
            digit = 0
        else:
            digit = _DIGITS[char]
    return total + digit


def clauses(title: str) -> tuple[str, ...]:
    """The keys of the title's clauses, in order: what stands between commas, colons, full stops and blanks."""
    bare = strip_tails(_without_pictures(simplify(fold(title[:MAX_LINE]))))
    return tuple(key for part in _CLAUSE_ENDS.split(bare) if (key := story_key(part)))
