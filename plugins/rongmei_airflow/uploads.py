"""Reads forms from strangers: bounded in bytes, parts, files and time while they come, before anything is kept."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from rongmei_airflow.web import Turned, read_body, refuse_longer, too_long

if TYPE_CHECKING:
    from starlette.datastructures import UploadFile
    from starlette.requests import Request

URLENCODED, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
MOST_FIELDS: Final = 40
FIELD_BYTES: Final = 32 * 1024
_UNREADABLE: Final = "内容看不懂，请从链接重新打开表单再填"


@dataclass(frozen=True)
class Bounds:
    """How much of a form is read.

    Attributes:
        most: bytes in all.
        files: how many.
        seconds: for the whole form; `idle_seconds` until the next piece of it comes.
    """

    most: int
    files: int
    seconds: float
    idle_seconds: float


class Slots:
    """So many forms with files are read at one moment, and so many of them for one sender: each takes disk and time.

    One event loop's, so that it needs no lock.
    """

    def __init__(self, most: int, each: int) -> None:
        self._most, self._each = most, each
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken(self, sender: str) -> Iterator[bool]:
        """Whether there is one; it is given back at the end of the block."""
        free = self._taken.total() < self._most and self._taken[sender] < self._each
        self._taken[sender] += free
        try:
            yield free
        finally:
            self._taken[sender] -= free
            if not self._taken[sender]:
                del self._taken[sender]


async def read_fields(request: Request, most: int) -> Mapping[str, Sequence[str]]:
    """The fields of a form without files.

    Raises:
        Turned: 415, 413, 408 or 400.
    """
    if _kind(request) != URLENCODED:
        raise Turned(415, _UNREADABLE)
    body = await read_body(request, most)
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, encoding="utf-8", errors="strict", max_num_fields=MOST_FIELDS
        )
    except ValueError:
        raise Turned(400, _UNREADABLE) from None
    return _grouped(pairs)


@asynccontextmanager
async def read_upload(
    request: Request, bounds: Bounds
) -> AsyncIterator[tuple[Mapping[str, Sequence[str]], list[UploadFile]]]:
    """The fields and files of a form while the block lasts; files are on disk, and go with the block's end.

    A file's name is never used for anything. A file input that was left empty is none.

    Raises:
        Turned: 415, 413, 408 or 400.
    """
    from starlette.datastructures import UploadFile
    from starlette.formparsers import MultiPartException, MultiPartParser

    if _kind(request) != MULTIPART:
        raise Turned(415, _UNREADABLE)
    refuse_longer(request, bounds.most)
    parser = MultiPartParser(
        request.headers,
        _bounded(request, bounds),
        max_files=bounds.files,
        max_fields=MOST_FIELDS,
        max_part_size=FIELD_BYTES,
    )
    try:
        async with asyncio.timeout(bounds.seconds):
            form = await parser.parse()
    except TimeoutError:
        raise Turned(408, "发送得太慢，请换个网络好的地方，或少传几张照片再试") from None
    except MultiPartException as problem:
        if problem.message.startswith("Too many files"):
            raise Turned(400, f"照片最多 {bounds.files} 张。请返回上一页，去掉几张再交") from None
        raise Turned(400, _UNREADABLE) from None
    try:
        items = form.multi_items()
        fields = [(name, value) for name, value in items if isinstance(value, str)]
        files = [value for _, value in items if isinstance(value, UploadFile) and value.size]
        yield _grouped(fields), files
    finally:
        await form.close()


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _bounded(request: Request, bounds: Bounds) -> AsyncGenerator[bytes, None]:
    """The request's body; TimeoutError where it stops coming."""
    read = 0
    pieces = request.stream()
    while True:
        async with asyncio.timeout(bounds.idle_seconds):
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                return
        read += len(piece)
        if read > bounds.most:
            raise Turned(413, too_long(bounds.most))
        yield piece


def _grouped(pairs: Sequence[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, value in pairs:
        found[name].append(value)
    return dict(found)
