"""Bodies of requests that are sent piece by piece, so that a film never stands in memory and may take its time.

The HTTP library gives every piece the time that a connection may take to be made; a body in one piece would have to be
through in that time, however long it is. A body knows its length, because platforms want it beforehand, and can be
gone through again, because a call may be made again with a new token.
"""

from __future__ import annotations

import secrets
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

PIECE = 64 * 1024


class Body(ABC):
    """What a request carries: its length in bytes, its pieces, and the `Content-Type` it goes under."""

    @property
    @abstractmethod
    def content_type(self) -> str:
        """As the header says it; "" leaves the header to the caller."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def __iter__(self) -> Iterator[bytes]: ...


@dataclass(frozen=True)
class Pieces(Body):
    """Bytes that stand in memory already."""

    data: bytes
    mime: str = ""

    @property
    def content_type(self) -> str:
        """See `Body`."""
        return self.mime

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[bytes]:
        for start in range(0, len(self.data), PIECE):
            yield self.data[start : start + PIECE]


@dataclass(frozen=True)
class Slice(Body):
    """`length` bytes of a file from `start`, read while they are sent.

    Iterating raises OSError where the file has become shorter, so that no call ends as if all had been sent.
    """

    path: Path
    start: int
    length: int
    mime: str = "application/octet-stream"

    @property
    def content_type(self) -> str:
        """See `Body`."""
        return self.mime

    def __len__(self) -> int:
        return self.length

    def __iter__(self) -> Iterator[bytes]:
        left = self.length
        with self.path.open("rb") as file:
            file.seek(self.start)
            while left:
                piece = file.read(min(PIECE, left))
                if not piece:
                    raise OSError("the file has become shorter")
                left -= len(piece)
                yield piece


@dataclass(frozen=True)
class Form(Body):
    """A `multipart/form-data` body with one file in it.

    Args:
        name: of the part that holds the file.
        filename: ASCII without quotes.
        fields: further parts with text.
    """

    name: str
    filename: str
    content: Body
    fields: Mapping[str, str] = field(default_factory=dict)
    boundary: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def content_type(self) -> str:
        """See `Body`."""
        return f"multipart/form-data; boundary={self.boundary}"

    def __len__(self) -> int:
        return len(self._head) + len(self.content) + len(self._tail)

    def __iter__(self) -> Iterator[bytes]:
        yield self._head
        yield from self.content
        yield self._tail

    @property
    def _head(self) -> bytes:
        texts = [f"{self._part(name)}\r\n\r\n{value}\r\n".encode() for name, value in self.fields.items()]
        file = (
            f'{self._part(self.name)}; filename="{self.filename}"\r\nContent-Type: {self.content.content_type}\r\n\r\n'
        )
        return b"".join([*texts, file.encode()])

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode()

    def _part(self, name: str) -> str:
        return f'--{self.boundary}\r\nContent-Disposition: form-data; name="{name}"'
