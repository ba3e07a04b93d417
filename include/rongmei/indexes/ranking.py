"""Ranks the accounts of a table by an index, and says where the order is not certain."""

from __future__ import annotations

import csv
import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rongmei.errors import BadInput
from rongmei.indexes.model import DIGITS, Index, Result
from rongmei.text.normalise import clean_line

MAX_ROWS = 10_000
MAX_CHARS = 5_000_000
MAX_NAME = 60
ACCOUNT_COLUMNS = ("账号", "账号名称", "公众号", "名称", "媒体", "account", "name")


@dataclass(frozen=True)
class Ranked:
    """An account's place.

    Attributes:
        place: the best and the worst place it can have; equal figures share one; None without a figure.
        result: None where the row could not be reckoned with.
        problem: then why, in Chinese.
    """

    account: str
    place: tuple[int, int] | None
    result: Result | None
    problem: str = ""

    @property
    def place_words(self) -> str:
        """`3`, `3–5` or a dash."""
        if self.place is None:
            return "—"
        best, worst = self.place
        return str(best) if best == worst else f"{best}–{worst}"


@dataclass(frozen=True)
class RankTable:
    """The accounts, best first, those without a figure last.

    Attributes:
        version: of the index, to be printed with the table.
        missing: labels of inputs for which the table has no column.
        unused: columns that the index does not read.
    """

    version: str
    rows: tuple[Ranked, ...]
    missing: tuple[str, ...]
    unused: tuple[str, ...]


def decode(content: bytes) -> str:
    """A table as people save it: UTF-8 with or without a mark, or the GB18030 of a Chinese spreadsheet.

    Raises:
        BadInput: it is neither.
    """
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInput("不是 UTF-8，也不是 GB18030 编码", mend="在表格软件里另存为“CSV UTF-8”")


def rank_accounts(index: Index[Any], text: str) -> RankTable:
    """Compute `index` for each line of a CSV table with an account in one column and inputs in others.

    Columns are named by Chinese label, identifier or symbol. A row that cannot be used stays in the table with its
    reason and does not touch the others.

    Raises:
        BadInput: the table as a whole cannot be read, or has no column of accounts.
    """
    if len(text) > MAX_CHARS:
        raise BadInput(f"表格超过 {MAX_CHARS:,} 个字符", mend="分成几个文件")
    try:
        lines = [line for line in csv.reader(io.StringIO(text)) if any(cell.strip() for cell in line)]
    except csv.Error:
        raise BadInput("不是 CSV 表格，或有一格长得不像话", mend="用表格软件打开后另存为 CSV") from None
    if len(lines) < 2:
        raise BadInput("表里没有数据", mend="第一行是表头，下面每行一个账号")
    if len(lines) > MAX_ROWS + 1:
        raise BadInput(f"表里超过 {MAX_ROWS:,} 行", mend="分成几个文件")
    columns = _columns(index, lines[0])
    rows = [_row(index, columns, line) for line in lines[1:]]
    read = {columns.inputs[place] for place in columns.inputs}
    missing = tuple(one.label for one in index.inputs.measures() if one.name not in read)
    return RankTable(index.version, tuple(_placed(rows)), missing, columns.unused)


@dataclass(frozen=True)
class _Columns:
    """Which column holds what."""

    width: int
    account: int
    inputs: dict[int, str]
    unused: tuple[str, ...]


def _columns(index: Index[Any], header: Sequence[str]) -> _Columns:
    names = [clean_line(name, MAX_NAME) for name in header]
    accounts = [place for place, name in enumerate(names) if name.casefold() in ACCOUNT_COLUMNS]
    if not accounts:
        raise BadInput("表里没有账号一列", where="表头", mend=f"加一列，表头写“{ACCOUNT_COLUMNS[0]}”")
    inputs: dict[int, str] = {}
    unused: list[str] = []
    for place, name in enumerate(names):
        known = index.inputs.named(name)
        if known is None:
            unused += [name] if name and place != accounts[0] else []
        elif known.name in inputs.values():
            raise BadInput(f"“{known.label}”有两列", where="表头", mend="留一列")
        else:
            inputs[place] = known.name
    if not inputs:
        labels = "、".join(one.label for one in index.inputs.measures())
        raise BadInput(f"没有一列是 {index.version} 要的数", where="表头", mend=f"表头写：{labels}")
    return _Columns(len(names), accounts[0], inputs, tuple(unused))


def _row(index: Index[Any], columns: _Columns, line: Sequence[str]) -> Ranked:
    cells = [*line, *[""] * (columns.width - len(line))]
    account = clean_line(cells[columns.account], MAX_NAME) or "（没有写账号）"
    if any(cell.strip() for cell in cells[columns.width :]):
        return Ranked(account, None, None, "格数比表头多，可能有逗号没有加引号")
    try:
        result = index.compute(index.read({name: cells[place] for place, name in columns.inputs.items()}))
    except BadInput as problem:
        return Ranked(account, None, None, str(problem))
    return Ranked(account, None, result)


def _placed(rows: Sequence[Ranked]) -> Iterator[Ranked]:
    """Best first. As printed figures rank: two that look equal are equal."""
    known = [(row, *_ends(row.result)) for row in rows if row.result is not None and not row.result.value.unknown]
    lows, highs = sorted(low for _, low, _ in known), sorted(high for _, _, high in known)
    placed = []
    for row, low, high in known:
        certainly_above = len(lows) - bisect_right(lows, high)
        perhaps_above = len(highs) - bisect_right(highs, low) - (high > low)
        placed.append((replace(row, place=(1 + certainly_above, 1 + perhaps_above)), low))
    placed.sort(key=lambda one: (one[0].place, -one[1], one[0].account))
    yield from (row for row, _ in placed)
    yield from (row for row in rows if row.result is not None and row.result.value.unknown)
    yield from (row for row in rows if row.result is None)


def _ends(result: Result) -> tuple[float, float]:
    value = result.value
    return round(value.low, DIGITS), float("inf") if value.high is None else round(value.high, DIGITS)
