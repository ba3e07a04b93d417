"""The small field types that the configuration models are made of, and the error that carries where and how to mend."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

Path = tuple[str | int, ...]
"""The way from the top of a file to a value: keys and list positions, e.g. ("sources", 0, "urls", 1)."""


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a value.

    Attributes:
        message: what is wrong, a Chinese clause without a full stop.
        mend: how to put it right, in Chinese.
        at: where the culprit is, relative to the value under validation; empty for the value itself.
    """

    message: str
    mend: str = ""
    at: Path = ()


class Faults(ValueError):
    """What a validator raises: every fault it found, so that an operator mends them in one go."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("；".join(fault.message for fault in faults))


def refuse(faults: Iterable[Fault]) -> None:
    """Raise `Faults` when there is at least one."""
    if found := tuple(faults):
        raise Faults(*found)


def repeated(values: Sequence[str], what: str, at: Path = (), tail: Path = ()) -> Iterator[Fault]:
    """A fault for every value that stood earlier in the list already; `at + (position,) + tail` is its place."""
    seen: set[str] = set()
    for position, value in enumerate(values):
        if value in seen:
            yield Fault(f"{what}“{value}”重复了", "删掉重复的一项，或换一个", (*at, position, *tail))
        seen.add(value)


def unknown(values: Sequence[str], known: Iterable[str], what: str, at: Path = ()) -> Iterator[Fault]:
    """A fault for every value that is not among the known ones."""
    names = sorted(known)
    for position, value in enumerate(values):
        if value not in names:
            yield Fault(f"没有{what}“{value}”", f"可用的有：{listing(names)}", (*at, position))


def listing(names: Iterable[str], limit: int = 8) -> str:
    """A short Chinese enumeration for messages: at most `limit` names, then how many there are."""
    every = list(names)
    shown = "、".join(every[:limit]) or "（一个也没有）"
    return f"{shown} 等 {len(every)} 个" if len(every) > limit else shown


def not_one(weights: Mapping[str, float]) -> Iterator[Fault]:
    """A fault when weights do not add up to 1 (tolerance 1e-6)."""
    total = math.fsum(weights.values())
    if abs(total - 1) > 1e-6:
        yield Fault(f"各项权重之和是 {total:g}，应为 1", "调整各项权重，使它们加起来正好是 1")


_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL_BUT_NEWLINE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SLOT = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d", re.ASCII)
_EMAIL = re.compile(r"[A-Za-z0-9._+-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
_FOLDER = re.compile(r"\w[\w.-]*(?:/\w[\w.-]*)*")
_CONNECTION = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
MIN_TERM: Final = 2
_PATH = re.compile(r"/(?!/)[^\s\\]*")


def is_slug(text: str) -> bool:
    """Whether the text may be an identifier: lower-case letters, digits, single - or _ between them, ≤ 64 long."""
    return len(text) <= 64 and _SLUG.fullmatch(text) is not None


def _slug(text: str) -> str:
    if not is_slug(text):
        raise Faults(Fault(f"标识“{text}”不合规则", "只用小写字母、数字和中间的 - 或 _，最长 64 个字符"))
    return text


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise Faults(Fault("文字里有换行或控制字符", "写成一行，去掉看不见的字符"))
    return text


def _many_lines(text: str) -> str:
    if _CONTROL_BUT_NEWLINE.search(text):
        raise Faults(Fault("文字里有控制字符", "去掉看不见的字符"))
    return text


def _iso_day(value: Any) -> Any:
    """Only `2026-06-06` or a date: pydantic alone would also take a number for seconds since 1970."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Faults(Fault(f"没有“{value}”这一天", "核对月份和日子")) from None
    raise Faults(Fault(f"“{value}”不是日期", "写成 2026-06-06 这样：年-月-日，月和日两位数"))


def _slot(text: str) -> str:
    if not _SLOT.fullmatch(text):
        raise Faults(Fault(f"时刻“{text}”不对", "写成 24 小时制的 时:分，各两位，例如 08:30、21:00"))
    return text


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Faults(Fault(f"“{text}”不是邮箱地址", "写成 name@example.com 这样，不带姓名和尖括号"))
    return text


def _folder(text: str) -> str:
    if not _FOLDER.fullmatch(text):
        raise Faults(
            Fault(f"文件夹名“{text}”不合规则", "写收件目录下的相对名字，例如 cunchao；不能是绝对路径，不能有 ..")
        )
    return text


def _connection(text: str) -> str:
    if not _CONNECTION.fullmatch(text):
        raise Faults(Fault(f"连接标识“{text}”不合规则", "只用字母、数字、_ - .，与 Airflow 连接的 Conn Id 一致"))
    return text


def _address(text: str) -> str:
    if not _PATH.fullmatch(text) and not _is_web_address(text):
        mend = "写成 http:// 或 https:// 开头、不带用户名和密码的网址，或以一个 / 开头的路径"
        raise Faults(Fault(f"地址“{text}”不能用", mend))
    return text


def _is_web_address(text: str) -> bool:
    if re.search(r"[\s\\]", text):
        return False
    try:
        parts = urlsplit(text)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and port_is_fine


def _term(text: str) -> str:
    if len(text) < MIN_TERM:
        raise Faults(Fault(f"“{text}”只有一个字，会到处误报", "写成两个字以上的词"))
    return text


def _line_of_at_most(length: int) -> Any:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=length)


Slug = Annotated[str, AfterValidator(_slug)]
"""An identifier, see `is_slug`."""
Text = Annotated[str, _line_of_at_most(200), AfterValidator(_one_line)]
"""One line of 1–200 characters, safe in a mail header."""
LongText = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000), AfterValidator(_many_lines)]
"""At most 4000 characters, line breaks allowed."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500), AfterValidator(_many_lines)]
"""At most 500 characters, line breaks allowed."""
Word = Annotated[str, _line_of_at_most(40), AfterValidator(_one_line)]
"""A keyword, place or beat: 1–40 characters."""
Term = Annotated[Word, AfterValidator(_term)]
"""What is looked for in a text: 2–40 characters, because a single character would be found everywhere."""
Day = Annotated[date, BeforeValidator(_iso_day)]
"""A calendar day in the cluster's time zone, written 2026-06-06."""
Slot = Annotated[str, AfterValidator(_slot)]
"""A moment of the day in the cluster's time zone, HH:MM, 24 hours."""
Email = Annotated[str, AfterValidator(_email)]
Folder = Annotated[str, AfterValidator(_folder)]
"""A folder relative to the inbox; never absolute, never upwards."""
Connection = Annotated[str, _line_of_at_most(200), AfterValidator(_connection)]
Address = Annotated[str, StringConstraints(max_length=2000), AfterValidator(_one_line), AfterValidator(_address)]
"""An http(s) URL without credentials, or a path beginning with one / that is resolved at run time."""
Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number of at least 1; `true` and "3" are refused."""
Amount = Annotated[int, Field(strict=True, ge=0)]
"""A whole number of at least 0."""
Ratio = Annotated[float, Field(strict=True, ge=0, le=1)]
"""A share between 0 and 1."""
