"""The head of a filed text: its keys in either language, where each stands, and every problem found in it.

It is YAML in a Markdown text, and lines or a table at the top of a document; what may be said is the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from rongmei.config import CHANNEL_NAMES
from rongmei.config.fields import Path
from rongmei.config.yamlfile import Document, UnreadableError, parse_yaml
from rongmei.errors import BadInput, RongmeiError
from rongmei.text.normalise import clean_line

Names = Mapping[str, tuple[str, ...]]
"""Key → what else it may be called; the first is what messages call it."""

KEYS: Names = {
    "assignment": ("任务", "任务编号"),
    "title": ("标题", "题目"),
    "author": ("作者", "记者"),
    "digest": ("摘要", "导语"),
    "column": ("栏目",),
    "tags": ("标签",),
    "ai_generated": ("人工智能生成", "AI生成"),
    "cover": ("封面",),
    "images": ("图片",),
    "video": ("视频", "videos"),
    "audio": ("音频", "录音"),
    "place": ("地点",),
    "source": ("来源", "版权"),
    "titles": ("渠道标题", "分渠道标题"),
    "card": ("服务卡",),
    "embargo": ("解禁", "解禁时间"),
    "correction": ("更正", "更正说明"),
}
FILE_KEYS: Names = {
    "file": ("文件", "图片", "视频", "音频"),
    "alt": ("说明", "图说"),
    "credit": ("署名", "摄影", "摄像", "录制"),
}
CARD_KEYS: Names = {
    "title": ("标题",),
    "link": ("链接",),
    "benefit": ("权益",),
}


def canonical(names: Names) -> dict[str, str]:
    """What each key is called in any way → the key."""
    return {name: key for key, others in names.items() for name in (key, *others)}


_CANONICAL = canonical(KEYS)
_WRITTEN = {*_CANONICAL, *canonical(FILE_KEYS), *canonical(CARD_KEYS), *CHANNEL_NAMES, *CHANNEL_NAMES.values()}
# People type the colon of their own alphabet, or forget the blank after it; both are clear after a known key.
_COLON = re.compile(
    rf"^(\s*(?:- )?(?:{'|'.join(map(re.escape, sorted(_WRITTEN, key=len, reverse=True)))}))[ \t]*(?:：|:(?=\S))[ \t]*",
    re.MULTILINE,
)


class Unfit(RongmeiError):
    """A filed text cannot be taken; every reason at once, so that the outlet mends them in one go."""

    def __init__(self, *problems: BadInput) -> None:
        self.problems = problems
        super().__init__("；".join(str(problem) for problem in problems))


def half_width(value: object, limit: int = 60) -> str:
    """A short value with its digits and colons as the keyboard of a programmer has them."""
    return unicodedata.normalize("NFKC", str("" if value is None else value)[:limit]).strip()


class Head:
    """The head of one text, and the problems found in it so far.

    Args:
        first_line: lines of the file before the YAML.

    Raises:
        Unfit: the YAML cannot be read at all.
    """

    wants_assignment: str = "补上一行 assignment: 编号，编号在派单通知里，例如 assignment: 12"
    wants_title: str = "补上一行 title: 标题"

    def __init__(self, yaml: str, *, first_line: int) -> None:
        self._first_line = first_line
        self._start()
        try:
            self._document: Document = parse_yaml(_COLON.sub(r"\1: ", yaml))
        except UnreadableError as error:
            wrong = error.mistake
            raise Unfit(self._problem(wrong.message, wrong.line, wrong.mend)) from None
        for mistake in self._document.mistakes:
            self.problems.append(self._problem(mistake.message, mistake.line, mistake.mend))
        for written, value in self._document.data.items():
            self._take(str(written), value)

    def _start(self) -> None:
        self.problems: list[BadInput] = []
        self._values: dict[str, Any] = {}
        self._written: dict[str, str] = {}

    def value(self, key: str) -> Any:
        """What stands under a key of `KEYS`; None where it is not said."""
        return self._values.get(key)

    def refuse(self, key: str, what: str, mend: str, *inside: str | int) -> None:
        """Note a problem; `inside` leads from the key's value to the culprit."""
        at: Path = (self._written[key], *inside) if key in self._written else ()
        self.problems.append(self._refusal(what, at, mend))

    def text(self, key: str, name: str, limit: int) -> str:
        """The line of text under a key, "" where it is not said or not fit."""
        return self.line(self.value(key), key, name, limit)

    def line(self, value: Any, key: str, name: str, limit: int, *inside: str | int) -> str:
        """A value as one line of at most `limit` characters; "" for None, and for what is refused."""
        if value is None:
            return ""
        if isinstance(value, bool | float | list | dict):
            self.refuse(key, f"“{name}”应为一行文字", "写成一行文字；像数字的内容加上引号", *inside)
            return ""
        text = clean_line(str(value), limit * 4)
        if len(text) > limit:
            self.refuse(key, f"“{name}”有 {len(text)} 字，最多 {limit} 字", "缩短", *inside)
            return ""
        return text

    def fields(self, value: dict[str, Any], key: str, known: Names, *inside: str | int) -> dict[str, tuple[str, Any]]:
        """A group of fields: key → (as it is written, value); what is unknown or said twice is refused."""
        names, found = canonical(known), dict[str, tuple[str, Any]]()
        what, usable = KEYS[key][0], "、".join(others[0] for others in known.values())
        for written, field in value.items():
            name = names.get(written.strip())
            if name is None:
                said = f"{what}里没有“{clean_line(written, 40)}”这一项"
                self.refuse(key, said, f"可用的有：{usable}", *inside, written)
            elif name in found:
                self.refuse(key, f"{what}里“{written}”与“{found[name][0]}”重复", "只留一处", *inside, written)
            else:
                found[name] = (written, field)
        return found

    def _refusal(self, what: str, at: Path, mend: str) -> BadInput:
        return self._problem(what, self._document.line_of(at) if at else 0, mend)

    def _problem(self, what: str, line: int, mend: str) -> BadInput:
        return BadInput(what, where=f"第 {line + self._first_line} 行" if line else "稿头", mend=mend)

    def _take(self, written: str, value: Any) -> None:
        key = _CANONICAL.get(written.strip(), "")
        if key == "title" and isinstance(value, dict):
            key = "titles"  # 标题 with a line a channel can only mean this
        line = self._document.line_of((written,))
        if key not in KEYS:
            known = "、".join(names[0] for names in KEYS.values())
            self.problems.append(
                self._problem(f"稿头里没有“{clean_line(written, 40)}”这一项", line, f"可用的有：{known}")
            )
        elif key in self._values:
            first = self._document.line_of((self._written[key],)) + self._first_line
            self.problems.append(self._problem(f"“{written}”与第 {first} 行重复", line, "只留一处"))
        else:
            self._values[key], self._written[key] = value, written


class Fields(Head):
    """A head that a document says in its own way, found by its reader.

    Args:
        fields: (as it is written, value), each key at most once, every key known.
        where: what the head is called in messages.
        wants_assignment: how to say which assignment this is; `wants_title` likewise.
    """

    def __init__(
        self, fields: Iterable[tuple[str, Any]], *, where: str, wants_assignment: str, wants_title: str
    ) -> None:
        self._where = where
        self.wants_assignment, self.wants_title = wants_assignment, wants_title
        self._start()
        for written, value in fields:
            key = canonical_key(written)
            self._values[key], self._written[key] = value, written

    def _refusal(self, what: str, at: Path, mend: str) -> BadInput:
        return BadInput(what, where=f"{self._where}“{clean_line(str(at[0]), 40)}”" if at else self._where, mend=mend)


def canonical_key(written: str) -> str:
    """The key of `KEYS` that is written in any way, blanks inside and other cases included; "" for none."""
    folded = "".join(unicodedata.normalize("NFKC", written[:60]).split()).casefold()
    return _FOLDED.get(folded, "")


_FOLDED = {"".join(name.split()).casefold(): key for name, key in _CANONICAL.items()}
