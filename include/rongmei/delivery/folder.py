"""Delivers into a folder of this machine or a mounted share: written beside, then renamed, never outside of it."""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from rongmei.channels.base import Line
from rongmei.delivery.addresses import folder_of
from rongmei.delivery.goods import MEDIA, Goods, Presence, Receipt, safe
from rongmei.errors import CredentialRefused, TryLater

_CHUNK = 1024 * 1024
_FULL = {errno.ENOSPC, errno.EDQUOT}


class FolderTarget:
    """See the module. The folder must exist: one that does not is a share that is not mounted."""

    def __init__(self, line: Line) -> None:
        self._line = line
        self._folder = folder_of(line.credential.base_url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Nothing is held open."""

    def lay(self, goods: Goods) -> None:
        """See `Target`."""
        with self._mapped():
            place = self._place(goods.name, make=True)
            if not _is_same(place, goods.size, goods.sha256):
                _put(goods, place)

    def deliver(self, goods: Goods, *, key: str) -> Receipt:  # noqa: ARG002
        """See `Target`; the rename is the delivery, so the outcome is always known."""
        self.lay(goods)
        address = (self._folder / goods.name).as_uri()
        return Receipt(goods.name, address, goods.size, goods.sha256, self._line.clock())

    def look(self, name: str, size: int | None = None, sha256: str | None = None) -> Presence:
        """See `Target`."""
        with self._mapped():
            place = self._place(safe(name), make=False)
            if not place.exists():
                return "absent"
            return "there" if _is_same(place, size, sha256) else "different"

    def _place(self, name: str, *, make: bool) -> Path:
        """Where the file goes; its folder is ours in fact, not a link that leads elsewhere."""
        if not self._folder.is_dir():
            raise CredentialRefused(
                f"{self._line.account} 交付：文件夹 {self._folder} 不存在或没有挂载，请建好或改连接里的地址"
            )
        place = self._folder / safe(name)
        if make and place.parent != self._folder:
            place.parent.mkdir(exist_ok=True)
        if place.parent.is_symlink() and place.parent != self._folder:
            raise CredentialRefused(f"{self._line.account} 交付：{self._folder} 里的 {MEDIA} 是指向别处的链接，请删去")
        return place

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """What the system refuses, as an error that says who must act."""
        try:
            yield
        except (PermissionError, NotADirectoryError, IsADirectoryError):
            raise CredentialRefused(
                f"{self._line.account} 交付：没有权限读写文件夹 {self._folder}，请管理员放开"
            ) from None
        except OSError as error:
            why = "磁盘满了" if error.errno in _FULL else f"系统报错 {errno.errorcode.get(error.errno or 0, '未知')}"
            raise TryLater(f"{self._line.account} 交付：写不进文件夹 {self._folder}（{why}）") from None


def _put(goods: Goods, place: Path) -> None:
    partial = place.with_name(f".{place.name}.{secrets.token_hex(4)}.part")
    try:
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb") as file:
            for piece in goods.body:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)
    _make_lasting(place.parent)


def _make_lasting(folder: Path) -> None:
    """The rename itself survives a power cut only when its folder is written out too; not every share can."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EINVAL, errno.ENOTSUP, errno.EBADF}:
            raise
    finally:
        os.close(descriptor)


def _is_same(place: Path, size: int | None, sha256: str | None) -> bool:
    if place.is_symlink() or not place.is_file():
        return False
    if size is not None and place.stat().st_size != size:
        return False
    if sha256 is None:
        return True
    seen = hashlib.sha256()
    with place.open("rb") as file:
        while piece := file.read(_CHUNK):
            seen.update(piece)
    return seen.hexdigest() == sha256
