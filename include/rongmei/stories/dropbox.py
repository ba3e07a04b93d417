"""The drop folder of an outlet: finds filed texts, opens them without being led astray, puts away what was read.

`stories/<outlet>/` holds texts, or folders of one text with its pictures and videos. What was read moves to
`processed/<edition>/` or `refused/<edition>/` inside it. A program that drops files writes under a name ending in .part
or .tmp and renames the file when it is whole, the text last: a rename is atomic, so nobody reads half a text.
"""

from __future__ import annotations

import os
import stat
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from rongmei.config import Plan
from rongmei.errors import BadInput
from rongmei.settings import Settings

PROCESSED, REFUSED = "processed", "refused"
STORY_SUFFIXES = frozenset(
    (".md", ".markdown", ".txt", ".docx", ".docm", ".dotx", ".html", ".htm", ".xhtml", ".json", ".ninjs")
)
DOCUMENT_SUFFIXES = frozenset((".doc", ".wps", ".rtf", ".pdf", ".odt", ".pages", ".mht", ".mhtml", ".ofd"))
"""What is looked at only to say how to send it; what a file is, its content says."""
UNFINISHED = (".part", ".tmp", ".crdownload", ".download", ".swp", "~")
_MIB = 1024 * 1024
_MOST_BESIDE = 200
_NOTE = ".退回说明.txt"
_OPEN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)


@dataclass(frozen=True)
class Stamp:
    """By which a file is known to be the one that was read."""

    inode: int
    size: int
    modified_ns: int

    @property
    def modified(self) -> datetime:
        """When the file was last written, by the wall clock of its disk; UTC."""
        return datetime.fromtimestamp(self.modified_ns / 1e9, UTC)


def stamp(path: Path) -> Stamp:
    """The stamp of a file, symbolic links not followed.

    Raises:
        OSError: it is gone.
    """
    found = path.lstat()
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


def read(path: Path, megabytes: int) -> bytes:
    """The bytes of a plain file of at most so many MiB.

    Raises:
        BadInput: it is a link, a pipe or a device, or larger.
        OSError: it is gone or may not be read.
    """
    with opened(path, megabytes) as stream:
        data = stream.read(megabytes * _MIB + 1)
    if len(data) > megabytes * _MIB:
        raise _too_large(path, megabytes)
    return data


@contextmanager
def opened(path: Path, megabytes: int) -> Iterator[BinaryIO]:
    """A plain file of at most so many MiB, open to be read piece by piece; errors as in `read`."""
    if path.is_symlink():
        raise BadInput("这是一个链接，不是文件", where=path.name, mend="放文件本身")
    descriptor = os.open(path, _OPEN)
    with os.fdopen(descriptor, "rb") as stream:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise BadInput("这不是普通文件", where=path.name, mend="放文件本身")
        if found.st_size > megabytes * _MIB:
            raise _too_large(path, megabytes)
        yield stream


def _too_large(path: Path, megabytes: int) -> BadInput:
    return BadInput(f"文件超过 {megabytes} MB", where=path.name, mend="压缩或缩小后再交")


@dataclass(frozen=True)
class DropFolder:
    """The drop folder of one outlet."""

    outlet: str
    root: Path

    def texts(self) -> list[Path]:
        """Texts and documents that wait here, the oldest first; unfinished and hidden files are not seen."""
        found = []
        for path in self._candidates():
            with suppress(FileNotFoundError):
                found.append((path.lstat().st_mtime_ns, str(path), path))
        return [path for *_, path in sorted(found)]

    def _candidates(self) -> Iterator[Path]:
        for entry in _visible(self.root):
            if entry.is_dir() and not entry.is_symlink():
                if entry.name not in {PROCESSED, REFUSED}:
                    yield from (path for path in _visible(entry) if _is_text(path))
            elif _is_text(entry):
                yield entry

    def beside(self, text: Path) -> tuple[str, ...]:
        """Files in a folder that has this text and no other, or a folder inside it: they can only be this text's.

        Relative to the text, with forward slashes; none for a text in the drop folder itself, which all texts share.
        """
        if text.parent == self.root:
            return ()
        here = _visible(text.parent)
        if any(_is_text(one) and one != text for one in here):
            return ()
        found = [one for one in here if one != text and one.is_file()]
        for folder in here:
            # "稿件_files" is what a browser saves of a page beside it: icons and scripts.
            if folder.is_dir() and not folder.is_symlink() and not folder.name.endswith(("_files", ".files")):
                found += [one for one in _visible(folder) if one.is_file()]
        return tuple(one.relative_to(text.parent).as_posix() for one in found[:_MOST_BESIDE])

    def find(self, text: Path, name: str, what: str = "图片") -> Path | None:
        """The file that `name` (see `draft.check_name`) means beside a text; None when there is none.

        Windows and macOS write names in other cases and normal forms, so an only file of the same folded name counts.

        Args:
            what: what kind of file it is to be, for the message.

        Raises:
            BadInput: the way leads out of the drop folder, or the file is in a folder of what was put away.
        """
        path = text.parent / name
        if not path.is_symlink() and not path.is_file():
            alike = [entry for entry in _entries(path.parent) if _folded(entry.name) == _folded(path.name)]
            if len(alike) != 1:
                return None
            path = alike[0]
        home = self.root.resolve()
        real = path.resolve()
        inside = real.is_relative_to(home) and real.relative_to(home).parts[0] not in {PROCESSED, REFUSED}
        if path.is_symlink() or not inside:
            raise BadInput(f"{what}“{name}”指到了别处", where=what, mend=f"把{what}文件本身放在文稿旁边")
        return path

    def put_away(self, path: Path, read_as: Stamp, box: str, edition: str, note: str = "") -> bool:
        """Move a file that was read; with a note beside it, if there is one.

        Returns:
            False when the file is gone, or was written anew since and must be read again.

        Raises:
            BadInput: the folder to move to is a link that leads out of the drop folder.
            OSError: the disk refuses.
        """
        try:
            if stamp(path) != read_as:
                return False
            target = _free(self.root / box / edition.replace("/", "_") / path.relative_to(self.root))
            if not target.parent.resolve().is_relative_to(self.root.resolve()):
                raise BadInput(
                    f"文件夹“{box}”是指到别处的链接", where=self.outlet, mend="删掉这个链接，系统会自己建文件夹"
                )
            target.parent.mkdir(parents=True, exist_ok=True)
            if note:
                _write_note(target.with_name(target.name + _NOTE), note)
            path.replace(target)
        except FileNotFoundError:
            return False
        if path.parent != self.root:
            with suppress(OSError):  # not empty yet
                path.parent.rmdir()
        return True


def drop_folders(plan: Plan, settings: Settings, *, rehearsal: bool) -> list[DropFolder]:
    """The drop folders that exist, in the order of the cluster file."""
    base = settings.inbox(rehearsal=rehearsal) / "stories"
    folders = [DropFolder(outlet.id, base / outlet.id) for outlet in plan.cluster.outlets]
    return [folder for folder in folders if folder.root.is_dir()]


def _visible(folder: Path) -> list[Path]:
    return [
        entry
        for entry in _entries(folder)
        if not entry.name.startswith((".", "~$")) and not entry.name.lower().endswith(UNFINISHED)
    ]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _is_text(path: Path) -> bool:
    if path.suffix.lower() not in STORY_SUFFIXES | DOCUMENT_SUFFIXES:
        return False
    return path.is_symlink() or not path.is_dir()


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _free(target: Path) -> Path:
    """`target`, or the first of target.2, target.3 … that nothing has."""
    number, free = 1, target
    while free.exists() or free.is_symlink():
        number += 1
        free = target.with_name(f"{target.stem}.{number}{target.suffix}")
    return free


def _write_note(path: Path, note: str) -> None:
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0), 0o644)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(note)
