"""The known forms of board archives: recognised by their header, checked and turned into ledger rows by the column.

Everything works on whole columns: an archive has hundreds of thousands of rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from rongmei.boards.platforms import ZHIHU_AD_METRICS
from rongmei.boards.values import count
from rongmei.clock import SHANGHAI
from rongmei.errors import BadInput
from rongmei.ledger.boards import BoardRow
from rongmei.metrics.boardfiles import EXTRA

TITLE_CHARS, CATEGORY_CHARS, DESCRIPTION_CHARS = 300, 60, 1000
MAX_COUNT = 2**53
"""Above this a float no longer tells whole numbers apart; no board has ever shown such a figure."""
MAX_POSITION = 10_000

BOARDS = {
    "微博": "weibo",
    "知乎": "zhihu",
    "抖音": "douyin",
    "今日头条": "toutiao",
    "百度": "baidu",
    "哔哩哔哩": "bilibili",
}
NOTHING = {"", "暂无"}
"""What the sources write where there is nothing."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Mask = npt.NDArray[np.bool_]
Objects = npt.NDArray[np.object_]


class Sheet:
    """A chunk of one file: its rows in the ledger's columns, and what is wrong with some of them.

    Args:
        frame: the chunk as text.
    """

    def __init__(self, frame: pd.DataFrame) -> None:
        self._frame = frame
        self._reasons: Objects = np.full(len(frame), "", dtype=np.object_)
        self._blank = _blank_rows(frame)
        self._boards: Objects = np.full(len(frame), "", dtype=np.object_)
        self._moments = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
        self._columns: dict[str, Objects] = {}
        if EXTRA in frame:
            self.refuse(frame[EXTRA].to_numpy(dtype=bool), "格数比表头多，可能有逗号没有加引号")

    def __len__(self) -> int:
        return len(self._frame)

    def text(self, name: str) -> pd.Series:
        """A column of text as it stands in the file; blanks where the file has no such column."""
        return self._frame[name] if name in self._frame else pd.Series("", index=self._frame.index, dtype=str)

    def refuse(self, rows: Mask, reason: str) -> None:
        """Note why rows cannot be taken; the first reason stays."""
        if rows.any():
            self._reasons[rows & (self._reasons == "")] = reason

    def set_board(self, names: Objects) -> None:
        """The board of each row, "" for one that the ledger does not keep."""
        self._boards = names

    def set_moments(self, moments: pd.Series, reason: str) -> None:
        """When each row was seen, aware; rows without a moment are refused."""
        self._moments = moments
        self.refuse(moments.isna().to_numpy(), reason)

    def set_title(self, name: str) -> None:
        """The title column."""
        titles = each_value(self.text(name), str.strip)
        wrong = each_value(self.text(name), _title_fault)
        for reason in set(wrong) - {""}:
            self.refuse(wrong == reason, str(reason))
        self._columns["title"] = titles

    def set_words(self, column: str, name: str, longest: int) -> None:
        """An optional text, cut at `longest`."""

        def clean(word: str) -> str | None:
            kept = word.replace("\x00", "").strip()
            return None if kept in NOTHING else kept[:longest]

        self._columns[column] = each_value(self.text(name), clean)

    def set_count(self, column: str, name: str, label: str, *, zero_is_none: bool = False) -> None:
        """An optional count; `1910000000.0000002` is float noise of the source and means 1910000000."""
        values, missing = self._whole(name, label, MAX_COUNT)
        if zero_is_none:
            missing = missing | (values == 0)
        objects = values.astype(np.object_)
        objects[missing] = None
        self._columns[column] = objects

    def set_position(self, name: str, *, blank_is_pinned: bool = False) -> None:
        """The rank; a pinned line of the daily Weibo form has none and gets 0."""
        values, missing = self._whole(name, "名次", MAX_POSITION)
        if not blank_is_pinned:
            self.refuse(missing | (values < 1), "名次不是正整数")
        self._columns["position"] = values.astype(np.object_)

    def set_spoken_count(self, column: str, name: str) -> None:
        """A count in words, such as 1181 万热度; None where there is none, or something else stands there."""
        self._columns[column] = each_value(self.text(name), count)

    def set_mark(self, column: str, name: str, words: Sequence[str]) -> None:
        """Whether one of `words` stands in a text."""
        self._columns[column] = each_value(self.text(name), lambda text: any(word in text for word in words))

    def set_flag(self, column: str, name: str) -> None:
        """A yes or no, written 1 or true."""
        self._columns[column] = each_value(self.text(name), lambda word: word.strip().lower() in {"1", "true"})

    def problems(self) -> Iterator[tuple[int, str]]:
        """(offset in the chunk, reason) of every row that cannot be taken; blank lines are none."""
        for offset in np.flatnonzero((self._reasons != "") & ~self._blank):
            yield int(offset), str(self._reasons[offset])

    def rows(self, dialect: str, wanted: str | None) -> tuple[list[BoardRow], int]:
        """Rows for the ledger, in the order of BOARD_COLUMNS, and how many were of boards nobody asked for."""
        fine = (self._reasons == "") & ~self._blank
        asked = (self._boards != "") if wanted is None else (self._boards == wanted)
        take = fine & asked
        nothing: Objects = np.full(len(self), None, dtype=np.object_)
        columns = [
            self._boards[take],
            _driver_form(self._moments[take], dialect),
            self._columns["position"][take],
            self._columns["title"][take],
            self._columns.get("category", nothing)[take],
            self._columns.get("heat", nothing)[take],
            self._columns.get("reads", nothing)[take],
            self._columns.get("discussions", nothing)[take],
            self._columns.get("originals", nothing)[take],
            self._columns.get("is_ad", np.full(len(self), False, dtype=np.object_))[take],
            self._columns.get("description", nothing)[take],
        ]
        return list(zip(*(column.tolist() for column in columns), strict=True)), int((fine & ~asked).sum())

    def _whole(self, name: str, label: str, most: int) -> tuple[npt.NDArray[np.int64], Mask]:
        """Whole numbers, 0 where there is none, and where there is none."""
        column = self.text(name)
        if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
            numbers = column.to_numpy(dtype=np.float64)
            missing = np.isnan(numbers)
        else:
            words = each_value(column, lambda word: str(word).strip() if isinstance(word, str) else word)
            numbers = pd.to_numeric(pd.Series(words), errors="coerce").to_numpy(dtype=np.float64)
            missing = np.isnan(numbers)
            self.refuse(missing & ~(pd.isna(words) | (words == "")), f"{label}不是数字")
        with np.errstate(invalid="ignore"):
            wrong = ~missing & ~((numbers >= 0) & (numbers <= most))
        self.refuse(wrong, f"{label}不在 0 到 {most} 之间")
        return np.where(missing | wrong, 0, numbers).round().astype(np.int64), missing


def each_value(column: pd.Series, make: Callable[[str], Any]) -> Objects:
    """`make` of every cell, called once for each different one: titles stand on a board for hours."""
    codes, distinct = pd.factorize(column.to_numpy(dtype=np.object_))
    made: Objects = np.empty(len(distinct), dtype=np.object_)
    made[:] = [make(value) for value in distinct]
    return made[codes]


def _title_fault(title: str) -> str:
    stripped = title.strip()
    if not stripped:
        return "没有标题"
    if len(stripped) > TITLE_CHARS:
        return f"标题超过 {TITLE_CHARS} 字"
    return "标题里有控制字符" if _CONTROL.search(stripped) else ""


def _blank_rows(frame: pd.DataFrame) -> Mask:
    """Rows without a single character; most rows are ruled out by their first column."""
    blank: Mask = np.ones(len(frame), dtype=np.bool_)
    for name in frame.columns.drop(EXTRA, errors="ignore"):
        if blank.any():
            blank &= (frame[name].isna() | (frame[name] == "")).to_numpy(dtype=np.bool_)
    return blank


def _driver_form(moments: pd.Series, dialect: str) -> Objects:
    """Aware UTC moments in the form in which the database's driver takes them; few of them are different."""
    codes, distinct = pd.factorize(moments)
    index = pd.DatetimeIndex(distinct)
    if dialect == "sqlite":
        made = index.strftime("%Y-%m-%d %H:%M:%S.%f").to_numpy(dtype=np.object_)
    else:
        made = np.array(index.to_pydatetime(), dtype=np.object_)
    return made[codes] if len(made) else np.empty(0, dtype=np.object_)


def _moments(words: Objects, index: pd.Index, form: str) -> pd.Series:
    """Shanghai wall-clock times as aware UTC; missing where they are none. Each different one is read once."""
    codes, distinct = pd.factorize(words)
    parsed = pd.to_datetime(pd.Series(distinct, dtype=str), format=form, errors="coerce")
    aware = parsed.dt.tz_localize(SHANGHAI, ambiguous="NaT", nonexistent="NaT").dt.tz_convert("UTC")
    return aware.take(codes).set_axis(index)


# ── the forms ────────────────────────────────────────────────────────────────────────────────────────────────────


DAY = "%Y-%m-%d"


def _hourly_weibo(frame: pd.DataFrame) -> Sheet:
    sheet = Sheet(frame)
    sheet.set_board(np.full(len(sheet), "weibo", dtype=np.object_))
    when = each_value(sheet.text("date"), str.strip) + " " + each_value(sheet.text("hour"), str.strip)
    moments = _moments(when, frame.index, f"{DAY} %H")
    sheet.set_moments(moments, "日期或小时不对，应为 2024-06-01 和 0 到 23")
    sheet.set_position("position")
    sheet.set_title("title")
    sheet.set_words("category", "category", CATEGORY_CHARS)
    sheet.set_count("heat", "hot", "热度", zero_is_none=True)
    sheet.set_count("reads", "readCount", "阅读数", zero_is_none=True)
    sheet.set_count("discussions", "discussCount", "讨论数", zero_is_none=True)
    sheet.set_count("originals", "origin", "原创数", zero_is_none=True)
    sheet.set_flag("is_ad", "ads")
    sheet.set_words("description", "description", DESCRIPTION_CHARS)
    return sheet


def _daily_weibo(frame: pd.DataFrame) -> Sheet:
    sheet = Sheet(frame)
    sheet.set_board(np.full(len(sheet), "weibo", dtype=np.object_))
    days = _moments(each_value(sheet.text("date"), str.strip), frame.index, DAY)
    seen = pd.to_datetime(sheet.text("first_seen_commit_time"), format="ISO8601", utc=True, errors="coerce")
    sheet.set_moments(seen.where(seen.notna() & days.notna(), days), "日期不对，应为 2024-06-01")
    sheet.set_position("last_band_rank", blank_is_pinned=True)
    sheet.set_title("title")
    return sheet


def _hourly_zhihu(frame: pd.DataFrame) -> Sheet:
    sheet = Sheet(frame)
    sheet.set_board(np.full(len(sheet), "zhihu", dtype=np.object_))
    seen = pd.to_datetime(sheet.text("snapshot_commit_time"), format="ISO8601", utc=True, errors="coerce")
    sheet.set_moments(seen.dt.floor("min"), "快照时间不对，应为 2024-06-01T04:09:08+08:00")
    sheet.set_position("rank")
    sheet.set_title("title")
    sheet.set_spoken_count("heat", "metrics_text")
    sheet.set_count("discussions", "answer_count", "回答数")
    sheet.set_mark("is_ad", "metrics_text", ZHIHU_AD_METRICS)
    return sheet


def _daily_platforms(frame: pd.DataFrame) -> Sheet:
    sheet = Sheet(frame)
    sheet.set_board(each_value(sheet.text("platform"), lambda name: BOARDS.get(name.strip(), "")))
    days = _moments(each_value(sheet.text("date"), str.strip), frame.index, DAY)
    sheet.set_moments(days, "日期不对，应为 2024-06-01")
    sheet.set_position("position_in_day_file")
    sheet.set_title("title")
    return sheet


@dataclass(frozen=True)
class Form:
    """A file form.

    Attributes:
        columns: what it is known by.
        numbers: columns of numbers; all others are text.
        board: the one board it holds, None for several.
    """

    columns: frozenset[str]
    numbers: frozenset[str]
    board: str | None
    read: Callable[[pd.DataFrame], Sheet]


FORMS = (
    Form(
        columns=frozenset({"date", "hour", "position", "title", "hot"}),
        numbers=frozenset({"position", "hot", "readCount", "discussCount", "origin"}),
        board="weibo",
        read=_hourly_weibo,
    ),
    Form(
        columns=frozenset({"date", "last_band_rank", "title"}),
        numbers=frozenset({"last_band_rank"}),
        board="weibo",
        read=_daily_weibo,
    ),
    Form(
        columns=frozenset({"snapshot_commit_time", "rank", "title", "metrics_text"}),
        numbers=frozenset({"rank", "answer_count"}),
        board="zhihu",
        read=_hourly_zhihu,
    ),
    Form(
        columns=frozenset({"platform", "date", "position_in_day_file", "title"}),
        numbers=frozenset({"position_in_day_file"}),
        board=None,
        read=_daily_platforms,
    ),
)


def recognise(header: Sequence[str], where: str) -> Form:
    """The form of a file by its header.

    Raises:
        BadInput: none of the known ones.
    """
    if len(set(header)) != len(header):
        raise BadInput("表头里有重复的列名", where=where, mend="每一列用不同的名字")
    for form in FORMS:
        if form.columns <= set(header):
            return form
    known = "；".join("、".join(sorted(form.columns)) for form in FORMS)
    shown = "、".join(header[:8])[:120] or "（空）"
    raise BadInput(f"不是认得的热榜文件，表头是：{shown}", where=where, mend=f"表头要有其中一组：{known}")
