"""Files are kept whole under their hash or not at all, and never held in memory."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest

from rongmei.stories.keeping import Changed, digest, keep


def kept(media: Path, data: bytes, sha256: str = "") -> Path:
    return keep(media, io.BytesIO(data), len(data), sha256 or hashlib.sha256(data).hexdigest())


class Watched(io.BytesIO):
    """Bytes that remember the longest piece anybody took at once."""

    longest = 0

    def read(self, size: int | None = -1, /) -> bytes:
        piece = super().read(size)
        self.longest = max(self.longest, len(piece))
        return piece


def test_kept_under_the_hash_and_only_once(tmp_path: Path) -> None:
    path = kept(tmp_path / "media", b"bytes")
    written = path.stat().st_mtime_ns
    assert kept(tmp_path / "media", b"bytes") == path
    assert path.read_bytes() == b"bytes"
    assert path.stat().st_mtime_ns == written
    assert [p.name for p in path.parent.iterdir()] == [hashlib.sha256(b"bytes").hexdigest()]


def test_a_half_written_file_is_replaced(tmp_path: Path) -> None:
    data = b"the whole picture"
    (tmp_path / hashlib.sha256(data).hexdigest()).write_bytes(data[:4])
    assert kept(tmp_path, data).read_bytes() == data


def test_bytes_of_another_hash_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Changed):
        kept(tmp_path, b"other", "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_became_shorter_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Changed):
        keep(tmp_path, io.BytesIO(b"short"), 6, hashlib.sha256(b"short").hexdigest())
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(Changed):
        digest(io.BytesIO(b"short"), 6)


def test_what_was_added_meanwhile_is_not_taken(tmp_path: Path) -> None:
    sha256 = hashlib.sha256(b"first").hexdigest()
    assert digest(io.BytesIO(b"first and more"), 5) == sha256
    assert keep(tmp_path, io.BytesIO(b"first and more"), 5, sha256).read_bytes() == b"first"


def test_a_large_file_goes_through_in_pieces(tmp_path: Path) -> None:
    data = bytes(range(256)) * 20_000
    stream = Watched(data)
    assert keep(tmp_path, stream, len(data), digest(stream, len(data))).read_bytes() == data
    assert stream.longest <= 1024 * 1024


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("rongmei.stories.keeping.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        kept(tmp_path, b"x")
    assert list(tmp_path.iterdir()) == []
