"""Keeps files in the media folder under their SHA-256, whole or not at all, without ever holding one in memory."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

_CHUNK: Final = 1024 * 1024


class Changed(Exception):
    """The bytes are not those that were examined."""


def digest(stream: BinaryIO, size: int) -> str:
    """SHA-256, hex, of the first `size` bytes.

    Raises:
        Changed: there are fewer.
    """
    sha256 = hashlib.sha256()
    for chunk in _chunks(stream, size):
        sha256.update(chunk)
    return sha256.hexdigest()


def keep(media: Path, stream: BinaryIO, size: int, sha256: str) -> Path:
    """Put the first `size` bytes of a stream into the media folder under their hash; what is there stays.

    Raises:
        Changed: there are fewer, or they have another hash.
        OSError: the disk refuses.
    """
    target = media / sha256
    if target.is_file() and target.stat().st_size == size:
        return target
    media.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=media)
    passing = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as copy:
            seen = hashlib.sha256()
            for chunk in _chunks(stream, size):
                seen.update(chunk)
                copy.write(chunk)
            if seen.hexdigest() != sha256:
                raise Changed
            copy.flush()
            os.fsync(copy.fileno())
        passing.replace(target)
    except (OSError, Changed):
        passing.unlink(missing_ok=True)
        raise
    return target


def _chunks(stream: BinaryIO, size: int) -> Iterator[bytes]:
    stream.seek(0)
    left = size
    while left:
        chunk = stream.read(min(_CHUNK, left))
        if not chunk:
            raise Changed
        left -= len(chunk)
        yield chunk
