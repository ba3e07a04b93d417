"""Opens the parts of a Word document (Open Packaging Conventions, ECMA-376 part 2) one by one, within bounds.

What the archive claims is checked before anything is unpacked, and unpacking stops at what was claimed. No part is
written to disk, no name of a part ever becomes a path, nothing outside the archive is opened. python-docx is not used
here: it opens every part it is led to, and gives up where one is missing, which documents saved by WPS know well.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final
from urllib.parse import unquote

from lxml import etree

from rongmei.errors import BadInput
from rongmei.stories.head import Unfit

MAX_ENTRIES: Final = 2_000
MAX_UNPACKED: Final = 160 * 1024 * 1024
MAX_XML: Final = 8 * 1024 * 1024
"""A text of the longest length the house takes, every word in a run of its own, comes to about 6 MiB."""
MAX_RATIO: Final = 250
"""Unpacked to packed of one part; a long document of one sentence over and over comes to about 100."""
RATIO_FROM: Final = 1024 * 1024
"""Parts below this size may be packed as well as they like."""
MAX_RELATIONSHIPS: Final = 5_000
MAX_DIRECTORY: Final = 2 * 1024 * 1024
"""Bytes of an archive's list of parts, which is read whole before the first of them can be looked at."""

_END: Final = b"PK\5\6"
_LOCATOR: Final = b"PK\6\7"
_TAIL: Final = 65_557

_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError, KeyError,
    IndexError, UnicodeError, OverflowError,
)  # fmt: skip
_AGAIN: Final = "用 Word 或 WPS 打开，“另存为”新的 .docx 再交"
_BOMB: Final = "新建一个文档，只粘贴文字和图片后再交"


@dataclass(frozen=True)
class Relationship:
    """Where a part points to: `target` is another part's name, or an address when `external`."""

    kind: str
    target: str
    external: bool


class Archive:
    """The parts of a package.

    Raises:
        Unfit: no archive, damaged, locked by a password, or larger inside than any document is.
    """

    def __init__(self, raw: bytes) -> None:
        _refuse_long_list(raw)
        try:
            self._zip = zipfile.ZipFile(BytesIO(raw))
            entries = self._zip.infolist()
        except _BROKEN:
            raise _broken() from None
        _refuse_bomb(entries)
        self._entries: dict[str, zipfile.ZipInfo] = {}
        for entry in entries:
            # As readers of the format do, names are compared without case; of two of one name the first counts.
            self._entries.setdefault(entry.filename.replace("\\", "/").lstrip("/").casefold(), entry)
        self._left = MAX_UNPACKED

    def __contains__(self, name: str) -> bool:
        return name.casefold() in self._entries

    @property
    def names(self) -> Sequence[str]:
        """The parts' names, folded."""
        return tuple(self._entries)

    def size(self, name: str) -> int:
        """The unpacked bytes of a part, 0 for one that is not there."""
        entry = self._entries.get(name.casefold())
        return entry.file_size if entry else 0

    def blob(self, name: str, most: int = MAX_UNPACKED) -> bytes | None:
        """The bytes of a part; None when it is not there.

        Raises:
            Unfit: larger than `most` or than it claims, damaged, or locked.
        """
        entry = self._entries.get(name.casefold())
        if entry is None:
            return None
        if entry.flag_bits & 0x1:
            raise Unfit(BadInput("文档加了密码", mend="去掉密码后再交"))
        if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            # The format knows no others; those set aside as much memory as they claim to need.
            raise _broken()
        most = min(most, self._left)
        try:
            with self._zip.open(entry) as part:
                data = part.read(most + 1)
        except _BROKEN:
            raise _broken() from None
        if len(data) > most:
            raise _bomb()
        self._left -= len(data)
        return data

    def xml(self, name: str) -> Any | None:
        """The root element of a part; None when it is not there.

        Raises:
            Unfit: not XML, too large, or with a document type, which the format forbids (ECMA-376 part 2, 8.1.4) and
                which can only be there to have entities read.
        """
        data = self.blob(name, MAX_XML)
        if data is None:
            return None
        parser = etree.XMLParser(
            resolve_entities=False, load_dtd=False, dtd_validation=False, no_network=True, huge_tree=False,
            remove_comments=True, remove_pis=True,
        )  # fmt: skip
        try:
            root = etree.fromstring(data, parser)
        except (etree.XMLSyntaxError, ValueError):
            raise _broken() from None
        if root.getroottree().docinfo.internalDTD is not None:
            raise Unfit(BadInput("文档里定义了 XML 实体，可能是攻击，没有打开", mend=_AGAIN))
        return root

    def relationships(self, part: str) -> dict[str, Relationship]:
        """Where a part points to, by id; "" is the package itself."""
        folder, _, file = part.rpartition("/")
        root = self.xml(posixpath.join(folder, "_rels", f"{file}.rels"))
        found: dict[str, Relationship] = {}
        for element in list(root)[:MAX_RELATIONSHIPS] if root is not None else ():
            external = element.get("TargetMode") == "External"
            target = element.get("Target") or ""
            found[element.get("Id") or ""] = Relationship(
                (element.get("Type") or "").rpartition("/")[2],
                target if external else _part_name(folder, target),
                external,
            )
        return found


def _part_name(folder: str, target: str) -> str:
    """The name of the part that a relationship means; only ever looked up among the names of the archive."""
    return posixpath.normpath(posixpath.join("/", folder, unquote(target.replace("\\", "/")))).lstrip("/")


def _broken() -> Unfit:
    return Unfit(BadInput("Word 文档打不开，可能已损坏或没有传完", mend=_AGAIN))


def _refuse_long_list(raw: bytes) -> None:
    """Refuse what lists more than a document has, by any record that could be taken for the end (APPNOTE 4.3.16)."""
    tail = raw[-_TAIL:]
    at = tail.find(_END)
    while at >= 0:
        if int.from_bytes(tail[at + 12 : at + 16], "little") > MAX_DIRECTORY:
            raise _bomb()
        if tail[max(0, at - 20) : at - 16] == _LOCATOR:
            # Archives beyond four gigabytes; their own end record would count instead of this one.
            raise _bomb()
        at = tail.find(_END, at + 1)


def _bomb() -> Unfit:
    return Unfit(BadInput("文档解开后大得不正常，可能是压缩炸弹，没有打开", mend=_BOMB))


def _refuse_bomb(entries: Sequence[zipfile.ZipInfo]) -> None:
    unpacked = sum(entry.file_size for entry in entries)
    swollen = any(
        entry.file_size > RATIO_FROM and entry.file_size > MAX_RATIO * max(entry.compress_size, 1) for entry in entries
    )
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or swollen:
        raise _bomb()
