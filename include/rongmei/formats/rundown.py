"""A rundown (串联单) for radio and television: numbered items with reading times, and scripts in lines to breathe by.

Reading time counts what is spoken: a Chinese character or a digit is one, a word of another script two (what a reader
at 240 characters a minute roughly takes; measured by nobody, so the pace is the caller's to set).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from rongmei.channels.base import AI_LABEL, Article
from rongmei.clock import local
from rongmei.errors import BadInput
from rongmei.formats.parts import Attachment, Release, dateline, line, signed_off

CHARS_A_MINUTE = 240
LINE_CHARS = 20
"""Signs of a line at most: what a teleprompter shows without moving the eyes."""
SPOKEN_AI_LABEL = f"{AI_LABEL}。"

_WORD = re.compile(r"[^\W\d_]+")
_STOPS = "。！？；…!?;"
_PAUSES = "，、：,:"
_CLOSERS = "”’」』）》】)\"'"
# Ideographs, kana and Hangul, without their punctuation.
_HAN = re.compile(
    "[\u2e80-\u2fdf\u3005-\u3007\u3041-\u3096\u30a1-\u30fa\u30fc-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003fffd]"
)
# Marks that belong to the sign before them: a line is never broken there.
_JOINERS = re.compile("[\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")


@dataclass(frozen=True)
class Segment:
    """One item of a rundown.

    Attributes:
        slug: the name the studio calls it by.
        script: lines to read, in their order; the AI label first where one is due.
        seconds: reading time.
        facts: (label, value) for the head of the item.
        clips: (file, seconds or None) to play.
    """

    slug: str
    script: tuple[str, ...]
    seconds: int
    facts: tuple[tuple[str, str], ...]
    clips: tuple[tuple[str, float | None], ...] = ()


def segment(
    article: Article,
    release: Release,
    attachments: Sequence[Attachment] = (),
    *,
    per_minute: int = CHARS_A_MINUTE,
    line_chars: int = LINE_CHARS,
) -> Segment:
    """The story as an item.

    Args:
        per_minute: spoken characters a minute.
        line_chars: signs in a line of script, at least 8.

    Raises:
        BadInput: a pace or a line length nobody can read by.
    """
    if per_minute < 1 or line_chars < 8:
        raise BadInput("播读语速或每行字数太小", mend="语速按每分钟字数填（常用 240），每行至少 8 字")
    spoken = script(article, line_chars)
    facts = (
        ("栏目", line(article.column)),
        ("电头", dateline(article, release)),
        ("记者", line(article.author)),
        ("来源", line(article.source) or line(article.outlet)),
        ("审签", signed_off(article).removeprefix("审签：")),
        ("稿件", f"{line(article.guid)} 第{article.version}版"),
        ("声明", f"{AI_LABEL}（须口播）" if article.ai_generated else ""),
        ("状态", {"usable": "", "withheld": "暂缓使用", "canceled": "已撤稿，请勿播出"}[release.status]),
        ("备注", line(release.note)),
    )
    return Segment(
        slug=line(article.title),
        script=spoken,
        seconds=reading_seconds("".join(spoken), per_minute),
        facts=tuple((label, value) for label, value in facts if value),
        clips=tuple((one.name, one.seconds) for one in attachments if one.nature in ("video", "audio")),
    )


def script(article: Article, line_chars: int = LINE_CHARS) -> tuple[str, ...]:
    """What is read aloud, in lines: the AI label first where one is due, so that listeners know before they listen."""
    return tuple(breathable((SPOKEN_AI_LABEL if article.ai_generated else "") + line(article.text), line_chars))


def sheet(segments: Sequence[Segment], *, title: str, at: datetime, per_minute: int = CHARS_A_MINUTE) -> str:
    """The rundown as text with LF line ends.

    Args:
        at: when it is made, aware; shown as Shanghai time.
        per_minute: the pace the segments were timed by.
    """
    there = local(at)
    total = sum(one.seconds for one in segments)
    head = [
        f"串联单　{line(title)}",
        f"{there.year}年{there.month}月{there.day}日 {there:%H:%M}　共 {len(segments)} 条　"
        f"总时长 {spoken_time(total)}（每分钟 {per_minute} 字）",
    ]
    blocks = ["\n".join(head), *(_block(number, one) for number, one in enumerate(segments, 1))]
    return "\n\n".join(blocks) + "\n"


def encoded(text: str, encoding: str = "utf-8") -> bytes:
    """The text as bytes with CRLF line ends, as studio systems expect.

    Args:
        encoding: `utf-8` or `gb18030`, which has every character as well.

    Raises:
        BadInput: another one.
    """
    if encoding.lower() not in {"utf-8", "gb18030"}:
        raise BadInput(f"串联单不能用编码“{line(encoding)[:20]}”", mend="写 utf-8 或 gb18030")
    return text.replace("\n", "\r\n").encode(encoding)


def reading_seconds(text: str, per_minute: int = CHARS_A_MINUTE) -> int:
    """Seconds to read `text` aloud, rounded up."""
    return math.ceil(spoken_chars(text) * 60 / per_minute)


def spoken_chars(text: str) -> int:
    """What is spoken of `text`: punctuation and white space are not."""
    chars = sum(1 for sign in text if _HAN.match(sign) or unicodedata.category(sign) == "Nd")
    return chars + 2 * len(_WORD.findall(_HAN.sub(" ", text)))


def breathable(text: str, line_chars: int = LINE_CHARS) -> list[str]:
    """`text` in lines of at most about `line_chars` signs, broken after sentences, then at pauses, then anywhere.

    Joined again the lines are the text without white space at the breaks; no sign is torn from its marks.
    """
    lines: list[str] = []
    for sentence in _split(text, _STOPS):
        current = ""
        for clause in _split(sentence, _PAUSES):
            if current and len(current) + len(clause) > line_chars:
                lines.append(current)
                current = ""
            for piece in _cut(clause, line_chars):
                if current and len(current) + len(piece) > line_chars:
                    lines.append(current)
                    current = ""
                current += piece
        lines.append(current)
    return [made for made in (one.strip() for one in lines) if made]


def spoken_time(seconds: int) -> str:
    """`4分05秒`, `35秒`."""
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}分{rest:02d}秒" if minutes else f"{rest}秒"


def _block(number: int, one: Segment) -> str:
    chars = sum(spoken_chars(text) for text in one.script)
    lines = [f"【{number}】{one.slug}", f"时长：{spoken_time(one.seconds)}　字数：{chars}"]
    lines += [f"{label}：{value}" for label, value in one.facts]
    for name, seconds in one.clips:
        lines.append(f"视频：{name}" + (f"　{spoken_time(round(seconds))}" if seconds is not None else ""))
    return "\n".join([*lines, "-" * 20, *one.script])


def _split(text: str, marks: str) -> list[str]:
    """`text` cut after each run of `marks` and what closes it; nothing is lost. A dot or comma in a number is none."""
    pattern = rf"[{re.escape(marks)}]+[{re.escape(_CLOSERS)}]*(?!\d)"
    ends = [match.end() for match in re.finditer(pattern, text)]
    starts = [0, *ends]
    return [text[start:end] for start, end in zip(starts, [*ends, len(text)], strict=True) if text[start:end]]


def _cut(clause: str, line_chars: int) -> list[str]:
    """A clause in pieces of about `line_chars`, never inside a sign, a word of Latin letters or a number."""
    pieces: list[str] = []
    rest = clause
    while len(rest) > line_chars:
        at = _break_before(rest, line_chars)
        pieces.append(rest[:at])
        rest = rest[at:]
    return [*pieces, rest]


def _break_before(text: str, at: int) -> int:
    """The last place up to `at` where `text` may be broken; a word that is longer than a line is broken in itself."""
    for place in range(at, 0, -1):
        if not _holds(text[place - 1], text[place]) and not _is_word(text[place - 1], text[place]):
            return place
    for place in range(at, len(text)):
        if not _holds(text[place - 1], text[place]):
            return place
    return len(text)


def _holds(before: str, after: str) -> bool:
    """Whether two signs make one to the reader, or the second may not begin a line."""
    if _JOINERS.match(after) or unicodedata.combining(after) or before == "\u200d":
        return True
    flags = "\U0001f1e6" <= before <= "\U0001f1ff" and "\U0001f1e6" <= after <= "\U0001f1ff"
    return flags or after in _STOPS + _PAUSES + _CLOSERS


def _is_word(before: str, after: str) -> bool:
    return all(sign.isalnum() and not _HAN.match(sign) for sign in (before, after)) or (
        before.isdigit() and after in ".%‰"
    )
