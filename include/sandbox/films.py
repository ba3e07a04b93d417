"""Films as the platforms keep them: a file in as many pieces as it was sent in, and what it says of itself.

A film is never put together in memory: its pieces stay blobs of the store, and looking at it reads only the headers of
its boxes (ISO/IEC 14496-12) and the one box that describes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.store import Store

_MIME = "video/mp4"
_MOVIE_MAX_BYTES = 8 * 1024 * 1024
_BOXES_MAX = 4096
_EBML = b"\x1a\x45\xdf\xa3"


@dataclass(frozen=True)
class Piece:
    """One piece of a film: the blob it is kept in and its length in bytes."""

    blob: str
    size: int


@dataclass(frozen=True)
class Film:
    """What a file says of itself; width, height (pixels) and seconds are 0 where it does not say."""

    mime: str
    width: int = 0
    height: int = 0
    seconds: float = 0.0


def keep(store: Store, data: bytes) -> Piece:
    """Keep one piece."""
    return Piece(store.put_blob(_MIME, data), len(data))


def written(pieces: Sequence[Piece]) -> list[list[Any]]:
    """Pieces as a document keeps them."""
    return [[piece.blob, piece.size] for piece in pieces]


def pieces_of(body: Mapping[str, Any]) -> list[Piece]:
    """The pieces in a document's ``pieces``."""
    return [Piece(str(blob), int(size)) for blob, size in body["pieces"]]


def play(store: Store, pieces: Sequence[Piece]) -> Iterator[bytes]:
    """The whole film, piece after piece."""
    for piece in pieces:
        found = store.blob(piece.blob)
        yield found[1] if found else b""


def look(store: Store, pieces: Sequence[Piece]) -> Film | None:
    """What a film is by its content: an MP4 begins with an ``ftyp`` box, a WebM with EBML's mark. None if neither."""
    read = _reader(store, pieces)
    head = read(0, 12)
    if head.startswith(_EBML):
        return Film("video/webm")
    if len(head) < 12 or head[4:8] != b"ftyp":
        return None
    size = sum(piece.size for piece in pieces)
    movie = next((read(start, end - start) for name, start, end in _boxes(read, 0, size) if name == b"moov"), b"")
    return _described(movie)


def _reader(store: Store, pieces: Sequence[Piece]) -> Callable[[int, int], bytes]:
    """Random access to a film that holds one piece in memory at a time. A read is cut at ``_MOVIE_MAX_BYTES``."""
    loaded: tuple[str, bytes] = ("", b"")

    def read(offset: int, length: int) -> bytes:
        nonlocal loaded
        length = min(length, _MOVIE_MAX_BYTES)
        parts, begin = [], 0
        for piece in pieces:
            start, end = max(offset - begin, 0), min(offset + length - begin, piece.size)
            begin += piece.size
            if start >= end:
                continue
            if loaded[0] != piece.blob:
                found = store.blob(piece.blob)
                loaded = (piece.blob, found[1] if found else b"")
            parts.append(loaded[1][start:end])
        return b"".join(parts)

    return read


def _boxes(read: Callable[[int, int], bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each box; ends at the first that makes no sense."""
    for _ in range(_BOXES_MAX):
        head = read(start, 16)
        if start >= end or len(head) < 8:
            return
        size, name, content = int.from_bytes(head[:4]), head[4:8], start + 8
        if size == 1:
            size, content = int.from_bytes(head[8:16]), start + 16
        stop = end if size == 0 else start + size
        if not content <= stop <= end:
            return
        yield name, content, stop
        start = stop


def _described(movie: bytes) -> Film:
    """Length from the movie header, size from the first track that has one."""

    def read(offset: int, length: int) -> bytes:
        return movie[offset : offset + length]

    seconds, width, height = 0.0, 0, 0
    for name, start, end in _boxes(read, 0, len(movie)):
        if name == b"mvhd":
            seconds = _seconds(movie[start:end])
        elif name == b"trak" and not width:
            header = next((movie[a:b] for inner, a, b in _boxes(read, start, end) if inner == b"tkhd"), b"")
            # The last eight bytes of a track header: width and height in 16.16 fixed point.
            width, height = int.from_bytes(header[-8:-6]), int.from_bytes(header[-4:-2])
    return Film(_MIME, width, height, seconds)


def _seconds(header: bytes) -> float:
    if len(header) < 32:
        return 0.0
    # Version 1 writes its times and the duration with eight bytes, version 0 with four.
    at, size = (20, 8) if header[0] == 1 else (12, 4)
    scale = int.from_bytes(header[at : at + 4])
    return int.from_bytes(header[at + 4 : at + 4 + size]) / scale if scale else 0.0
