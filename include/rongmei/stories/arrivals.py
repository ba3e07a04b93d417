"""Lets files from outside into an outlet's drop folder: whole or not at all, by content, as if copied there by hand.

A file is written under a hidden name ending in .part, which intake does not see, and renamed when all of it has come
and been looked at. Nothing it says of itself is believed: the name is checked, the kind is told by the bytes.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Literal

from rongmei.config.models import Campaign
from rongmei.errors import BadInput, RongmeiError
from rongmei.stories import pictures, sounds, videos
from rongmei.stories.documents import MAX_MIB
from rongmei.stories.documents.kinds import recognise
from rongmei.stories.dropbox import DOCUMENT_SUFFIXES, PROCESSED, REFUSED, STORY_SUFFIXES, UNFINISHED
from rongmei.stories.head import Unfit
from rongmei.stories.keeping import Changed, digest
from rongmei.text.normalise import clean_line

Outcome = Literal["new", "same", "replaced"]

MAX_NAME_BYTES: Final = 180
"""Of one part of a name in UTF-8, so that a number and a note's suffix still fit into what file systems allow (255)."""
MAX_DEPTH: Final = 3
"""A folder of one text, and one folder in it."""
MAX_WAITING_FILES: Final = 2_000
MAX_WAITING_MIB: Final = 8 * 1024
"""What may lie in one outlet's folder before intake has looked at it."""
KEEP_FREE_MIB: Final = 1024
"""What is left free on the disk, for the ledger and everything else of the house."""
TEXTS: Final = STORY_SUFFIXES | DOCUMENT_SUFFIXES
ABANDONED_SECONDS: Final = 86_400
"""No file takes a day to come."""
_PART: Final = ".part"
_PART_NAME: Final = 1 + 24 + len(_PART)
_MIB: Final = 1024 * 1024
_FORBIDDEN: Final = frozenset('\\:*?"<>|')
_RESERVED: Final = frozenset((PROCESSED, REFUSED))


class TooLong(BadInput):
    """More bytes came than a file of this kind may have."""


class WrongKind(BadInput):
    """The bytes are of no kind that is taken, or are damaged."""


class Full(RongmeiError):
    """There is no room now."""


@dataclass(frozen=True)
class Limits:
    """The largest files that are let in, in MiB; each campaign's own limits are kept by its intake."""

    text: int = MAX_MIB
    picture: int = 20
    video: int = 500
    audio: int = 100

    @property
    def most(self) -> int:
        """Bytes of the largest file of any kind."""
        return max(self.text, self.picture, self.video, self.audio) * _MIB


def limits_of(campaigns: Iterable[Campaign]) -> Limits:
    """What the most generous of these campaigns takes."""
    rules = [campaign.production for campaign in campaigns]
    if not rules:
        return Limits()
    return Limits(
        picture=max(one.max_image_mb for one in rules),
        video=max(one.max_video_mb for one in rules),
        audio=max(one.max_audio_mb for one in rules),
    )


@dataclass(frozen=True)
class Landed:
    """A file that is in the drop folder.

    Attributes:
        name: relative to the drop folder, with forward slashes.
        what: 文稿, 图片, 视频 or 音频.
        outcome: new; the same bytes waited there already; or another file of that name was replaced.
    """

    name: str
    what: str
    sha256: str
    size_bytes: int
    outcome: Outcome


def arrival_name(name: str) -> PurePosixPath:
    """The checked name of a file in a drop folder: `稿件.md`, `12 东城夺冠/图/1.jpg`.

    Raises:
        BadInput: absolute, leading upwards, hidden, unfinished, too deep or long, put-away folders, odd characters.
    """
    shown = clean_line(name, 60)
    parts = unicodedata.normalize("NFC", name).split("/")
    mend = "写相对的文件名，例如 稿件.docx 或 12 东城夺冠/图1.jpg"
    if len(parts) > MAX_DEPTH:
        raise BadInput(f"文件名“{shown}”里的文件夹太多", where="文件名", mend=f"最多 {MAX_DEPTH - 1} 层文件夹")
    for part in parts:
        if part != part.strip() or part in {"", ".", ".."} or part.startswith((".", "~")) or part.endswith("."):
            raise BadInput(f"文件名“{shown}”不能用", where="文件名", mend=mend)
        if len(part.encode("utf-8", "replace")) > MAX_NAME_BYTES:
            raise BadInput(f"文件名“{shown}…”太长", where="文件名", mend=f"每一段不超过 {MAX_NAME_BYTES // 3} 个汉字")
        if any(char in _FORBIDDEN or unicodedata.category(char)[0] == "C" for char in part):
            raise BadInput(f"文件名“{shown}”里有不能用的字符", where="文件名", mend=mend)
    if parts[0].lower() in _RESERVED or parts[-1].lower().endswith(UNFINISHED):
        raise BadInput(f"文件名“{shown}”不能用", where="文件名", mend=mend)
    return PurePosixPath(*parts)


@dataclass
class Arrival:
    """One file on its way into a drop folder: `write` what comes, `look` at the whole, `land` it. See `arriving`."""

    root: Path
    name: PurePosixPath
    limits: Limits
    _stream: BinaryIO
    _passing: Path
    _size: int = 0
    _sha256: hashlib._Hash = field(default_factory=hashlib.sha256)
    _what: str = ""

    def write(self, data: bytes) -> None:
        """Take the next piece.

        Raises:
            TooLong: there is more than a file may have.
            Full: the disk is full.
        """
        self._size += len(data)
        if self._size > self.most:
            raise TooLong(f"文件超过 {self.most // _MIB} MB", where=self.name.name, mend="压缩或缩小后再交")
        self._sha256.update(data)
        try:
            self._stream.write(data)
        except OSError as problem:
            raise Full(f"磁盘写不进去（{problem.strerror}）") from None

    @property
    def most(self) -> int:
        """Bytes that the file may have, as far as its name says."""
        return self.limits.text * _MIB if self.name.suffix.lower() in TEXTS else self.limits.most

    def look(self) -> None:
        """Tell by the content what it is.

        Raises:
            WrongKind: nothing that is taken, or damaged.
            TooLong: it is larger than its kind may be.
            Full: the disk is full.
        """
        where = self.name.name
        if not self._size:
            raise WrongKind("文件是空的", where=where, mend="重新上传")
        try:
            self._stream.flush()
            os.fsync(self._stream.fileno())
        except OSError as problem:
            raise Full(f"磁盘写不进去（{problem.strerror}）") from None
        self._stream.seek(0)
        try:
            self._what = self._kind(where)
        except Unfit as error:
            first = error.problems[0]
            raise WrongKind(first.what, where=where, mend=first.mend) from None
        except TooLong:
            raise
        except BadInput as error:
            raise WrongKind(error.what, where=where, mend=error.mend) from None
        except Changed:
            raise WrongKind("文件在检查时变了", where=where, mend="重新上传") from None

    def _kind(self, where: str) -> str:
        if self.name.suffix.lower() in TEXTS:
            recognise(self._stream.read())
            return "文稿"
        head = self._stream.read(12)
        self._stream.seek(0)
        if head[4:8] == b"ftyp":
            return self._film(where)
        if head[:4] == b"OggS" or head[:3] == b"ID3" or head[8:12] == b"WAVE" or _is_frame(head):
            self._hold("音频", self.limits.audio)
            sounds.examine(self._stream, where)
            return "音频"
        self._hold("图片", self.limits.picture)
        pictures.examine(self._stream.read(), where)
        return "图片"

    def _film(self, where: str) -> str:
        """An MP4 with a picture, or an M4A with none; what is wrong with the former is what people are told."""
        try:
            videos.examine(self._stream, where)
        except BadInput as no_video:
            try:
                sounds.examine(self._stream, where)
            except BadInput:
                raise no_video from None
            self._hold("音频", self.limits.audio)
            return "音频"
        self._hold("视频", self.limits.video)
        return "视频"

    def _hold(self, what: str, megabytes: int) -> None:
        if self._size > megabytes * _MIB:
            raise TooLong(f"{what}超过 {megabytes} MB", where=self.name.name, mend="压缩或缩小后再交")

    def land(self) -> Landed:
        """Rename the file to where it was meant to go.

        Raises:
            BadInput: a folder of that name is a link or a file, or the file's name is a folder's.
            Full: the disk refuses.
        """
        target = self.root.joinpath(*self.name.parts)
        sha256 = self._sha256.hexdigest()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            home = self.root.resolve()
            if not target.parent.resolve().is_relative_to(home) or target.is_dir():
                raise _taken(self.name)
            outcome = _outcome(target, self._size, sha256)
            if outcome != "same":
                self._passing.replace(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            raise _taken(self.name) from None
        except OSError as problem:
            raise Full(f"磁盘写不进去（{problem.strerror}）") from None
        return Landed(self.name.as_posix(), self._what, sha256, self._size, outcome)


def _is_frame(head: bytes) -> bool:
    """Whether bytes begin with the sync word of MPEG audio or ADTS; a JPEG's FF D8 is none."""
    return len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0


def _taken(name: PurePosixPath) -> BadInput:
    return BadInput(f"“{clean_line(str(name), 60)}”与已有的文件夹或文件冲突", where="文件名", mend="换一个文件名")


def _outcome(target: Path, size: int, sha256: str) -> Outcome:
    try:
        found = target.lstat()
        if target.is_symlink():
            raise _taken(PurePosixPath(target.name))
        if found.st_size != size:
            return "replaced"
        with target.open("rb") as stream:
            return "same" if digest(stream, size) == sha256 else "replaced"
    except FileNotFoundError:
        return "new"
    except Changed:
        return "replaced"


@contextmanager
def arriving(root: Path, name: PurePosixPath, limits: Limits, *, expected: int = 0) -> Iterator[Arrival]:
    """A file on its way into the drop folder `root`; what did not land is gone at the end of the block.

    Args:
        expected: bytes that are announced, 0 where nobody says.

    Raises:
        Full: too much waits in the folder already, or the disk has no room.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
        _check_room(root, expected)
        passing = root / f".{secrets.token_hex(12)}{_PART}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
        descriptor = os.open(passing, flags, 0o644)
    except OSError as problem:
        raise Full(f"收稿文件夹写不进去（{problem.strerror}）") from None
    with os.fdopen(descriptor, "w+b") as stream:
        _clear_abandoned(root, os.fstat(descriptor).st_mtime)
        try:
            yield Arrival(root, name, limits, stream, passing)
        finally:
            with suppress(FileNotFoundError):
                passing.unlink()


def _clear_abandoned(root: Path, now: float) -> None:
    """Remove what a process that died left behind; `now` is the disk's own clock, seconds."""
    for path in root.glob(f".*{_PART}"):
        with suppress(OSError):
            if len(path.name) == _PART_NAME and now - path.lstat().st_mtime > ABANDONED_SECONDS:
                path.unlink()


def _check_room(root: Path, expected: int) -> None:
    files = size = 0
    for folder, folders, names in os.walk(root):
        if Path(folder) == root:
            folders[:] = [one for one in folders if one not in _RESERVED]
        files += len(names)
        for name in names:
            with suppress(OSError):
                size += (Path(folder) / name).lstat().st_size
    if files >= MAX_WAITING_FILES or size + expected > MAX_WAITING_MIB * _MIB:
        raise Full("收稿文件夹里等着收的文件太多，请等收稿之后再传")
    if shutil.disk_usage(root).free < expected + KEEP_FREE_MIB * _MIB:
        raise Full("磁盘空间不够，请稍后再传")
