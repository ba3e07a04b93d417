"""Imports archives of hot boards (CSV, also gzipped) into the ledger; what is there already is left alone.

Four forms are known by their header:

* hourly Weibo: `date,hour,position,title,category,hot,ads,readCount,discussCount,origin,…`;
* hourly Zhihu: `snapshot_commit_time,rank,question_id,title,metrics_text,answer_count,…`;
* daily Weibo: `date,first_seen_commit_time,last_band_rank,title,url`;
* daily lists of several platforms: `platform,date,position_in_day_file,title,…`.

A line is stamped with its Shanghai date and hour, or with when it was first seen; a list that only knows the day is
stamped with the day's beginning. Heat and counts of 0 and blanks in the hourly form mean that Weibo showed none (pinned
lines and advertisements), so they are stored as "not known".
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from rongmei.errors import BadInput
from rongmei.ledger import Ledger
from rongmei.ledger.boards import insert_board_rows
from rongmei.metrics.boardfiles import read_chunks, read_header
from rongmei.metrics.boardforms import BOARDS, Sheet, recognise

CHUNK_ROWS = 20_000
MAX_ROWS = 20_000_000
MAX_PROBLEMS = 20


@dataclass(frozen=True)
class RowProblem:
    """A row that was left out; `row` counts lines of the table, the header being 1."""

    row: int
    reason: str

    def __str__(self) -> str:
        return f"第 {self.row} 行：{self.reason}"


@dataclass(frozen=True)
class ImportSummary:
    """What an import did, in rows.

    Attributes:
        read: rows of the file.
        added: new in the ledger.
        known: there already, from this file or another.
        skipped: of boards that were not asked for or that the ledger does not keep.
        bad: left out because something in them is wrong.
        problems: the first of those, at most MAX_PROBLEMS.
    """

    read: int
    added: int
    known: int
    skipped: int
    bad: int
    problems: tuple[RowProblem, ...]


def import_board(ledger: Ledger, path: Path, *, board: str | None = None) -> ImportSummary:
    """Import an archive file; importing it again adds nothing.

    Args:
        board: keep only this board (weibo, zhihu, douyin, toutiao, baidu, bilibili); None keeps all.

    Raises:
        BadInput: the file cannot be read, or is none of the known forms, or cannot hold that board. A bad row does not
            stop the others; it is in the summary.
    """
    if board is not None and board not in BOARDS.values():
        raise BadInput(f"没有热榜“{board}”", mend=f"可用的有：{'、'.join(BOARDS.values())}")
    form = recognise(read_header(path), path.name)
    if board is not None and form.board not in (None, board):
        raise BadInput(f"这个文件是 {form.board} 的热榜，不是 {board} 的", where=path.name, mend="换一个文件或热榜名")
    tally = _Tally(wanted=board)
    first_row = 2
    for chunk in read_chunks(path, CHUNK_ROWS, numbers=form.numbers):
        tally.take(ledger, form.read(chunk), first_row)
        first_row += len(chunk)
        if tally.read > MAX_ROWS:
            raise BadInput(f"超过 {MAX_ROWS} 行", where=path.name, mend="按月份拆成几个文件，分别导入")
    return tally.summary()


class _Tally:
    """Checks and stores chunk after chunk, counting."""

    def __init__(self, *, wanted: str | None) -> None:
        self.read = self._added = self._skipped = self._bad = self._offered = 0
        self._wanted = wanted
        self._problems: list[RowProblem] = []

    def take(self, ledger: Ledger, sheet: Sheet, first_row: int) -> None:
        """Store what is good in a chunk whose first row is line `first_row` of the file."""
        self.read += len(sheet)
        for offset, reason in sheet.problems():
            self._bad += 1
            if len(self._problems) < MAX_PROBLEMS:
                self._problems.append(RowProblem(first_row + offset, reason))
        with ledger.begin() as session:
            good, skipped = sheet.rows(session.get_bind().dialect.name, self._wanted)
            self._skipped += skipped
            self._offered += len(good)
            self._added += insert_board_rows(session, good)

    def summary(self) -> ImportSummary:
        """The whole."""
        return ImportSummary(
            read=self.read,
            added=self._added,
            known=self._offered - self._added,
            skipped=self._skipped,
            bad=self._bad,
            problems=tuple(self._problems),
        )
