"""Reads CSV files as text, gzipped or not, in chunks of rows, and says in Chinese what is wrong with a file."""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import IO

import pandas as pd

from rongmei.errors import BadInput

MAX_LINE_CHARS = 100_000
EXTRA = "\0extra"
"""A column of True where a row had more cells than the header; only in chunks that have such rows."""

_UNREADABLE = (OSError, EOFError, zlib.error, UnicodeError, csv.Error)


def read_header(path: Path) -> tuple[str, ...]:
    """The names in the first line.

    Raises:
        BadInput: the file cannot be read.
    """
    try:
        with _open(path) as file:
            names = next(csv.reader([file.readline(MAX_LINE_CHARS)]), [])
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None
    return tuple(name.strip() for name in names)


def read_chunks(path: Path, size: int, *, numbers: Collection[str]) -> Iterator[pd.DataFrame]:
    """The rows, `size` at a time: text, with blanks for missing cells, except for columns of numbers.

    A column named in `numbers` is numeric, with NaN for blanks, if all its cells in the chunk are; else it is text too.
    pandas reads the file, fast. Where it meets a row with too many cells, the rest is read row by row instead, because
    one such row must not hide the others.

    Raises:
        BadInput: the file cannot be read to its end.
    """
    done = 0
    try:
        with _open(path) as file:
            header = next(csv.reader([file.readline(MAX_LINE_CHARS)]), [])
            names = [name.strip() for name in header]
            for chunk in pd.read_csv(
                file,
                names=names,
                dtype={name: str for name in names if name not in numbers},
                na_values={name: [""] for name in numbers},
                keep_default_na=False,
                chunksize=size,
                skip_blank_lines=False,
                low_memory=False,
            ):
                if not isinstance(chunk.index, pd.RangeIndex):
                    # Every row has more cells than the header: pandas took the first for row labels.
                    break
                yield chunk
                done += len(chunk)
            else:
                return
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None
    except pd.errors.EmptyDataError:
        return
    except pd.errors.ParserError:
        pass
    yield from _row_by_row(path, size, done)


def _row_by_row(path: Path, size: int, skip: int) -> Iterator[pd.DataFrame]:
    try:
        with _open(path) as file:
            reader = csv.reader(file)
            header = [name.strip() for name in next(reader, [])]
            rows = islice(reader, skip, None)
            while batch := list(islice(rows, size)):
                width = len(header)
                cells = [[*row[:width], *[""] * (width - len(row))] for row in batch]
                frame = pd.DataFrame(cells, columns=header, dtype=str)
                frame[EXTRA] = [len(row) > width for row in batch]
                yield frame
    except _UNREADABLE as error:
        raise _unreadable(path, error) from None


def _open(path: Path) -> IO[str]:
    """The file as text, unpacked if its first bytes say so, whatever its name."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    if packed:
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _unreadable(path: Path, error: BaseException) -> BadInput:
    if isinstance(error, UnicodeError):
        return BadInput("不是 UTF-8 编码", where=path.name, mend="在表格软件里另存为“CSV UTF-8”")
    if isinstance(error, FileNotFoundError):
        return BadInput("没有这个文件", where=path.name, mend="核对路径")
    if isinstance(error, csv.Error):
        return BadInput("不是 CSV 表格，或有一格长得不像话", where=path.name, mend="用表格软件打开后另存为 CSV")
    return BadInput("打不开，可能没有下载完整", where=path.name, mend="重新下载，或核对读取权限")
