"""The drop folder of a workbook source: which files wait there, and where they go once their pitches are stored."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rongmei.errors import BadInput
from rongmei.pitches.sources.base import Reading, Rejected
from rongmei.pitches.sources.workbook import MAX_FILES, read_workbook
from rongmei.text.normalise import clean_line

PROCESSED = "processed"
PROBLEMS_SUFFIX = ".问题.txt"
SETTLED_SECONDS = 10.0
_PASSING = ("~", ".")
_PASSING_TAILS = (".part", ".tmp", ".crdownload", ".download", "~")


@dataclass(frozen=True)
class Dropped:
    """A file of the inbox as it was read.

    Attributes:
        stamp: size and modification time when it was read, to notice that somebody wrote to it since.
        unusable: nothing at all could be read from it.
    """

    path: Path
    reading: Reading
    stamp: tuple[int, int]
    unusable: bool = False

    @property
    def name(self) -> str:
        """Its name, safe to show."""
        return clean_line(self.path.name, 120)


def read_inbox(folder: Path, source_id: str) -> tuple[list[Dropped], bool]:
    """Every file in the folder, by name, at most `MAX_FILES` of them; whether there were more.

    The folder is made if it is not there. Folders, temporary files and half copied ones ("~$…", "….part") are passed
    over; a link could lead anywhere, so it is refused.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in folder.iterdir() if not _is_passing(path.name) and not path.is_dir())
    return [_read(path, source_id) for path in files[:MAX_FILES]], len(files) > MAX_FILES


def _is_passing(name: str) -> bool:
    return name.startswith(_PASSING) or name.lower().endswith(_PASSING_TAILS)


def _read(path: Path, source_id: str) -> Dropped:
    stamp = _stamp(path)
    try:
        if path.is_symlink():
            name = clean_line(path.name, 120)
            raise BadInput("是快捷方式或链接，不予读取", where=name, mend="放入文件本身")
        return Dropped(path, read_workbook(path, source_id), stamp)
    except BadInput as error:
        refused = Rejected(source_id, error.where, error.what, error.mend)
        return Dropped(path, Reading((), (refused,)), stamp, unusable=True)


def _stamp(path: Path) -> tuple[int, int]:
    try:
        found = path.lstat()
    except OSError:
        return (0, 0)
    return (found.st_size, found.st_mtime_ns)


def put_away(
    dropped: Dropped, key: str, problems: Sequence[Rejected], *, clock: Callable[[], float] = time.time
) -> bool:
    """Move a read file to `processed/<edition>/`, with a list of its problems beside it if there are any.

    Called after the commit: a crash before the move only means that the file is read again, which adds nothing.
    A file that was written to since it was read stays; so does an unusable one that is only seconds old, since
    somebody may still be copying it.

    Returns:
        Whether it was moved.
    """
    if _stamp(dropped.path) != dropped.stamp or dropped.stamp == (0, 0):
        return False
    if dropped.unusable and clock() - dropped.stamp[1] / 1e9 < SETTLED_SECONDS:
        return False
    folder = dropped.path.parent / PROCESSED / key.replace("/", "_")
    folder.mkdir(parents=True, exist_ok=True)
    target = _free_name(folder, dropped.path.name)
    if problems:
        _write_atomically(target.with_name(target.name + PROBLEMS_SUFFIX), problem_list(dropped.name, problems))
    dropped.path.replace(target)
    return True


def problem_list(name: str, problems: Sequence[Rejected]) -> str:
    """What the outlet reads: each problem with its place and how to mend it."""
    lines = [f"{name} 里有 {len(problems)} 处没有采用，改好后把这几行放进新的文件重新报送：", ""]
    for number, problem in enumerate(problems, start=1):
        mend = f"　改法：{problem.mend}" if problem.mend else ""
        lines.append(f"{number}. {problem.where or name}：{problem.reason}。{mend}")
    return "\n".join(lines) + "\n"


def _free_name(folder: Path, name: str) -> Path:
    """`name`, or `name (2)` and so on when an earlier file of that name was put away."""
    target = folder / name
    number = 2
    while target.exists() or target.is_symlink():
        target = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
        number += 1
    return target


def _write_atomically(path: Path, text: str) -> None:
    passing = path.with_name(f".{os.getpid()}.{path.name}"[:200] + ".tmp")
    passing.write_text(text, encoding="utf-8")
    passing.replace(path)
